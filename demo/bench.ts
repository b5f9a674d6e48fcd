/** The benchmark page: choices become options, results become tables while they are measured. */

import { DEFAULT_OPTIONS, QUICK_OPTIONS } from '../src/bench/options.ts';
import { runBench } from '../src/bench/run.ts';
import type { SuiteOptions } from '../src/bench/suite.ts';
import { SUITES, type BenchReport, type Omission, type Result, type SuiteName } from '../src/bench/types.ts';
import { probe, type Probe } from '../src/index.ts';
import { showAdapter } from './adapter.ts';
import { drawSuite, element } from './bench-results.ts';
import { byId, setText } from './dom.ts';
import { failureOf } from './failure.ts';

/** A page cannot start a browser anew, so it has no cold start. */
const PAGE_SUITES = SUITES.filter((name) => name !== 'cold');
const TITLES: Readonly<Record<SuiteName, string>> = {
  ceilings: 'Ceilings', kernels: 'Kernels', step: 'Training step', epoch: 'Epoch', inference: 'Inference', cold: 'Cold start',
  peers: 'TensorFlow.js and jax-js',
};
/** The others take minutes where the adapter is a CPU. */
const CHOSEN: readonly SuiteName[] = ['ceilings', 'step'];
const THOROUGHNESS: Readonly<Record<string, SuiteOptions>> = { quick: QUICK_OPTIONS, full: DEFAULT_OPTIONS };

class Page {
  readonly #form = byId('settings', HTMLFormElement);
  readonly #status = byId('status', HTMLElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  readonly #results: Result[] = [];
  readonly #omissions: Omission[] = [];
  #isUsable = false;
  #stop: AbortController | undefined;
  #report: BenchReport | undefined;

  constructor() {
    for (const name of PAGE_SUITES) {
      const label = element('label');
      const box = element('input', '', { type: 'checkbox', name: 'suite', value: name });
      box.checked = CHOSEN.includes(name);
      label.append(box, element('span', TITLES[name]));
      byId('suites', HTMLFieldSetElement).append(label);
    }
    this.#form.addEventListener('submit', (event) => { event.preventDefault(); void this.#run(); });
    this.#form.addEventListener('input', () => this.#render());
    byId('stop', HTMLButtonElement).addEventListener('click', () => {
      this.#stop?.abort();
      setText(this.#status, 'Stopping after what is being measured.');
      this.#render();
    });
    byId('save', HTMLButtonElement).addEventListener('click', () => this.#save());
    void probe().then((found) => this.#showAdapter(found));
  }

  #showAdapter(found: Probe): void {
    showAdapter(found, 'so nothing measured here says anything about a GPU.');
    this.#isUsable = found.adapter !== undefined;
    setText(this.#status, this.#isUsable ? 'Ready.' : 'Measuring needs a GPU adapter; see above what to do.');
    this.#render();
  }

  get #suites(): SuiteName[] {
    const chosen = [...this.#form.querySelectorAll<HTMLInputElement>('[name=suite]:checked')].map(({ value }) => value);
    return PAGE_SUITES.filter((name) => chosen.includes(name));
  }

  async #run(): Promise<void> {
    const suites = this.#suites;
    this.#results.length = this.#omissions.length = 0;
    this.#report = undefined;
    this.#stop = new AbortController();
    byId('failure', HTMLElement).hidden = true;
    byId('results', HTMLElement).replaceChildren();
    this.#progress.value = 0;
    setText(this.#status, 'Starting.');
    this.#render();
    const thoroughness = THOROUGHNESS[byId('thoroughness', HTMLSelectElement).value] ?? DEFAULT_OPTIONS;
    try {
      this.#report = await runBench({ ...thoroughness, suites, command: 'bench.html' }, {
        result: (result) => this.#take(this.#results, result, suites),
        omission: (omission) => this.#take(this.#omissions, omission, suites),
        progress: (text) => { if (this.#stop?.signal.aborted === false) setText(this.#status, `Measuring: ${text}`); },
      }, this.#stop.signal);
      setText(this.#status, this.#stop.signal.aborted ? 'Stopped. What was measured is below.' : 'Done.');
      this.#progress.value = this.#stop.signal.aborted ? this.#progress.value : 1;
    } catch (error) {
      this.#fail(error);
    }
    this.#stop = undefined;
    this.#render();
  }

  #take<Item extends Result | Omission>(list: Item[], item: Item, suites: readonly SuiteName[]): void {
    list.push(item);
    this.#progress.value = suites.indexOf(item.suite) / suites.length;
    const of = <Entry extends Result | Omission>(entries: readonly Entry[]): Entry[] => entries.filter(({ suite }) => suite === item.suite);
    drawSuite(byId('results', HTMLElement), item.suite, TITLES[item.suite], of(this.#results), of(this.#omissions));
  }

  #fail(error: unknown): void {
    const { what, advice, detail } = failureOf(error);
    setText(byId('failure-what', HTMLElement), what);
    setText(byId('failure-advice', HTMLElement), advice);
    setText(byId('failure-detail', HTMLElement), detail);
    byId('failure', HTMLElement).hidden = false;
    setText(this.#status, 'Measuring failed.');
  }

  #save(): void {
    if (this.#report === undefined) return;
    const url = URL.createObjectURL(new Blob([JSON.stringify(this.#report, undefined, 2)], { type: 'application/json' }));
    element('a', '', { href: url, download: `gradshader-bench-${this.#report.date.slice(0, 10)}.json` }).click();
    URL.revokeObjectURL(url);
  }

  #render(): void {
    const running = this.#stop !== undefined;
    byId('choices', HTMLFieldSetElement).disabled = running || !this.#isUsable;
    byId('start', HTMLButtonElement).disabled = running || !this.#isUsable || this.#suites.length === 0;
    byId('stop', HTMLButtonElement).disabled = this.#stop?.signal.aborted !== false;
    byId('save', HTMLButtonElement).disabled = running || this.#report === undefined;
  }
}

void new Page();
