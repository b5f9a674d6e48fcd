/** What a set of random graphs must have met, so that they prove what they are for. */
import { expect } from 'vitest';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { LOSS_TYPES } from '../../src/model/losses/all.ts';
import { NUMBER_KEYS } from '../../src/model/numbers.ts';
import { FUSION_RULES } from '../../src/ops/rules/index.ts';
import type { Op } from '../../src/ops/op.ts';
import type { Met } from './check.ts';

/** Every operation and step, and every fusion rule, where it fires and where it does not; joins, and depths up to `deepest`. */
export function expectCoverage(met: readonly Met[], deepest: number): void {
  const of = <T>(each: (one: Met) => readonly T[]): T[] => [...new Set(met.flatMap(each))].sort();
  expect(of(({ ops }) => ops.map(({ op }) => op))).toEqual(['columnSum', 'input', 'loss', 'map', 'product', 'slopeGradient', 'update', 'weightGradient']);
  expect(of(({ steps }) => steps.map(({ step }) => step))).toEqual(['activate', 'activity', 'add', 'dropout', 'slope']);
  expect(of(({ steps }) => steps.flatMap((one) => (one.step === 'activate' ? [one.activation] : [])))).toEqual(Object.keys(ACTIVATIONS).sort());
  expect(of(({ notes }) => notes.filter(({ fired }) => fired).map(({ rule }) => rule))).toEqual(FUSION_RULES.map(({ name }) => name).sort());
  expect(of(({ loss }) => [loss])).toEqual(Object.keys(LOSS_TYPES).sort());
  expect(of(({ numbers }) => numbers)).toEqual([...NUMBER_KEYS].sort());
  // What the rules make of the operations.
  expect(of(({ kernels }) => kernels)).toEqual(expect.arrayContaining([
    'dense-weight-update', 'element-loss', 'head', 'map', 'network-weight-update', 'slope-gradient', 'slope-total', 'softmax-cross-entropy', 'update',
  ]));
  const reasons = of(({ notes }) => notes.flatMap(({ why }) => why ?? [])).join('\n');
  for (const reason of [/is read \d times/, /has no place for 'add'/, /has learned slopes/, /this fusion leaves it out/]) expect(reasons).toMatch(reason);
  const joins = met.filter(({ steps }) => steps.some(({ step }) => step === 'add')).length;
  expect(joins).toBeGreaterThanOrEqual(met.length / 2);
  expect(Math.max(...met.map(({ depth }) => depth))).toBeGreaterThanOrEqual(deepest);
  const all = (kind: keyof Met['mistakes']): number => met.reduce((sum, { mistakes }) => sum + mistakes[kind], 0), noticed = all('noticed');
  expect(noticed).toBeGreaterThan(8 * met.length);
  expect(all('dead')).toBeLessThan(0.05 * noticed);
  expect(all('hidden')).toBeLessThan(0.02 * noticed);
}

/** What graphs of the functional form must have met: values joined, cut and spread; weights tied, transposed and frozen, forward and backward. */
export function expectFunctional(met: readonly Met[]): void {
  const ops = met.flatMap((one) => one.ops), has = (what: string, holds: (op: Op) => boolean): void => expect(ops.some(holds), what).toBe(true);
  has('a concatenation', (op) => op.op === 'columns' && op.other !== undefined);
  has('the gradient of its second part', (op) => op.op === 'columns' && op.other === undefined && op.from > 0 && op.output.startsWith('d('));
  has('a slice', (op) => op.op === 'columns' && op.other === undefined && !op.output.startsWith('d('));
  has('the gradient of a slice', (op) => op.op === 'columns' && op.to > 0);
  has('a transposed product', (op) => op.op === 'product' && op.kind === 'forward' && op.transposed === true);
  has('the gradient of its input', (op) => op.op === 'product' && op.kind === 'inputGradient' && op.transposed === true);
  has('a weight with two gradients', (op) => op.op === 'weightGradient' && op.adds === true);
  has('a bias with two gradients', (op) => op.op === 'columnSum' && op.adds === true);
  expect(met.some(({ frozen }) => frozen > 0), 'a frozen layer').toBe(true);
  const reasons = met.flatMap(({ notes }) => notes.flatMap(({ why }) => why ?? [])).join('\n');
  for (const reason of [/has \d gradients/, /columns has no epilogue/]) expect(reasons).toMatch(reason);
}
