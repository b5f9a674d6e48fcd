/** Where the planner puts intermediate values. Each plan is carried out on a memory of tags: who wrote which block last. */
import { describe, expect, test } from 'vitest';
import type { DispatchShape, Kernel } from '../../src/kernels/kernel.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { type Graph, type Operation, reads, writes } from '../../src/scheduler/graph.ts';
import { placeValues, type Memory } from '../../src/scheduler/memory.ts';
import { flagship, FUSIONS, graphsOf, numbers, randomConfig } from './models.ts';

const BLOCK = 64; // floats: 256 bytes

const blocksOf = (floats: number): number => Math.ceil(floats / BLOCK);
const alignedBytes = (floats: number): number => 4 * BLOCK * blocksOf(floats);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Blocks of a value, all replicas, as 'buffer:block'. */
function blocks({ placements }: Memory, { values, replicas }: Graph, name: string): string[] {
  const { buffer, offset, stride } = placements[name]!;
  return Array.from({ length: replicas }, (_, replica) => (offset + replica * stride) / BLOCK)
    .flatMap((start) => Array.from({ length: blocksOf(values[name]!) }, (_, i) => `${buffer}:${start + i}`));
}

/** Throws when an operation reads a block that another value has taken, or binds a written buffer twice. */
function carryOut(graph: Graph, memory: Memory): void {
  const owner = new Map<string, string>();
  const expectOwn = (name: string, label: string): void => {
    const taken = blocks(memory, graph, name).find((block) => owner.get(block) !== name);
    if (taken !== undefined) throw new Error(`${label} reads ${name} at ${taken}, where ${owner.get(taken)} is.`);
  };
  const isValue = (name: string): boolean => graph.values[name] !== undefined;
  for (const operation of graph.operations) {
    const [read, written] = [reads(operation).filter(isValue), writes(operation).filter(isValue)];
    for (const name of read) expectOwn(name, operation.label);
    const bufferOf = (name: string): string => memory.placements[name]!.buffer;
    const busy = new Set(read.map(bufferOf));
    for (const buffer of written.map(bufferOf)) {
      if (busy.has(buffer)) throw new Error(`${operation.label} writes ${buffer}, which it binds otherwise.`);
      busy.add(buffer);
    }
    for (const name of written) {
      for (const block of blocks(memory, graph, name)) owner.set(block, name);
    }
  }
  for (const name of Object.values(graph.results)) expectOwn(name, 'the caller');
}

/** What must hold of any placement. */
function check(graph: Graph): Memory {
  const memory = placeValues(graph);
  carryOut(graph, memory);
  for (const [name, { buffer, index, offset, stride }] of Object.entries(memory.placements)) {
    expect([name, offset % BLOCK, stride % BLOCK]).toEqual([name, 0, 0]);
    expect(offset + graph.values[name]!).toBeLessThanOrEqual(stride);
    expect(memory.buffers[buffer]).toBe(4 * stride * graph.replicas);
    expect(Object.keys(memory.buffers)[index]).toBe(buffer);
  }
  expect(Object.keys(memory.placements).sort()).toEqual(
    Object.keys(graph.values).filter((name) => graph.operations.some((operation) => writes(operation).includes(name))).sort());
  expect(placeValues(graph)).toEqual(memory);
  return memory;
}

const buffersOf = (memory: Memory): number => Object.keys(memory.buffers).length;
const bytesOf = (memory: Memory): number => sum(Object.values(memory.buffers));
/** Bytes if every value had memory of its own. */
const separateBytes = (graph: Graph): number => graph.replicas * sum(Object.values(graph.values).map(alignedBytes));

const SEEDS = Array.from({ length: 120 }, (_, seed) => seed);

describe('chains of layers', () => {
  test.each(FUSIONS)('120 random ones, fusion %s: nothing that is still needed is overwritten', (fusion) => {
    let most = 0;
    for (const seed of SEEDS) {
      const graphs = graphsOf({ ...randomConfig(seed), fusion });
      most = Math.max(most, buffersOf(check(graphs.train)));
      for (const graph of [graphs.evaluate, graphs.predict]) expect(buffersOf(check(graph))).toBe(2);
      expect(bytesOf(placeValues(graphs.train))).toBeLessThanOrEqual(separateBytes(graphs.train));
    }
    expect(most).toBe(fusion === 'full' ? 3 : 2);
  });

  test('inference takes turns between two buffers, each as large as its largest value', () => {
    for (const seed of SEEDS) {
      const { evaluate } = graphsOf(randomConfig(seed));
      // Input, activations, logits and their gradient: each is dead once the next is there.
      const chain = evaluate.operations.flatMap((operation) => writes(operation)).filter((name) => evaluate.values[name] !== undefined);
      const largest = (parity: number): number =>
        Math.max(...chain.filter((_, i) => i % 2 === parity).map((name) => alignedBytes(evaluate.values[name]!)));
      expect(bytesOf(placeValues(evaluate))).toBe(evaluate.replicas * (largest(0) + largest(1)));
      expect(bytesOf(placeValues(evaluate))).toBeLessThan(separateBytes(evaluate));
    }
  });

  test('4-8-4, batch 16, by hand', () => {
    const model = sequential([4], [dense(8), relu(), dense(4)]);
    const { train } = graphsOf(flagship({ model, batchSize: 16, fusion: 'none', replicas: [{}, {}] }));
    expect(train.values).toEqual({ input: 64, 'layers.0 relu': 128, 'layers.1': 64, 'd(layers.1)': 64, 'd(layers.0)': 128 });
    const { placements, buffers } = placeValues(train);
    // The logits are dead when the first layer's gradient is written, so it takes their place; everything else is needed to the end.
    expect(Object.fromEntries(Object.entries(placements).map(([name, { index, offset }]) => [name, [index, offset]]))).toEqual({
      input: [0, 0], 'layers.0 relu': [1, 0], 'layers.1': [0, 64], 'd(layers.1)': [1, 128], 'd(layers.0)': [0, 64],
    });
    expect(Object.values(buffers)).toEqual([2 * 4 * 192, 2 * 4 * 192]);
  });
});

/** An operation of a kernel that reads up to three values and writes up to two. */
const mix: Kernel<DispatchShape> = {
  name: 'mix', source: '', libraries: () => [], constants: () => ({}), grid: () => [1, 1, 1], flops: () => 0, bytes: () => 0,
  bindings: [
    { name: 'a', access: 'read' }, { name: 'b', access: 'read' }, { name: 'c', access: 'read' },
    { name: 'x', access: 'read-write' }, { name: 'y', access: 'read-write' },
  ],
};

const mixed = (label: string, read: readonly string[], written: readonly string[], late: readonly string[] = []): Operation => ({
  kernel: mix, label, shape: { row: { replicas: 1, tensors: 1, groups: 1, layers: 1 } }, reads: late,
  bindings: Object.fromEntries([...read.map((name, i) => ['abc'[i], name]), ...written.map((name, i) => ['xy'[i], name])]),
});

const graphOf = (values: Record<string, number>, operations: Operation[], results: string[] = []): Graph => ({
  name: 'hand-made', replicas: 1, values, results: Object.fromEntries(results.map((name) => [name, name])), operations,
});

describe('any graph', () => {
  test('300 random ones with branches, joins and results', () => {
    for (let seed = 1000; seed < 1300; seed++) {
      const draw = numbers(seed);
      const values: Record<string, number> = {};
      const operations = Array.from({ length: draw(2, 14) }, (_, at) => {
        const known = Object.keys(values);
        const pick = (most: number): string[] =>
          known.length === 0 ? [] : [...new Set(Array.from({ length: draw(0, most) }, () => known[draw(0, known.length - 1)]!))];
        const [read, late] = [pick(3), pick(2)];
        const written = Array.from({ length: draw(1, 2) }, (_, i) => `v${at}.${i}`);
        for (const name of written) values[name] = draw(1, 400);
        return mixed(`operation ${at}`, read, written, late);
      });
      const results = Object.keys(values).filter(() => draw(0, 5) === 0);
      check({ ...graphOf(values, operations, results), replicas: draw(1, 3) });
    }
  });

  test('the check itself sees a value that was overwritten, and a written buffer that is read', () => {
    const graph = graphOf({ v: 64, w: 64, z: 64 }, [mixed('1', [], ['v']), mixed('2', [], ['w']), mixed('3', ['v', 'w'], ['z'])]);
    const at = (buffer: string, offset: number) => ({ buffer, index: 0, offset, stride: 128 });
    const run = (placements: Memory['placements']) => () => carryOut(graph, { placements, buffers: {} });
    expect(run({ v: at('p', 0), w: at('p', 64), z: at('q', 0) })).not.toThrow();
    expect(run({ v: at('p', 0), w: at('p', 0), z: at('q', 0) })).toThrow('3 reads v at p:0, where w is');
    expect(run({ v: at('p', 0), w: at('q', 0), z: at('q', 64) })).toThrow('3 writes q, which it binds otherwise');
  });

  test('a value that is read before it is written, written twice, or a result that nothing writes is an error', () => {
    expect(() => placeValues(graphOf({ v: 4, w: 4 }, [mixed('early', ['v'], ['w']), mixed('late', [], ['v'])])))
      .toThrow('early reads v before it is written');
    expect(() => placeValues(graphOf({ v: 4 }, [mixed('self', ['v'], ['v'])]))).toThrow('self reads v before it is written');
    expect(() => placeValues(graphOf({ v: 4, w: 4 }, [mixed('hidden', [], ['w'], ['v'])]))).toThrow('hidden reads v before');
    expect(() => placeValues(graphOf({ v: 4 }, [mixed('one', [], ['v']), mixed('two', [], ['v'])])))
      .toThrow('two writes v a second time');
    expect(() => placeValues(graphOf({ v: 4 }, [mixed('both', [], ['v', 'v'])]))).toThrow('both writes v a second time');
    expect(() => placeValues(graphOf({ v: 4, w: 4 }, [mixed('one', [], ['v'])], ['w']))).toThrow('nothing writes w');
  });
});
