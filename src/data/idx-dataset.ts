/** Data sets out of pairs of IDX files. */
import { BadFileError } from '../errors.ts';
import { gunzip, isGzip } from '../files/gzip.ts';
import { dataset, type ClassDataset } from './dataset.ts';
import { idxBytes, parseIdx, parseIntegers } from './idx.ts';
import { emptyClass, firstOutOfRange, largestOf } from './targets.ts';

/** Files may not be larger than this, packed or not, unless the caller says so: what most GPUs bind at most. */
export const MAX_BYTES = 2 ** 31;

export interface IdxOptions {
  /** Default: largest label + 1; then each class needs a sample, unless `mayLack`. */
  readonly classes?: number;
  readonly mayLack?: boolean;
  /** Used in messages. Default 'idx'. */
  readonly name?: string;
  /** File names for messages. Default: the name and 'images' or 'labels'. */
  readonly imagesFile?: string;
  readonly labelsFile?: string;
  /** What either file may unpack to. Default 2 GiB. */
  readonly maxBytes?: number;
}

interface Opened<Data> {
  readonly shape: number[];
  readonly data: Data;
}

function checkPair(pixels: Opened<Uint8Array>, imagesFile: string, labels: Opened<ArrayLike<number>>, labelsFile: string): void {
  const [count, ...shape] = pixels.shape;
  if (shape.length === 0) {
    throw new BadFileError(imagesFile, 'wanted images of two or more dimensions, got a list: are images and labels swapped?');
  }
  if (labels.shape.length !== 1) {
    const extended = labels.shape.length === 2 && labels.shape[1] === 8 ? ' Extended labels of QMNIST are such: the first of the eight columns is the class.' : '';
    throw new BadFileError(labelsFile, `wanted labels of one dimension, got [${labels.shape.join(', ')}].${extended}`);
  }
  if (count !== labels.shape[0]) {
    throw new BadFileError(labelsFile, `${labels.shape[0]} labels for the ${count} images of ${imagesFile}: they are not a pair.`);
  }
}

/**
 * A data set from the bytes of an IDX pair, each raw or gzip: images u8 [n, ...shape], labels [n] of any whole type.
 * Pixels are seen by the network as pixel / 255.
 * @throws BadFileError on any fault of either file, on counts that differ, on a label not below `classes`, on a class without samples.
 */
export async function idxDataset(images: Uint8Array, labels: Uint8Array, options: IdxOptions = {}): Promise<ClassDataset> {
  const { name = 'idx', classes, mayLack = false, maxBytes = MAX_BYTES } = options;
  const imagesFile = options.imagesFile ?? `${name} images`, labelsFile = options.labelsFile ?? `${name} labels`;
  const unpacked = async (bytes: Uint8Array, file: string): Promise<Uint8Array> =>
    (isGzip(bytes) ? gunzip(bytes, file, { maxBytes, sizeOf: idxBytes }) : bytes);
  const pixels = parseIdx(await unpacked(images, imagesFile), imagesFile);
  const targets = parseIntegers(await unpacked(labels, labelsFile), labelsFile);
  checkPair(pixels, imagesFile, targets, labelsFile);
  // A `classes` that is no positive integer is the caller's fault: left to dataset().
  const limit = Number.isInteger(classes) && classes! > 0 ? classes! : 2 ** 32;
  const bad = firstOutOfRange(targets.data, limit);
  if (bad >= 0) throw new BadFileError(labelsFile, `label ${targets.data[bad]} of sample ${bad} is not in [0, ${classes ?? '2^32'}).`);
  const empty = classes === undefined && !mayLack ? emptyClass(targets.data) : undefined;
  if (empty !== undefined) throw new BadFileError(labelsFile, empty);
  return dataset({ inputs: pixels.data, targets: targets.data, shape: pixels.shape.slice(1), name, classes: classes ?? largestOf(targets.data) + 1 });
}
