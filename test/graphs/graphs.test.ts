/**
 * Random graphs with branches and joins: three training steps unfused, fused and in float64 agree with what their operations
 * say, within errors derived operation by operation. Many more are in the files beside this one.
 */
import { describe, expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { checkGraph, type Met } from './check.ts';
import { expectCoverage, expectFunctional } from './coverage.ts';
import { FUNCTIONAL } from './generate.ts';

const device = useDevice();
/** Seeds of shallow graphs, and of one that is five layers deep. */
const SEEDS = [0, 1, 2, 4, 8, 10, 12, 14, 18, 19, 20, 22];
const met: Met[] = [];

describe('random graphs of the functional form', () => {
  const functional: Met[] = [];
  test.each([0, 1, 4, 6].map((seed) => FUNCTIONAL + seed))('%i', async (seed) => { functional.push(await checkGraph(device(), seed)); });

  test('they meet every operation of it', () => { expectFunctional(functional); });
});

describe('twelve random graphs', () => {
  test.each(SEEDS)('%i', async (seed) => { met.push(await checkGraph(device(), seed)); });

  test('they meet every operation and step, and every fusion rule', () => {
    expect(met.length).toBe(SEEDS.length);
    expectCoverage(met, 4);
  });
});
