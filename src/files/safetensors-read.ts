/** Reading safetensors files. A file is treated as hostile. */

import { BadFileError, GradshaderError } from '../errors.ts';
import { demand } from '../options.ts';
import { decodeText } from '../text.ts';
import { saidKind } from './kinds.ts';
import { ownBytes } from './own-bytes.ts';
import { byteSize, kind, LENGTH_BYTES, MAX_HEADER_BYTES, quote, type Tensor } from './safetensors-format.ts';
import { HeaderParser, type Entry, type Fail } from './safetensors-header.ts';

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
  given: Uint8Array, file = 'safetensors file',
): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const fail: Fail = (reason) => {
    throw new BadFileError(file, reason);
  };
  demand(typeof file === 'string', 'The name of a file', 'a text', file);
  const bytes = ownBytes(file, given);
  const headerBytes = headerLength(bytes, (reason) => fail(`${reason}.${saidKind(bytes)}`));
  // Plain arrays, also when Node gave a Buffer, whose slice() would not copy.
  const header = new Uint8Array(bytes.buffer, bytes.byteOffset + LENGTH_BYTES, headerBytes);
  if (header[0] !== 0x7b) fail(`the header must begin with '{', got ${headerBytes > 0 ? `byte ${header[0]}` : 'nothing'}`);
  let text = '';
  try {
    text = decodeText(header);
  } catch (error) {
    if (error instanceof GradshaderError) throw error;
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
  if (covered < length) fail(length - covered === 1 ? 'the last byte belongs to no tensor' : `the last ${length - covered} bytes belong to no tensor`);
}
