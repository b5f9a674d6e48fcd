/** Makers of the metrics that have settings; the others are named: 'accuracy', 'mae', 'mse', 'rmse', 'r2'. */

import { checkOptions, demandOneOf, demandWhole } from '../options.ts';
import { AVERAGES, HALF, type Average, type BinaryAccuracy, type Counted, type CountedMetric, type TopK } from './metric.ts';
import { demandThreshold } from './names.ts';

/**
 * Fraction of the samples whose class is among the k largest logits; among equal ones the first counts as larger, so that
 * `topK(1)` is the accuracy. scikit-learn's `top_k_accuracy_score`, which has the last of equal ones first. In results 'top3'.
 * @param k a whole number of 1 or more, less than there are classes
 * @throws InputError
 */
export function topK(k: number): TopK {
  demandWhole('topK: k', k);
  return { metric: 'topK', k };
}

/**
 * Fraction of all labels that are predicted right, of every sample; a label is predicted where its probability is above the
 * threshold. Keras's `BinaryAccuracy`. Of two classes: fraction of the samples, class 1 where its probability is above it.
 * @param options.threshold a probability between 0 and 1. Default 0.5
 * @throws InputError
 */
export function binaryAccuracy(options: { readonly threshold?: number } = {}): BinaryAccuracy {
  const { threshold = HALF } = checkOptions('binaryAccuracy', options, ['threshold']);
  demandThreshold('binaryAccuracy: threshold', threshold);
  return { metric: 'binaryAccuracy', threshold };
}

/** Settings of `precision`, `recall` and `f1`. */
export interface CountedOptions {
  /**
   * 'macro' (default): the mean over the classes that some sample has, or was taken for, or over all labels. 'micro': all
   * classes' counts together. 'weighted': the mean by how many samples have each. 'binary': class 1 of two, or the only label.
   */
  readonly average?: Average;
  /** Of labels, and of class 1 of two classes: predicted where the probability is above it. Default 0.5. Of more classes the most probable is predicted. */
  readonly threshold?: number;
}

function counted<Name extends CountedMetric>(metric: Name, options: CountedOptions): Counted<Name> {
  const { average = 'macro', threshold = HALF } = checkOptions(metric, options, ['average', 'threshold']);
  demandOneOf(`${metric}: average`, average, AVERAGES);
  demandThreshold(`${metric}: threshold`, threshold);
  return { metric, average, threshold };
}

/** Of what is taken for a class, the fraction that is of it: tp / (tp + fp), 0 where nothing is. scikit-learn's `precision_score`. @throws InputError */
export const precision = (options: CountedOptions = {}): Counted<'precision'> => counted('precision', options);

/** Of what is of a class, the fraction that is taken for it: tp / (tp + fn), 0 where nothing is. scikit-learn's `recall_score`. @throws InputError */
export const recall = (options: CountedOptions = {}): Counted<'recall'> => counted('recall', options);

/** Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn), 0 where that is 0 / 0. scikit-learn's `f1_score`. @throws InputError */
export const f1 = (options: CountedOptions = {}): Counted<'f1'> => counted('f1', options);
