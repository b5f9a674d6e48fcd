/** Metrics that are fractions: of samples, or of labels. */

import { choiceOf, logitOf, NO_CLASS, firstLargest, targetOf } from './decide.ts';
import type { Accumulator, Batch, BinaryAccuracy, Task, TopK } from './metric.ts';
import { Sums } from './sums.ts';

const HITS = 0, ALL = 1;

/** Weighted mean of what a sample has: hits in [0, 1]. */
function meanOf(hitsOf: (batch: Batch, i: number) => number): Accumulator {
  const sums = new Sums(2);
  return {
    add: (batch) => {
      for (let i = 0; i < batch.count; i++) {
        const weight = batch.weights?.[i] ?? 1;
        sums.add(HITS, weight * hitsOf(batch, i));
        sums.add(ALL, weight);
      }
    },
    value: () => sums.of(HITS) / sums.of(ALL),
  };
}

/** How many labels of a sample are predicted right. One whose logit is not finite is not. */
function labelsRight({ outputs, stride, targets }: Batch, i: number, width: number, cut: number): number {
  let right = 0;
  for (let j = 0; j < width; j++) {
    const z = outputs[i * stride + j]!;
    if (Number.isFinite(z) && Number(z > cut) === targets[i * width + j]) right++;
  }
  return right;
}

/** Samples whose class has the first largest logit; of labels, samples all of whose labels are right. scikit-learn's accuracy_score. */
export function accuracy(task: Task): Accumulator {
  const { outputs, width } = task;
  if (outputs === 'labels') return meanOf((batch, i) => Number(labelsRight(batch, i, width, 0) === width));
  const { predicted, actual } = choiceOf(task);
  return meanOf((batch, i) => Number(predicted(batch, i) === actual(batch, i)));
}

export function binaryAccuracy(task: Task, { threshold }: BinaryAccuracy): Accumulator {
  const { outputs, width } = task, cut = logitOf(threshold);
  if (outputs === 'labels') return meanOf((batch, i) => labelsRight(batch, i, width, cut) / width);
  const { predicted, actual } = choiceOf(task, threshold);
  return meanOf((batch, i) => Number(predicted(batch, i) === actual(batch, i)));
}

/** The place of a class among the logits, largest first and the first of equal ones first. */
function rankOf({ outputs, stride }: Batch, i: number, width: number, target: number): number {
  const at = i * stride, own = outputs[at + target]!;
  let before = 0;
  for (let j = 0; j < width; j++) {
    const other = outputs[at + j]!;
    if (other > own || (other === own && j < target)) before++;
  }
  return before;
}

export const topK = ({ width }: Task, { k }: TopK): Accumulator => meanOf((batch, i) =>
  Number(firstLargest(batch.outputs, i * batch.stride, width) !== NO_CLASS && rankOf(batch, i, width, targetOf(batch, i, width)) < k));

/** Whether labels are 0 or 1, as all of these need: the first place where one is not, or -1. */
export function firstNoLabel(targets: Batch['targets']): number {
  return targets.findIndex((target: number) => target !== 0 && target !== 1);
}
