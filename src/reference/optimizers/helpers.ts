/** Pieces that several optimizers share. */
import { requireFields, requireSame } from '../check.ts';
import { mapped } from '../mapped.ts';
import type { Coefficients, FullHyperparameters, OptimizerState } from './types.ts';

/** The metric of rules that do not scale elements: 1 everywhere. */
export const ones = (length: number): Float64Array => new Float64Array(length).fill(1);

/** a / D; 0 where D is 0, which is where no gradient was ever seen and nothing was added to the root. */
export const scaled = (a: number, metric: number): number => (metric === 0 ? 0 : a / metric);

/** The first moment: beta1 m + (1 - beta1) g, elementwise. */
export const firstMoment = (m: Float64Array, gradient: ArrayLike<number>, { momentum, gradientWeight }: Coefficients): Float64Array =>
  mapped(gradient, (g, i) => momentum * m[i]! + gradientWeight * g);

/** beta2 old + (1 - beta2) x, elementwise. */
export const slowAverage = (old: Float64Array, values: ArrayLike<number>, { beta2, oneMinusBeta2 }: Coefficients): Float64Array =>
  mapped(values, (x, i) => beta2 * old[i]! + oneMinusBeta2 * x);

/** The second moment: beta2 v + (1 - beta2) x^2, elementwise. */
export const averageSquare = (v: Float64Array, values: ArrayLike<number>, c: Coefficients): Float64Array =>
  slowAverage(v, mapped(values, (x) => x * x), c);

/** Both moments of Adam and its kin. */
export const moments = (state: OptimizerState, gradient: ArrayLike<number>, c: Coefficients): { m: Float64Array; v: Float64Array } =>
  ({ m: firstMoment(state.m!, gradient, c), v: averageSquare(state.v!, gradient, c) });

/** What Adam and its kin make of beta1 and beta2. */
export const betas = ({ beta1, beta2 }: Pick<FullHyperparameters, 'beta1' | 'beta2'>): Partial<Coefficients> => ({
  momentum: beta1, gradientWeight: 1 - beta1, beta2, oneMinusBeta2: 1 - beta2, logBeta1: Math.log(beta1), logBeta2: Math.log(beta2),
});

/** 1 - beta^t from log(beta): beta rounded to f32 would say little about 1 - beta. */
export const oneMinusPower = (logBeta: number, t: number): number => -Math.expm1(logBeta * t);

/** Adam's bias corrections: of the first moment in the step size, of the second in the metric. */
export const biasCorrected = (c: Coefficients, t: number): Coefficients => ({
  ...c, stepSize: c.stepSize / oneMinusPower(c.logBeta1, t), inverseC2: 1 / oneMinusPower(c.logBeta2, t),
});

/** Adam's metric: sqrt(v / (1 - beta2^t) + epsilonRoot) + epsilon. */
export function adamMetric(v: ArrayLike<number>, coefficients: Pick<Coefficients, 'inverseC2' | 'epsilonRoot' | 'epsilon'>): Float64Array {
  const { inverseC2, epsilonRoot, epsilon } = requireFields('adamMetric', coefficients, { inverseC2: 'number', epsilonRoot: 'number', epsilon: 'number' });
  requireSame('adamMetric', { v });
  return mapped(v, (second) => Math.sqrt(second * inverseC2 + epsilonRoot) + epsilon);
}

/** epsilon; Keras's epsilonHat divides it by sqrt(1 - beta2^t). */
export const epsilonAt = ({ epsilon, epsilonHat, beta2 }: Pick<FullHyperparameters, 'beta2' | 'epsilon' | 'epsilonHat'>, t: number): number =>
  (epsilonHat ? epsilon / Math.sqrt(1 - beta2 ** t) : epsilon);

/** Below it a sum of squares may have lost some. */
const SMALLEST_SUM = 2 ** -900;

/** sqrt(sum x^2); where the squares overflow or vanish, of values divided by the largest. */
export function norm(values: ArrayLike<number>): number {
  const sumOf = (unit: number): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i]! / unit) ** 2;
    return sum;
  };
  const sum = sumOf(1);
  if (sum > SMALLEST_SUM && sum < Infinity) return Math.sqrt(sum);
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest > 0 && largest < Infinity ? largest * Math.sqrt(sumOf(largest)) : Math.sqrt(sum);
}
