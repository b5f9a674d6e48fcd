/** Pieces that several optimizers share. */
import { map } from '../map.ts';
import type { FullHyperparameters } from './types.ts';

/** The metric of rules that do not scale elements: 1 everywhere. */
export const ones = (length: number): Float64Array => new Float64Array(length).fill(1);

/** a / D; 0 where D is 0, which is where no gradient was ever seen and nothing was added to the root. */
export const scaled = (a: number, metric: number): number => (metric === 0 ? 0 : a / metric);

/** decay * old + (1 - decay) * new, elementwise. */
export const average = (old: Float64Array, decay: number, values: ArrayLike<number>): Float64Array =>
  map(values, (x, i) => decay * old[i]! + (1 - decay) * x);

/** decay * old + (1 - decay) * new^2, elementwise. */
export const averageSquare = (old: Float64Array, decay: number, values: ArrayLike<number>): Float64Array =>
  map(values, (x, i) => decay * old[i]! + (1 - decay) * x * x);

/** Adam's metric: sqrt(v / (1 - beta2^t) + epsilonRoot) + epsilon; Keras's epsilonHat divides epsilon by sqrt(1 - beta2^t). */
export function adamMetric(
  v: Float64Array, h: Pick<FullHyperparameters, 'beta2' | 'epsilon' | 'epsilonRoot' | 'epsilonHat'>, t: number,
): Float64Array {
  const c2 = 1 - h.beta2 ** t;
  const epsilon = h.epsilonHat ? h.epsilon / Math.sqrt(c2) : h.epsilon;
  return v.map((second) => Math.sqrt(second / c2 + h.epsilonRoot) + epsilon);
}

/** sqrt(sum x^2) */
export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}
