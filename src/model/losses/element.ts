/** What losses that go element by element have in common. */

import { elementLoss } from '../../kernels/element-loss.ts';
import type { LossLibraries } from '../../kernels/losses/index.ts';
import type { NumberKey } from '../numbers.ts';
import type { LossType } from './loss.ts';
import { checkLossSettings, type Loss } from './settings.ts';

/** One thread goes over a row in the head; with more outputs than these others should share it. */
const HEAD_MAX_OUTPUTS = 64;

/** @param usual the values of its own numbers where none are given */
export function elementLossType<Settings extends Loss>(
  libraries: LossLibraries & { readonly type: Settings['type'] }, name: string, usual: Readonly<Record<string, number>>,
): LossType<Settings> {
  const own = Object.keys(usual);
  return {
    type: libraries.type,
    targets: ['vector'],
    libraries,
    kernel: elementLoss,
    prediction: 'outputs',
    headOutputs: () => HEAD_MAX_OUTPUTS,
    hasHits: false,
    outputs: 'values',
    maker: `${name}()`,
    check: (settings) => checkLossSettings(name, settings, own),
    numbers: (settings) => ({
      keys: own.map((one) => `loss.${one}` as NumberKey), values: own.map((one) => (settings as unknown as Record<string, number | undefined>)[one] ?? usual[one]!),
    }),
  };
}
