import { demandOneOf } from '../options.ts';
import { requireCount, requireFields, requireLength } from './check.ts';
import { elementLosses, type ElementLoss, type ElementLossReference } from './losses.ts';
import { notFinite, type LossResult } from './softmax-cross-entropy.ts';

export interface ElementLossOptions {
  readonly loss: ElementLoss;
  /** The loss's own number: Huber's delta, smooth L1's beta, what a label that is there counts. Default 1. */
  readonly number?: number | undefined;
  /** [batch, width] */
  readonly outputs: ArrayLike<number>;
  /** [batch, width]; rows from `count` on are not read. */
  readonly targets: ArrayLike<number>;
  /** How much each row counts, [batch]. Default 1. */
  readonly weights?: ArrayLike<number> | undefined;
  readonly batch: number;
  readonly count: number;
  /** What the mean over rows divides by. Default `count`. */
  readonly divisor?: number | undefined;
  readonly width: number;
}

/**
 * A loss that goes element by element, over a batch: loss_r = weight_r / width * sum_c l(z[r, c], t[r, c]);
 * gradient = weight_r * l'(z[r, c], t[r, c]) / (width * divisor). A hit is a row without a miss, which only labels have.
 * Rows >= count give 0 throughout. Where an output or the loss is not finite, that stands in the place of the row's loss and
 * gradient. Throws InputError on wrong lengths.
 */
export function elementLoss(options: ElementLossOptions): LossResult {
  const { loss: name, outputs, targets, batch, count, width, weights, divisor = count } = requireFields('element-loss', options, {
    loss: 'text', number: 'number?', outputs: 'values', targets: 'values', weights: 'values?', batch: 'size', count: 'size', divisor: 'number?', width: 'size',
  });
  demandOneOf('element-loss: loss', name, Object.keys(elementLosses));
  requireCount('element-loss', count, batch);
  requireLength('element-loss', 'outputs', outputs, batch * width);
  requireLength('element-loss', 'targets', targets, batch * width);
  const own: ElementLossReference = elementLosses[name], { number = own.usual ?? 1 } = options;
  const losses = new Float64Array(batch), hits = new Uint8Array(batch), gradient = new Float64Array(batch * width);
  for (let row = 0; row < count; row++) {
    const weight = weights?.[row] ?? 1, all = Array.from({ length: width }, (_, c) => [outputs[row * width + c]!, targets[row * width + c]!] as const);
    losses[row] = (weight * all.reduce((sum, [z, t]) => sum + own.loss(z, t, number), 0)) / width;
    const failed = notFinite([...all.map(([z]) => z), losses[row]!]);
    if (failed !== undefined) losses[row] = failed;
    hits[row] = all.some(([z, t]) => own.isMiss?.(z, t)) ? 0 : 1;
    all.forEach(([z, t], c) => { gradient[row * width + c] = failed ?? (weight * own.gradient(z, t, number)) / (width * divisor); });
  }
  return { losses, hits, gradient };
}
