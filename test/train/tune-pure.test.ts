/** Candidates, what they dispatch, and the comparison of their numbers: no GPU needed. */
import { describe, expect, test } from 'vitest';
import { tileThreads } from '../../src/kernels/tile.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { knowEverything } from '../../src/compile/all.ts';
import { checkGivenTiles } from '../../src/compile/given-tiles.ts';
import { PRODUCTS, type Fusion } from '../../src/compile/tiles.ts';
import { planOf } from '../../src/train/estimate.ts';
import { prepare } from '../../src/train/prepare.ts';
import { allowedWrong, countWrong } from '../../src/train/tune/difference.ts';
import { candidatesFor, tileName, type TileNeeds } from '../../src/train/tune/candidates.ts';
import { subjectsOf, withTile } from '../../src/train/tune/subjects.ts';
import { smallConfig } from '../cases/network/support.ts';

knowEverything(); // Plans are asked for without a trainer.

const SOFTWARE: TileNeeds = { state: 'software', subgroups: true, threads: 256, workgroupBytes: 16_384 };
const HARDWARE: TileNeeds = { ...SOFTWARE, state: 'hardware' };
const OTHER = { rowBlocks: 3, columnBlocks: 3, workgroupX: 8, workgroupY: 8 } as const;
const wideModel = sequential([13], [dense(24), relu(), dense(18), relu(), dense(5)]);
const configOf = (fusion: Fusion, batchSize = 8) => smallConfig({ model: wideModel, fusion, batchSize });

describe('candidates', () => {
  test.each([['software', SOFTWARE], ['hardware', HARDWARE]] as const)('%s: tiles that can be, under names of their own, within the default limits', (_, needs) => {
    for (const shape of ['wide', 'narrow'] as const) {
      const tiles = candidatesFor(shape, OTHER, needs);
      expect(tiles.length).toBeGreaterThan(4);
      expect(new Set(tiles.map(tileName)).size).toBe(tiles.length);
      for (const tile of tiles) {
        expect(() => checkGivenTiles({ wide: tile, narrow: tile })).not.toThrow();
        expect(tileThreads(tile)).toBeLessThanOrEqual(256);
      }
    }
  });

  test('leave out the default, and what the device cannot run', () => {
    const [first] = candidatesFor('wide', OTHER, SOFTWARE);
    expect(candidatesFor('wide', first!, SOFTWARE).map(tileName)).not.toContain(tileName(first!));
    const families = (needs: TileNeeds): Set<string> => new Set(candidatesFor('wide', OTHER, needs).map(({ family = 'direct' }) => family));
    expect(families(HARDWARE)).toEqual(new Set(['direct', 'quad', 'workgroup']));
    expect(families({ ...HARDWARE, subgroups: false })).toEqual(new Set(['direct', 'workgroup']));
    expect(families({ ...HARDWARE, workgroupBytes: 1024 })).toEqual(new Set(['direct', 'quad']));
    expect(candidatesFor('wide', OTHER, { ...HARDWARE, threads: 64 }).every((tile) => tileThreads(tile) <= 64)).toBe(true);
  });

  test('names', () => {
    expect(tileName({ rowBlocks: 2, columnBlocks: 4, workgroupX: 8, workgroupY: 8 })).toBe('direct-8x16');
    expect(tileName({ family: 'quad', rowBlocks: 4, columnBlocks: 1, workgroupX: 4, workgroupY: 16 })).toBe('quad-16x4@4x16');
    const tile = { family: 'workgroup', rowBlocks: 1, columnBlocks: 2, workgroupX: 8, workgroupY: 8, slices: 4, depthBlocks: 2 } as const;
    expect(tileName(tile)).toBe('workgroup-32x64/4');
    expect(tileName({ ...tile, depthBlocks: 4, workgroupX: 4 })).toBe('workgroup-32x32/4:4@4x8');
  });
});

describe('subjects', () => {
  const steps = (fusion: Fusion): Set<string> => new Set(planOf(configOf(fusion), 'software').dispatches.map(({ label }) => label));

  test.each(['none', 'layer', 'full'] as const)('fusion %s: every product of a step is in one subject, the most work first', (fusion) => {
    const { build } = prepare(configOf(fusion), 'software');
    const subjects = subjectsOf(build, SOFTWARE);
    const labels = subjects.flatMap(({ candidates: [{ plan }] }) => plan.dispatches.map(({ label }) => label));
    const products = [...steps(fusion)].filter((label) => (fusion === 'full'
      ? /^layers\.[01] forward$|input gradient|weight gradients/ : /forward|input gradient|weight gradient/).test(label));
    expect(labels.toSorted()).toEqual(products.toSorted());
    expect(subjects.map(({ flops }) => flops)).toEqual(subjects.map(({ flops }) => flops).toSorted((a, b) => b - a));
    for (const { flops, candidates } of subjects) {
      expect(candidates.length).toBeGreaterThan(1);
      expect(new Set(candidates.map(({ name }) => name)).size).toBe(candidates.length);
      expect(candidates[0].plan.dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0)).toBe(flops);
      for (const { plan } of candidates) expect(plan.dispatches.map(({ label }) => label)).toEqual(candidates[0].plan.dispatches.map(({ label }) => label));
    }
  });

  test('the tables of the whole update are each candidate\'s own', () => {
    const [update] = subjectsOf(prepare(configOf('full'), 'software').build, SOFTWARE).filter(({ product }) => product === 'weightGradient');
    const names = update!.candidates.flatMap(({ plan }) => Object.keys(plan.tables));
    expect(names.length).toBe(2 * update!.candidates.length);
    expect(new Set(names).size).toBe(names.length);
    for (const { plan } of update!.candidates) {
      const bound = plan.dispatches[0]!.bindings.map(({ buffer }) => buffer);
      for (const table of Object.keys(plan.tables)) expect(bound).toContain(table);
    }
  });

  test('candidates that come to the same for a batch of 1 are tried once', () => {
    const [many, one] = [64, 1].map((batch) => subjectsOf(prepare(configOf('layer', batch), 'software').build, SOFTWARE)
      .find(({ product, shape }) => product === 'forward' && shape === 'wide')!.candidates.length);
    expect(one).toBeLessThan(many!);
  });

  test('a tile goes to its place and to no other', () => {
    const { tiles } = prepare(configOf('layer'), 'software').build;
    const changed = withTile(tiles, { product: 'inputGradient', shape: 'wide' }, OTHER);
    for (const product of PRODUCTS) {
      expect(changed[product].wide).toEqual(product === 'inputGradient' ? OTHER : tiles[product].wide);
      expect(changed[product].narrow).toEqual(tiles[product].narrow);
    }
  });
});

describe('the comparison', () => {
  const before = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const want = before.map((value, i) => value + Math.cos(i));
  const withAt = (at: number, value: number): Float32Array => Object.assign(want.slice(), { [at]: value });

  test('lets equal bits and rounding pass', () => {
    expect(countWrong({ before, want, got: want.slice() })).toBe(0);
    expect(countWrong({ before, want, got: want.map((value) => value * (1 + 2 ** -23)) })).toBe(0);
    const odd = Float32Array.from([NaN, Infinity, 1]);
    expect(countWrong({ before: new Float32Array(3), want: odd, got: odd.slice() })).toBe(0);
  });

  test.each([['a little off', 0.01], ['not a number', NaN], ['infinite', -Infinity]])('counts one that is %s', (_, off) => {
    for (const at of [0, 17, 999]) expect(countWrong({ before, want, got: withAt(at, want[at]! + off) })).toBe(1);
  });

  test('counts a place that should not have been written, and all that was not written', () => {
    const half = want.map((value, i) => (i < 500 ? value : before[i]!));
    expect(countWrong({ before, want: half, got: withAt(0, half[0]!).map((value, i) => (i === 700 ? 9 : half[i] ?? value)) })).toBe(1);
    expect(countWrong({ before, want, got: before })).toBeGreaterThan(900);
  });

  test('a small step is compared as a step, not as part of a large weight', () => {
    const weights = new Float32Array(1000).fill(0.5);
    const step = weights.map((weight, i) => weight + 1e-3 * Math.sin(i));
    expect(countWrong({ before: weights, want: step, got: step.map((value, i) => (i === 5 ? weights[i]! : value)) })).toBe(1);
  });

  test('only large outputs have exceptions', () => {
    expect([1, 99_999, 100_000, 1_000_000].map(allowedWrong)).toEqual([0, 0, 1, 10]);
  });
});
