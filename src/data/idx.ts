/**
 * The IDX format of the MNIST files: 0, 0, element type, number of dimensions, then each dimension as a big-endian
 * u32, then the elements, last dimension fastest. Source: yann.lecun.com/exdb/mnist, "The IDX file format".
 */
import { BadFileError } from '../errors.ts';
import { dataset, firstOutOfRange, type Dataset } from './dataset.ts';

const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  0x08: 'u8', 0x09: 'i8', 0x0b: 'i16', 0x0c: 'i32', 0x0d: 'f32', 0x0e: 'f64',
};

/** Gzip files may not unpack to more than this unless the caller says so: what most GPUs bind at most. */
const MAX_UNPACKED_BYTES = 2 ** 31;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** What a file that is no IDX most often is. A server that has no such file may well answer with its page. */
function likely(bytes: Uint8Array): string {
  if (isGzip(bytes)) return ' This is gzip: unpack it first.';
  return bytes[0] === 0x3c ? ' This looks like an HTML page: check the address.' : '';
}

function checkMagic(bytes: Uint8Array, file: string): number {
  if (bytes.length < 4) throw new BadFileError(file, `wanted an IDX header of at least 8 bytes, got ${bytes.length} bytes.`);
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw new BadFileError(file, `wanted an IDX magic number (00 00 08 ..), got ${hex(bytes.subarray(0, 4))}.${likely(bytes)}`);
  }
  const type = bytes[2]!, dimensions = bytes[3]!;
  if (type !== 0x08) {
    const known = ELEMENT_TYPES[type];
    throw new BadFileError(
      file,
      `wanted IDX elements of type 08 (u8), got ${hex(bytes.subarray(2, 3))} (${known ?? 'no IDX type'}).` +
        (known ? ' Convert it, or build the data set with dataset({ inputs, targets, shape }).' : ''),
    );
  }
  if (dimensions === 0) throw new BadFileError(file, 'wanted an IDX file of one or more dimensions, got 0.');
  return dimensions;
}

/**
 * Reads an unpacked IDX file of u8 elements. `data` is a view of `bytes`, row-major; nothing is copied or allocated
 * by what the header claims. `file` is used in messages.
 * @throws BadFileError on a short header, another magic number or element type, no or an empty dimension, sizes
 * beyond 2^53, fewer or more bytes than the header says.
 */
export function parseIdx(bytes: Uint8Array, file: string): { shape: number[]; data: Uint8Array } {
  const dimensions = checkMagic(bytes, file), header = 4 + 4 * dimensions;
  if (bytes.length < header) {
    throw new BadFileError(file, `a header of ${dimensions} dimensions takes ${header} bytes, got ${bytes.length}: the file is cut short.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const sizes = `[${shape.join(', ')}]`;
  if (shape.includes(0)) throw new BadFileError(file, `the header says ${sizes}: a dimension is empty.`);
  const wanted = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(wanted)) throw new BadFileError(file, `the header says ${sizes}: more elements than can be counted.`);
  const got = bytes.length - header;
  if (got !== wanted) {
    const fault = got < wanted ? 'the file is cut short: get it again' : `${got - wanted} bytes too many`;
    throw new BadFileError(file, `the header ${sizes} wants ${wanted} bytes of elements, got ${got}: ${fault}.`);
  }
  return { shape, data: bytes.subarray(header) };
}

/**
 * Unpacks one gzip member (RFC 1952), its CRC checked, by the host's DecompressionStream.
 * @throws BadFileError if it is cut short, damaged, or unpacks to more than `maxBytes`.
 */
export async function gunzip(bytes: Uint8Array, file: string, maxBytes: number = MAX_UNPACKED_BYTES): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Through a Blob the input comes in pieces, so that a bomb is stopped before all of it is unpacked.
    const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      size += part.value.length;
      if (size > maxBytes) {
        reader.cancel().catch(() => undefined);
        throw new BadFileError(file, `unpacks to more than the ${maxBytes} bytes allowed. Raise maxBytes if it should.`);
      }
    }
  } catch (cause) {
    if (cause instanceof BadFileError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(file, `not a whole gzip file (${why}): get it again.`, { cause });
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

export interface IdxOptions {
  /** Default: largest label + 1. */
  readonly classes?: number;
  /** Used in messages. Default 'idx'. */
  readonly name?: string;
  /** File names for messages. Default: the name and 'images' or 'labels'. */
  readonly imagesFile?: string;
  readonly labelsFile?: string;
  /** What either file may unpack to. Default 2 GiB. */
  readonly maxBytes?: number;
}

/**
 * A data set from the bytes of an IDX pair, each raw or gzip: images u8 [n, ...shape], labels u8 [n].
 * Pixels are seen by the network as pixel / 255.
 * @throws BadFileError on any fault of either file, on counts that differ, on a label not below `classes`.
 */
export async function idxDataset(images: Uint8Array, labels: Uint8Array, options: IdxOptions = {}): Promise<Dataset> {
  const { name = 'idx', classes, maxBytes } = options;
  const imagesFile = options.imagesFile ?? `${name} images`, labelsFile = options.labelsFile ?? `${name} labels`;
  const open = async (bytes: Uint8Array, file: string) =>
    parseIdx(isGzip(bytes) ? await gunzip(bytes, file, maxBytes) : bytes, file);
  const pixels = await open(images, imagesFile), targets = await open(labels, labelsFile);
  const [count, ...shape] = pixels.shape;
  if (shape.length === 0) {
    throw new BadFileError(imagesFile, 'wanted images of two or more dimensions, got a list: are images and labels swapped?');
  }
  if (targets.shape.length !== 1) {
    throw new BadFileError(labelsFile, `wanted labels of one dimension, got [${targets.shape.join(', ')}].`);
  }
  if (count !== targets.shape[0]) {
    throw new BadFileError(labelsFile, `${targets.shape[0]} labels for the ${count} images of ${imagesFile}: they are not a pair.`);
  }
  const bad = classes === undefined ? -1 : firstOutOfRange(targets.data, classes);
  // A `classes` that is no positive integer is the caller's fault: left to dataset().
  if (bad >= 0 && Number.isInteger(classes) && classes! > 0) {
    throw new BadFileError(labelsFile, `label ${targets.data[bad]} of sample ${bad} is not in [0, ${classes}).`);
  }
  return dataset({ inputs: pixels.data, targets: targets.data, shape, name, ...(classes !== undefined && { classes }) });
}
