/** Writing safetensors files. */

import { InputError } from '../errors.ts';
import { encodeText } from '../text.ts';
import {
  byteSize, DTYPE_BITS, hasLoneSurrogate, kind, LENGTH_BYTES, MAX_HEADER_BYTES, METADATA, quote, type Tensor,
} from './safetensors-format.ts';

/**
 * Writes a safetensors file. The same input gives the same bytes: tensors by decreasing dtype size and then by
 * name, as the reference implementation does (so every tensor is aligned to its element), metadata keys sorted,
 * the header padded to 8 bytes with spaces.
 * @throws InputError when a tensor's bytes do not fit its shape, or a name cannot be stored.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  for (const [name, tensor] of tensors) checkWritable(name, tensor);
  const rank = Object.keys(DTYPE_BITS);
  const sorted = [...tensors].sort(([a, { dtype: p }], [b, { dtype: q }]) =>
    rank.indexOf(q) - rank.indexOf(p) || (a < b ? -1 : 1));

  const parts: string[] = [];
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of pairs) {
    if (typeof value !== 'string') throw new InputError(`Metadata ${quote(key)} must be a string, got ${typeof value}.`);
    if (hasLoneSurrogate(key + value)) throw new InputError(`Metadata ${quote(key)} holds half a surrogate pair.`);
  }
  const texts = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (texts.length > 0) parts.push(`"${METADATA}":{${texts.join()}}`);
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const begin = end;
    end += data.byteLength;
    parts.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = encodeText(`{${parts.join()}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new InputError(`A header may have ${MAX_HEADER_BYTES} bytes, these names and metadata need ${headerBytes}.`);
  }

  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(header, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of sorted) {
    file.set(data, offset);
    offset += data.byteLength;
  }
  return file;
}

function checkWritable(name: string, { dtype, shape, data }: Tensor): void {
  const fail = (reason: string): never => {
    throw new InputError(`Tensor ${quote(name)} cannot be written: ${reason}.`);
  };
  if (name === METADATA) fail('the format keeps this name for its metadata');
  if (hasLoneSurrogate(name)) fail('its name is not well-formed text');
  if (!Object.hasOwn(DTYPE_BITS, dtype)) fail(`unknown dtype ${quote(String(dtype))}`);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) fail(`${kind(dtype, shape)} is not made of sizes`);
  const want = byteSize(dtype, shape);
  if (typeof want === 'string') fail(want);
  if (want !== data.byteLength) fail(`${kind(dtype, shape)} is ${want} bytes, got ${data.byteLength}`);
}

/** A tensor over the same memory as `values`; their number must be the product of `shape`. */
export function f32Tensor(shape: readonly number[], values: Float32Array): Tensor {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensor: Tensor = { dtype: 'F32', shape, data };
  checkWritable('F32', tensor);
  return tensor;
}
