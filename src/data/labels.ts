/** The targets of a data set as they lie on the GPU, each sample's weight behind its own. Byte arithmetic only: no GPU calls. */

import type { TargetFormat } from '../target.ts';
import type { Dataset } from './types.ts';

export function targetFormat({ targets, targetWidth, weights }: Pick<Dataset, 'targets' | 'targetWidth' | 'weights'>): TargetFormat {
  const kind = targets === 'inputs' ? 'inputs' : targetWidth > 0 ? 'vector' : 'class', weight = Number(weights !== undefined);
  const own = kind === 'class' ? 1 : targetWidth;
  return { kind, words: own + weight, labelWords: (kind === 'inputs' ? 0 : own) + weight, isWeighted: weight > 0 };
}

/** Bytes of the labels on the GPU; one word where there are none, as no buffer is empty. */
export const labelBytes = (data: Pick<Dataset, 'targets' | 'targetWidth' | 'weights' | 'length'>): number =>
  4 * Math.max(1, data.length * targetFormat(data).labelWords);

/** Class indices, or bits of f32, `labelWords` words per sample. Class indices alone are the data set's own memory, not a copy. */
export function packedLabels({ targets, targetWidth, weights, length }: Pick<Dataset, 'targets' | 'targetWidth' | 'weights' | 'length'>): Uint32Array<ArrayBuffer> {
  if (targets !== 'inputs' && weights === undefined) {
    return targets instanceof Uint32Array ? targets as Uint32Array<ArrayBuffer> : new Uint32Array(targets.buffer as ArrayBuffer, targets.byteOffset, targets.length);
  }
  const { labelWords: words } = targetFormat({ targets, targetWidth, ...(weights && { weights }) }), own = words - Number(weights !== undefined);
  const labels = new Uint32Array(Math.max(1, length * words)), floats = new Float32Array(labels.buffer);
  for (let i = 0; i < length; i++) {
    if (targets !== 'inputs') (targets instanceof Uint32Array ? labels : floats).set(targets.subarray(i * own, (i + 1) * own), i * words);
    if (weights !== undefined) floats[i * words + own] = weights[i]!;
  }
  return labels;
}

/** The smallest and the largest value of targets that are vectors, as the loss sees them. */
export function targetRange({ targets, inputs, scale, offset }: Pick<Dataset, 'targets' | 'inputs' | 'scale' | 'offset'>): [low: number, high: number] {
  const values = targets === 'inputs' ? inputs : targets;
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (targets !== 'inputs') return [low, high];
  const ends = [low, high].map((value) => Math.fround(value * scale + offset));
  return [Math.min(...ends), Math.max(...ends)];
}
