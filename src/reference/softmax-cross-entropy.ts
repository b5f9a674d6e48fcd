import { requireCount, requireFields, requireIndices, requireLength } from './check.ts';
import { softmax } from './softmax.ts';

export interface SoftmaxCrossEntropyOptions {
  /** [batch, classes] */
  readonly logits: ArrayLike<number>;
  /**
   * Class of each valid row, integers in [0, classes); or, `isVector`, a distribution over the classes, [batch, classes]. Rows from
   * `count` on are not read.
   */
  readonly targets: ArrayLike<number>;
  readonly isVector?: boolean | undefined;
  /** Label smoothing: the target's share that is spread over all classes. Default 0. */
  readonly smoothing?: number | undefined;
  /** How much each class counts, [classes], and each row, [batch]. Default 1. */
  readonly classWeights?: ArrayLike<number> | undefined;
  readonly weights?: ArrayLike<number> | undefined;
  readonly batch: number;
  readonly count: number;
  /** What the mean divides by: the valid rows of all batches that make up one update, or a sum of weights. Default `count`. */
  readonly groupCount?: number | undefined;
  readonly classes: number;
}

/** Of a batch's rows. */
export interface LossResult {
  /** [batch] in natural logarithm units where it is a cross-entropy, not divided by count; 0 for rows >= count. */
  readonly losses: Float64Array;
  /** [batch] 1 where the output says what the target does, such as the first largest logit the class, else 0. */
  readonly hits: Uint8Array;
  /** [batch, classes] d(mean loss) / d(outputs). */
  readonly gradient: Float64Array;
}

/** The result of a softmax cross-entropy. */
export type SoftmaxCrossEntropyResult = LossResult;

/** The first of these that is not finite, without its sign. */
export function notFinite(values: readonly number[]): number | undefined {
  const found = values.find((value) => !Number.isFinite(value));
  return found === undefined ? undefined : Math.abs(found);
}

/** The index of the first largest logit of a row. A NaN is never larger than anything. */
function argmax(logits: ArrayLike<number>, start: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[start + c]! > logits[start + best]!) best = c;
  return best;
}

/** The smoothed target of a row times what each class counts, [classes]: what -log p is summed with. */
function targetRow({ targets, isVector = false, smoothing = 0, classWeights, classes }: SoftmaxCrossEntropyOptions, row: number): number[] {
  const own = (c: number): number => (isVector ? targets[row * classes + c]! : Number(c === targets[row]));
  return Array.from({ length: classes }, (_, c) => (classWeights?.[c] ?? 1) * ((1 - smoothing) * own(c) + smoothing / classes));
}

/**
 * Softmax cross-entropy over a batch: loss_r = weight_r * sum_c q_c (max_r + log sum_k exp(z[r, k] - max_r) - z[r, c]), with
 * q_c = classWeight_c * ((1 - smoothing) target_c + smoothing / classes) and a one-hot target for a class;
 * gradient = weight_r * (p_c * sum q - q_c) / groupCount, so that it is the gradient of the mean loss over the valid rows.
 * Rows >= count give loss, hit and gradient exactly 0. Where a logit or the loss is not finite, that stands in the place of
 * the row's loss and gradient: a forward pass that failed is seen by whatever takes either. Throws InputError on wrong lengths or targets.
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions): SoftmaxCrossEntropyResult {
  const { logits, targets, batch, count, groupCount = count, classes, isVector, weights } = requireFields('softmax-cross-entropy', options, {
    logits: 'values', targets: 'values', batch: 'size', count: 'size', groupCount: 'number?', classes: 'size', isVector: 'flag?', smoothing: 'number?',
    classWeights: 'values?', weights: 'values?',
  });
  requireCount('softmax-cross-entropy', count, batch);
  if (isVector === true) requireLength('softmax-cross-entropy', 'targets', targets, batch * classes);
  else requireIndices('softmax-cross-entropy', 'targets', targets, count, classes);
  requireLength('softmax-cross-entropy', 'logits', logits, batch * classes);
  const probabilities = softmax({ logits, batch, classes });
  const losses = new Float64Array(batch), hits = new Uint8Array(batch), gradient = new Float64Array(batch * classes);
  for (let row = 0; row < count; row++) {
    const start = row * classes, weight = weights?.[row] ?? 1, q = targetRow(options, row), whole = q.reduce((sum, one) => sum + one, 0);
    let maximum = -Infinity, sum = 0;
    for (let c = 0; c < classes; c++) maximum = Math.max(maximum, logits[start + c]!);
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[start + c]! - maximum);
    losses[row] = weight * q.reduce((loss, one, c) => loss + one * (maximum + Math.log(sum) - logits[start + c]!), 0);
    const failed = notFinite([...Array.from({ length: classes }, (_, c) => logits[start + c]!), losses[row]!]);
    if (failed !== undefined) losses[row] = failed;
    hits[row] = argmax(logits, start, classes) === (isVector === true ? argmax(targets, start, classes) : targets[row]) ? 1 : 0;
    for (let c = 0; c < classes; c++) gradient[start + c] = failed ?? (weight * (probabilities[start + c]! * whole - q[c]!)) / groupCount;
  }
  return { losses, hits, gradient };
}
