import { requireCount, requireFields, requireIndices, requireLength } from './check.ts';
import { softmax } from './softmax.ts';

export interface SoftmaxCrossEntropyOptions {
  /** [batch, classes] */
  readonly logits: ArrayLike<number>;
  /** Class of each valid row, integers in [0, classes); entries from `count` on are not read. */
  readonly targets: ArrayLike<number>;
  readonly batch: number;
  readonly count: number;
  /** Valid rows of all batches that make up one update, over which the mean is taken. Default `count`. */
  readonly groupCount?: number | undefined;
  readonly classes: number;
}

export interface SoftmaxCrossEntropyResult {
  /** [batch] natural logarithm units, not divided by count; 0 for rows >= count. */
  readonly losses: Float64Array;
  /** [batch] 1 where the first largest logit is the target's, else 0. */
  readonly hits: Uint8Array;
  /** [batch, classes] d(mean loss) / d(logits). */
  readonly gradient: Float64Array;
}

/** The first of these that is not finite, without its sign. */
function notFinite(values: readonly number[]): number | undefined {
  const found = values.find((value) => !Number.isFinite(value));
  return found === undefined ? undefined : Math.abs(found);
}

/** The index of the first largest logit of a row. A NaN is never larger than anything. */
function argmax(logits: ArrayLike<number>, start: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[start + c]! > logits[start + best]!) best = c;
  return best;
}

/**
 * Softmax cross-entropy over a batch: loss_r = max_r + log sum_c exp(z[r, c] - max_r) - z[r, target_r];
 * gradient = (p - onehot) / groupCount, so that it is the gradient of the mean loss over the valid rows.
 * Rows >= count give loss, hit and gradient exactly 0. Where a logit or the loss is not finite, that stands in the place of
 * the row's loss and gradient: a forward pass that failed is seen by whatever takes either. Throws InputError on wrong lengths or targets.
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions): SoftmaxCrossEntropyResult {
  const { logits, targets, batch, count, groupCount = count, classes } = requireFields('softmax-cross-entropy', options, {
    logits: 'values', targets: 'values', batch: 'size', count: 'size', groupCount: 'size?', classes: 'size',
  });
  requireCount('softmax-cross-entropy', count, batch);
  requireIndices('softmax-cross-entropy', 'targets', targets, count, classes);
  requireLength('softmax-cross-entropy', 'logits', logits, batch * classes);
  const probabilities = softmax({ logits, batch, classes });
  const losses = new Float64Array(batch), hits = new Uint8Array(batch), gradient = new Float64Array(batch * classes);
  for (let row = 0; row < count; row++) {
    const start = row * classes, target = targets[row]!;
    let maximum = -Infinity, sum = 0;
    for (let c = 0; c < classes; c++) maximum = Math.max(maximum, logits[start + c]!);
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[start + c]! - maximum);
    losses[row] = maximum + Math.log(sum) - logits[start + target]!;
    const failed = notFinite([...Array.from({ length: classes }, (_, c) => logits[start + c]!), losses[row]!]);
    if (failed !== undefined) losses[row] = failed;
    hits[row] = argmax(logits, start, classes) === target ? 1 : 0;
    for (let c = 0; c < classes; c++) {
      gradient[start + c] = failed ?? (probabilities[start + c]! - (c === target ? 1 : 0)) / groupCount;
    }
  }
  return { losses, hits, gradient };
}
