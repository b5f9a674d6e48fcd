/** What a set of random graphs must have met, so that they prove what they are for. */
import { expect } from 'vitest';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { LOSS_TYPES } from '../../src/model/losses/all.ts';
import { NUMBER_KEYS } from '../../src/model/numbers.ts';
import { FUSION_RULES } from '../../src/ops/rules/index.ts';
import type { Met } from './check.ts';

/** Every operation and step, and every fusion rule, where it fires and where it does not; joins, and depths up to `deepest`. */
export function expectCoverage(met: readonly Met[], deepest: number): void {
  const of = <T>(each: (one: Met) => readonly T[]): T[] => [...new Set(met.flatMap(each))].sort();
  expect(of(({ ops }) => ops.map(({ op }) => op))).toEqual(['columnSum', 'input', 'loss', 'map', 'product', 'update', 'weightGradient']);
  expect(of(({ steps }) => steps.map(({ step }) => step))).toEqual(['activate', 'activity', 'add', 'dropout', 'slope']);
  expect(of(({ steps }) => steps.flatMap((one) => (one.step === 'activate' ? [one.activation] : [])))).toEqual(Object.keys(ACTIVATIONS).sort());
  expect(of(({ notes }) => notes.filter(({ fired }) => fired).map(({ rule }) => rule))).toEqual(FUSION_RULES.map(({ name }) => name).sort());
  expect(of(({ loss }) => [loss])).toEqual(Object.keys(LOSS_TYPES).sort());
  expect(of(({ numbers }) => numbers)).toEqual([...NUMBER_KEYS].sort());
  // What the rules make of the operations.
  expect(of(({ kernels }) => kernels)).toEqual(expect.arrayContaining([
    'dense-weight-update', 'element-loss', 'head', 'map', 'network-weight-update', 'softmax-cross-entropy', 'update',
  ]));
  const reasons = of(({ notes }) => notes.flatMap(({ why }) => why ?? [])).join('\n');
  for (const reason of [/is read \d times/, /has no place for 'add'/, /this fusion leaves it out/]) expect(reasons).toMatch(reason);
  const joins = met.filter(({ steps }) => steps.some(({ step }) => step === 'add')).length;
  expect(joins).toBeGreaterThanOrEqual(met.length / 2);
  expect(Math.max(...met.map(({ depth }) => depth))).toBeGreaterThanOrEqual(deepest);
  const all = (kind: keyof Met['mistakes']): number => met.reduce((sum, { mistakes }) => sum + mistakes[kind], 0), noticed = all('noticed');
  expect(noticed).toBeGreaterThan(8 * met.length);
  expect(all('dead')).toBeLessThan(0.05 * noticed);
  expect(all('hidden')).toBeLessThan(0.02 * noticed);
}
