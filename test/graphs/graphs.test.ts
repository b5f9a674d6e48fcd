/**
 * Random graphs with branches and joins: a training step unfused, fused in every way and in float64 agrees with what its
 * operations say, within bounds derived from them. Many more are in graphs.more.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { FUSION_RULES } from '../../src/ops/rules/index.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/index.ts';
import { useDevice } from '../train/device.ts';
import { checkGraph, type Met } from './check.ts';
import { randomGraph } from './generate.ts';

const device = useDevice();
/** Of 2 to 6 dense layers. */
const SEEDS = [2, 3, 4, 5, 10, 11, 12, 15, 17, 18, 22, 32];
const met: Met[] = [];

describe('twelve random graphs', () => {
  test.each(SEEDS)('%i', async (seed) => { met.push(await checkGraph(device(), randomGraph(seed), seed)); });

  test('they meet every operation and step, and every fusion rule, where it fires and where it does not', () => {
    expect(met.length).toBe(SEEDS.length);
    const of = <T>(each: (one: Met) => readonly T[]): T[] => [...new Set(met.flatMap(each))].sort();
    expect(of(({ ops }) => ops.map(({ op }) => op))).toEqual(['columnSum', 'input', 'loss', 'map', 'product', 'update', 'weightGradient']);
    expect(of(({ steps }) => steps.map(({ step }) => step))).toEqual(['activate', 'activity', 'add', 'dropout', 'slope']);
    expect(of(({ steps }) => steps.flatMap((one) => (one.step === 'activate' ? [one.activation] : [])))).toEqual(Object.keys(ACTIVATIONS).sort());
    const rules = FUSION_RULES.map(({ name }) => name).sort();
    expect(of(({ notes }) => notes.filter(({ fired }) => fired).map(({ rule }) => rule))).toEqual(rules);
    // What all rules make of the operations.
    expect(of(({ kernels }) => kernels)).toEqual(expect.arrayContaining([
      'dense-weight-update', 'head', 'map', 'network-weight-update', 'softmax-cross-entropy', 'update',
    ]));
    const reasons = of(({ notes }) => notes.flatMap(({ why }) => why ?? [])).join('\n');
    for (const reason of [/is read by \d operations/, /has no place for 'add'/, /this fusion leaves it out/]) expect(reasons).toMatch(reason);
    expect(met.reduce((sum, { mistakes }) => sum + mistakes, 0)).toBeGreaterThan(100);
  });
});
