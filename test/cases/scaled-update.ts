/** Updates whose scale depends on norms: the norms, and the arena update behind them. */
import { CHUNK } from '../../src/kernels/chunk.ts';
import { scaledUpdate, tensorNorms } from '../../src/kernels/index.ts';
import { spread } from '../../src/kernels/kernel.ts';
import { NORM_GROUPS, type RuleName } from '../../src/kernels/rule.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import type { TensorNormsShape } from '../../src/kernels/tensor-norms.ts';
import type { UpdateShape } from '../../src/kernels/update.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import { arenaMoves, updateTolerances } from './arena-check.ts';
import {
  arenaContents, arenaPlaces, ruleOf, SCALE, updateRow, type ArenaContents, type ArenaPlaces, type ReplicaUpdate,
  type TensorInput, type TensorShape,
} from './arena-layout.ts';
import { EPSILON, expectWords, Mismatch } from './compare.ts';
import { Contents, pad4, words, type Place } from './contents.ts';
import { isRefused, PENALTIES, RULES } from './rules.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Run } from './run-kernel.ts';
import { expectTwin, rounding, type Tolerance } from './twin.ts';
import { common, drawInputs, gradientContents, SHAPES } from './update.ts';

/** A replica that may have left updates out: `t` is the row's, as if it had not. */
export interface ScaledReplica extends ReplicaUpdate {
  readonly skips?: number;
}

/** What a case makes of the draws. */
type Change = (input: TensorInput, replica: number, tensor: number) => TensorInput;

interface Options {
  readonly change?: Change;
  readonly shapes?: readonly TensorShape[];
  readonly chunk?: number;
}

interface Setup {
  readonly replicas: readonly ScaledReplica[];
  readonly places: ArenaPlaces;
  readonly data: readonly (readonly TensorInput[])[];
  readonly before: ArenaContents;
  readonly gradients: Contents;
  readonly chunk: number;
}

function setUp(replicas: readonly ScaledReplica[], { change = (input) => input, shapes = SHAPES, chunk = CHUNK }: Options): Setup {
  const places = arenaPlaces(shapes, chunk);
  const data = drawInputs(places, replicas).map((one, r) => one.map((input, i) => change(input, r, i)));
  return { replicas, places, data, before: arenaContents(places, ruleOf(replicas), data), gradients: gradientContents(places, data), chunk };
}

const UNUSED = 0xdead;

/** Counts of updates left out: those so far in the half of t's parity, nothing that may be read in the other. */
function skipCounts(replicas: readonly ScaledReplica[]): Contents {
  const counts = new Uint32Array(2 * replicas.length).fill(UNUSED);
  replicas.forEach(({ t, skips = 0 }, r) => { counts[(t % 2) * replicas.length + r] = skips; });
  return words(counts);
}

const shared = ({ replicas, places }: Setup) => ({
  rows: replicas.map(updateRow),
  shape: { row: rowShape(replicas.length, places.tensors.length), arena: { stride: places.stride }, rule: ruleOf(replicas) },
});

const paddedLength = ({ paddedRows, columns }: Place): number => paddedRows * pad4(columns);

/** What stands where no norms are written. */
const UNWRITTEN = -7;

function normsRun(setup: Setup): Run<TensorNormsShape> {
  const { places, before, replicas, gradients } = setup;
  const norms = new Contents(4 * replicas.length * places.tensors.length * NORM_GROUPS);
  norms.floats.fill(UNWRITTEN);
  return {
    ...shared(setup), kernel: tensorNorms,
    buffers: {
      gradients, parameters: before.parameters, state: before.state, skips: skipCounts(replicas), norms,
      tensors: words(places.tensors.flatMap((at) => [at.offset / 4, paddedLength(at) / 4])),
    },
  };
}

/**
 * Sums of positive terms: no cancellation, but the terms of lamb are made of a dozen operations. Sums that are not finite
 * say nothing: their vec4s are counted.
 */
export const NORM_TOLERANCES: Readonly<Record<string, Tolerance>> = {
  norms: { relative: 32 * EPSILON, absolute: (value) => (Number.isFinite(value) ? 0 : Infinity) },
};

const normsCase = async (bench: Bench, replicas: readonly ScaledReplica[], options: Options = {}): Promise<void> => {
  await expectTwin(bench, normsRun(setUp(replicas, options)), NORM_TOLERANCES);
};

/** Every fourth number of the norms is no sum: it packs whole numbers, which a rounding would make others. */
export const isSum = (i: number): boolean => i % 4 !== 3;

/** The second dispatch, with the norms that the device made. */
async function scaledRun(bench: Bench, setup: Setup): Promise<Run<UpdateShape>> {
  const { places, before, gradients, replicas, chunk } = setup;
  const { rows, shape } = shared(setup), chunks = places.chunks.length, groups = spread(chunks);
  const { norms } = await runKernel(bench, normsRun(setup));
  return {
    kernel: withConstants(scaledUpdate, { CHUNK: chunk }, ([, , z]) => [groups.x, groups.y, z]),
    rows, shape: { ...shape, chunks },
    buffers: { gradients, chunks: words(places.chunks), norms: norms!, skips: skipCounts(replicas), ...before },
  };
}

/** Draws everything, runs both kernels and checks parameters, state, flags and counts. */
async function scaledCase(bench: Bench, replicas: readonly ScaledReplica[], options: Options = {}): Promise<ArenaContents> {
  const setup = setUp(replicas, options), { stride } = setup.places, rule = ruleOf(replicas);
  const moves = [rounding('gradients'), rounding('norms', isSum), ...arenaMoves(rule, stride)];
  return await expectTwin(bench, await scaledRun(bench, setup), updateTolerances(rule, stride), moves) as unknown as ArenaContents;
}

/** A weight with penalties, a bias without decay or ratio, and a weight with another learning rate. */
const perTensor = (base: Hyperparameters, more: Partial<Hyperparameters> = {}): readonly Hyperparameters[] => [
  { ...base, ...more }, { ...base, ...common(more), trustRatio: false }, { ...base, ...more, learningRate: base.learningRate / 3 },
];

const plain = (base: Hyperparameters, more: Partial<Hyperparameters> = {}): ScaledReplica => ({ hyperparameters: perTensor(base, more), t: 7, step: 6 });

const withGradient = (input: TensorInput, gradient: (g: number, i: number) => number): TensorInput =>
  ({ ...input, gradient: Float32Array.from(input.gradient, gradient) });
const withWeights = (input: TensorInput, weight: (w: number, i: number) => number): TensorInput =>
  ({ ...input, weights: Float32Array.from(input.weights, weight) });

const NAMES = Object.keys(RULES) as RuleName[];
const RATIOS = ['lars', 'lamb'] as const;
const { momentum, adam, sgd } = RULES;

const norm = (threshold: number): Partial<Hyperparameters> => ({ clip: { by: 'norm', threshold } });
const globalNorm = (threshold: number): Partial<Hyperparameters> => ({ clip: { by: 'globalNorm', threshold } });

/** A single element of 3/8 in the first tensor and of 1/2 in the second: the norms 3/8, 1/2 and 5/8 are exact. */
const exactNorms: Change = (input, _r, tensor) => withGradient(input, (_g, i) => (i === 1 && tensor < 2 ? [0.375, 0.5][tensor]! : 0));

/** Everything that goes with a clip by norm. */
const everything = (name: RuleName): Partial<Hyperparameters> => {
  const large = PENALTIES['large l1, cumulative, l2 proximal, decay, non-negative, clip and average']!;
  const elastic = { l1: 1e-3, l2: 0.1, l2Rule: 'proximal', nonNegative: true, averageWeight: 0.1 } as const;
  return { ...(isRefused(name, large) ? elastic : { ...large, l1: 1e-3 }), clip: { by: 'globalNorm', threshold: 0.1 } };
};

/** Gradients, and weights where they matter, whose squares are beyond f32 or nothing in it; and the second tensor's as usual. */
const sized = (gradient: number, weight = 1): Change => (input, _r, tensor) =>
  (tensor === 1 ? input : withWeights(withGradient(input, (g) => g * gradient), (w) => w * weight));

const SIZES = [1e25, 1e21, 1e17, 1e-14, 1e-30] as const;

const sizeCases: readonly KernelCase[] = [
  ...SIZES.flatMap((size) => (['norm', 'globalNorm'] as const).map((by) =>
    kernelCase('scaled-update', `clip by ${by}, gradients times ${size}`, async (bench) => {
      await scaledCase(bench, [plain(momentum, { clip: { by, threshold: 1e-3 } }), plain(momentum, { clip: { by, threshold: size * 1e-3 } })], { change: sized(size) });
    }))),
  ...SIZES.flatMap((size) => ([[size, 1], [1, size], [size, size]] as const).map(([gradient, weight]) =>
    kernelCase('tensor-norms', `lars, gradients times ${gradient}, weights times ${weight}`, (bench) =>
      normsCase(bench, [plain(RULES.lars)], { change: sized(gradient, weight) })))),
  ...SIZES.filter((size) => size > 1e-20).map((size) => kernelCase('scaled-update', `lars, gradients and weights times ${size}`, async (bench) => {
    await scaledCase(bench, [plain(RULES.lars)], { change: sized(size, size) });
  })),
  ...SIZES.map((size) => kernelCase('scaled-update', `lamb, weights times ${size}`, async (bench) => {
    await scaledCase(bench, [plain({ ...RULES.lamb, weightDecay: 0 })], { change: sized(1, size) });
  })),
  kernelCase('scaled-update', 'a clipped gradient whose factor alone is below f32', async (bench) => {
    const huge: Change = (input) => withGradient(input, (_g, i) => (i % 3 === 0 ? 3e38 : -2e38));
    const [clipped] = [await scaledCase(bench, [plain(sgd, globalNorm(0.01))], { change: huge })];
    if (!clipped.flags.words.every((flag) => flag === NO_FLAG)) throw new Mismatch(`flags: ${clipped.flags.words}`);
  }),
];

const clipCases: readonly KernelCase[] = [
  ...NAMES.filter((name) => name !== 'lars' && name !== 'lamb').map((name) =>
    kernelCase('scaled-update', `${name}, clip by global norm, and everything`, async (bench) => {
      await scaledCase(bench, [plain(RULES[name], everything(name)), { ...plain(RULES[name], everything(name)), t: 1 }]);
    })),
  ...(['norm', 'globalNorm'] as const).flatMap((by) => [
    kernelCase('scaled-update', `clip by ${by}, one replica above and one below the bound`, async (bench) => {
      const replica = (threshold: number): ScaledReplica => plain(sgd, { clip: { by, threshold }, l2: 0.1 });
      await scaledCase(bench, [replica(0.01), replica(10), { ...replica(0.01), active: false }, { ...replica(0.01), ends: false }]);
    }),
    kernelCase('scaled-update', `clip by ${by}, exactly at the bound and just below it`, async (bench) => {
      const thresholds = by === 'norm' ? [0.5, 0.4999] : [0.625, 0.6249];
      await scaledCase(bench, thresholds.map((threshold) => plain(sgd, { clip: { by, threshold } })), { change: exactNorms });
    }),
    kernelCase('scaled-update', `clip by ${by}, zero gradient`, async (bench) => {
      await scaledCase(bench, [plain(momentum, { clip: { by, threshold: 0.1 } })], { change: (input) => withGradient(input, () => 0) });
    }),
  ]),
  kernelCase('scaled-update', 'the clip bounds the raw gradient, before penalties', async (bench) => {
    await scaledCase(bench, [plain(sgd, { ...norm(0.01), l2: 1, l1: 0.1, l1Rule: 'subgradient' })]);
  }),
  kernelCase('scaled-update', 'a gradient within the bound gives the bits of no clip', async (bench) => {
    const [wide, huge] = [await scaledCase(bench, [plain(adam, globalNorm(10))]), await scaledCase(bench, [plain(adam, norm(1e30))])];
    expectWords('parameters', wide.parameters.words, huge.parameters.words);
    expectWords('state', wide.state.words, huge.state.words);
  }),
  kernelCase('scaled-update', '65540 workgroups', async (bench) => {
    await scaledCase(bench, [{ hyperparameters: [{ ...sgd, ...norm(1) }], t: 1, step: 0 }], { shapes: [[65540, 4]], chunk: 1 });
  }),
  kernelCase('scaled-update', 'not skipped, NaN raises its tensor\'s flag', async (bench) => {
    const setup = setUp([plain(sgd, norm(0.1)), plain(sgd, norm(0.1))], {
      change: (input, r, tensor) => withGradient(input, (g, i) => (r === 1 && tensor === 1 && i === 2 ? NaN : g)),
    });
    const { flags } = await runKernel(bench, await scaledRun(bench, setup));
    expectWords('flags', flags!.words, [NO_FLAG, NO_FLAG, NO_FLAG, NO_FLAG, 12, NO_FLAG]);
  }),
];

/** Trust ratios with what may stand around them. */
const ratioCases: readonly KernelCase[] = RATIOS.flatMap((name) => {
  const base = RULES[name];
  const around: Readonly<Record<string, Partial<Hyperparameters>>> = {
    plain: {},
    'without decay': { weightDecay: 0 },
    'l1 1e-5 as a subgradient': { l1: 1e-5, l1Rule: 'subgradient' },
    'large l1 as a subgradient, l2 coupled, and clip by value': { l1: 1e-3, l1Rule: 'subgradient', l2: 1, clip: { by: 'value', threshold: 4e-3 } },
    'l1 1e-5, proximal': { l1: 1e-5 },
    'elastic net, non-negative, and average': { l1: 1e-3, l2: 0.1, l2Rule: 'proximal', nonNegative: true, averageWeight: 0.1 },
    'cumulative l1': { l1: 1e-3, l1Rule: 'cumulative' },
  };
  return [
    ...Object.entries(around).map(([what, more]) => kernelCase('scaled-update', `${name}, ${what}`, async (bench) => {
      await scaledCase(bench, [plain(base, more), { ...plain({ ...base, learningRate: base.learningRate / 2 }, more), t: 1 }]);
    })),
    kernelCase('scaled-update', `${name}, zero weights, then zero gradient`, async (bench) => {
      await scaledCase(bench, [plain(base), plain(base)], {
        change: (input, r) => (r === 0 ? withWeights(input, () => 0) : withGradient(input, () => 0)),
      });
    }),
    kernelCase('scaled-update', `${name}, large epsilon`, async (bench) => { await scaledCase(bench, [plain({ ...base, epsilon: 0.1 })]); }),
  ];
});

/** Gradients that are not finite: NaN in the second tensor of replica 0, infinity in the last element of replica 2's last. */
const spoilt: Change = (input, r, tensor) => withGradient(input, (g, i) => {
  if (r === 0 && tensor === 1 && i === 2) return NaN;
  return r === 2 && tensor === 2 && i === input.gradient.length - 1 ? -Infinity : g;
});

/** Rates so large that the weights are all step: their relative error is that of the bias corrections. */
const COUNTED: readonly (readonly [t: number, skips: number])[] = [[8, 7], [9, 7], [20, 13], [99, 0], [1006, 6], [100_000, 5]];

const skipCases: readonly KernelCase[] = [
  ...NAMES.filter((name) => name !== 'nadam').map((name) =>
    kernelCase('scaled-update', `${name}, an update with NaN or infinity is left out, other replicas go on`, async (bench) => {
      const one = { ...plain(RULES[name], { averageWeight: 0.1 }), skip: true };
      await scaledCase(bench, [
        { ...one, skips: 2 }, { ...one, skips: 2 }, { ...one, t: 8 }, { ...one, t: 8, skips: 5 },
        { ...one, skips: 1, ends: false }, { ...one, skips: 1, active: false },
      ], { change: spoilt });
    })),
  ...(['momentum', 'adam', 'amsgrad', 'adamax', 'lamb'] as const).map((name) =>
    kernelCase('scaled-update', `${name}, the updates left out do not count`, async (bench) => {
      const base = { ...RULES[name], learningRate: 100 * RULES[name].learningRate, ...(name === 'lamb' && { trustRatio: false }) };
      await scaledCase(bench, COUNTED.map(([t, skips]) => ({ hyperparameters: perTensor(base), t, step: t - 1, skips, skip: true })));
    })),
  kernelCase('scaled-update', 'adam, left out by a clip by value that hides infinity', async (bench) => {
    await scaledCase(bench, [{ ...plain(adam, { clip: { by: 'value', threshold: 4e-3 } }), skip: true }], { change: spoilt });
  }),
];

const LARGE: readonly TensorShape[] = [[101, 99], [99], [2, 3]];

const normCases: readonly KernelCase[] = [
  kernelCase('tensor-norms', 'three tensors, one longer than all workgroups together', (bench) => normsCase(bench, [plain(sgd, norm(1))], { shapes: LARGE })),
  kernelCase('tensor-norms', 'five replicas, some idle', (bench) => {
    const one = plain(sgd, norm(1));
    return normsCase(bench, [one, { ...one, active: false }, one, { ...one, ends: false }, one]);
  }),
  kernelCase('tensor-norms', 'NaN, infinities and subnormals', (bench) => normsCase(bench, [{ ...plain(sgd), skip: true }], {
    change: (input, _r, tensor) => withGradient(input, (g, i) => [i === 599 ? NaN : g, i === 0 ? -Infinity : g, i === 0 ? 1e-45 : g][tensor]!),
  })),
  ...RATIOS.flatMap((name) => [
    kernelCase('tensor-norms', `${name}, with penalties and decay`, (bench) =>
      normsCase(bench, [plain(RULES[name], { l2: 0.1, l1: 1e-3, l1Rule: 'subgradient' }), { ...plain(RULES[name], { l2: 1 }), t: 1 }])),
    kernelCase('tensor-norms', `${name}, another penalty on each tensor`, (bench) =>
      normsCase(bench, [{ ...plain(RULES[name]), hyperparameters: SHAPES.map((_, i) => ({ ...RULES[name], l2: 0.1 * (1 + i), weightDecay: 0.1 * (1 + i) })) }])),
    kernelCase('tensor-norms', `${name}, clipped by value`, (bench) => normsCase(bench, [plain(RULES[name], { clip: { by: 'value', threshold: SCALE / 4 } })])),
    kernelCase('tensor-norms', `${name}, updates left out`, (bench) => normsCase(bench, [{ ...plain(RULES[name]), skip: true, skips: 4 }])),
  ]),
];

export const scaledUpdateCases: readonly KernelCase[] = [...normCases, ...sizeCases, ...clipCases, ...ratioCases, ...skipCases];
