/** Updates at the ends of f32: whatever a gradient is, the result is right, or flagged. */
import { update } from '../../src/reference/index.ts';
import type { Hyperparameters, OptimizerState } from '../../src/reference/index.ts';
import { flagged, flagOf, NO_FLAG } from '../../src/kernels/snapshot.ts';
import { stateSlots, type Rule } from '../../src/kernels/rule.ts';
import { arenaContents, arenaPlaces, ruleOf, slotPlace, tensorData, type ArenaContents, type ReplicaUpdate, type TensorInput } from './arena-layout.ts';
import { expectWords, Mismatch } from './compare.ts';
import { RULES, VARIANTS } from './rules.ts';
import { kernelCase, type Bench, type KernelCase } from './run-kernel.ts';
import { gradientContents, OWN, runUpdate } from './update.ts';

const LARGEST = 3.4028234e38;
const SIZES = [
  1e-30, 1e-25, 1e-22, 1e-20, 1e-19, 1e-15, 1e-10, 1e-5, 1, 1e5, 1e10, 1e15, 1e17, 1e18, 1e19, 1.7e19, 1.9e19, 3e19, 1e20, 1.8e20, 3e20, 5e20,
  6e20, 1e21, 1e25, 1e30, 1e37, 1e38, LARGEST,
];
const GRADIENTS = [0, ...SIZES, ...SIZES.map((size) => -size)];

/** FTRL without a first accumulator cannot tell its first gradients from none where their squares are none in f32. */
const isSeen = (size: number, { optimizer, initialAccumulator }: Hyperparameters): boolean =>
  Math.abs(size) > 1e-18 || size === 0 || optimizer !== 'ftrl' || initialAccumulator !== 0;

/** Below this no optimizer's square overflows: nothing may be flagged. */
const ORDINARY = 1e17;

/** One tensor per gradient, so that each has a flag; at the first update, from no state, and in the middle of training. */
async function sweep(bench: Bench, hyperparameters: Hyperparameters): Promise<void> {
  const places = arenaPlaces(GRADIENTS.map(() => [1, 1]), 1);
  const replicas: ReplicaUpdate[] = [{ t: 1, step: 4 }, { t: 7, step: 4 }].map((at) => ({ ...at, hyperparameters: GRADIENTS.map(() => hyperparameters) }));
  const rule = ruleOf(replicas);
  const data = replicas.map(({ t }, r) => GRADIENTS.map((gradient, i): TensorInput =>
    ({ ...tensorData(1, rule, r * GRADIENTS.length + i, t), gradient: Float32Array.of(gradient) })));
  const got = await runUpdate(bench, places, replicas, arenaContents(places, rule, data), gradientContents(places, data), 1);
  const problems = data.flatMap((inputs, r) => inputs.flatMap((input, i) => {
    const at = places.tensors[i]!, flag = flagged(got.flags.words[r * GRADIENTS.length + i]!);
    const wrong = flag === undefined && isSeen(GRADIENTS[i]!, hyperparameters) ? wrongness(input, hyperparameters, replicas[r]!.t, valueOf(got, rule, at.offset + r * places.stride, r, places.stride)) : '';
    const needless = flag !== undefined && Math.abs(GRADIENTS[i]!) < ORDINARY ? 'is flagged' : '';
    return wrong + needless === '' ? [] : [`t ${replicas[r]!.t}, gradient ${GRADIENTS[i]}: ${wrong}${needless}`];
  }));
  if (problems.length > 0) throw new Mismatch(problems.join('\n'));
}

interface Value {
  readonly weight: number;
  readonly state: Readonly<Record<string, number>>;
}

const valueOf = ({ parameters, state }: ArenaContents, rule: Rule, at: number, replica: number, stride: number): Value => {
  const slots = stateSlots(rule), first = at - replica * stride + replica * slots.length * stride;
  return { weight: parameters.floats[at]!, state: Object.fromEntries(slots.map((slot, s) => [slot, state.floats[first + s * stride]!])) };
};

/** Rounding of a step, and of the weight it is taken from; of state. */
const RELATIVE = 2 ** -18;

/** What is wrong with an update that was not flagged, or ''. */
function wrongness({ weights, gradient, state }: TensorInput, hyperparameters: Hyperparameters, t: number, got: Value): string {
  const want = update({ weights, gradient, state, hyperparameters, t }), before = weights[0]!, after = want.weights[0]!;
  const bound = RELATIVE * (Math.abs(after - before) + Math.abs(before));
  if (!(Math.abs(got.weight - after) <= bound)) return `the weight is ${got.weight}, not ${after}`;
  // FTRL's z is a difference of terms as large as its curvature times the weight.
  const terms = (slot: string): number => (slot === 'z' ? Math.abs(before) : 0);
  const bad = Object.entries(want.state).find(([slot, [value]]) =>
    !(Math.abs(got.state[slot]! - value!) <= RELATIVE * (Math.abs(value!) + Math.abs(state[slot]![0]!) + terms(slot)) + 2 ** -126));
  return bad === undefined ? '' : `${bad[0]} is ${got.state[bad[0]]}, not ${bad[1][0]}`;
}

/** Each slot of each optimizer, and the slots around it, holding what its next value overflows from. */
async function slotCase(bench: Bench, hyperparameters: Hyperparameters, slot: string): Promise<void> {
  const places = arenaPlaces([[4, 4], [4, 4]], 4);
  const replicas: ReplicaUpdate[] = [{ t: 7, step: 5, hyperparameters: [hyperparameters, hyperparameters] }];
  const rule = ruleOf(replicas), data = [[0, 1].map((id): TensorInput => {
    const { weights, state } = tensorData(16, rule, id, 7);
    // Only the second tensor is hurt, in one element; a frozen gradient cannot heal it.
    return { weights, state: id === 0 ? state : spoiled(state, slot), gradient: new Float32Array(16) };
  })];
  const got = await runUpdate(bench, places, replicas, arenaContents(places, rule, data), gradientContents(places, data), 4);
  const [first, second] = [got.flags.words[0]!, got.flags.words[1]!];
  expectWords('the whole tensor', Uint32Array.of(first), [NO_FLAG]);
  if (flagged(second)?.step !== 5) throw new Mismatch(`${slot} is infinite and nobody says so: flag ${second}`);
  // A weight that stays finite is not what is blamed.
  const at = slotPlace(places.tensors[1]!, 0, 1).offset;
  const isFinite = got.parameters.floats.subarray(at, at + 16).every(Number.isFinite);
  expectWords('the flag', Uint32Array.of(second), [flagOf({ step: 5, isState: isFinite })]);
}

const spoiled = (state: OptimizerState, slot: string): OptimizerState =>
  ({ ...state, [slot]: state[slot]!.map((value, i) => (i === 5 ? Infinity : value)) });

const SLOTS = OWN.flatMap((name) => {
  const hyperparameters: Hyperparameters = { ...RULES[name], l1: 1e-5, ...(name !== 'ftrl' && { l1Rule: 'cumulative' }), averageWeight: 0.1 };
  return stateSlots(ruleOf([{ hyperparameters: [hyperparameters], t: 7, step: 5 }])).map((slot) => ({ name, hyperparameters, slot }));
});

export const extremeCases: readonly KernelCase[] = [
  ...[...OWN.map((name): [string, Hyperparameters] => [name, RULES[name]]), ...Object.entries(VARIANTS)].map(([what, hyperparameters]) =>
    kernelCase('update', `${what}: gradients of any size, right or flagged`, (bench) => sweep(bench, hyperparameters))),
  ...SLOTS.map(({ name, hyperparameters, slot }) =>
    kernelCase('update', `${name}: infinity in ${slot} is flagged`, (bench) => slotCase(bench, hyperparameters, slot))),
];
