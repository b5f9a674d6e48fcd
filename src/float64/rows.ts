/** A step's rows, read as the kernels read them. */

import type { RowShape } from '../kernels/kernel.ts';
import { F32_FIELDS, HEADER_FIELDS, LAYER_FIELDS, TENSOR_FIELDS } from '../kernels/row.ts';

type Header = Readonly<Record<(typeof HEADER_FIELDS)[number], number>>;
export type TensorRow = Readonly<Record<(typeof TENSOR_FIELDS)[number], number>>;
type LayerRow = Readonly<Record<(typeof LAYER_FIELDS)[number], number>>;

/** One replica's entry. */
export interface Row extends Header {
  readonly tensors: readonly TensorRow[];
  readonly layers: readonly LayerRow[];
}

/** The rows of one step, one per replica. */
export function rowsOf(bytes: Uint8Array, { replicas, tensors, layers }: RowShape): Row[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const number = (isFloat: boolean): number => {
    const value = isFloat ? view.getFloat32(at, true) : view.getUint32(at, true);
    at += 4;
    return value;
  };
  const record = <Name extends string>(names: readonly Name[], isFloat: (name: string) => boolean): Record<Name, number> =>
    Object.fromEntries(names.map((name) => [name, number(isFloat(name))])) as Record<Name, number>;
  const isMixed = (name: string): boolean => F32_FIELDS.includes(name);
  return Array.from({ length: replicas }, () => ({
    ...record(HEADER_FIELDS, isMixed),
    tensors: Array.from({ length: tensors }, () => record(TENSOR_FIELDS, () => true)),
    layers: Array.from({ length: layers }, () => record(LAYER_FIELDS, isMixed)),
  }));
}
