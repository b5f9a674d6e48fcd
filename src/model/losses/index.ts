/** All losses, by name. */

import { InputError } from '../../errors.ts';
import { textOf } from '../schedules/index.ts';
import { checkOptions } from '../../options.ts';
import type { LossKernels, LossType } from './loss.ts';
import { softmaxCrossEntropyLoss, type SoftmaxCrossEntropy } from './softmax-cross-entropy.ts';

export { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
export type { LossKernels, LossType } from './loss.ts';

export type Loss = SoftmaxCrossEntropy;

export const LOSS_TYPES: { readonly [Type in Loss['type']]: LossType<Extract<Loss, { type: Type }>> } = {
  'softmax-cross-entropy': softmaxCrossEntropyLoss,
};

/** The kernels of a loss, by its type. */
export const lossKernels = (type: string): LossKernels => LOSS_TYPES[type as Loss['type']].kernels;

/** @throws InputError */
export function checkLoss(loss: unknown): void {
  const type = (loss as Partial<Loss> | undefined)?.type;
  if (typeof type === 'string' && Object.hasOwn(LOSS_TYPES, type)) return void checkOptions('loss', loss as Loss, ['type']);
  throw new InputError(`loss must be ${Object.values(LOSS_TYPES).map(({ maker }) => maker).join(' or ')}, got ${textOf(loss)}.`);
}
