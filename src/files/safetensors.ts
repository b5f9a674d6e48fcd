/**
 * The safetensors file format: 8 bytes of header length (u64), a JSON header, the tensors' bytes.
 * Format and reference implementation: github.com/huggingface/safetensors (README "Format", `tensor.rs`).
 * The reader treats the file as hostile. Everything is little-endian and row-major, as is every WebGPU host.
 */
import { BadFileError, InputError } from '../errors.ts';
import { DTYPE_BITS, hasLoneSurrogate, HeaderParser, METADATA, quote } from './safetensors-header.ts';
import type { Dtype, Entry, Fail } from './safetensors-header.ts';

export type { Dtype };

/** A tensor as stored: row-major, little-endian; `data.byteLength` = product of `shape` * size of `dtype`. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/** What a message says of a tensor's kind; short whatever the file says. */
const kind = (dtype: string, shape: readonly number[]): string =>
  `${dtype} [${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', ...' : ''}]`;

/** Bytes of a tensor, or why there is no such number. Dimensions are non-negative safe integers. */
function byteSize(dtype: Dtype, shape: readonly number[]): number | string {
  let bits = 1;
  for (const factor of [...shape, DTYPE_BITS[dtype]]) {
    bits *= factor;
    if (bits > Number.MAX_SAFE_INTEGER) return 'the product of the shape overflows';
  }
  return bits % 8 === 0 ? bits / 8 : 'the elements do not fill whole bytes';
}

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
  const header = new TextEncoder().encode(`{${parts.join()}}`);
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

/**
 * Reads a safetensors file and enforces every rule of the format: lengths, UTF-8, JSON without duplicate keys,
 * string metadata, exact tensor entries, known dtypes, sizes that match without overflow, and a data part that
 * the tensors cover once, without overlap, hole or rest (so the file cannot be a second format too).
 * Values are not looked at: NaN may be in the file. Scalars (shape []) and empty tensors are allowed.
 * Tensors come in file order; their data are views of `bytes`, aligned only if the writer padded its header.
 * @param file a name for the error's message.
 * @throws BadFileError naming the rule, the tensor, what was wanted and what came.
 */
export function readSafetensors(
  bytes: Uint8Array, file = 'safetensors file',
): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const fail: Fail = (reason) => {
    throw new BadFileError(file, reason);
  };
  const headerBytes = headerLength(bytes, fail);
  // Plain arrays, also when Node gave a Buffer, whose slice() would not copy.
  const header = new Uint8Array(bytes.buffer, bytes.byteOffset + LENGTH_BYTES, headerBytes);
  if (header[0] !== 0x7b) fail(`the header must begin with '{', got ${headerBytes > 0 ? `byte ${header[0]}` : 'nothing'}`);
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
  } catch {
    fail('the header is not valid UTF-8');
  }
  const { entries, metadata } = new HeaderParser(text, fail).parse();
  const start = LENGTH_BYTES + headerBytes;
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, data.length, fail);
  const tensors = new Map(entries.map(({ name, dtype, shape, begin, end }) =>
    [name, { dtype, shape, data: data.subarray(begin, end) }]));
  return { tensors, metadata };
}

function headerLength(bytes: Uint8Array, fail: Fail): number {
  if (bytes.length < LENGTH_BYTES) fail(`a safetensors file has at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  const wanted = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (wanted > MAX_HEADER_BYTES) fail(`the header may have ${MAX_HEADER_BYTES} bytes, the file says ${wanted}`);
  const rest = bytes.length - LENGTH_BYTES;
  if (wanted > rest) fail(`the header should have ${wanted} bytes, but ${rest} follow: cut short, or another kind of file`);
  return Number(wanted);
}

/** `entries` are sorted by offsets: each must begin where the last one ended. */
function checkLayout(entries: readonly Entry[], length: number, fail: Fail): void {
  let covered = 0, before = 'the start';
  for (const { name, dtype, shape, begin, end } of entries) {
    const at = `tensor ${quote(name)}`;
    if (end < begin) fail(`${at} ends at byte ${end}, before its begin ${begin}`);
    if (end > length) fail(`${at} ends at byte ${end}, but the data have ${length} bytes`);
    const want = byteSize(dtype, shape);
    if (typeof want === 'string') fail(`${at}, ${kind(dtype, shape)}: ${want}`);
    if (want !== end - begin) fail(`${at}: ${kind(dtype, shape)} is ${want} bytes, its range has ${end - begin}`);
    if (begin < covered) fail(`${at} begins at byte ${begin} and overlaps ${before}, which ends at ${covered}`);
    if (begin > covered) fail(`bytes ${covered} to ${begin}, between ${before} and ${at}, belong to no tensor`);
    covered = end;
    before = at;
  }
  if (covered < length) fail(`the last ${length - covered} bytes belong to no tensor`);
}

/** A tensor over the same memory as `values`; their number must be the product of `shape`. */
export function f32Tensor(shape: readonly number[], values: Float32Array): Tensor {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensor: Tensor = { dtype: 'F32', shape, data };
  checkWritable('F32', tensor);
  return tensor;
}

/**
 * The values of an F32 tensor: a view of the same memory where it is aligned to 4 bytes, otherwise a copy.
 * @throws InputError for another dtype.
 */
export function asFloat32({ dtype, data }: Tensor): Float32Array {
  if (dtype !== 'F32') throw new InputError(`Wanted a tensor of F32, got ${dtype}.`);
  const { buffer, byteOffset, byteLength } = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
