/**
 * What writing and reading a safetensors file have in common: 8 bytes of header length (u64), a JSON header, the
 * tensors' bytes. Format and reference implementation: github.com/huggingface/safetensors (README "Format", `tensor.rs`).
 * Everything is little-endian and row-major, as is every WebGPU host.
 */

import { InputError } from '../errors.ts';

/** Bits per element, in the reference implementation's order: its writer sorts by this order, last first. */
export const DTYPE_BITS = {
  BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8,
  F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8,
  I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, C64: 64, F64: 64, I64: 64, U64: 64,
} as const;

export type Dtype = keyof typeof DTYPE_BITS;

/** A tensor as stored: row-major, little-endian; `data.byteLength` = product of `shape` * size of `dtype`. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export const LENGTH_BYTES = 8;
export const MAX_HEADER_BYTES = 100_000_000;

/** The one key of a header that is not a tensor's name. */
export const METADATA = '__metadata__';

/** A name for a message: quoted, and short whatever the file says. */
export const quote = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);

/** Strings that UTF-8 cannot hold. */
export const hasLoneSurrogate = (text: string): boolean => /\p{Surrogate}/u.test(text);

/** What a message says of a tensor's kind; short whatever the file says. */
export const kind = (dtype: string, shape: readonly number[]): string =>
  `${dtype} [${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', ...' : ''}]`;

/** Bytes of a tensor, or why there is no such number. Dimensions are non-negative safe integers. */
export function byteSize(dtype: Dtype, shape: readonly number[]): number | string {
  let bits = 1;
  for (const factor of [...shape, DTYPE_BITS[dtype]]) {
    bits *= factor;
    if (bits > Number.MAX_SAFE_INTEGER) return 'the product of the shape overflows';
  }
  return bits % 8 === 0 ? bits / 8 : 'the elements do not fill whole bytes';
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
