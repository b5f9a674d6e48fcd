/** Penalties that need more than one weight at a time: on the angles between units, and on activations. */
import { InputError } from '../errors.ts';
import { requireCount, requireFields, requireKind, requireLength, requireSame } from './check.ts';
import { mapped } from './mapped.ts';
import { weighed } from './regularizers.ts';

/**
 * Orthogonal penalty on a weight W [inputs, outputs]:
 *
 *     penalty = strength |W^T W - I|_F^2,  gradient = 4 strength W (W^T W - I)
 *
 * Where inputs < outputs the columns cannot be orthonormal, and W W^T takes the place of W^T W.
 * Keras's OrthogonalRegularizer is another penalty: the mean |cosine| between rows. Throws InputError for wrong lengths.
 * Source: Brock, Lim, Ritchie, Weston, "Neural photo editing with introspective adversarial networks", ICLR 2017.
 */
export function orthogonalPenalty(
  weights: ArrayLike<number>, inputs: number, outputs: number, strength: number,
): { penalty: number; gradient: Float64Array } {
  requireSame('orthogonal', { weights }, { strength });
  requireKind('orthogonal', 'inputs', inputs, 'size');
  requireKind('orthogonal', 'outputs', outputs, 'size');
  requireLength('orthogonal', 'weights', weights, inputs * outputs);
  // `count` vectors of `length` elements: columns, or rows if there are fewer of them.
  const byRows = inputs < outputs;
  const [count, length] = byRows ? [inputs, outputs] : [outputs, inputs];
  const place = (vector: number, k: number): number => (byRows ? vector * outputs + k : k * outputs + vector);
  const gradient = new Float64Array(inputs * outputs);
  let penalty = 0;
  if (strength === 0) return { penalty, gradient };
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      let product = a === b ? -1 : 0;
      for (let k = 0; k < length; k++) product += weights[place(a, k)]! * weights[place(b, k)]!;
      penalty += strength * product * product;
      for (let k = 0; k < length; k++) gradient[place(a, k)]! += 4 * strength * product * weights[place(b, k)]!;
    }
  }
  return { penalty, gradient };
}

export interface ActivityStrengths {
  /** Of the mean over samples of sum |a|. Default 0. */
  readonly l1?: number | undefined;
  /** Of half the mean over samples of sum a^2. Default 0. */
  readonly l2?: number | undefined;
  /** Rows of `activations`; those from `count` on do not count. Default: `count`. */
  readonly batch?: number | undefined;
  /** Valid rows of all batches that make up one update, over which the mean is taken. Default: `count`. */
  readonly groupCount?: number | undefined;
}

const requireStrengths = (strengths: ActivityStrengths): ActivityStrengths =>
  requireFields('activity', strengths, { l1: 'number?', l2: 'number?', batch: 'size?', groupCount: 'size?' });

/** The number of elements that count, after checks. */
function validLength(activations: ArrayLike<number>, count: number, batch: number): number {
  requireKind('activity', 'activations', activations, 'values');
  requireCount('activity', count, batch);
  const width = batch === 0 ? 0 : activations.length / batch;
  if (!Number.isInteger(width)) {
    throw new InputError(`activity: activations must have a multiple of ${batch} elements, got ${activations.length}. Pass [batch, width].`);
  }
  return count * width;
}

/**
 * Penalty on a layer's activations [batch, width] as the next layer receives them, a mean over the `count` valid rows:
 *
 *     l1 / count sum |a| + l2 / (2 count) sum a^2        0 where count is 0
 *
 * Throws InputError for wrong lengths. Source: Glorot, Bordes, Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
 */
export function activityPenalty(activations: ArrayLike<number>, count: number, strengths: ActivityStrengths): number {
  const { l1 = 0, l2 = 0, batch = count } = requireStrengths(strengths);
  const length = validLength(activations, count, batch);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += weighed(l1, Math.abs(activations[i]!)) + weighed(l2 / 2, activations[i]! ** 2);
  return count === 0 ? 0 : sum / count;
}

/**
 * Gradient of activityPenalty with respect to the activations: (l1 sign(a) + l2 a) / groupCount, exactly 0 in rows from
 * `count` on. It is added to the layer's output gradient. sign(0) = 0. Throws InputError for wrong lengths.
 */
export function activityGradient(
  activations: ArrayLike<number>, count: number, strengths: ActivityStrengths,
): Float64Array {
  const { l1 = 0, l2 = 0, batch = count, groupCount = count } = requireStrengths(strengths);
  const length = validLength(activations, count, batch);
  return mapped(activations, (a, i) => (i < length ? (weighed(l1, Math.sign(a)) + weighed(l2, a)) / groupCount : 0));
}
