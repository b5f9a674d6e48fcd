import { optimizerStep, withDefaults, type Hyperparameters, type OptimizerState } from './optimizers.ts';
import { coupledGradient, decoupledDecay, proximalStep } from './regularizers.ts';
import { requireLength } from './check.ts';

/** One parameter tensor, its optimizer state and what decides its steps. */
export interface Parameter {
  readonly weights: ArrayLike<number>;
  readonly state: OptimizerState;
  readonly hyperparameters: Hyperparameters;
}

export interface Updated {
  readonly weights: Float64Array;
  readonly state: OptimizerState;
  /** A gradient that came in, or a new weight, is not finite. */
  readonly nonFinite: boolean;
}

function anyNonFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return true;
  return false;
}

/**
 * One training step of one tensor: coupled penalties into the gradient, decoupled decay, optimizer, proximal map.
 * `gradient` is that of the data term, `t` counts the tensor's steps from 1. Returns new arrays.
 * Throws InputError on wrong lengths or hyperparameters that no rule can use.
 */
export function update(options: Parameter & { gradient: ArrayLike<number>; t: number }): Updated {
  const { weights, gradient, state, t } = options;
  requireLength('update', 'gradient', gradient, weights.length);
  const h = withDefaults(options.hyperparameters);
  const stepped = optimizerStep(decoupledDecay(weights, h), coupledGradient(gradient, weights, h), state, h, t);
  const after = proximalStep(stepped.weights, stepped.state, h, t);
  return { weights: after, state: stepped.state, nonFinite: anyNonFinite(gradient) || anyNonFinite(after) };
}
