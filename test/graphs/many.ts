/** A hundred random graphs, each unfused and by one fusion in turn. */
import { describe, expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { checkGraph, type Met } from './check.ts';
import { expectCoverage, expectFunctional } from './coverage.ts';
import { FUNCTIONAL } from './generate.ts';

const FUSIONS = ['none', 'layer', 'full'];

export function manyGraphs(first: number): void {
  const device = useDevice(), seeds = Array.from({ length: 100 }, (_, i) => first + i), met: Met[] = [];

  describe(`random graphs from ${first} on`, () => {
    test.each(seeds)('%i', async (seed) => { met.push(await checkGraph(device(), seed, [FUSIONS[seed % FUSIONS.length]!])); });

    test('they meet every operation and step, and every fusion rule', () => {
      expect(met.length).toBe(seeds.length);
      expectCoverage(met, 8);
    });
  });
}

/** Twelve graphs of the functional form, the same way. */
export function manyFunctional(): void {
  const device = useDevice(), met: Met[] = [];

  describe('random graphs of the functional form', () => {
    test.each(Array.from({ length: 12 }, (_, i) => FUNCTIONAL + 100 + i))('%i', async (seed) => { met.push(await checkGraph(device(), seed, [FUSIONS[seed % FUSIONS.length]!])); });

    test('they meet every operation of it', () => { expectFunctional(met); });
  });
}
