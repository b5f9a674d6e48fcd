import { requireFields } from './check.ts';
import { biasGradient } from './bias-gradient.ts';
import { denseWeightGradient } from './dense-weight-gradient.ts';
import { update, type Parameter, type Updated } from './update.ts';

export interface DenseWeightUpdateOptions {
  /** Input of the layer in the forward pass, [batch, inWidth] */
  readonly input: ArrayLike<number>;
  /** d loss / d output of the layer's product, [batch, outWidth] */
  readonly delta: ArrayLike<number>;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  /** Steps from 1. */
  readonly t: number;
  /** [inWidth, outWidth] */
  readonly weight: Parameter;
  /** [outWidth] */
  readonly bias: Parameter;
}

export interface DenseWeightUpdateResult {
  readonly weight: Updated;
  readonly bias: Updated;
}

const requireParameter = (name: string, parameter: Parameter): Parameter =>
  requireFields(`dense-weight-update: ${name}`, parameter, { weights: 'values', state: 'object', hyperparameters: 'object' });

/**
 * Weight and bias gradient of one dense layer, and their update in the same breath: the composition of
 * dense-weight-gradient, bias-gradient and update. Throws InputError as these do.
 */
export function denseWeightUpdate(options: DenseWeightUpdateOptions): DenseWeightUpdateResult {
  const { input, delta, batch, inWidth, outWidth, weight, bias, t } = requireFields('dense-weight-update', options, {
    input: 'values', delta: 'values', batch: 'size', inWidth: 'size', outWidth: 'size', t: 'size', weight: 'object', bias: 'object',
  });
  return {
    weight: update({ ...requireParameter('weight', weight), gradient: denseWeightGradient({ input, delta, batch, inWidth, outWidth }), t }),
    bias: update({ ...requireParameter('bias', bias), gradient: biasGradient({ delta, batch, outWidth }), t }),
  };
}
