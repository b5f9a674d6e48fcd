/** What the pages say of the adapter that was found, or of what to do without one. */

import type { AdapterState, Probe } from '../src/index.ts';
import { byId, setText } from './dom.ts';

const KINDS: Readonly<Record<AdapterState, string>> = {
  software: 'software adapter', hardware: 'hardware adapter', unknown: 'adapter of unknown kind',
};

/** @param onCpu what a software adapter means for this page */
export function showAdapter({ adapter, reason, fix }: Probe, onCpu: string): void {
  const kind = byId('adapter-kind', HTMLElement);
  kind.classList.add(adapter?.state ?? 'none');
  setText(kind, adapter === undefined ? 'no GPU adapter' : KINDS[adapter.state]);
  const words = { software: `it computes on the CPU, ${onCpu} ${fix}`.trimEnd(), hardware: '', unknown: 'it does not say whether it is a GPU.' };
  const more = adapter === undefined ? `${reason} ${fix}` : [adapter.name, words[adapter.state]].filter((word) => word !== '').join(': ');
  setText(byId('adapter-text', HTMLElement), more);
}
