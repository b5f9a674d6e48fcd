/** What an update must make of an arena, and how exactly: the float64 reference, and what rounding may do to it. */
import { stateSlots, type Rule } from '../../src/kernels/rule.ts';
import type { Updated } from '../../src/reference/index.ts';
import { SCALE, slotPlace, type ArenaContents, type ArenaPlaces, type TensorData } from './arena-layout.ts';
import { EPSILON } from './compare.ts';
import { Contents, type Want } from './contents.ts';

/** One tensor with its gradient. */
export interface TensorInput extends TensorData {
  readonly gradient: Float32Array | Float64Array;
}

interface Wanted {
  readonly values: Float64Array;
  /** How far rounding of the inputs moves each value. */
  readonly spread: Float64Array;
}

export interface WantedTensor {
  readonly weights: Wanted;
  readonly state: Readonly<Record<string, Wanted>>;
  /** What becomes of a pad: a weight of 0 with a gradient of 0 and a state of 0. */
  readonly pads: Readonly<Record<string, number>>;
}

const withPad = ({ weights, gradient, state }: TensorInput): TensorInput => {
  const padded = (values: ArrayLike<number>): Float64Array => Float64Array.from({ length: values.length + 1 }, (_, i) => values[i] ?? 0);
  return {
    weights: padded(weights), gradient: padded(gradient),
    state: Object.fromEntries(Object.entries(state).map(([slot, values]) => [slot, padded(values)])),
  };
};

const moved = (values: ArrayLike<number>, by: number, error = 0): Float64Array =>
  Float64Array.from(values, (x) => x * (1 + by) + Math.sign(by) * error);

/** All inputs of a kind moved by a relative `by`: the gradient (and by its own error), the weights, or a slot. */
function move(input: TensorInput, kind: string, by: number, gradientError: number): TensorInput {
  if (kind === 'gradient') return { ...input, gradient: moved(input.gradient, by, gradientError) };
  if (kind === 'weights') return { ...input, weights: moved(input.weights, by) };
  return { ...input, state: { ...input.state, [kind]: moved(input.state[kind]!, by) } };
}

/** An operation in f32 gives the exact result of operands that are off by less than this. */
const ROUNDING = 2 * EPSILON;

/**
 * The reference's answer for all tensors of a replica, and how far it moves when one kind of input after the other
 * moves by a rounding. Where a result is ill-conditioned (a threshold divided by a tiny metric, a cancellation) no
 * order of f32 operations could do better.
 */
export function wanted(
  compute: (inputs: readonly TensorInput[]) => readonly Updated[], inputs: readonly TensorInput[], gradientError = 0,
): WantedTensor[] {
  const padded = inputs.map(withPad);
  const exact = compute(padded);
  const kinds = ['gradient', 'weights', ...Object.keys(inputs[0]!.state)];
  const others = kinds.map((kind) => [ROUNDING, -ROUNDING].map((by) => compute(padded.map((input) => move(input, kind, by, gradientError)))));
  const of = (tensor: number, pick: (updated: Updated) => Float64Array): Wanted => {
    const values = pick(exact[tensor]!).subarray(0, -1);
    const spread = values.map((x, i) => others.reduce((sum, pair) =>
      sum + Math.max(...pair.map((one) => Math.abs(pick(one[tensor]!)[i]! - x))), 0));
    return { values, spread };
  };
  return exact.map(({ state }, tensor) => ({
    weights: of(tensor, (updated) => updated.weights),
    state: Object.fromEntries(Object.keys(state).map((slot) => [slot, of(tensor, (updated) => updated.state[slot]!)])),
    pads: Object.fromEntries(Object.entries(state).map(([slot, values]) => [slot, values.at(-1)!])),
  }));
}

/** Weights are sums of terms of a few SCALE, so are their average and what cumulative L1 took from them. */
const RELATIVE = 8 * EPSILON;
const ABSOLUTE = 32 * EPSILON * SCALE;
/** Slots with an error of their own beyond that of their inputs; z's curvature times a weight is below SCALE / 8. */
const OWN: Readonly<Record<string, number>> = { average: ABSOLUTE, cumulative: ABSOLUTE, z: EPSILON * SCALE };

/** The state with pads that hold what the reference makes of a pad put back to 0: only adamax's u does not stay there. */
export function withoutPads(
  state: Contents, { tensors, stride }: ArenaPlaces, rule: Rule, want: readonly (readonly WantedTensor[] | undefined)[],
): Contents {
  const slots = stateSlots(rule), pads = want.find((one) => one !== undefined)?.[0]?.pads ?? {};
  const result = new Contents(state.words.length), elements = new Contents(stride);
  result.words.set(state.words);
  for (const place of tensors) elements.put(place, 0, new Float32Array(place.rows * place.columns).fill(1));
  slots.forEach((slot, s) => result.floats.forEach((value, i) => {
    const isPad = Math.floor(i / stride) % slots.length === s && elements.floats[i % stride] !== 1;
    if (isPad && value === Math.fround(pads[slot]!)) result.floats[i] = 0;
  }));
  return result;
}

/** Throws Mismatch unless parameters and state are the wanted ones; replicas that are undefined untouched. */
export function checkArena(
  got: Pick<ArenaContents, 'parameters' | 'state'>, before: ArenaContents, places: ArenaPlaces, rule: Rule,
  want: readonly (readonly WantedTensor[] | undefined)[],
): void {
  const slots = stateSlots(rule), { tensors } = places;
  const wants = (pick: (one: WantedTensor) => Wanted, own: number, slot?: number): Want[] =>
    want.flatMap((replicaWant, replica) => (replicaWant ?? []).map((one, i) => {
      const { values, spread } = pick(one);
      const place = slot === undefined ? tensors[i]! : slotPlace(tensors[i]!, slot, slots.length);
      return { place, replica, values, relative: RELATIVE, absolute: spread.map((x) => x + own) };
    }));
  got.parameters.check('parameters', before.parameters, wants(({ weights }) => weights, ABSOLUTE));
  const state = withoutPads(got.state, places, rule, want);
  state.check('state', before.state, slots.flatMap((slot, s) => wants(({ state }) => state[slot]!, OWN[slot] ?? 0, s)));
}
