/** What a loss type is. */

import type { Kernel } from '../../kernels/kernel.ts';
import type { LossLibraries } from '../../kernels/losses/index.ts';
import type { SoftmaxCrossEntropyShape } from '../../kernels/softmax-cross-entropy.ts';
import type { SoftmaxShape } from '../../kernels/softmax.ts';
import type { Numbered } from '../numbers.ts';

/** What samples are to give: the index of a class, or a vector. */
export type TargetKind = 'class' | 'vector';

/** What users are told of the network's output: a kernel of its own, an activation of it, or itself. */
export type Prediction = { readonly kernel: Kernel<SoftmaxShape> } | { readonly activation: string } | 'outputs';

/** What every loss can be told. */
export interface LossOptions {
  /**
   * What a mean over weighted samples divides by: 'count', their number (Keras), or 'weights', the sum of their weights (PyTorch's
   * cross_entropy). Without weights both are the same. Default 'count'.
   */
  readonly mean?: 'count' | 'weights';
}

export interface LossType<Settings extends { readonly type: string }> {
  readonly type: Settings['type'];
  readonly targets: readonly TargetKind[];
  readonly libraries: LossLibraries;
  /** Each sample's loss, and the gradient of the network's output. */
  readonly kernel: Kernel<SoftmaxCrossEntropyShape>;
  readonly prediction: Prediction;
  /** The last product, the loss and their gradients may be one dispatch for so many outputs at most; 0: they stay apart. */
  headOutputs(settings: Settings): number;
  /** Whether a sample can be a miss; else there is no accuracy. */
  readonly hasHits: boolean;
  /** The network's outputs, as users are told of them. */
  readonly outputs: string;
  /** The layer that says, as a model's last one, what the loss makes of the outputs itself. */
  readonly declares?: 'softmax' | 'sigmoid';
  /** As in an example of its making. */
  readonly maker: string;
  /** Checks settings that were written by hand or come from a file. @throws InputError */
  check(settings: Settings): void;
  /** Its own numbers. */
  numbers(settings: Settings): Pick<Numbered, 'keys' | 'values'>;
  /** How much each class counts. */
  classWeights?(settings: Settings): readonly number[] | undefined;
  /** Whether only targets of other kinds or weights need more than the plain library. */
  isPlain?(settings: Settings): boolean;
  /** Whether it can be taught from vectors of so many values in this range. @param name of the data set @throws InputError */
  checkRange?(name: string, range: readonly [low: number, high: number], outputs: number): void;
  /** Brings what these settings, and such targets, need besides. */
  load?(): Promise<void>;
}
