import { head, HEAD_MAX_CLASSES } from '../../kernels/head.ts';
import { softmaxCrossEntropy as softmaxCrossEntropyKernel } from '../../kernels/softmax-cross-entropy.ts';
import { softmax } from '../../kernels/softmax.ts';
import { demandNothing } from '../../options.ts';
import type { LossType } from './loss.ts';

export interface SoftmaxCrossEntropy {
  readonly type: 'softmax-cross-entropy';
}

/**
 * Softmax cross-entropy (PyTorch's `cross_entropy` with mean reduction) of logits z [batch, classes], f32, over class
 * indices: loss = -log softmax(z)_target, the mean over the batch's valid samples;
 * computed as log(sum exp(z - max z)) + max z - z_target, so it neither overflows nor takes the logarithm of 0.
 */
export function softmaxCrossEntropy(): SoftmaxCrossEntropy {
  demandNothing('softmaxCrossEntropy', arguments);
  return { type: 'softmax-cross-entropy' };
}

export const softmaxCrossEntropyLoss: LossType<SoftmaxCrossEntropy> = {
  type: 'softmax-cross-entropy',
  targets: 'class',
  kernels: { loss: softmaxCrossEntropyKernel, prediction: softmax, head: { kernel: head, largest: HEAD_MAX_CLASSES } },
  outputs: 'logits',
  maker: 'softmaxCrossEntropy()',
};
