/** The arena update: every optimizer with every penalty, and the flags. */
import { CHUNK } from '../../src/kernels/chunk.ts';
import { update } from '../../src/kernels/index.ts';
import { spread } from '../../src/kernels/kernel.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import * as reference from '../../src/reference/index.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import {
  arenaContents, arenaPlaces, checkArena, neverSeen, ruleOf, SCALE, tensorData, tensorLength, updateRow,
  type ArenaContents, type ArenaPlaces, type ReplicaUpdate, type TensorShape,
} from './arena-layout.ts';
import { expectWords } from './compare.ts';
import { Contents, draw, words } from './contents.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase } from './run-kernel.ts';

export const OPTIMIZERS: readonly Hyperparameters[] = [
  { optimizer: 'sgd', learningRate: 0.1 },
  { optimizer: 'momentum', learningRate: 0.1, momentum: 0.9, dampening: 0.1 },
  { optimizer: 'nesterov', learningRate: 0.1, momentum: 0.9 },
  { optimizer: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
];

const PENALTIES: Readonly<Record<string, Partial<Hyperparameters>>> = {
  plain: {},
  'l1 1e-5 as a subgradient': { l1: 1e-5, l1Rule: 'subgradient' },
  'l1 1e-5, proximal': { l1: 1e-5 },
  'l2 1e-4, coupled': { l2: 1e-4 },
  'l2 1e-4, proximal': { l2: 1e-4, l2Rule: 'proximal' },
  'weight decay 1e-2': { weightDecay: 1e-2 },
  'elastic net, proximal': { l1: 1e-2, l2: 0.1, l2Rule: 'proximal' },
  'all coupled, and decay': { l1: 1e-2, l1Rule: 'subgradient', l2: 0.1, weightDecay: 1e-2 },
};

const SHAPES: readonly TensorShape[] = [[20, 30], [30], [3, 5]];

/** A run of the update kernel as it is, or with chunks of another size. */
export async function runUpdate(
  bench: Bench, places: ArenaPlaces, replicas: readonly ReplicaUpdate[], before: ArenaContents, gradients: Contents, chunk = CHUNK,
): Promise<ArenaContents> {
  const chunks = places.chunks.length, groups = spread(chunks);
  const kernel = withConstants(update, { CHUNK: chunk }, ([, , z]) => [groups.x, groups.y, z]);
  const result = await runKernel(bench, {
    kernel, rows: replicas.map(updateRow),
    shape: {
      row: rowShape(replicas.length, places.tensors.length), chunks, arena: { stride: places.stride },
      rule: ruleOf(replicas.flatMap(({ hyperparameters }) => hyperparameters)),
    },
    buffers: { gradients, chunks: words(places.chunks), ...before },
  });
  return result as unknown as ArenaContents;
}

/** Draws everything, runs and checks; returns what the device made. */
async function updateCase(bench: Bench, replicas: readonly ReplicaUpdate[], shapes = SHAPES, chunk = CHUNK): Promise<ArenaContents> {
  const places = arenaPlaces(shapes, chunk);
  const rule = ruleOf(replicas.flatMap(({ hyperparameters }) => hyperparameters)).name;
  const data = replicas.map(({ t }, r) => places.tensors.map((at, i) => {
    const length = tensorLength(at), id = r * shapes.length + i;
    return { ...tensorData(length, rule, id, t), gradient: draw(length, 500 + id, SCALE).map((g, j) => (neverSeen(j) ? 0 : g)) };
  }));
  const before = arenaContents(places, rule, data);
  const gradients = new Contents(before.parameters.words.length);
  gradients.floats.fill(0);
  data.forEach((one, r) => one.forEach(({ gradient }, i) => gradients.put(places.tensors[i]!, r, gradient)));
  const got = await runUpdate(bench, places, replicas, before, gradients, chunk);
  checkArena(got, before, places, rule, replicas.map(({ hyperparameters, t, active }, r) => active === false ? undefined :
    data[r]!.map((one, i) => reference.update({ ...one, hyperparameters: hyperparameters[i]!, t }))));
  expectWords('flags', got.flags.words, before.flags.words);
  return got;
}

/** The weight takes the penalties, the bias none, and the last tensor another learning rate. */
const perTensor = (base: Hyperparameters, penalties: Partial<Hyperparameters>): readonly Hyperparameters[] =>
  [{ ...base, ...penalties }, base, { ...base, ...penalties, learningRate: base.learningRate / 3 }];

/** Two replicas: one in the middle of training, one at its first step and with other hyperparameters. */
const twoReplicas = (base: Hyperparameters, penalties: Partial<Hyperparameters>): readonly ReplicaUpdate[] => [
  { hyperparameters: perTensor(base, penalties), t: 7, step: 6 },
  { hyperparameters: perTensor({ ...base, learningRate: base.learningRate / 2 }, { ...penalties, ...(penalties.l2 && { l2: 2 * penalties.l2 }) }), t: 1, step: 9 },
];

const [sgd, momentum, , adam] = OPTIMIZERS as [Hyperparameters, Hyperparameters, Hyperparameters, Hyperparameters];

/** Gradients that are not finite, and finite ones that nearly are not. Flags keep the smallest step. */
async function flagsCase(bench: Bench): Promise<void> {
  const places = arenaPlaces([[4, 4], [8], [8], [8]]);
  const hyperparameters = [{ ...sgd, learningRate: 2 }, { ...sgd, learningRate: 1e-30 }, sgd, { ...sgd, l1: 1e-5 }];
  const replicas = [{ hyperparameters, t: 1, step: 12 }, { hyperparameters, t: 1, step: 13, active: false }, { hyperparameters, t: 1, step: 14 }];
  const data = replicas.map((_, r) => places.tensors.map((at, i) => tensorData(tensorLength(at), 'sgd', 4 * r + i, 1)));
  const before = arenaContents(places, 'sgd', data);
  const gradients = new Contents(before.parameters.words.length);
  gradients.floats.fill(0);
  const at = (replica: number, tensor: number, element: number): number =>
    replica * places.stride + places.tensors[tensor]!.offset + element;
  // Replica 0: NaN, the largest number with a tiny learning rate, a subnormal, and a weight that is NaN already, which
  // the soft threshold must not turn into 0. Replica 2: a weight that overflows, minus infinity, and infinity.
  // Replica 1 is inactive and not looked at.
  gradients.floats[at(0, 0, 15)] = NaN;
  gradients.words[at(0, 1, 3)] = 0x7f7fffff;
  gradients.words[at(0, 2, 0)] = 0x00000001;
  before.parameters.floats[at(0, 3, 6)] = NaN;
  gradients.floats[at(1, 0, 0)] = NaN;
  gradients.words[at(2, 0, 1)] = 0x7f7fffff;
  gradients.floats[at(2, 1, 7)] = -Infinity;
  gradients.floats[at(2, 2, 4)] = Infinity;
  before.flags.words.set([NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, 3, NO_FLAG, NO_FLAG, 5, 20, NO_FLAG]);
  const got = await runUpdate(bench, places, replicas, before, gradients);
  expectWords('flags', got.flags.words, [12, NO_FLAG, NO_FLAG, 12, NO_FLAG, NO_FLAG, 3, NO_FLAG, 14, 5, 14, NO_FLAG]);
  // Other elements of a flagged tensor take their step all the same.
  const wants = [0, 2].flatMap((replica) => [1, 2].map((tensor) => ({
    place: { ...places.tensors[tensor]!, columns: 3 }, replica, values: data[replica]![tensor]!.weights.subarray(0, 3),
  })));
  for (const { place, replica, values } of wants) expectWords('unhurt weights', words3(got.parameters, place.offset + replica * places.stride), words3(values, 0));
}

const words3 = (from: Contents | Float32Array, at: number): Uint32Array =>
  new Uint32Array((from instanceof Float32Array ? from : from.floats).slice(at, at + 3).buffer);

export const updateCases: readonly KernelCase[] = [
  ...OPTIMIZERS.flatMap((base) => Object.entries(PENALTIES).map(([name, penalties]) =>
    kernelCase('update', `${base.optimizer}, ${name}`, async (bench) => { await updateCase(bench, twoReplicas(base, penalties)); }))),
  kernelCase('update', 'three replicas, one inactive', async (bench) => {
    const hyperparameters = perTensor(adam, {});
    await updateCase(bench, [{ hyperparameters, t: 3, step: 2 }, { hyperparameters, t: 3, step: 2, active: false }, { hyperparameters, t: 2, step: 2 }]);
  }),
  ...([[[1, 1]], [[255]], [[256], [257]], [[16, 17], [1], [4, 63]]] as const).map((shapes) =>
    kernelCase('update', `tensors of ${shapes.map((shape) => shape.join(' x ')).join(', ')}`, async (bench) => {
      await updateCase(bench, [{ hyperparameters: shapes.map(() => momentum), t: 4, step: 3 }], shapes);
    })),
  kernelCase('update', 'chunks of 64 and of 16 agree bit for bit', async (bench) => {
    // One tensor, so that both chunk sizes lay the arena out the same way.
    const run = (chunk: number): Promise<ArenaContents> => updateCase(bench, [{ hyperparameters: [adam], t: 4, step: 3 }], [[16, 16]], chunk);
    const [large, small] = [await run(64), await run(16)];
    expectWords('parameters', small.parameters.words, large.parameters.words);
    expectWords('state', small.state.words, large.state.words);
  }),
  // More workgroups than one dimension holds; chunks of one vec4 keep the buffers small.
  kernelCase('update', '65540 workgroups', async (bench) => { await updateCase(bench, [{ hyperparameters: [sgd], t: 1, step: 0 }], [[65540, 4]], 1); }),
  kernelCase('update', 'NaN, infinities and overflow raise flags; subnormals and the largest number do not', flagsCase),
];
