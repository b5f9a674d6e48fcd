/** Losses by type: those that are known, made by their makers or loaded. */

import { knowLoss } from '../../kernels/losses/index.ts';
import { InputError } from '../../errors.ts';
import type { Numbered } from '../numbers.ts';
import { textOf } from '../schedules/index.ts';
import type { LossType } from './loss.ts';
import type { Loss } from './settings.ts';

export type { LossOptions, LossType, Prediction, TargetKind } from './loss.ts';
export type { BinaryCrossEntropy, Huber, Loss, MeanAbsoluteError, MeanSquaredError, SmoothL1, SoftmaxCrossEntropy } from './settings.ts';

/** Each in a file of its own, asked for where only its type is known: a page pays for those that it names. */
const LOADERS = {
  'softmax-cross-entropy': async () => (await import('./softmax-cross-entropy.ts')).softmaxCrossEntropyLoss,
  'binary-cross-entropy': async () => (await import('./binary-cross-entropy.ts')).binaryCrossEntropyLoss,
  'mean-squared-error': async () => (await import('./mean-squared-error.ts')).meanSquaredErrorLoss,
  'mean-absolute-error': async () => (await import('./mean-absolute-error.ts')).meanAbsoluteErrorLoss,
  huber: async () => (await import('./huber.ts')).huberLoss,
  'smooth-l1': async () => (await import('./smooth-l1.ts')).smoothL1Loss,
} as const satisfies { readonly [Type in Loss['type']]: () => Promise<LossType<Extract<Loss, { type: Type }>>> };

export const LOSS_NAMES = Object.keys(LOADERS) as Loss['type'][];

const known = new Map<string, LossType<Loss>>();

/** From here on it is found by its type. */
export function know<Settings extends Loss>(loss: LossType<Settings>): void {
  known.set(loss.type, loss as unknown as LossType<Loss>);
  knowLoss(loss.libraries);
}

/** The type of a loss that is known. */
export const lossTypeOf = ({ type }: Pick<Loss, 'type'>): LossType<Loss> => known.get(type)!;

const isLossType = (type: unknown): type is Loss['type'] => (LOSS_NAMES as readonly unknown[]).includes(type);

/** Loads what a loss that nobody has checked yet is made of. */
export async function loadLoss(loss: unknown): Promise<void> {
  const type = (loss as Partial<Loss> | undefined)?.type;
  if (!isLossType(type)) return;
  if (!known.has(type)) know(await LOADERS[type]() as LossType<Loss>);
  const own = known.get(type)!;
  if (own.isPlain?.(loss as Loss) !== true) await own.load?.();
}

/** @throws InputError */
export function checkLoss(loss: unknown): asserts loss is Loss {
  const type = (loss as Partial<Loss> | undefined)?.type;
  if (!isLossType(type)) throw new InputError(`loss must be made by softmaxCrossEntropy(), meanSquaredError() or another of the library's losses, got ${textOf(loss)}.`);
  lossTypeOf({ type }).check(loss as Loss);
}

/** The numbers of a loss, for its entry in the rows. */
export const numbersOfLoss = (loss: Loss): Numbered => lossTypeOf(loss).numbers(loss);
