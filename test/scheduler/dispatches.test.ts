/** Dispatches against their placements, their cost against hand arithmetic, and their grids. No device is opened here. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import type { Graph, Operation } from '../../src/scheduler/graph.ts';
import { makePlan, type Plan } from '../../src/scheduler/plan.ts';
import { planOf } from '../../src/train/estimate.ts';
import { QUICK_TILES } from '../cases/network/support.ts';
import { flagship, FUSIONS, graphsOf, randomConfig, randomUpdateConfig } from './models.ts';

const MAX_STORAGE_BUFFERS = 8; // maxStorageBuffersPerShaderStage, WebGPU section 3.6.2 (limits)
const MAX_GROUPS = 65535; // maxComputeWorkgroupsPerDimension

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What WebGPU asks of one dispatch. */
function checkDispatches({ dispatches }: Plan): void {
  for (const { label, bindings, grid, bytes, flops } of dispatches) {
    const storage = bindings.filter(({ access }) => access !== 'uniform');
    expect(storage.length, label).toBeLessThanOrEqual(MAX_STORAGE_BUFFERS);
    for (const { buffer } of storage.filter(({ access }) => access === 'read-write')) {
      expect([label, bindings.filter((other) => other.buffer === buffer).length]).toEqual([label, 1]);
    }
    expect(grid.every((size) => Number.isInteger(size) && size >= 1 && size <= MAX_GROUPS), label).toBe(true);
    expect(bytes, label).toBeGreaterThan(0);
    expect(flops, label).toBeGreaterThan(0);
  }
}

/** Every NAME_OFFSET and NAME_STRIDE among a dispatch's constants, in elements of four floats or one, against the placements. */
function checkConstants(graph: Graph, plan: Plan): void {
  graph.operations.forEach(({ kernel, bindings, label }: Operation, at) => {
    for (const { name, element } of kernel.bindings) {
      const place = plan.placements[bindings[name] ?? ''];
      if (place === undefined) continue;
      expect(plan.dispatches[at]!.bindings.find((binding) => binding.name === name)!.buffer).toBe(place.buffer);
      if (element === undefined) throw new Error(`${label}: ${name} is a range of a buffer, but its kernel is not told where.`);
      const constant = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      const { constants, views } = plan.dispatches[at]!;
      expect(constants).toMatchObject({ [`${constant}_OFFSET`]: place.offset / element, [`${constant}_STRIDE`]: place.stride / element });
      expect(views[name]).toEqual({ offset: place.offset, stride: place.stride });
    }
  });
}

/** The table that tells the one-dispatch update where each layer's input and delta lie. */
function checkUpdateTable(graph: Graph, plan: Plan, layers: number): void {
  const { bindings } = plan.dispatches.at(-1)!;
  const table = plan.tables['update.layers']!;
  expect(table.length).toBe(12 * layers);
  const bound = ['first', 'second', 'third'].map((name) => bindings.find((binding) => binding.name === name)!.buffer);
  const values = graph.operations.at(-1)!.reads!;
  expect(new Set(values).size).toBe(2 * layers);
  for (let layer = 0; layer < layers; layer++) {
    values.slice(2 * layer, 2 * layer + 2).forEach((value, i) => {
      const { buffer, offset, stride } = plan.placements[value]!;
      const [which, at, step] = table.subarray(12 * layer + 4 + 4 * i);
      expect([bound[which!], 4 * at!, 4 * step!]).toEqual([buffer, offset, stride]);
    });
  }
}

describe('plans of random chains', () => {
  test.each(FUSIONS)('fusion %s: WebGPU may run them, and each text says where its values lie', (fusion) => {
    for (const seed of SEEDS) {
      const config = { ...randomConfig(seed), fusion };
      const graphs = graphsOf(config);
      for (const graph of Object.values(graphs)) {
        const plan = makePlan(graph);
        checkDispatches(plan);
        checkConstants(graph, plan);
        expect(makePlan(graph)).toEqual(plan);
      }
      const layers = config.model.layers.filter(({ type }) => type === 'dense').length;
      if (fusion === 'full') checkUpdateTable(graphs.train, makePlan(graphs.train), layers);
    }
  });
});

test('random chains with any update, whatever it keeps beside its weights', () => {
  for (const seed of SEEDS) {
    for (const graph of Object.values(graphsOf(randomUpdateConfig(seed)))) {
      const plan = makePlan(graph);
      checkDispatches(plan);
      checkConstants(graph, plan);
      expect(makePlan(graph)).toEqual(plan);
    }
  }
});

test('a graph whose resident buffer is read and written in one dispatch is refused', () => {
  const { train } = graphsOf(flagship({ fusion: 'layer' }));
  const update = train.operations.at(-1)!;
  const broken = { ...update, bindings: { ...update.bindings, state: 'parameters' } };
  expect(() => makePlan({ ...train, operations: [...train.operations.slice(0, -1), broken] })).toThrow(/parameters is bound to/);
});

test('graphs are plain data but for their kernels: a copy out of JSON gives the same plan', () => {
  for (const fusion of FUSIONS) {
    for (const graph of Object.values(graphsOf(flagship({ fusion })))) {
      const kernels = new Map(graph.operations.map(({ kernel }) => [kernel.name, kernel]));
      const text = JSON.stringify(graph, (key, value: unknown) => (key === 'kernel' ? (value as { name: string }).name : value));
      const copy = JSON.parse(text, (key, value: unknown) => (key === 'kernel' ? kernels.get(value as string) : value)) as Graph;
      expect(makePlan(copy)).toEqual(makePlan(graph));
    }
  }
});

/*
 * Cost of a step by hand. Rows and columns are padded to 4, so the classes count 12; a multiply-add is two. B = 128.
 *   forward           2 B (784 * 1000 + 1000 * 500 + 500 * 12)
 *   weight gradients  the same
 *   input gradients   2 B (1000 * 500 + 500 * 12): none for the first layer
 */
const BATCH = 128;
const FORWARD = 2 * BATCH * (784 * 1000 + 1000 * 500 + 500 * 12);
const INPUT_GRADIENTS = 2 * BATCH * (1000 * 500 + 500 * 12);
const PRODUCTS = 2 * FORWARD + INPUT_GRADIENTS;
const GATHER = 2 * BATCH * 784; // times scale, plus offset
const UPDATE = 2 * (785 * 1000 + 1001 * 500 + 501 * 12); // plain SGD: weights and biases, a multiply-add each
// The arena pads each tensor to 1024 floats.
const ARENA_UPDATE = 2 * (784384 + 1024 + 500736 + 1024 + 6144 + 1024);
const STEPS: readonly [Fusion, number, number][] = [
  ['full', 6, GATHER + 8 * BATCH * 12 + UPDATE],
  ['layer', 10, GATHER + 8 * BATCH * 10 + UPDATE],
  ['none', 14, GATHER + 8 * BATCH * 10 + BATCH * (1000 + 500 + 12) + ARENA_UPDATE],
];

describe('the flagship step', () => {
  test.each(STEPS)('fusion %s: %i dispatches', (fusion, count, elementwise) => {
    const plan = planOf(flagship({ fusion }));
    expect(plan.dispatches.length).toBe(count);
    expect(PRODUCTS).toBe(790_016_000);
    expect(plan.flops).toBe(PRODUCTS + elementwise);
    expect(sum(plan.dispatches.map(({ flops }) => flops))).toBe(plan.flops);
    expect(sum(plan.dispatches.map(({ bytes }) => bytes))).toBe(plan.bytes);
    checkDispatches(plan);
  });

  test('moves what it must: every operand of every dispatch once, fewer bytes the more is fused', () => {
    const [full, layer, none] = STEPS.map(([fusion]) => planOf(flagship({ fusion })).bytes);
    // Weights are read by forward and input gradient, read and written by the update.
    const weights = 4 * (784 * 1000 + 1000 * 500 + 500 * 12);
    expect(full).toBeGreaterThan(3 * weights);
    expect(full).toBeLessThan(layer!);
    expect(layer).toBeLessThan(none!);
  });

  test('R replicas cost R times as much in as many dispatches', () => {
    for (const fusion of FUSIONS) {
      const [one, three] = [planOf(flagship({ fusion })), planOf(flagship({ fusion, replicas: [{}, {}, {}] }))];
      expect([three.flops, three.bytes, three.dispatches.length]).toEqual([3 * one.flops, 3 * one.bytes, one.dispatches.length]);
      expect(three.dispatches.every(({ grid }) => grid[2] === 3)).toBe(true);
    }
  });

  test('is plain data but for the tables, made without a GPU', () => {
    expect((globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu).toBeUndefined();
    for (const fusion of FUSIONS) {
      const { tables, ...plan } = planOf(flagship({ fusion }));
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      for (const table of Object.values(tables)) expect(table).toBeInstanceOf(Uint32Array);
      expect(planOf(flagship({ fusion }))).toEqual({ ...plan, tables });
    }
  });
});

describe('grids', () => {
  test('past 65535 workgroups one way are an error that names the kernel, the grid and what to do', () => {
    const plan = (changes: object) => () => planOf(flagship(changes));
    expect(plan({ batchSize: 70_000 })).toThrow(InputError);
    expect(plan({ batchSize: 70_000 })).toThrow(/gather would take a grid of 1 x 70000 x 1 workgroups.*65535.*smaller batch/);
    expect(plan({ batchSize: 65_536 })).toThrow(InputError); // gather takes a workgroup row per sample
    expect(plan({ batchSize: 65_532 })).not.toThrow();
    expect(plan({ replicas: Array.from({ length: 65_536 }, () => ({})) })).toThrow(/gather .* x 65536 workgroups.*fewer replicas/);
  });

  test('the update of a network with more tiles than that spreads over two dimensions', () => {
    const side = 32; // of the weights of a workgroup
    const model = sequential([8320], [dense(8320), relu(), dense(20)]);
    const plan = planOf(flagship({ model, batchSize: 4, fusion: 'full', tiles: QUICK_TILES }));
    const tiles = (8320 / side) ** 2 + (8320 / side) * 1;
    expect(tiles).toBeGreaterThan(MAX_GROUPS);
    const { grid } = plan.dispatches.at(-1)!;
    expect(grid).toEqual([MAX_GROUPS, 2, 1]);
    const table = plan.tables['update.tiles']!;
    expect(table.length).toBe(4 * grid[0] * grid[1]);
    const seen = new Set(Array.from({ length: tiles }, (_, i) => table.subarray(4 * i, 4 * i + 3).join()));
    expect(seen.size).toBe(tiles);
    // The rest point past every edge.
    expect(table.subarray(4 * tiles).every((word, i) => i % 4 === 0 ? word === 0 : word * side >= 8320)).toBe(true);
  });
});
