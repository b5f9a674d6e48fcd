/** What a network's outputs come to: a class, or labels. */

import { HALF, type Batch, type Task } from './metric.ts';

/** No class: where a logit is NaN, or the largest not finite, nobody can tell. */
export const NO_CLASS = -1;

type Numbers = ArrayLike<number>;

/** Index of the first largest of the values from `at` on; NO_CLASS where one is NaN or the largest is not finite. */
export function firstLargest(values: Numbers, at: number, width: number): number {
  let best = 0, sum = values[at]!;
  for (let i = 1; i < width; i++) {
    const value = values[at + i]!;
    sum += value - value; // NaN where it is, and of an infinity.
    if (value > values[at + best]!) best = i;
  }
  if (Number.isFinite(sum)) return best;
  return hasNan(values, at, width) || !Number.isFinite(values[at + best]!) ? NO_CLASS : best;
}

function hasNan(values: Numbers, at: number, width: number): boolean {
  for (let i = at; i < at + width; i++) if (Number.isNaN(values[i]!)) return true;
  return false;
}

/** The logit that a probability above the threshold has more than. */
export const logitOf = (threshold: number): number => (threshold === HALF ? 0 : Math.log(threshold / (1 - threshold)));

/** 1 / (1 + exp(-z)). */
export const probabilityOf = (z: number): number => 1 / (1 + Math.exp(-z));

/** The class of sample `i` of a batch: its index, or the first largest of a row of probabilities. */
export const targetOf = ({ targets }: Batch, i: number, width: number): number =>
  (targets instanceof Uint32Array ? targets[i]! : firstLargest(targets, i * width, width));

/** A choice among classes; of one label among not and being it. */
export interface Choice {
  readonly classes: number;
  /** NO_CLASS where nobody can tell. */
  predicted(batch: Batch, i: number): number;
  actual(batch: Batch, i: number): number;
}

/** By the first largest logit; of two classes, and of one label, by a threshold on the probability of class 1. */
export function choiceOf({ outputs, width }: Task, threshold = HALF): Choice {
  const cut = logitOf(threshold);
  const beyond = (z: number): number => (Number.isFinite(z) ? Number(z > cut) : NO_CLASS);
  if (outputs === 'labels') {
    return { classes: 2, predicted: (batch, i) => beyond(batch.outputs[i * batch.stride]!), actual: ({ targets }, i) => targets[i]! };
  }
  const actual = (batch: Batch, i: number): number => targetOf(batch, i, width);
  if (threshold === HALF) return { classes: width, actual, predicted: (batch, i) => firstLargest(batch.outputs, i * batch.stride, width) };
  return { classes: width, actual, predicted: ({ outputs: logits, stride }, i) => beyond(logits[i * stride + 1]! - logits[i * stride]!) };
}
