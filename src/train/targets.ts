/** Whether a data set's targets are what a loss takes, and what its mean divides by. */

import { targetRange } from '../data/labels.ts';
import type { OwnDataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import { lossTypeOf, type Loss } from '../model/losses/index.ts';
import type { SampleLosses } from './totals.ts';

/** Checks targets, and brings what the loss needs for them. @throws InputError */
export async function readyForTargets(data: OwnDataset, loss: Loss, outputs: number, rangeOf = targetRange): Promise<void> {
  const { name, classes, targetWidth, weights } = data, { targets, maker, checkRange, load } = lossTypeOf(loss);
  if (targetWidth === 0) {
    if (!targets.includes('class')) {
      throw new InputError(`${name} has class indices as targets, and ${maker} takes vectors of ${outputs} values. Give dataset(...) targetWidth: ${outputs}, or train with softmaxCrossEntropy().`);
    }
    if (classes > outputs) throw new InputError(`${name} has ${classes} classes, the model's last layer ${outputs} outputs.`);
  } else {
    if (targetWidth !== outputs) throw new InputError(`${name}: targets have ${targetWidth} values, the model's last layer ${outputs} outputs.`);
    checkRange?.(name, rangeOf(data), outputs);
  }
  if (targetWidth > 0 || weights !== undefined) await load?.();
}

/** By sample what a mean over weights divides by; undefined where it divides by their number. @throws InputError where that is nothing */
export function meanWeights({ name, weights, targets, targetWidth, length }: OwnDataset, loss: Loss): Float64Array | undefined {
  if (loss.mean !== 'weights') return undefined;
  const ofClasses = targetWidth === 0 ? lossTypeOf(loss).classWeights?.(loss) : undefined;
  if (weights === undefined && ofClasses === undefined) return undefined;
  const own = Float64Array.from({ length }, (_, i) => (weights?.[i] ?? 1) * (ofClasses?.[(targets as Uint32Array)[i]!] ?? 1));
  if (own.every((weight) => weight === 0)) throw new InputError(`${name}: all its samples are of classes that count nothing, and the loss's mean divides by what they count. Give those classes a weight above 0.`);
  return own;
}

/** A data set on the GPU whose samples have weights: these in the order of each permutation, and where that starts. */
interface Weighted {
  readonly orderedWeights?: Float64Array;
  readonly orders?: readonly number[];
}

/** What the mean over some samples of a training divides by, where that is a sum of weights. If none counts, neither does their gradient, which is 0. */
export function divisorOf({ orderedWeights, orders }: Weighted, replica: number, first: number, count: number): { divisor?: number } {
  if (orderedWeights === undefined) return {};
  const at = orders![replica]! + first;
  return { divisor: orderedWeights.subarray(at, at + count).reduce((sum, weight) => sum + weight, 0) || 1 };
}

/**
 * Losses by replica, each with what it counts in the mean.
 * @param first of the samples
 * @param weights of all samples in their order, where there are any
 */
export const samplesOf = (losses: readonly Float32Array[], first: number, weights: (replica: number) => Float64Array | undefined): SampleLosses[] =>
  losses.map((own, replica) => ({ losses: own, weights: weights(replica)?.slice(first, first + own.length) }));
