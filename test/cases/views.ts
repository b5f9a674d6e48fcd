/** Updates of parameters that lie anywhere in shared buffers, as a caller of gradshader/optim has them. */
import { viewNorms, viewUnitConstraint, viewUpdate } from '../../src/kernels/index.ts';
import { needsNorms, NORM_GROUPS, stateSlots, type Rule, type RuleName } from '../../src/kernels/rule.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import type { ViewNormsShape } from '../../src/kernels/view-norms.ts';
import { chunksOf, viewTable, type TensorView, type ViewUpdateShape } from '../../src/kernels/view-update.ts';
import { unitViewTable } from '../../src/kernels/view-unit-constraint.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import { ABSOLUTE, arenaMoves } from './arena-check.ts';
import { ruleOf, SCALE, tensorData, updateRow, type ReplicaUpdate, type TensorInput, type Unit } from './arena-layout.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, words } from './contents.ts';
import { isRefused, PENALTIES, RULES } from './rules.ts';
import { kernelCase, rowShape, runKernel, type Bench, type KernelCase, type Run } from './run-kernel.ts';
import { isSum, NORM_TOLERANCES } from './scaled-update.ts';
import { expectTwin, rounding } from './twin.ts';

/** Around a vec4, around a chunk of 256 floats, and more than a chunk. */
const LENGTHS = [1, 3, 5, 255, 257, 1021];

/** Views one after the other in the parameters, and in the opposite order in the gradients, with gaps that misalign them. */
function viewsOf(lengths: readonly number[]): { views: readonly TensorView[]; stride: number } {
  let [weights, gradients, stride] = [3, 1, 0];
  const places = lengths.map((length, i) => {
    const at = { weights, state: stride };
    weights += length + 1 + (i % 3);
    stride += 256 * Math.ceil(length / 256);
    return at;
  });
  const behind = [...lengths].reverse().map((length) => {
    const at = gradients;
    gradients += length + 2;
    return at;
  }).reverse();
  return { views: lengths.map((length, tensor) => ({ tensor, length, gradients: behind[tensor]!, ...places[tensor]! })), stride };
}

interface Setup {
  readonly replica: ReplicaUpdate;
  readonly rule: Rule;
  readonly views: readonly TensorView[];
  readonly stride: number;
  readonly data: readonly TensorInput[];
  readonly parameters: Contents;
  readonly gradients: Contents;
  readonly state: Contents;
}

type Change = (input: TensorInput, tensor: number) => TensorInput;

/** Views of the replica's tensors with what was drawn for them, or what is made of it. */
export function setUp(replica: ReplicaUpdate, change: Change = (input) => input, lengths: readonly number[] = LENGTHS): Setup {
  const rule = ruleOf([replica]), slots = stateSlots(rule);
  const { views, stride } = viewsOf(lengths);
  const data = views.map(({ length }, i) =>
    change({ ...tensorData(length, rule, i, replica.t), gradient: draw(length, 900 + i, SCALE) }, i));
  const end = Math.max(...views.map(({ weights, gradients, length }) => length + Math.max(weights, gradients)));
  const parameters = new Contents(end + 1), gradients = new Contents(end + 1), state = new Contents(Math.max(4, slots.length * stride));
  state.floats.fill(0);
  data.forEach((input, i) => {
    const view = views[i]!;
    parameters.floats.set(input.weights, view.weights);
    gradients.floats.set(Float32Array.from(input.gradient), view.gradients);
    slots.forEach((slot, s) => state.floats.set(input.state[slot]!, s * stride + view.state));
  });
  return { replica, rule, views, stride, data, parameters, gradients, state };
}

const UNUSED = 0xdead;

/** Updates in flight at most. */
const IN_FLIGHT = 5;

/** Counts of updates left out: those so far in the half of t's parity. Then the step that is next, in that of the step's. */
function skipCounts({ t, step }: ReplicaUpdate, skips: number, next = step): Contents {
  const counts = [UNUSED, UNUSED, UNUSED, UNUSED];
  counts[t % 2] = skips;
  counts[2 + (step % 2)] = next;
  return words(counts);
}

/** By tensor, and whether an update came out of turn. */
const noFlags = (tensors: number): Contents => words(new Uint32Array(tensors + 1).fill(NO_FLAG));

const shared = ({ replica, views, rule, stride }: Setup) => ({
  rows: [updateRow(replica)],
  shape: {
    row: rowShape(1, views.length), rule, arena: { stride }, parameters: views.reduce((sum, { length }) => sum + length, 0),
  },
});

const normsRun = (setup: Setup, skips: number): Run<ViewNormsShape> => {
  const { rows, shape } = shared(setup), { views, parameters, gradients, state, replica } = setup;
  const norms = new Contents(4 * views.length * NORM_GROUPS);
  norms.floats.fill(0);
  return {
    kernel: viewNorms, rows, shape: { ...shape, views: views.length },
    buffers: { gradients, parameters, state, views: words(viewTable(views)), skips: skipCounts(replica, skips), norms },
  };
};

type Results = Readonly<Record<'parameters' | 'state' | 'flags' | 'skips', Contents>>;

/** The last dispatch of one update, with the norms that the device made. */
async function updateRun(bench: Bench, setup: Setup, skips: number, next?: number): Promise<Run<ViewUpdateShape>> {
  const { rows, shape } = shared(setup), { views, parameters, gradients, state, replica, rule } = setup;
  const chunks = views.flatMap(chunksOf);
  return {
    kernel: viewUpdate, rows, shape: { ...shape, chunks: chunks.length, inFlight: IN_FLIGHT },
    buffers: {
      gradients, parameters, state, chunks: words(viewTable(chunks)), skips: skipCounts(replica, skips, next),
      norms: needsNorms(rule) ? (await runKernel(bench, normsRun(setup, skips)))['norms']! : new Contents(4),
      flags: noFlags(views.length),
    },
  };
}

export const updated = async (bench: Bench, setup: Setup, skips = 0): Promise<Results> =>
  await runKernel(bench, await updateRun(bench, setup, skips)) as unknown as Results;

interface Options {
  readonly change?: Change;
  readonly skips?: number;
  /** The step that is next, unless it is the replica's. */
  readonly next?: number;
}

async function updateCase(bench: Bench, replica: ReplicaUpdate, { change, skips = 0, next }: Options = {}): Promise<Results> {
  const setup = setUp(replica, change), { rule, stride } = setup;
  const moves = [rounding('gradients'), rounding('norms', isSum), ...arenaMoves(rule, stride)];
  const tolerance = { relative: 8 * EPSILON, absolute: ABSOLUTE };
  return await expectTwin(bench, await updateRun(bench, setup, skips, next), { parameters: tolerance, state: tolerance }, moves) as unknown as Results;
}

const normsCase = async (bench: Bench, replica: ReplicaUpdate): Promise<void> => {
  await expectTwin(bench, normsRun(setUp(replica), 0), NORM_TOLERANCES);
};

/** The first four tensors take the penalties, the fifth none, the last another learning rate. */
const hyperparameters = (base: Hyperparameters, penalties: Partial<Hyperparameters> = {}): readonly Hyperparameters[] => {
  const { l1Rule, averageWeight, clip } = penalties;
  const bare = { ...base, ...(l1Rule === 'cumulative' && { l1Rule }), averageWeight, clip };
  const all = { ...base, ...penalties };
  return [all, all, all, all, bare, { ...all, learningRate: base.learningRate / 3 }];
};

const replicaOf = (base: Hyperparameters, penalties?: Partial<Hyperparameters>, more: Partial<ReplicaUpdate> = {}): ReplicaUpdate =>
  ({ hyperparameters: hyperparameters(base, penalties), t: 7, step: 6, ...more });

const nanAt = (tensor: number, at: number): Change => (input, i) =>
  (i === tensor ? { ...input, gradient: Float64Array.from(input.gradient, (g, j) => (j === at ? NaN : g)) } : input);

const CUMULATIVE = 'large l1, cumulative, l2 proximal, decay, non-negative, clip and average';
const NAMES = Object.keys(RULES) as RuleName[];
const CLIPS = [{ by: 'norm', threshold: 2e-3 }, { by: 'globalNorm', threshold: 2e-3 }] as const;

/** Wide and tall, with units around a workgroup's eight and inputs around its 32 lanes. */
const WEIGHTS = [[33, 7], [5, 17], [1, 1]] as const;

async function unitCase(
  bench: Bench, unit: Unit, layout: 'in-out' | 'out-in', averageWeight?: number, more: Partial<ReplicaUpdate> = {}, skips = [0, 0], flags = noFlags(WEIGHTS.length),
): Promise<void> {
  const base: Hyperparameters = { ...RULES.momentum, averageWeight };
  const replica: ReplicaUpdate = {
    hyperparameters: WEIGHTS.map(() => base), t: 7, step: 6, units: WEIGHTS.map(([inputs], i) => ({ ...unit, ...(unit.maxNorm !== undefined && { maxNorm: unit.maxNorm / (1 + i / 4) }), inputs })), ...more,
  };
  const rule = ruleOf([replica]), slots = stateSlots(rule), { views, stride } = viewsOf(WEIGHTS.map(([inputs, outputs]) => inputs * outputs));
  const data = views.map(({ length }, i) => tensorData(length, rule, i, 7));
  const parameters = new Contents(views.at(-1)!.weights + 2), state = new Contents(slots.length * stride);
  views.forEach(({ weights, state: at }, i) => {
    parameters.floats.set(data[i]!.weights, weights);
    slots.forEach((slot, s) => state.floats.set(data[i]!.state[slot]!, s * stride + at));
  });
  const weights = views.map(({ tensor, state: at, weights: from }, i) => ({ tensor, state: at, weights: from, inputs: WEIGHTS[i]![0], outputs: WEIGHTS[i]![1], layout, lassoFactor: Math.sqrt(WEIGHTS[i]![0]) }));
  const tolerance = { relative: 16 * EPSILON, absolute: 4 * EPSILON * SCALE };
  await expectTwin(bench, {
    kernel: viewUnitConstraint, rows: [updateRow(replica)], shape: { row: rowShape(1, views.length), rule, arena: { stride }, weights },
    buffers: { units: words(unitViewTable(weights)), parameters, state, skips: words(skips), flags },
  }, { parameters: tolerance, state: tolerance });
}

export const viewCases: readonly KernelCase[] = [
  ...NAMES.flatMap((name) => Object.entries({ plain: {}, [CUMULATIVE]: PENALTIES[CUMULATIVE]!, 'elastic net, proximal': PENALTIES['elastic net, proximal']! })
    .filter(([, penalties]) => !isRefused(name, penalties))
    .map(([what, penalties]) => kernelCase('view-update', `${name}, ${what}`, async (bench) => {
      await updateCase(bench, replicaOf(RULES[name], penalties));
    }))),
  kernelCase('view-update', 'adam, first update', async (bench) => { await updateCase(bench, replicaOf(RULES.adam, {}, { t: 1, step: 0 })); }),
  ...CLIPS.map((clip) => kernelCase('view-update', `momentum, clip by ${clip.by}`, async (bench) => {
    await updateCase(bench, replicaOf(RULES.momentum, { clip }));
  })),
  kernelCase('view-update', 'a gradient that is not finite is flagged', async (bench) => {
    const setup = setUp(replicaOf(RULES.adam), nanAt(3, 254));
    const got = await updated(bench, setup);
    expectWords('flags', got.flags.words, [...LENGTHS.map((_, i) => (i === 3 ? 12 : NO_FLAG)), NO_FLAG]);
  }),
  kernelCase('view-update', 'adam counts updates without those left out', async (bench) => {
    const got = await updateCase(bench, replicaOf(RULES.adam, {}, { skip: true }), { skips: 3 });
    expectWords('counts', got.skips.words, [3, 3, 6, 7]);
  }),
  kernelCase('view-update', 'adam leaves out an update that is not finite', async (bench) => {
    const got = await updateCase(bench, replicaOf(RULES.adam, {}, { skip: true }), { change: nanAt(5, 1020), skips: 3 });
    expectWords('counts', got.skips.words, [4, 3, 6, 7]);
    expectWords('flags', got.flags.words, [...LENGTHS.map((_, i) => (i === 5 ? 12 : NO_FLAG)), NO_FLAG]);
  }),
  ...Object.entries({ 'whose row was overwritten': [1, 0], 'that is done': [7, 0], 'after another that is astray': [6, 0], 'with four missing before it': [2, NO_FLAG] })
    .map(([what, [next, flag]]) => kernelCase('view-update', `an update ${what} ${flag === 0 ? 'changes nothing' : 'runs'}`, async (bench) => {
      const setup = setUp(replicaOf(RULES.adam)), run = await updateRun(bench, setup, 0, next);
      if (what.includes('another')) run.buffers['flags']!.words[LENGTHS.length] = 0;
      const got = await runKernel(bench, run);
      const changed = ['parameters', 'state', 'skips'].map((name) => got[name]!.words.some((word, i) => word !== run.buffers[name]!.words[i]));
      expectWords('changed', changed.map(Number), [1, 1, 1].map((one) => (flag === 0 ? 0 : one)));
      expectWords('flag', got['flags']!.words.slice(-1), [flag!]);
    })),
  kernelCase('view-unit-constraint', 'max-norm and average of an update that was astray', (bench) =>
    unitCase(bench, { maxNorm: SCALE }, 'in-out', 0.1, {}, [0, 0], words([...WEIGHTS.map(() => NO_FLAG), 0]))),
  // t is 7: the counts of before lie in the second half.
  ...Object.entries({ 'left out': [3, 2], 'counted': [2, 2] }).map(([what, skips]) =>
    kernelCase('view-unit-constraint', `max-norm and average of an update that is ${what}`, (bench) =>
      unitCase(bench, { maxNorm: SCALE }, 'in-out', 0.1, { skip: true, swa: { start: 3, every: 2 } }, skips))),
  ...(['sgd', 'lars', 'lamb'] as const).map((name) => kernelCase('view-norms', name, (bench) =>
    normsCase(bench, replicaOf(RULES[name], name === 'sgd' ? { clip: CLIPS[0] } : { l2: 0.1, l1: 1e-2, l1Rule: 'subgradient' })))),
  ...(['in-out', 'out-in'] as const).flatMap((layout) => Object.entries<Unit>({
    'max-norm': { maxNorm: SCALE }, 'unit-norm': { unitNorm: true }, 'group lasso': { groupLasso: SCALE / 5 },
    'group lasso and max-norm': { groupLasso: SCALE / 20, maxNorm: SCALE },
  }).flatMap(([what, unit]) => [undefined, 0.1].map((weight) =>
    kernelCase('view-unit-constraint', `${what}, ${layout}${weight === undefined ? '' : ', average'}`, (bench) => unitCase(bench, unit, layout, weight))))),
];
