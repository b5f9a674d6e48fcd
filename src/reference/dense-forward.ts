import { activationOf, type Activation } from './activations/index.ts';
import { requireFields, requireLength } from './check.ts';
import { requireSlopes } from './slope-gradient.ts';
import { dropoutFactors, type Dropout } from './dropout.ts';

export interface DenseForwardOptions {
  /** [batch, inWidth] */
  readonly input: ArrayLike<number>;
  /** [inWidth, outWidth] */
  readonly weight: ArrayLike<number>;
  /** [outWidth] */
  readonly bias: ArrayLike<number>;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  readonly activation: Activation;
  /** The activation's own number, as `activationOf` takes it. */
  readonly activationNumber?: number | undefined;
  /** Of prelu, which learns them: one for all outputs, or one for each. Default its own number for all. */
  readonly slopes?: ArrayLike<number> | undefined;
  /** Dropout after the activation. */
  readonly dropout?: Dropout | undefined;
}

/** What each column is activated by: one for all, or one for each. Throws InputError for slopes that are neither. */
export function activationsOf(name: Activation, number: number | undefined, slopes: ArrayLike<number> | undefined, width: number): ((z: number) => number)[] {
  if (slopes === undefined) return [activationOf(name, number).activate];
  requireSlopes('activation', slopes, width);
  return Array.from(slopes, (slope) => activationOf(name, slope).activate);
}

/**
 * A dense layer: h = dropout(activation(input W + b)), [batch, outWidth].
 * A dropped element is 0 whatever its value. Throws InputError when an array has the wrong length.
 */
export function denseForward(options: DenseForwardOptions): Float64Array {
  const { input, weight, bias, batch, inWidth, outWidth, activation, activationNumber, slopes } = requireFields('dense-forward', options, {
    input: 'values', weight: 'values', bias: 'values', batch: 'size', inWidth: 'size', outWidth: 'size', activation: 'text', activationNumber: 'number?', slopes: 'values?', dropout: 'object?',
  });
  requireLength('dense-forward', 'input', input, batch * inWidth);
  requireLength('dense-forward', 'weight', weight, inWidth * outWidth);
  requireLength('dense-forward', 'bias', bias, outWidth);
  const activate = activationsOf(activation, activationNumber, slopes, outWidth);
  const factors = dropoutFactors(batch * outWidth, options.dropout);
  const out = new Float64Array(batch * outWidth);
  for (let row = 0; row < batch; row++) {
    const z = out.subarray(row * outWidth, (row + 1) * outWidth);
    for (let j = 0; j < outWidth; j++) z[j] = bias[j]!;
    for (let k = 0; k < inWidth; k++) {
      const x = input[row * inWidth + k]!;
      for (let j = 0; j < outWidth; j++) z[j]! += x * weight[k * outWidth + j]!;
    }
    for (let j = 0; j < outWidth; j++) {
      const factor = factors[row * outWidth + j]!;
      z[j] = factor === 0 ? 0 : activate[j % activate.length]!(z[j]!) * factor;
    }
  }
  return out;
}
