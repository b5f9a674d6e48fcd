/** Plans and their memory, without a GPU: over many random chains of layers. */
import { CLASS_FORMAT } from '../../src/target.ts';
import { describe, expect, test } from 'vitest';
import { HEAD_MAX_CLASSES } from '../../src/kernels/head.ts';
import { knowEverything } from '../../src/compile/all.ts';
import type { Build } from '../../src/compile/build.ts';
import { evaluateGraph, predictGraph, trainGraph } from '../../src/compile/graphs.ts';
import { dense, dropout, relu, type Layer } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { uniforms } from '../../src/random.ts';
import { checkAliasing } from '../../src/scheduler/dispatch.ts';
import { reads, writes, type Graph, type Operation } from '../../src/scheduler/graph.ts';
import { placeValues } from '../../src/scheduler/memory.ts';
import { makePlan } from '../../src/scheduler/plan.ts';
import { prepare } from '../../src/train/prepare.ts';
import { activationBuffers } from '../../src/train/memory.ts';
import { planOf } from '../../src/train/estimate.ts';

knowEverything(); // Plans are asked for without a trainer.

const DATA = { name: 'data', format: 'u8', inputWords: 64, scale: 1 / 255, offset: 0, target: CLASS_FORMAT } as const;

/** The n-th random chain: 1 to 6 dense layers of 1 to 70 units, ReLU and dropout here and there. */
function randomBuild(n: number, fusion: Build['fusion']): Build {
  const draws = uniforms(64, 4, n);
  let at = 0;
  const below = (count: number): number => Math.floor(draws[at++]! * count);
  const depth = 1 + below(6);
  const layers: Layer[] = [];
  for (let i = 0; i < depth; i++) {
    if (below(2) === 0) layers.push(dropout(0.3));
    layers.push(dense(1 + below(70)));
    if (i < depth - 1 && below(3) > 0) layers.push(relu());
  }
  return prepare({
    model: sequential([1 + below(90)], layers), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    batchSize: 1 + below(40), replicas: Array.from({ length: 1 + below(3) }, () => ({})), fusion,
  }, 'software').build;
}

const graphsOf = (build: Build): Graph[] => [trainGraph(build, DATA), evaluateGraph(build, DATA), predictGraph(build, DATA)];

/** First and last operation at which each value must keep its contents. */
function livesOf(graph: Graph): Map<string, [number, number]> {
  const lives = new Map<string, [number, number]>();
  graph.operations.forEach((operation, i) => {
    for (const name of [...reads(operation), ...writes(operation)]) {
      if (graph.values[name] === undefined) continue;
      lives.set(name, [lives.get(name)?.[0] ?? i, i]);
    }
  });
  for (const name of Object.values(graph.results)) lives.set(name, [lives.get(name)![0], graph.operations.length]);
  return lives;
}

describe.each(['none', 'layer', 'full'] as const)('forty random chains, fusion %s', (fusion) => {
  const graphs = Array.from({ length: 40 }, (_, n) => graphsOf(randomBuild(n, fusion))).flat();

  test('values that live at the same time do not overlap, and start at 256 bytes', () => {
    let pairs = 0;
    for (const graph of graphs) {
      const { placements, buffers } = placeValues(graph);
      // The update of all layers in one dispatch binds three.
      expect(Object.keys(buffers).length).toBeLessThanOrEqual(3);
      const lives = [...livesOf(graph)].map(([name, [first, last]]) => ({ name, first, last, place: placements[name]!, size: graph.values[name]! }));
      for (const [i, a] of lives.entries()) {
        expect((4 * a.place.offset) % 256).toBe(0);
        expect((4 * a.place.stride) % 256).toBe(0);
        // Inside the replica's share, and the share of every replica inside the buffer.
        expect(a.place.offset + a.size).toBeLessThanOrEqual(a.place.stride);
        expect(buffers[a.place.buffer]).toBe(4 * a.place.stride * graph.replicas);
        for (const b of lives.slice(i + 1)) {
          if (a.place.buffer !== b.place.buffer || a.last < b.first || b.last < a.first) continue;
          pairs++;
          const apart = a.place.offset + a.size <= b.place.offset || b.place.offset + b.size <= a.place.offset;
          expect(apart, `${graph.name}: ${a.name} and ${b.name}`).toBe(true);
        }
      }
    }
    expect(pairs).toBeGreaterThan(100);
  });

  test('a buffer that a dispatch writes is bound once in it', () => {
    for (const graph of graphs) {
      for (const { label, bindings } of makePlan(graph).dispatches) {
        for (const { access, buffer } of bindings) {
          if (access !== 'read-write') continue;
          expect(bindings.filter((other) => other.buffer === buffer).length, `${label}: ${buffer}`).toBe(1);
        }
        expect(bindings.filter(({ access }) => access !== 'uniform').length).toBeLessThanOrEqual(8);
      }
    }
  });

  test('the same graph gives the same plan, text and all', () => {
    for (const [i, graph] of graphs.entries()) {
      const again = graphsOf(randomBuild(Math.floor(i / 3), fusion))[i % 3]!;
      expect(makePlan(again)).toEqual(makePlan(graph));
    }
  });

  test('buffers are large enough for training, evaluation and prediction', () => {
    for (let n = 0; n < 40; n++) {
      const build = randomBuild(n, fusion);
      const sizes = new Map(activationBuffers(build).map(({ name, bytes }) => [name, bytes]));
      for (const graph of graphsOf(build)) {
        for (const [name, bytes] of Object.entries(placeValues(graph).buffers)) expect(sizes.get(name)).toBeGreaterThanOrEqual(bytes);
      }
    }
  });

  test('input gradients come before the update of the weights they read', () => {
    for (const graph of graphs.filter(({ name }) => name.startsWith('train'))) {
      const labels = graph.operations.map(({ label }) => label);
      const lastGradient = labels.findLastIndex((label) => label.endsWith('input gradient'));
      const firstUpdate = labels.findIndex((label) => label.includes('update'));
      expect(firstUpdate).toBeGreaterThan(lastGradient);
    }
  });
});

describe('the flagship network', () => {
  const config = {
    model: sequential([784], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dropout(0.5), dense(10)]),
    loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), batchSize: 128,
  };

  test('six dispatches a step on hardware, ten on software, as the design lists them', () => {
    expect(planOf(config, 'hardware').dispatches.map(({ kernel }) => kernel)).toEqual([
      'gather', 'dense-forward', 'dense-forward', 'head', 'dense-input-gradient', 'network-weight-update',
    ]);
    expect(planOf(config, 'software').dispatches.map(({ kernel }) => kernel)).toEqual([
      'gather', 'dense-forward', 'dense-forward', 'dense-forward', 'softmax-cross-entropy',
      'dense-input-gradient', 'dense-input-gradient', 'dense-weight-update', 'dense-weight-update', 'dense-weight-update',
    ]);
    expect(planOf({ ...config, fusion: 'none' }).dispatches.length).toBe(7 + 6 + 1);
  });

  test('its flops are those of its products: three per layer, two where no input gradient is needed', () => {
    const products = 2 * 128 * (2 * 784 * 1000 + 3 * 1000 * 500 + 3 * 500 * 10);
    for (const adapter of ['hardware', 'software'] as const) {
      const { flops, dispatches, bytes } = planOf(config, adapter);
      // The update, the loss and pads add a little.
      expect(flops / products).toBeGreaterThan(1);
      expect(flops / products).toBeLessThan(1.05);
      expect(flops).toBe(dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0));
      expect(bytes).toBe(dispatches.reduce((sum, dispatch) => sum + dispatch.bytes, 0));
      // At least every weight and its momentum, read and written.
      expect(bytes).toBeGreaterThan(16 * 1_289_000);
    }
  });

  test('too many classes for workgroup memory: the head stays apart', () => {
    const wide = { ...config, model: sequential([784], [dense(32), relu(), dense(HEAD_MAX_CLASSES + 1)]) };
    expect(planOf(wide, 'hardware').dispatches.map(({ kernel }) => kernel)).toEqual([
      'gather', 'dense-forward', 'dense-forward', 'softmax-cross-entropy', 'dense-input-gradient', 'network-weight-update',
    ]);
  });
});

describe('wrong graphs', () => {
  const kernel = { name: 'k', bindings: [{ name: 'in', access: 'read' }, { name: 'out', access: 'read-write' }] } as unknown as Operation['kernel'];
  const operation = (label: string, input: string, output: string): Operation =>
    ({ kernel, label, shape: {}, bindings: { in: input, out: output } }) as unknown as Operation;
  const graph = (operations: Operation[]): Graph => ({ name: 'g', replicas: 1, values: { a: 4, b: 4 }, results: {}, operations });

  test('a value read before it is written, or written twice', () => {
    expect(() => placeValues(graph([operation('first', 'a', 'b')]))).toThrow('first reads a before it is written');
    expect(() => placeValues(graph([operation('first', 'data', 'a'), operation('second', 'data', 'a')]))).toThrow('second writes a a second time');
  });

  test('one buffer read and written in one dispatch', () => {
    const bindings = [{ name: 'x', access: 'read', buffer: 'p' }, { name: 'y', access: 'read-write', buffer: 'p' }] as const;
    expect(() => checkAliasing({ label: 'bad', bindings })).toThrow('bad: p is bound to y, writable, and to x.');
  });
});
