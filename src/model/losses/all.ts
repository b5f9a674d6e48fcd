/** All losses at once, for what lists them. A page loads those that it names. */

import { binaryCrossEntropyLoss } from './binary-cross-entropy.ts';
import { huberLoss } from './huber.ts';
import type { Loss } from './index.ts';
import type { LossType } from './loss.ts';
import { meanAbsoluteErrorLoss } from './mean-absolute-error.ts';
import { meanSquaredErrorLoss } from './mean-squared-error.ts';
import { smoothL1Loss } from './smooth-l1.ts';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy.ts';

export const LOSS_TYPES = {
  'softmax-cross-entropy': softmaxCrossEntropyLoss, 'binary-cross-entropy': binaryCrossEntropyLoss, 'mean-squared-error': meanSquaredErrorLoss,
  'mean-absolute-error': meanAbsoluteErrorLoss, huber: huberLoss, 'smooth-l1': smoothL1Loss,
} as const satisfies { readonly [Type in Loss['type']]: LossType<Extract<Loss, { type: Type }>> };
