/** A parameter arena with its optimizer state: where tensors lie, what they hold, and what an update must make of them. */
import { CHUNK } from '../../src/kernels/chunk.ts';
import { bareRule, stateSlots, type Rule, type RuleName } from '../../src/kernels/rule.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import type { Penalty, TensorSettings } from '../../src/model/hyperparameters.ts';
import { RULES } from '../../src/model/rules/all.ts';
import { know, modelOf } from '../../src/model/rules/index.ts';
import { domainsOf } from '../../src/model/rules/rule.ts';
import { custom, type Schedule } from '../../src/model/schedules/index.ts';
import type { RegularizerRule } from '../../src/model/regularizers.ts';
import type { FullHyperparameters, Hyperparameters, OptimizerState } from '../../src/reference/index.ts';
import { withDefaults } from '../../src/reference/index.ts';
import { Contents, draw, pad4, words, type Place } from './contents.ts';
import type { Row } from './run-kernel.ts';

RULES.forEach(know); // Cases ask for them by their names.

/** [rows, columns] of a weight, or [columns] of a bias. */
export type TensorShape = readonly [number, number] | readonly [number];

export interface ArenaPlaces {
  readonly tensors: readonly Place[];
  /** Floats of one replica's arena, and of one state slot. */
  readonly stride: number;
  /** Tensor of each chunk. */
  readonly chunks: Uint32Array;
}

/** Tensors one after the other, each from a chunk's start. */
export function arenaPlaces(shapes: readonly TensorShape[], chunk = CHUNK): ArenaPlaces {
  const chunks: number[] = [];
  const tensors = shapes.map((shape, tensor): Omit<Place, 'stride'> => {
    const columns = shape.at(-1)!, rows = shape.length === 2 ? shape[0] : 1;
    const paddedRows = shape.length === 2 ? pad4(rows) : 1;
    const offset = 4 * chunk * chunks.length;
    for (let i = 0; i < Math.ceil((paddedRows * pad4(columns)) / (4 * chunk)); i++) chunks.push(tensor);
    return { rows, columns, paddedRows, offset };
  });
  const stride = 4 * chunk * chunks.length;
  return { tensors: tensors.map((tensor) => ({ ...tensor, stride })), stride, chunks: Uint32Array.from(chunks) };
}

const ruleName = ({ optimizer }: Hyperparameters): RuleName => (optimizer === 'adamw' ? 'adam' : optimizer);

/** What the reference's hyperparameters of one tensor do not say. */
export interface Unit {
  readonly maxNorm?: number;
  readonly unitNorm?: boolean;
  readonly groupLasso?: number;
  readonly sqrtSize?: boolean;
  readonly inputs?: number;
}

/** One replica: hyperparameters per tensor, and where it stands. */
export interface ReplicaUpdate {
  readonly hyperparameters: readonly Hyperparameters[];
  readonly t: number;
  readonly step: number;
  readonly active?: boolean;
  /** Whether this batch is the last of its update. */
  readonly ends?: boolean;
  /** Rules on units, by tensor. */
  readonly units?: readonly (Unit | undefined)[];
  readonly skip?: boolean;
  /** With skip: from which update of its own on the average is one, and how many are between two that count. */
  readonly swa?: { readonly start: number; readonly every: number };
}

/** The rule that covers all of these. */
export function ruleOf(replicas: readonly ReplicaUpdate[]): Rule {
  const all = replicas.flatMap(({ hyperparameters }) => hyperparameters).map(withDefaults);
  const any = (test: (h: FullHyperparameters) => boolean): boolean => all.some(test);
  return {
    ...bareRule(ruleName(all[0]!)),
    l1Subgradient: any(({ l1, l1Rule }) => l1 > 0 && l1Rule === 'subgradient'),
    l1Proximal: any(({ l1, l1Rule }) => l1 > 0 && l1Rule === 'proximal'),
    l1Decoupled: any(({ l1, l1Rule }) => l1 > 0 && l1Rule === 'decoupled'),
    l1Cumulative: any(({ l1Rule }) => l1Rule === 'cumulative'),
    l2Coupled: any(({ l2, l2Rule }) => l2 > 0 && l2Rule === 'coupled'),
    l2Proximal: any(({ l2, l2Rule }) => l2 > 0 && l2Rule === 'proximal'),
    weightDecay: any(({ weightDecay }) => weightDecay > 0),
    nonNegative: any(({ nonNegative }) => nonNegative),
    unitRules: replicas.some(({ units }) => units !== undefined),
    clip: all[0]!.clip?.by ?? 'none',
    average: any(({ averageWeight }) => averageWeight !== undefined),
    skip: replicas.some(({ skip }) => skip === true),
  };
}

/** A learning rate that was another one at the update before. */
const changed = (before: number, now: number, step: number): Schedule =>
  custom('changed', (at) => (at < step ? before : now));

/** The same hyperparameters as the library's rows take them. */
export function settingsOf(given: Hyperparameters, step = 0, unit: Unit = {}): TensorSettings {
  const h = withDefaults(given);
  const names = Object.keys(domainsOf(modelOf(ruleName(h)))) as (keyof FullHyperparameters)[];
  const { previousLearningRate = h.learningRate } = h;
  const penalty = (strength: number | undefined, rule: RegularizerRule): Penalty =>
    ({ strength: strength ?? 0, rule, reaches: true, isDeclared: true, ...(unit.sqrtSize !== undefined && { sqrtSize: unit.sqrtSize }) });
  return {
    values: {
      ...Object.fromEntries(names.map((name) => [name, Number(h[name])])),
      ...(previousLearningRate !== h.learningRate && { learningRate: changed(previousLearningRate, h.learningRate, step) }),
      // The library leaves biases without decay; the reference's trust ratio takes both away at once.
      weightDecay: h.trustRatio ? h.weightDecay : 0,
    },
    penalties: {
      l1: penalty(h.l1, h.l1Rule), l2: penalty(h.l2, h.l2Rule), nonNegative: penalty(Number(h.nonNegative), 'projected'),
      maxNorm: penalty(unit.maxNorm, 'projected'), unitNorm: penalty(Number(unit.unitNorm === true), 'projected'),
      groupLasso: penalty(unit.groupLasso, 'proximal'),
    },
    role: h.trustRatio ? 'weight' : 'bias',
    inputs: unit.inputs ?? 1,
  };
}

export function updateRow({ hyperparameters, t, step, active = true, ends = true, units = [], skip = false, swa }: ReplicaUpdate): Row {
  const [first] = hyperparameters as [Hyperparameters];
  return {
    step, active, t, rule: ruleName(first), counted: skip,
    tensors: hyperparameters.map((one, i) => settingsOf(one, step, units[i])),
    clip: first.clip?.threshold ?? 0,
    averageWeight: first.averageWeight ?? 0, averageStart: swa?.start ?? 0, averageEvery: swa?.every ?? 0,
    l1Totals: hyperparameters.map(({ l1Total, learningRate, l1 = 0 }) => l1Total ?? t * learningRate * l1),
    group: { count: 1, starts: true, ends },
  };
}

/** Weights and gradients lie within this, so that a lost penalty of 1e-5 is far above their rounding. */
export const SCALE = 0.01;

export interface TensorData {
  readonly weights: Float32Array | Float64Array;
  readonly state: OptimizerState;
}

/** One tensor with its gradient. */
export interface TensorInput extends TensorData {
  readonly gradient: Float32Array | Float64Array;
}

/** Every seventh element has never seen a gradient. */
export const neverSeen = (i: number): boolean => i % 7 === 3;

const magnitude = (x: number): number => Math.abs(x) + SCALE / 5;

/** State of each slot as training with gradients below SCALE would leave it, from a draw in (-SCALE, SCALE). */
const PAST: Readonly<Record<string, (x: number) => number>> = {
  momentum: (x) => x, m: (x) => x, average: (x) => x,
  v: (x) => magnitude(x) ** 2, vmax: (x) => magnitude(x) ** 2, sum: (x) => magnitude(x) ** 2, n: (x) => magnitude(x) ** 2,
  u: magnitude,
  // Below half the root of the smallest v: a mean of squares is never below the square of the mean.
  mean: (x) => x / 10,
  // Of adadelta's steps, which are about 1e-3.
  delta: (x) => x * x / 100,
  // FTRL's weight is -z * learning rate / sqrt(n).
  z: (x) => x / 10,
  cumulative: (x) => x / 2000,
};

/** Slots that are not zero before the first update, or on elements that never saw a gradient. */
const ALWAYS = ['average'];

/** Weights and state of one tensor as training would leave them; at t = 1 the state is still zero. */
export function tensorData(length: number, rule: Rule, id: number, t: number): TensorData {
  const state = Object.fromEntries(stateSlots(rule).map((slot, s): [string, Float64Array] => [
    slot,
    Float64Array.from(draw(length, 5 * id + s, SCALE), (x, i) =>
      Math.fround((t === 1 || neverSeen(i)) && !ALWAYS.includes(slot) ? 0 : PAST[slot]!(x))),
  ]));
  return { weights: draw(length, 5 * id + 4, SCALE), state };
}

export const tensorLength = ({ rows, columns }: Place): number => rows * columns;

/** Where a slot of a tensor's state lies. */
export const slotPlace = (at: Place, slot: number, slots: number): Place => ({ ...at, offset: at.offset + slot * at.stride, stride: slots * at.stride });

/** Parameters, state and flags before the update; data is [replica][tensor]. */
export interface ArenaContents {
  readonly parameters: Contents;
  readonly state: Contents;
  readonly flags: Contents;
}

/** Unused stretches between tensors are pads, and pads are zero. */
export function arenaContents({ tensors, stride }: ArenaPlaces, rule: Rule, data: readonly (readonly TensorData[])[]): ArenaContents {
  const slots = stateSlots(rule);
  const parameters = new Contents(data.length * stride), state = new Contents(Math.max(4, data.length * slots.length * stride));
  parameters.floats.fill(0);
  state.floats.fill(0);
  data.forEach((replicaData, replica) => replicaData.forEach((one, i) => {
    parameters.put(tensors[i]!, replica, one.weights);
    slots.forEach((slot, s) => state.put(slotPlace(tensors[i]!, s, slots.length), replica, one.state[slot]!));
  }));
  return { parameters, state, flags: words(new Uint32Array(data.length * tensors.length).fill(NO_FLAG)) };
}
