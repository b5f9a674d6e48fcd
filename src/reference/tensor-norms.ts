import { filledState, ruleOf, withDefaults } from './optimizers/index.ts';
import type { FullHyperparameters } from './optimizers/types.ts';
import { optimizerGradient, type UpdateOptions } from './update.ts';

export interface TensorNorms {
  /** sum v^2: v is the gradient, under lars with clipping and coupled penalties, under lamb the step's direction u. */
  readonly vector: number;
  /** sum w^2 */
  readonly weight: number;
  /** Elements of the gradient that are not finite. */
  readonly nonFinite: number;
}

const sumOfSquares = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
};

/** lamb's u: what a step of rate 1 and ratio 1 takes away. */
function direction({ weights, state, t }: UpdateOptions, gradient: Float64Array, h: FullHyperparameters): Float64Array {
  const free = { ...h, learningRate: 1, weightDecay: 0, trustRatio: false };
  const step = ruleOf(h).step(new Float64Array(gradient.length), gradient, filledState(weights, state, h), free, t);
  const decay = h.trustRatio ? h.weightDecay : 0;
  return step.weights.map((taken, i) => decay * weights[i]! - taken);
}

/**
 * What an update whose scale depends on a whole tensor must know of it: sums of squares, and whether all is finite.
 * Throws InputError as `update` does.
 */
export function tensorNorms(options: UpdateOptions): TensorNorms {
  const { weights, gradient } = options;
  const h = withDefaults(options.hyperparameters);
  const whole = optimizerGradient(options, h);
  const vector = h.optimizer === 'lamb' ? direction(options, whole, h) : h.optimizer === 'lars' ? whole : gradient;
  return {
    vector: sumOfSquares(vector),
    weight: sumOfSquares(weights),
    nonFinite: Array.from(gradient).filter((g) => !Number.isFinite(g)).length,
  };
}
