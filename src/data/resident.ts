/** The bytes of a data set as it lies on the GPU. Byte arithmetic only: no GPU calls. */
import { OutOfMemoryError } from '../errors.ts';
import { isArray } from '../arrays.ts';
import { labelBytes, targetFormat } from './labels.ts';
import type { Dataset } from './types.ts';

/** Rows are padded to 4 elements, so that a kernel reads u8 as one u32 word of 4, and f32 as vec4. */
const PAD = 4;

export const isU8 = ({ inputs }: Pick<Dataset, 'inputs'>): boolean => isArray(inputs, 'Uint8Array');

/** u32 words from one row to the next: u8 ceil(width / 4), f32 4 * ceil(width / 4). */
export const rowWords = (data: Dataset): number => Math.ceil(data.width / PAD) * (isU8(data) ? 1 : PAD);

/** Bytes of the inputs on the GPU: length * rowWords * 4, always a multiple of 4. */
export const residentBytes = (data: Dataset): number => data.length * rowWords(data) * 4;

/** Rows on memory of some kind: only bytes on memory that is not shared can be written to a buffer. */
type Rows<Memory extends ArrayBufferLike> = Dataset & { readonly inputs: Uint8Array<Memory> | Float32Array<Memory> };

/**
 * The inputs with each row padded by zeros to 4 elements, little-endian. Where width is a multiple of 4 this is
 * the data set's own memory, not a copy: do not write to it.
 */
export function packedInputs<Memory extends ArrayBufferLike>(data: Rows<Memory>): { bytes: Uint8Array<Memory | ArrayBuffer>; rowWords: number; format: 'u8' | 'f32' } {
  const { inputs, width, length } = data, words = rowWords(data), format = isU8(data) ? 'u8' : 'f32';
  const given = inputs instanceof Uint8Array ? inputs : new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength);
  if (width % PAD === 0) return { bytes: given, rowWords: words, format };
  const bytes = new Uint8Array(length * words * 4), rowBytes = width * inputs.BYTES_PER_ELEMENT;
  for (let row = 0; row < length; row++) {
    bytes.set(given.subarray(row * rowBytes, (row + 1) * rowBytes), row * words * 4);
  }
  return { bytes, rowWords: words, format };
}

/**
 * Checks that the inputs, and the targets, each fit one storage binding of `maxBindingBytes`.
 * @throws OutOfMemoryError naming the bytes wanted, the limit, and the most samples that fit.
 */
export function checkResident(data: Dataset, maxBindingBytes: number): void {
  const ofTargets = labelBytes(data), ofInputs = residentBytes(data), isTargets = ofTargets > ofInputs, bytes = Math.max(ofTargets, ofInputs);
  if (bytes <= maxBindingBytes) return;
  const most = Math.floor(maxBindingBytes / (isTargets ? targetFormat(data).labelWords * 4 : rowWords(data) * 4));
  const ways = [
    most > 0 ? `At most ${most} samples fit: use subset(data, { end: ${most} })` : 'Not even one sample fits: use smaller samples',
    ...(isU8(data) || isTargets ? [] : ['give the inputs as Uint8Array with a scale (a quarter of the bytes)']),
    'open a device with a larger maxStorageBufferBindingSize',
  ];
  throw new OutOfMemoryError(
    `${data.name}: ${data.length} samples take ${bytes} bytes on the GPU, but one binding holds ${maxBindingBytes}. ${ways.join(', or ')}.`,
    bytes,
  );
}
