/** A step's rows, read as the kernels read them. */

import type { RowShape } from '../kernels/kernel.ts';
import { F32_FIELDS, groupBits, groupPlace, groupVectors, HEADER_FIELDS, LAYER_FIELDS, TENSOR_FIELDS } from '../kernels/row.ts';

type Header = Readonly<Record<(typeof HEADER_FIELDS)[number], number>>;
export type TensorRow = Readonly<Record<(typeof TENSOR_FIELDS)[number], number>>;
type LayerRow = Readonly<Record<(typeof LAYER_FIELDS)[number], number>>;

/** One replica's entry, every tensor with the numbers of its group. */
export interface Row extends Header {
  readonly tensors: readonly TensorRow[];
  readonly layers: readonly LayerRow[];
}

/** The rows of one step, one per replica. */
export function rowsOf(bytes: Uint8Array, { replicas, tensors, groups, layers }: RowShape): Row[] {
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
  const groupsOf = (): number[] => {
    const words = Array.from({ length: 4 * groupVectors(tensors, groups) }, () => number(false));
    return Array.from({ length: tensors }, (_, tensor) => {
      const { word, shift } = groupPlace(tensor, groups);
      return (words[word]! >>> shift) % 2 ** groupBits(groups);
    });
  };
  return Array.from({ length: replicas }, () => {
    const header = record(HEADER_FIELDS, isMixed), groupOf = groupsOf();
    const numbers = Array.from({ length: groups }, () => record(TENSOR_FIELDS, () => true));
    return { ...header, tensors: groupOf.map((group) => numbers[group]!), layers: Array.from({ length: layers }, () => record(LAYER_FIELDS, isMixed)) };
  });
}
