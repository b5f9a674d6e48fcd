/** What the network sees of inputs that are not simply stored times the scale that goes with their format: tables, and what is learned for them. */

import { InputError } from '../errors.ts';
import { isF32 } from '../options.ts';
import { knowNormalised } from '../kernels/normalised.ts';
import { isKnown, type Normalize } from '../model/normalize.ts';
import { checkDataset } from '../data/dataset.ts';
import { targetRange } from '../data/labels.ts';
import { isU8 } from '../data/resident.ts';
import { statisticsOf } from '../data/statistics.ts';
import type { Dataset } from '../data/types.ts';
import type { Executor } from '../scheduler/executor.ts';

/** What inputs are seen by, where that is a table, and what normalises in it. */
export interface Seen {
  readonly table: Float32Array<ArrayBuffer>;
  readonly normalize: Normalize | undefined;
  /** The smallest and the largest value of targets that are vectors. */
  readonly rangeOf: typeof targetRange;
  /** Puts the table where a plan reads it. @param name of the data set's buffers */
  readonly place: (name: string) => Promise<void>;
  /** A table for a self-test, by which drawn samples are about as large as 1. Only a difference rounds: where samples are targets bits are compared. */
  readonly drawn: ((draw: (length: number) => Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>) | undefined;
}

/** Where it is to be seen. */
interface Place {
  readonly program: Executor;
  readonly residents: { makeRoom(added: number): void };
}

/** What is known of what normalises: asked for by a configuration; its numbers; else whether they are learned of the data set at hand. */
interface Known {
  readonly asked: Normalize | undefined;
  readonly known: Normalize | undefined;
  readonly trains: boolean;
}

type Scaled = Pick<Dataset, 'name' | 'scale' | 'offset' | 'width'>;

/** With the numbers of a data set's inputs, after its scale and offset. @throws InputError where one is not finite */
export function learned({ kind, per }: Normalize, data: Dataset): Normalize {
  const { mean, deviation, minimum, maximum } = statisticsOf(data, per), { scale, offset } = data;
  const given = (values: Float64Array): number | number[] => (per === 'all' ? values[0]! : [...values]);
  // What f32 does not hold, it holds as 0.
  const seen = (values: Float64Array): Float64Array => values.map((value) => value * scale + offset).map((value) => (Math.abs(value) < 2 ** -126 ? 0 : value));
  if (kind === 'standard') return { kind, per, mean: given(seen(mean)), deviation: given(deviation.map((value) => value * Math.abs(scale) || 1)) };
  const [low, high] = scale > 0 ? [minimum, maximum] : [maximum, minimum];
  return { kind, per, minimum: given(seen(low)), maximum: given(seen(high)) };
}

/** The network is to see (x - center) / spread. */
export function centerAndSpread({ mean, deviation, minimum, maximum }: Normalize, feature: number): [center: number, spread: number] {
  const of = (numbers: number | readonly number[] | undefined): number => (typeof numbers === 'object' ? numbers[feature]! : numbers!);
  return mean !== undefined ? [of(mean), of(deviation)] : [of(minimum), of(maximum) - of(minimum) || 1];
}

/**
 * The table of a data set, [3][columns] as in lib/normalised.wgsl: of scale and offset, and where it is known of what normalises.
 * @throws InputError where f32 does not hold it
 */
function tableOf({ name, scale, offset, width }: Scaled, normalize?: Normalize): Float32Array<ArrayBuffer> {
  const isAll = normalize?.per !== 'feature', columns = isAll ? 4 : 4 * Math.ceil(width / 4), table = new Float32Array(3 * columns);
  for (let i = 0; i < (isAll ? columns : width); i++) {
    const [center, spread] = isKnown(normalize) ? centerAndSpread(normalize, i) : [offset, 1];
    const from = (center - offset) / scale, factor = scale / spread;
    if (!(Number.isFinite(Math.fround(from)) && isF32(factor) && factor !== 0)) {
      throw new InputError(`${name}: ${isAll ? 'its inputs' : `feature ${i}`} cannot be normalised in f32: centers are at ${from} and 1 is ${factor} of what is stored. Scale the data to ordinary sizes.`);
    }
    table.set([from], i);
    table.set([factor], columns + i);
    table.set([isKnown(normalize) ? 0 : offset], 2 * columns + i);
  }
  return table;
}

async function place({ program, residents }: Place, buffer: string, table: Float32Array<ArrayBuffer>): Promise<void> {
  if (!program.has(buffer)) {
    residents.makeRoom(table.byteLength);
    await program.addBuffers([{ name: buffer, bytes: table.byteLength, category: 'data' }]);
  }
  program.write(buffer, table);
}

/** What a data set is to be seen by. @throws InputError */
export function seenOf(data: Dataset, { asked, known, trains, ...where }: Known & Place): Seen {
  knowNormalised();
  const normalize = known ?? (asked !== undefined && trains ? learned(asked, checkDataset(data, 'The data to train on')) : undefined);
  if (asked !== undefined && normalize === undefined) {
    throw new InputError('What normalises the inputs is not known yet: it is learned from the training set of the first fit. Call fit first, or give the numbers: normalize({ mean, deviation }).');
  }
  const table = tableOf(data, normalize), size = table.length / 3, isOne = normalize?.per !== 'feature', half = isU8(data) ? 128 : 1;
  return {
    normalize, table,
    rangeOf: (own) => (own.targets === 'inputs' ? seenRange({ ...data, inputs: own.inputs }, normalize) : targetRange(own)),
    place: (name) => place(where, `${name}.normalisation`, table),
    drawn: (draw) => draw(table.length).map((_, i, all) => {
      const u = all[isOne ? i - (i % 4) : i]!;
      return i < size ? half + (half * u) / 4 : i < 2 * size ? 2 ** Math.round(u) / half : 0;
    }),
  };
}

/** What the network sees of a stored value, before f32 rounds it. */
export function seenBy({ scale, offset }: Pick<Dataset, 'scale' | 'offset'>, normalize: Normalize | undefined): (value: number, feature: number) => number {
  return (value, feature) => {
    const [center, spread] = isKnown(normalize) ? centerAndSpread(normalize, feature) : [0, 1];
    return (value * scale + offset - center) / spread;
  };
}

/** The smallest and the largest value that it sees. */
function seenRange({ inputs, width, ...data }: Pick<Dataset, 'inputs' | 'scale' | 'offset' | 'width'>, normalize: Normalize | undefined): [low: number, high: number] {
  const seen = seenBy(data, normalize);
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < inputs.length; i++) {
    const value = Math.fround(seen(inputs[i]!, i % width));
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
