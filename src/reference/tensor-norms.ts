import { requireLength } from './check.ts';
import { coefficientsAt } from './optimizers/coefficients.ts';
import { filledState, ruleOf, withDefaults } from './optimizers/index.ts';
import type { Clip, Coefficients, OptimizerRule } from './optimizers/types.ts';
import { optimizerGradient, requireTensor, type UpdateOptions } from './update.ts';

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

/** What a rule with a trust ratio measures against the weights. Others: the gradient as it is. */
export function normVector(
  { trust }: OptimizerRule, c: Coefficients, { weights, gradient, state }: Pick<UpdateOptions, 'weights' | 'gradient' | 'state'>,
  clip: Clip | undefined,
): ArrayLike<number> {
  return trust ? trust.vector(weights, optimizerGradient({ weights, gradient }, clip, c), state, c) : gradient;
}

/**
 * What an update whose scale depends on a whole tensor must know of it: sums of squares, and whether all is finite.
 * Throws InputError as `update` does.
 */
export function tensorNorms(options: UpdateOptions): TensorNorms {
  const { weights, gradient } = requireTensor(options);
  requireLength('tensor-norms', 'gradient', gradient, weights.length);
  const h = withDefaults(options.hyperparameters), rule = ruleOf(h), state = filledState(weights, options.state, h);
  return {
    vector: sumOfSquares(normVector(rule, coefficientsAt(rule, h, options.t), { weights, gradient, state }, h.clip)),
    weight: sumOfSquares(weights),
    nonFinite: Array.from(gradient).filter((g) => !Number.isFinite(g)).length,
  };
}
