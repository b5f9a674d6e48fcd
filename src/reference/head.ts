import { requireFields } from './check.ts';
import { denseForward } from './dense-forward.ts';
import { denseInputGradient, type LayerBelow } from './dense-input-gradient.ts';
import { softmaxCrossEntropy, type SoftmaxCrossEntropyResult } from './softmax-cross-entropy.ts';

export interface HeadOptions {
  /** Output of the last hidden layer, [batch, inWidth] */
  readonly input: ArrayLike<number>;
  /** [inWidth, classes] */
  readonly weight: ArrayLike<number>;
  /** [classes] */
  readonly bias: ArrayLike<number>;
  /** Class of each valid row. */
  readonly targets: ArrayLike<number>;
  readonly batch: number;
  readonly count: number;
  /** As softmax-cross-entropy's. */
  readonly groupCount?: number | undefined;
  readonly inWidth: number;
  readonly classes: number;
  /** Activation and dropout that made `input`. */
  readonly below: Omit<LayerBelow, 'output'>;
}

export interface HeadResult extends SoftmaxCrossEntropyResult {
  /** [batch, classes] */
  readonly logits: Float64Array;
  /** d loss / d (last hidden layer before its activation), [batch, inWidth] */
  readonly inputGradient: Float64Array;
}

/**
 * The end of a training step in one: logits = input W + b; softmax cross-entropy with loss, hits and logits gradient;
 * input gradient of this layer. The composition of dense-forward, softmax-cross-entropy and dense-input-gradient.
 * Throws InputError as these do.
 */
export function head(options: HeadOptions): HeadResult {
  const { input, weight, bias, targets, batch, count, groupCount, inWidth, classes, below } = requireFields('head', options, {
    input: 'values', weight: 'values', bias: 'values', targets: 'values', batch: 'size', count: 'size', groupCount: 'size?', inWidth: 'size',
    classes: 'size', below: 'object',
  });
  const logits = denseForward({ input, weight, bias, batch, inWidth, outWidth: classes, activation: 'none' });
  const result = softmaxCrossEntropy({ logits, targets, batch, count, groupCount, classes });
  const inputGradient = denseInputGradient({
    delta: result.gradient, weight, batch, inWidth, outWidth: classes, below: { ...below, output: input },
  });
  return { ...result, logits, inputGradient };
}
