/**
 * The problem on which every pair is proven: f(W) = sum h (w - a)^2 / 2 over a weight W [3 inputs, 2 units], curvatures
 * h and targets a per element. Its penalised minima are known without any optimizer.
 */
import {
  activityGradient, constrainUnits, initialState, optimizerStep, orthogonalPenalty, update,
  type Hyperparameters, type OptimizerState, type WeightRules,
} from '../../../src/reference/index.ts';

export const INPUTS = 3, UNITS = 2;
/** [inputs, units]: element i belongs to unit i % 2. */
export const CURVATURES: readonly number[] = [1, 2, 0.5, 1, 1, 4];
export const TARGETS: readonly number[] = [1, 0.3, 0.05, -0.2, 0.005, -1.5];
// Exact in f32, no answer, and not what a first step of the learning rate makes 0 of.
const START: readonly number[] = [0.4375, 0.375, 0.5625, -0.5625, 0.4375, -0.5625];

/** What acts on the toy besides its own loss. */
export interface Penalised {
  readonly hyperparameters: Hyperparameters;
  readonly units?: WeightRules;
  /** Strengths of activity penalties; the activations are W itself, the layer's inputs being the unit vectors. */
  readonly activity?: { readonly l1?: number; readonly l2?: number };
  /** Deviation of each element's gradient, which comes with + and - of it in turn. A mini-batch's comes with some. */
  readonly noise?: readonly number[];
  readonly start?: readonly number[];
  /** Learning rate as a factor at step / steps. Default: falls to 0 as (1 - x)^2. */
  readonly schedule?: (x: number) => number;
}

export interface Rest {
  readonly weights: Float64Array;
  /** Gradient of the loss alone. */
  readonly gradient: Float64Array;
  /** The metric D of the next update. */
  readonly metric: Float64Array;
}

/** Updates after which everything here has come to rest. */
export const STEPS = 2000;

export const lossGradient = (weights: ArrayLike<number>): Float64Array =>
  Float64Array.from(weights, (w, i) => CURVATURES[i]! * (w - TARGETS[i]!));

/** Loss, and penalties on activations: what back-propagation hands to the update. */
export function gradientAt(weights: ArrayLike<number>, { activity, noise }: Penalised, step: number): Float64Array {
  const own = lossGradient(weights), added = activity && activityGradient(weights, INPUTS, activity);
  return own.map((g, i) => g + (added?.[i] ?? 0) + (step % 2 === 0 ? 1 : -1) * (noise?.[i] ?? 0));
}

export interface Point {
  readonly weights: Float64Array;
  readonly state: OptimizerState;
}

export const firstPoint = ({ hyperparameters, start = START }: Penalised): Point =>
  ({ weights: Float64Array.from(start), state: initialState(start, hyperparameters) });

/** The reference's whole update, rules on units included. `hyperparameters` are those of this step. */
export function advance({ weights, state }: Point, gradient: Float64Array, { units }: Penalised, hyperparameters: Hyperparameters, t: number): Point {
  const before = { weights, state, hyperparameters };
  const { orthogonal } = units ?? {};
  const penaltyGradient = orthogonal === undefined ? undefined : orthogonalPenalty(weights, INPUTS, UNITS, orthogonal).gradient;
  const after = update({ ...before, gradient, t, penaltyGradient });
  return units ? constrainUnits(after, before, { rules: units, inWidth: INPUTS, outWidth: UNITS, t }) : after;
}

const slowing = (x: number): number => (1 - x) ** 2;

/** Trains to rest: the learning rate falls to 0 and the state is kept, so the end is the fixed point. */
export function rest(problem: Penalised, steps = STEPS): Rest {
  const { hyperparameters, schedule = slowing } = problem;
  const { learningRate, l1 = 0 } = hyperparameters;
  let point = firstPoint(problem), l1Total = 0, previousLearningRate = learningRate;
  for (let step = 0; step < steps; step++) {
    const rate = learningRate * schedule(step / steps);
    l1Total += rate * l1;
    const now = { ...hyperparameters, learningRate: rate, l1Total, previousLearningRate };
    point = advance(point, gradientAt(point.weights, problem, step), problem, now, step + 1);
    previousLearningRate = rate;
  }
  const { weights, state } = point, gradient = lossGradient(weights);
  const { metric } = optimizerStep(weights, gradientAt(weights, problem, steps), state, hyperparameters, steps + 1);
  return { weights, gradient, metric };
}
