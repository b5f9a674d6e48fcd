/** What a loss type is. */

import type { HeadShape } from '../../kernels/head.ts';
import type { Kernel } from '../../kernels/kernel.ts';
import type { SoftmaxCrossEntropyShape } from '../../kernels/softmax-cross-entropy.ts';
import type { SoftmaxShape } from '../../kernels/softmax.ts';

/** The kernels of a loss. */
export interface LossKernels {
  /** Each sample's loss, and the gradient of the network's output. */
  readonly loss: Kernel<SoftmaxCrossEntropyShape>;
  /** What users are told of that output. */
  readonly prediction: Kernel<SoftmaxShape>;
  /** The last product, the loss and their gradients at once, for so many outputs at most. Absent: they stay apart. */
  readonly head?: { readonly kernel: Kernel<HeadShape>; readonly largest: number };
}

export interface LossType<Settings extends { readonly type: string }> {
  readonly type: Settings['type'];
  /** Targets it takes: the index of a class per sample. */
  readonly targets: 'class';
  readonly kernels: LossKernels;
  /** The network's outputs, as users are told of them. */
  readonly outputs: string;
  /** As in an example of its making. */
  readonly maker: string;
}
