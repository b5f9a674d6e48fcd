/** Numbers that updates hand on while several are in flight: cumulative L1's totals, FTRL's last learning rates. */
import { describe, expect, test } from 'vitest';
import { ftrl, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1 } from '../../src/model/regularizers.ts';
import type { Clock } from '../../src/compile/rows.ts';
import { cosine, plateau, type PlateauSchedule } from '../../src/model/schedules/index.ts';
import { Carried, l1TotalsAt, lastRatesAt } from '../../src/train/carried.ts';
import { expectClose } from '../cases/compare.ts';
import { settingsOf } from '../model/support.ts';

const cumulative = (learningRate: Parameters<typeof sgd>[0]['learningRate'], strength: Parameters<typeof l1>[0]): Optimizer =>
  sgd({ learningRate, regularizers: [l1(strength, { rule: 'cumulative' })] });
const at = (step: number, more: Partial<Clock> = {}): Clock => ({ step, steps: 100, t: step + 1, ...more });
/** Weight, bias, weight, bias: biases have no penalty. */
const onWeights = (total: number): number[] => [total, 0, total, 0];
const start = (replicas = 1): Carried => new Carried(Array.from({ length: replicas }, () => null));

describe('cumulative L1', () => {
  const plain = settingsOf(cumulative(0.5, 0.25));

  test('adds learning rate * l1 at each update, its own included; asked again it says the same', () => {
    const totals = start();
    for (const step of [0, 1, 2]) {
      for (let batch = 0; batch < 3; batch++) expect(l1TotalsAt(totals, 0, plain, at(step))).toEqual(onWeights(0.125 * (step + 1)));
    }
  });

  test('sums schedules step by step', () => {
    const settings = settingsOf(cumulative(cosine(0.4, { final: 0.2 }), cosine(0.8)));
    const totals = start();
    let want = 0;
    for (let step = 0; step < 60; step++) {
      const half = (1 + Math.cos((Math.PI * step) / 100)) / 2;
      want += (0.2 + 0.2 * half) * 0.8 * half;
      expectClose(`step ${step}`, l1TotalsAt(totals, 0, settings, at(step)), onWeights(want), 1e-13, 0);
    }
  });

  test('sees how often a plateau was reduced', () => {
    const rate = plateau(0.5, { factor: 0.5 });
    const totals = start();
    const settings = settingsOf(cumulative(rate, 0.25));
    const reductions = (count: number) => (schedule: PlateauSchedule): number => (schedule === rate ? count : 0);
    expect(l1TotalsAt(totals, 0, settings, at(0))).toEqual(onWeights(0.125));
    expect(l1TotalsAt(totals, 0, settings, at(1, { reductions: reductions(1) }))).toEqual(onWeights(0.125 + 0.0625));
  });

  test('taking results changes no total; only what was taken is kept for a file', () => {
    const totals = start();
    for (const step of [0, 1, 2, 3]) l1TotalsAt(totals, 0, plain, at(step));
    expect(totals.taken).toEqual([null]);
    totals.take(0, 2);
    expect(totals.taken).toEqual([onWeights(0.25)]);
    expect(l1TotalsAt(totals, 0, plain, at(3))).toEqual(onWeights(0.5));
    expect(l1TotalsAt(totals, 0, plain, at(4))).toEqual(onWeights(0.625));
    totals.take(2, 3);
    expect(totals.taken).toEqual([onWeights(0.625)]);
  });

  test('goes on from a file, and from where results were thrown away', () => {
    const totals = new Carried([onWeights(3)]);
    expect(l1TotalsAt(totals, 0, plain, at(40))).toEqual(onWeights(3.125));
    const again = new Carried(totals.taken);
    const smaller = settingsOf(cumulative(0.5, 0.125));
    expect(l1TotalsAt(again, 0, smaller, at(40))).toEqual(onWeights(3.0625));
  });

  test('a change of settings counts from the update it was made for, whenever results are taken', () => {
    const totals = start();
    l1TotalsAt(totals, 0, plain, at(0));
    expect(l1TotalsAt(totals, 0, settingsOf(cumulative(0.5, 1)), at(1))).toEqual(onWeights(0.625));
    totals.take(0, 2);
    expect(totals.taken).toEqual([onWeights(0.625)]);
  });

  test('replicas and layers have their own; one that is not asked for keeps its total', () => {
    const other = settingsOf(cumulative(0.5, 0.25), { 'layers.0.l1': 2, 'layers.1.learningRate': 0 });
    const totals = start(2);
    l1TotalsAt(totals, 0, plain, at(0));
    expect(l1TotalsAt(totals, 1, other, at(0))).toEqual([1, 0, 0, 0]);
    // The first replica diverged: from now on it is frozen.
    expect(l1TotalsAt(totals, 1, other, at(1))).toEqual([2, 0, 0, 0]);
    totals.take(0, 2);
    expect(totals.taken).toEqual([onWeights(0.125), [2, 0, 0, 0]]);
  });

  test('tensors under another rule have none', () => {
    const settings = settingsOf(sgd({ learningRate: 0.5, regularizers: [l1(0.25)] }));
    expect(l1TotalsAt(start(), 0, settings, at(0))).toEqual([0, 0, 0, 0]);
  });
});

describe('FTRL', () => {
  test('has no last rate at first, then that of the update before, however the rate changed', () => {
    const rates = start();
    expect(lastRatesAt(rates, 0, settingsOf(ftrl({ learningRate: 0.5 })), at(0))).toBeUndefined();
    const set = settingsOf(ftrl({ learningRate: 0.25 }), { 'layers.1.learningRate': 0.125 });
    for (let batch = 0; batch < 2; batch++) expect(lastRatesAt(rates, 0, set, at(1))).toEqual([0.5, 0.5, 0.5, 0.5]);
    rates.take(0, 1);
    expect(lastRatesAt(rates, 0, set, at(2))).toEqual([0.25, 0.25, 0.125, 0.125]);
    rates.take(1, 2);
    expect(rates.taken).toEqual([[0.25, 0.25, 0.125, 0.125]]);
    expect(lastRatesAt(new Carried(rates.taken), 0, set, at(3))).toEqual([0.25, 0.25, 0.125, 0.125]);
  });
});
