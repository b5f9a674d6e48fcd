/** What a loss is to the kernels: libraries of WGSL, and where its targets and numbers lie. */

import type { Constants } from '../kernel.ts';

/** A row's target, as `shaders/lib/targets.wgsl` reads it. */
export interface TargetShape {
  /** Words of a row's target, its weight included. */
  readonly words: number;
  /** The bits of a vector, not the index of a class. */
  readonly isVector: boolean;
  /** Whether the last word is the row's weight. */
  readonly isWeighted: boolean;
}

/** The index of a class, and every row counts alike. */
export const CLASS_TARGET: TargetShape = { words: 1, isVector: false, isWeighted: false };

export interface LossShape {
  /** Of the loss: its library is known by it. */
  readonly type: string;
  readonly target: TargetShape;
  /** Its entry in the row's `layers`. */
  readonly entry: number;
  /** Whether classes have weights. */
  readonly classWeights: boolean;
  /** The index of a class against logits, nothing weighted, nothing smoothed: the entry is not read. */
  readonly isPlain: boolean;
}

export interface LossLibraries {
  readonly type: string;
  /** What the loss's own kernel takes. */
  libraries(loss: LossShape): readonly string[];
  /** What gives the head loss_row(replica, row, logits_at, gradient_at, is_active), where these do not. */
  readonly row?: readonly string[];
}

/** Only cross-entropy has targets of both kinds. */
export const lossConstants = ({ type, target, entry, isPlain }: LossShape): Constants => (isPlain ? {} : {
  TARGET_WORDS: target.words, WEIGHTED: target.isWeighted, LOSS_LAYER: entry, ...(type === 'softmax-cross-entropy' && { VECTOR_TARGETS: target.isVector }),
});
