/** Gathering a batch, and what is read or kept of whole arenas. */

import { tableVec4s, type GatherShape } from '../../kernels/gather.ts';
import type { ParameterSumsShape } from '../../kernels/parameter-sums.ts';
import type { PhiloxShape } from '../../kernels/philox.ts';
import { NO_FLAG, type SnapshotShape } from '../../kernels/snapshot.ts';
import { levelOf, levelScale } from '../../kernels/squares.ts';
import { usualScaleOf } from '../../target.ts';
import * as reference from '../../reference/index.ts';
import type { Dropout as ReferenceDropout, Normalisation } from '../../reference/index.ts';
import { eachActive, put, viewed, type Run, type Twin } from '../twin.ts';
import { dropoutOf } from './below.ts';

/** Values of one sample: bytes, or f32 bits. */
function sampleOf(words: Uint32Array, { format, inputWords, width }: GatherShape, sample: number): ArrayLike<number> {
  const at = words.byteOffset + 4 * sample * inputWords;
  return format === 'u8' ? new Uint8Array(words.buffer, at, width) : new Float32Array(words.buffer, at, width);
}

/** The samples' labels, behind their own inputs where these are targets. Rows past the samples have none. */
function putTargets({ shape: { rows, width, targetWords, labelWords }, words }: Run<GatherShape>, replica: number, samples: readonly number[], inputs: Float64Array): void {
  const targets = words('targets').subarray(replica * rows * targetWords, (replica + 1) * rows * targetWords), own = targetWords - labelWords;
  targets.fill(0);
  if (own > 0) new Float32Array(targets.buffer, targets.byteOffset, targets.length).set(Float32Array.from(targets, (_, i) => (i % targetWords < own ? inputs[Math.floor(i / targetWords) * width + (i % targetWords)]! : 0)));
  samples.forEach((sample, b) => targets.set(words('labels').subarray(sample * labelWords, (sample + 1) * labelWords), b * targetWords + own));
}

/** The numbers of the table, pads left out. */
function normalisationOf({ shape: { normalised, columns, width }, floats }: Run<GatherShape>): Normalisation | undefined {
  if (normalised === undefined) return undefined;
  const table = floats('normalisation'), size = 4 * tableVec4s(normalised, columns);
  const [center, factor, shift] = [0, 1, 2].map((at) => table.subarray(at * size, at * size + (normalised === 'all' ? 1 : width)));
  return { center: center!, factor: factor!, shift };
}

export const gather: Twin<GatherShape> = (run) => {
  const { shape } = run, { rows, columns, width, format, normalised, shuffled, dropout } = shape;
  eachActive(run, (row, replica) => {
    const { count, position, order: first } = row;
    const samples = Array.from({ length: count }, (_, b) => (shuffled ? run.words('order')[first + position + b]! : position + b));
    // The samples of the batch alone, in their order: the data set is large.
    const inputs = new Float64Array(count * width);
    samples.forEach((sample, b) => inputs.set(sampleOf(run.words('inputs'), shape, sample), b * width));
    const of = (own: ReferenceDropout | undefined): Float64Array => reference.gather({
      inputs, order: samples.map((_, b) => b),
      width, scale: normalised === undefined ? Math.fround(usualScaleOf(format)) : 1, offset: 0, normalisation: normalisationOf(run), position: 0, count, batch: rows, dropout: own,
    });
    put(viewed(run, 'output', replica, { rows, columns, width }), of(dropoutOf(row, dropout)));
    putTargets(run, replica, samples, of(undefined));
  });
};

/** Per chunk: sum |w|, sum w^2, exact zeros, the level of sum w^2. Of frozen replicas too. */
export const parameterSums: Twin<ParameterSumsShape> = ({ shape: { chunks }, constants, rows, floats }) => {
  const size = 4 * (constants['CHUNK'] as number), parameters = floats('parameters');
  for (let i = 0; i < rows.length * chunks; i++) {
    const weights = parameters.subarray(i * size, (i + 1) * size), { l1, l2, zeros } = reference.parameterSums({ weights });
    const level = levelOf(weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0));
    floats('sums').set([l1, l2 * levelScale(level) ** 2, zeros, level], 4 * i);
  }
};

export const snapshot: Twin<SnapshotShape> = (run) => {
  const { length, batch, samplesStride, row: { tensors } } = run.shape, copy = run.floats('copy');
  eachActive(run, ({ slot, count }, replica) => {
    const own = (values: Float64Array): Float64Array => values.subarray(replica * length, (replica + 1) * length);
    const flagged = run.words('flags').subarray(replica * tensors, (replica + 1) * tensors).some((flag) => flag !== NO_FLAG);
    const first = replica * samplesStride + slot * batch, losses = Array.from(run.floats('samples').subarray(first, first + count), Math.fround);
    copy.set(reference.snapshot({ source: own(run.floats('source')), snapshot: own(copy), flagged, losses }), replica * length);
  });
};

export const philox: Twin<PhiloxShape> = ({ shape: { length }, rows: [row], words }) => {
  const counters = words('counters');
  for (let i = 0; i < 4 * length; i += 4) {
    const [c0, c1, c2, c3] = counters.subarray(i, i + 4);
    words('words').set(reference.philox4x32([c0!, c1!, c2!, c3!], [row!.seedLow, row!.seedHigh]), i);
  }
};
