/** The arena update: every optimizer with every penalty, and the flags. */
import { CHUNK } from '../../src/kernels/chunk.ts';
import { update } from '../../src/kernels/index.ts';
import { spread } from '../../src/kernels/kernel.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import type { RuleName } from '../../src/kernels/rule.ts';
import type { UpdateShape } from '../../src/kernels/update.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import { arenaMoves, updateTolerances } from './arena-check.ts';
import {
  arenaContents, arenaPlaces, neverSeen, ruleOf, SCALE, tensorData, tensorLength, updateRow,
  type ArenaContents, type ArenaPlaces, type ReplicaUpdate, type TensorInput, type TensorShape,
} from './arena-layout.ts';
import { expectWords } from './compare.ts';
import { Contents, draw, words } from './contents.ts';
import { isRefused, PENALTIES, RULES, VARIANTS } from './rules.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Run } from './run-kernel.ts';
import { expectTwin, rounding } from './twin.ts';

export const SHAPES: readonly TensorShape[] = [[20, 30], [30], [3, 5]];

/** The update kernel as it is, or with chunks of another size. */
function updateRun(
  places: ArenaPlaces, replicas: readonly ReplicaUpdate[], before: ArenaContents, gradients: Contents, chunk = CHUNK, inGroups = places.tensors.length,
): Run<UpdateShape> {
  const chunks = places.chunks.length, groups = spread(chunks);
  return {
    kernel: withConstants(update, { CHUNK: chunk }, ([, , z]) => [groups.x, groups.y, z]), rows: replicas.map(updateRow),
    shape: { row: rowShape(replicas.length, places.tensors.length, 1, inGroups), chunks, arena: { stride: places.stride }, rule: ruleOf(replicas) },
    buffers: { gradients, chunks: words(places.chunks), ...before },
  };
}

export const runUpdate = async (bench: Bench, ...of: Parameters<typeof updateRun>): Promise<ArenaContents> =>
  await runKernel(bench, updateRun(...of)) as unknown as ArenaContents;

/** Weights, state and gradients of every tensor of every replica. */
export function drawInputs(places: ArenaPlaces, replicas: readonly ReplicaUpdate[]): TensorInput[][] {
  const rule = ruleOf(replicas), { tensors } = places;
  return replicas.map(({ t }, r) => tensors.map((at, i) => {
    const length = tensorLength(at), id = r * tensors.length + i;
    return { ...tensorData(length, rule, id, t), gradient: draw(length, 500 + id, SCALE).map((g, j) => (neverSeen(j) ? 0 : g)) };
  }));
}

/** Gradients in an arena whose pads are zero. */
export function gradientContents(places: ArenaPlaces, data: readonly (readonly TensorInput[])[]): Contents {
  const gradients = new Contents(data.length * places.stride);
  gradients.floats.fill(0);
  data.forEach((one, r) => one.forEach(({ gradient }, i) => gradients.put(places.tensors[i]!, r, gradient)));
  return gradients;
}

/** Draws everything, runs and checks; returns what the device made. */
async function updateCase(
  bench: Bench, replicas: readonly ReplicaUpdate[], shapes = SHAPES, chunk = CHUNK, change = (input: TensorInput) => input,
  inGroups = shapes.length,
): Promise<ArenaContents> {
  const places = arenaPlaces(shapes, chunk), rule = ruleOf(replicas), { stride } = places;
  const data = drawInputs(places, replicas).map((inputs) => inputs.map(change));
  const run = updateRun(places, replicas, arenaContents(places, rule, data), gradientContents(places, data), chunk, inGroups);
  const moves = [rounding('gradients'), ...arenaMoves(rule, stride)];
  return await expectTwin(bench, run, updateTolerances(rule, stride), moves) as unknown as ArenaContents;
}

/** What is one for all tensors: the clip, the average, and the slot of cumulative L1. */
export const common = ({ l1Rule, averageWeight, clip }: Partial<Hyperparameters>): Partial<Hyperparameters> =>
  ({ ...(l1Rule === 'cumulative' && { l1Rule }), averageWeight, clip });

/** The weight takes the penalties, the bias none, and the last tensor another learning rate. */
const perTensor = (base: Hyperparameters, penalties: Partial<Hyperparameters>): readonly Hyperparameters[] => [
  { ...base, ...penalties }, { ...base, ...common(penalties) }, { ...base, ...penalties, learningRate: base.learningRate / 3 },
];

/** Two replicas: one in the middle of training, one at its first step and with other hyperparameters. */
const twoReplicas = (base: Hyperparameters, penalties: Partial<Hyperparameters>): readonly ReplicaUpdate[] => [
  { hyperparameters: perTensor(base, penalties), t: 7, step: 6 },
  {
    hyperparameters: perTensor({ ...base, learningRate: base.learningRate / 2 }, {
      ...penalties, ...(penalties.l2 && { l2: 2 * penalties.l2 }), ...(penalties.averageWeight && { averageWeight: 1 }),
    }), t: 1, step: 9,
  },
];

const { sgd, momentum, adam } = RULES;

/** Rules whose step needs no norm of a tensor. */
export const OWN: readonly RuleName[] = (Object.keys(RULES) as RuleName[]).filter((name) => name !== 'lars' && name !== 'lamb');

/** Gradients that are not finite, and finite ones that nearly are not. Flags keep the smallest step. */
async function flagsCase(bench: Bench): Promise<void> {
  const places = arenaPlaces([[4, 4], [8], [8], [8]]);
  const hyperparameters = [{ ...sgd, learningRate: 2 }, { ...sgd, learningRate: 1e-30 }, sgd, { ...sgd, l1: 1e-5 }];
  const replicas = [{ hyperparameters, t: 1, step: 12 }, { hyperparameters, t: 1, step: 13, active: false }, { hyperparameters, t: 1, step: 14 }];
  const rule = ruleOf(replicas);
  const data = replicas.map((_, r) => places.tensors.map((at, i) => tensorData(tensorLength(at), rule, 4 * r + i, 1)));
  const before = arenaContents(places, rule, data);
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
  before.flags.words.set([NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, 3, NO_FLAG, NO_FLAG, 5, 40, NO_FLAG]);
  const got = await runUpdate(bench, places, replicas, before, gradients);
  expectWords('flags', got.flags.words, [24, NO_FLAG, NO_FLAG, 24, NO_FLAG, NO_FLAG, 3, NO_FLAG, 28, 5, 28, NO_FLAG]);
  // Other elements of a flagged tensor take their step all the same.
  const wants = [0, 2].flatMap((replica) => [1, 2].map((tensor) => ({
    place: { ...places.tensors[tensor]!, columns: 3 }, replica, values: data[replica]![tensor]!.weights.subarray(0, 3),
  })));
  for (const { place, replica, values } of wants) expectWords('unhurt weights', words3(got.parameters, place.offset + replica * places.stride), words3(values, 0));
}

const words3 = (from: Contents | ArrayLike<number>, at: number): Uint32Array =>
  new Uint32Array(Float32Array.from(from instanceof Contents ? from.floats : from).slice(at, at + 3).buffer);

export const updateCases: readonly KernelCase[] = [
  ...OWN.flatMap((name) => Object.entries(PENALTIES).filter(([, penalties]) => !isRefused(name, penalties)).map(([what, penalties]) =>
    kernelCase('update', `${name}, ${what}`, async (bench) => { await updateCase(bench, twoReplicas(RULES[name], penalties)); }))),
  ...Object.entries(VARIANTS).map(([what, base]) =>
    kernelCase('update', what, async (bench) => { await updateCase(bench, twoReplicas(base, { l1: 1e-5 })); })),
  ...[adam, RULES.rmspropCenteredMomentum].map((base) =>
    kernelCase('update', `${base.optimizer}, nothing changes before the last batch of an update`, async (bench) => {
      const hyperparameters = perTensor(base, { l1: 1e-3, l1Rule: 'cumulative', averageWeight: 0.1 });
      await updateCase(bench, [{ hyperparameters, t: 3, step: 2 }, { hyperparameters, t: 3, step: 2, ends: false }, { hyperparameters, t: 3, step: 2, active: false }]);
    })),
  kernelCase('update', 'rmspropCentered, a mean of squares below the square of the mean', async (bench) => {
    // As rounding leaves it where all gradients are alike. The metric is epsilon then, so the learning rate is small.
    const hyperparameters = perTensor({ ...RULES.rmspropCentered, learningRate: 1e-7, epsilon: 1e-6 }, {});
    const alike = ({ state, ...input }: TensorInput): TensorInput =>
      ({ ...input, gradient: input.gradient.map(() => 0.002), state: { v: state['v']!.map(() => 2 ** -20), mean: state['mean']!.map(() => 2 ** -9) } });
    await updateCase(bench, [{ hyperparameters, t: 9, step: 8 }], SHAPES, CHUNK, alike);
  }),
  kernelCase('update', 'the average is left to the kernel of a rule on units', async (bench) => {
    const hyperparameters = perTensor(momentum, { averageWeight: 0.1 });
    const units = [{ maxNorm: 1 }, undefined, { unitNorm: true }];
    await updateCase(bench, [{ hyperparameters, t: 3, step: 2, units }, { hyperparameters, t: 1, step: 0, units: [] }]);
  }),
  kernelCase('update', 'twenty tensors in four groups, in three where the other replica has them', async (bench) => {
    const shapes = Array.from({ length: 20 }, (_, i): TensorShape => [4 + i]);
    const inGroups = (count: number): Hyperparameters[] => shapes.map((_, i) => ({ ...adam, learningRate: adam.learningRate / (1 + (5 * i + 2) % count) }));
    await updateCase(bench, [{ hyperparameters: inGroups(4), t: 3, step: 2 }, { hyperparameters: inGroups(3), t: 4, step: 2 }], shapes, CHUNK, undefined, 6);
  }),
  kernelCase('update', 'three hundred groups', async (bench) => {
    const shapes = Array.from({ length: 300 }, (): TensorShape => [8]);
    await updateCase(bench, [{ hyperparameters: shapes.map((_, i) => ({ ...sgd, learningRate: sgd.learningRate * (1 + i / 100) })), t: 1, step: 0 }], shapes);
  }),
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
