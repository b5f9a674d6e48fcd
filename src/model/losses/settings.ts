/** Losses as plain data. */

import { InputError } from '../../errors.ts';
import { checkOptions, demandOneOf, isF32, isListOf } from '../../options.ts';
import { numberDomain, type NumberKey } from '../numbers.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import { textOf, type Schedule } from '../schedules/index.ts';
import type { LossOptions } from './loss.ts';

export interface SoftmaxCrossEntropy extends LossOptions {
  readonly type: 'softmax-cross-entropy';
  readonly smoothing?: Schedule;
  readonly classWeights?: readonly number[];
}

export interface BinaryCrossEntropy extends LossOptions {
  readonly type: 'binary-cross-entropy';
  readonly positiveWeight?: Schedule;
}

export interface MeanSquaredError extends LossOptions {
  readonly type: 'mean-squared-error';
}

export interface MeanAbsoluteError extends LossOptions {
  readonly type: 'mean-absolute-error';
}

export interface Huber extends LossOptions {
  readonly type: 'huber';
  readonly delta?: Schedule;
}

export interface SmoothL1 extends LossOptions {
  readonly type: 'smooth-l1';
  readonly beta?: Schedule;
}

export type Loss = SoftmaxCrossEntropy | BinaryCrossEntropy | MeanSquaredError | MeanAbsoluteError | Huber | SmoothL1;

/**
 * Checks what all losses can be told, and a number.
 * @param maker what messages call it
 * @param numbers the loss's own, by the names of its settings
 * @param others names of settings that are checked elsewhere
 * @throws InputError
 */
export function checkLossSettings(maker: string, settings: Loss, numbers: readonly string[], others: readonly string[] = []): void {
  const given: Readonly<Record<string, unknown>> & LossOptions = checkOptions(maker, settings as never, ['type', 'mean', ...numbers, ...others] as never);
  if (given.mean !== undefined) demandOneOf(`${maker}: mean`, given.mean, ['count', 'weights']);
  for (const name of numbers) {
    const value = given[name] as Schedule | undefined;
    if (value !== undefined) checkValue(numberDomain(`loss.${name}` as NumberKey), value, `${maker}: ${name}`);
  }
}

/** @throws InputError */
export function checkClassWeights(maker: string, weights: unknown): void {
  if (weights === undefined) return;
  if (!isListOf(weights, (one) => isF32(one) && one >= 0) || !weights.some((one) => (one as number) > 0)) {
    throw new InputError(`${maker}: classWeights must be a list with one finite number of 0 or more per class, not all 0, got ${textOf(weights)}.`);
  }
}
