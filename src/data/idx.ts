/**
 * The IDX format of the MNIST files: 0, 0, element type, number of dimensions, then each dimension as a big-endian
 * u32, then the elements, big-endian, last dimension fastest. Source: yann.lecun.com/exdb/mnist, "The IDX file format".
 */
import { BadFileError } from '../errors.ts';
import { isGzip } from '../files/gzip.ts';
import { saidKind } from '../files/kinds.ts';

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  /** Of whole numbers. */
  readonly read?: (view: DataView, at: number) => number;
}

const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  0x08: { name: 'u8', bytes: 1, read: (view, at) => view.getUint8(at) },
  0x09: { name: 'i8', bytes: 1, read: (view, at) => view.getInt8(at) },
  0x0b: { name: 'i16', bytes: 2, read: (view, at) => view.getInt16(at) },
  0x0c: { name: 'i32', bytes: 4, read: (view, at) => view.getInt32(at) },
  0x0d: { name: 'f32', bytes: 4 },
  0x0e: { name: 'f64', bytes: 8 },
};

export interface IdxHeader {
  readonly shape: number[];
  readonly type: ElementType;
  /** Of the header, and of the whole file. */
  readonly headerBytes: number;
  readonly fileBytes: number;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

/** The sizes as a PC writes them: a fault of programs that make such files. */
function turnedSizes(bytes: Uint8Array, dimensions: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i, true));
}

const turnedAdvice = (turned: readonly number[]): string =>
  `In the other byte order they are [${turned.join(', ')}]. IDX is big-endian: turn the four bytes of each size round.`;

/** Whether bytes can be the begin of an IDX file; four are enough. */
export const isIdx = (bytes: Uint8Array): boolean => bytes[0] === 0 && bytes[1] === 0;

function checkMagic(bytes: Uint8Array, file: string): { type: ElementType; dimensions: number } {
  if (bytes.length >= 2 && !isIdx(bytes)) {
    const isTurned = bytes[2] === 0 && bytes[3] === 0 && ELEMENT_TYPES[bytes[1]!] !== undefined;
    const kind = isTurned ? ' Its bytes are in the order of a PC; IDX is big-endian: turn each word of the header round.' : saidKind(bytes);
    // What comes here was unpacked.
    throw new BadFileError(file, `wanted an IDX magic number (00 00 08 ..), got ${hex(bytes.subarray(0, 4))}.${isGzip(bytes) ? ' It was packed with gzip twice. Unpack it once.' : kind}`);
  }
  if (bytes.length < 4) throw new BadFileError(file, `wanted an IDX header of at least 8 bytes, got ${bytes.length} bytes.`);
  const type = ELEMENT_TYPES[bytes[2]!], dimensions = bytes[3]!;
  if (type === undefined) throw new BadFileError(file, `its IDX element type is ${hex(bytes.subarray(2, 3))}, which is no IDX type.`);
  if (dimensions === 0) throw new BadFileError(file, 'wanted an IDX file of one or more dimensions, got 0.');
  return { type, dimensions };
}

/**
 * The header of an unpacked IDX file, out of its first bytes.
 * @throws BadFileError on a short header, another magic number or element type, no or an empty dimension, sizes beyond 2^53
 */
export function idxHeader(bytes: Uint8Array, file: string): IdxHeader {
  const { type, dimensions } = checkMagic(bytes, file), headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw new BadFileError(file, `a header of ${dimensions} dimensions takes ${headerBytes} bytes, got ${bytes.length}: the file is cut short.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  if (shape.includes(0)) throw new BadFileError(file, `the header says [${shape.join(', ')}]: a dimension is empty.`);
  const fileBytes = headerBytes + type.bytes * product(shape);
  if (!Number.isSafeInteger(fileBytes)) {
    const turned = turnedSizes(bytes, dimensions);
    const hint = Number.isSafeInteger(product(turned)) ? ` ${turnedAdvice(turned)}` : '';
    throw new BadFileError(file, `the header says [${shape.join(', ')}]: more elements than can be counted.${hint}`);
  }
  return { shape, type, headerBytes, fileBytes };
}

/** What to say of sizes that do not fit the file. */
function misfit(bytes: Uint8Array, { shape, type, headerBytes, fileBytes }: IdxHeader): string {
  const turned = turnedSizes(bytes, shape.length);
  if (type.bytes * product(turned) === bytes.length - headerBytes) return `the sizes are in the wrong byte order. ${turnedAdvice(turned)}`;
  const more = bytes.length - fileBytes;
  return more < 0 ? 'the file is cut short: get it again.' : `${more} ${more === 1 ? 'byte' : 'bytes'} too many.`;
}

/** The bytes that an IDX file has by its own header: see `OutputLimits`. @throws as `idxHeader` */
export const idxBytes = (head: Uint8Array, file: string): number => idxHeader(head, file).fileBytes;

/**
 * An unpacked IDX file: its shape and type, and a view of the bytes of its elements. Nothing is allocated by what the header
 * claims. `file` is used in messages.
 * @throws BadFileError as `idxHeader`, on fewer or more bytes than the header says, and on elements other than those wanted
 */
function openIdx(bytes: Uint8Array, file: string, wanted: 'u8' | 'whole numbers'): { shape: number[]; type: ElementType; data: Uint8Array } {
  const header = idxHeader(bytes, file), { shape, type, headerBytes, fileBytes } = header;
  if (wanted === 'u8' ? type.name !== 'u8' : type.read === undefined) {
    throw new BadFileError(file, `wanted IDX elements of type 08 (u8)${wanted === 'u8' ? '' : ' or other whole numbers'}, got ` +
      `${hex(bytes.subarray(2, 3))} (${type.name}). Convert it, or build the data set with dataset({ inputs, targets, shape }).`);
  }
  if (bytes.length !== fileBytes) {
    throw new BadFileError(file, `the header [${shape.join(', ')}] wants ${fileBytes - headerBytes} bytes of elements, got ${bytes.length - headerBytes}: ${misfit(bytes, header)}`);
  }
  return { shape, type, data: bytes.subarray(headerBytes) };
}

/** An IDX file of u8 elements, row-major, as a view. @throws BadFileError as `openIdx` */
export const parseIdx = (bytes: Uint8Array, file: string): { shape: number[]; data: Uint8Array } => {
  const { shape, data } = openIdx(bytes, file, 'u8');
  return { shape, data };
};

/** An IDX file of whole numbers of any size; u8 as a view. @throws BadFileError as `openIdx` */
export function parseIntegers(bytes: Uint8Array, file: string): { shape: number[]; data: Uint8Array | Int32Array } {
  const { type, shape, data } = openIdx(bytes, file, 'whole numbers');
  if (type.name === 'u8') return { shape, data };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { shape, data: Int32Array.from({ length: data.length / type.bytes }, (_, i) => type.read!(view, i * type.bytes)) };
}
