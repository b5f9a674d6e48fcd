/**
 * Arenas: flat buffers that hold something for every parameter (its value, its gradient, slots of state), replica after
 * replica, slot after slot. Rows are padded to 4 floats; pads stay zero and are in no count, file or hash.
 */

import { inverse, permuted } from './permute.ts';

export const pad4 = (n: number): number => Math.ceil(n / 4) * 4;

/** All that says how a tensor lies in a slot. */
export interface Placed {
  /** Unpadded, e.g. [inputs, outputs]. The last axis is that of rows. */
  readonly shape: readonly number[];
  readonly length: number;
  /** Floats into a slot. */
  readonly offset: number;
  /** Axes of the memory in the order of files. Absent: the same. */
  readonly fileAxes?: readonly number[];
}

/** A slot's part of a tensor in files. The average is weights like others; the rest is the optimizer's. */
export const slotName = (slot: string, tensor: string): string => (slot === 'average' ? `average.${tensor}` : `optimizer.${slot}.${tensor}`);

/** Where everything lies in such a buffer, and what is in it. Counts floats where it does not say bytes. */
export class Arena {
  /** Of one slot of one replica. */
  readonly stride: number;
  readonly slots: readonly string[];
  readonly replicas: number;

  constructor({ stride }: { readonly stride: number }, replicas: number, slots: readonly string[] = ['parameters']) {
    this.stride = stride;
    this.slots = slots;
    this.replicas = replicas;
  }

  /** Of the whole buffer; 0 where there are no slots. */
  get length(): number {
    return this.replicas * this.replicaStride;
  }

  get bytes(): number {
    return 4 * this.length;
  }

  /** From one replica to the next. */
  get replicaStride(): number {
    return this.slots.length * this.stride;
  }

  has(slot: string): boolean {
    return this.slots.includes(slot);
  }

  /** To a replica, to one of its slots, or to a tensor in it (in the first where no slot is named). */
  offset(replica: number, slot?: string, tensor?: Placed): number {
    if (slot !== undefined && !this.has(slot)) throw new Error(`This arena has no slot ${slot}; it has ${this.slots.join(', ')}.`);
    const at = slot === undefined ? 0 : this.slots.indexOf(slot);
    return replica * this.replicaStride + at * this.stride + (tensor?.offset ?? 0);
  }

  /** A replica, or one of its slots, in bytes. */
  range(replica: number, slot?: string): { readonly offset: number; readonly bytes: number } {
    return { offset: 4 * this.offset(replica, slot), bytes: 4 * (slot === undefined ? this.replicaStride : this.stride) };
  }

  /** One replica's slot of the buffer's contents, pads and all; the first where none is named. */
  slot(data: Float32Array<ArrayBuffer>, replica: number, slot?: string): Float32Array<ArrayBuffer> {
    const from = this.offset(replica, slot);
    return data.subarray(from, from + this.stride);
  }

  /** Puts a tensor's elements into the buffer's contents. */
  put(tensor: Placed, values: ArrayLike<number>, data: Float32Array, replica: number, slot?: string): void {
    padTensor(tensor, values, data, this.offset(replica, slot));
  }

  /** A tensor's elements out of them. */
  take(tensor: Placed, data: Float32Array, replica: number, slot?: string): Float32Array<ArrayBuffer> {
    return unpadTensor(tensor, data, this.offset(replica, slot));
  }

  /** A tensor's shape in files: R > 1 adds a leading axis. */
  fileShape(tensor: Placed): number[] {
    const own = tensor.fileAxes?.map((axis) => tensor.shape[axis]!) ?? tensor.shape;
    return this.replicas > 1 ? [this.replicas, ...own] : [...own];
  }

  /** A tensor as files hold it, all replicas. */
  toFile(tensor: Placed, data: Float32Array, slot?: string): Float32Array<ArrayBuffer> {
    const { shape, length, fileAxes: axes } = tensor;
    const out = new Float32Array(this.replicas * length);
    for (let replica = 0; replica < this.replicas; replica++) {
      const values = this.take(tensor, data, replica, slot);
      out.set(isReordered(axes) ? permuted(values, shape, axes) : values, replica * length);
    }
    return out;
  }

  /** The inverse of `toFile`. */
  fromFile(tensor: Placed, values: Float32Array, data: Float32Array, slot?: string): void {
    const { shape, length, fileAxes: axes } = tensor;
    for (let replica = 0; replica < this.replicas; replica++) {
      const own = values.subarray(replica * length, (replica + 1) * length);
      this.put(tensor, isReordered(axes) ? permuted(own, axes.map((axis) => shape[axis]!), inverse(axes)) : own, data, replica, slot);
    }
  }
}

const isReordered = (axes: readonly number[] | undefined): axes is readonly number[] => axes?.some((axis, i) => axis !== i) === true;

/** Spreads a tensor's elements over padded rows, in a slot that starts at `slotOffset`. */
export function padTensor(tensor: Placed, values: ArrayLike<number>, data: Float32Array, slotOffset = 0): void {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  for (let i = 0, at = slotOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    for (let column = 0; column < columns; column++) data[at + column] = values[i + column]!;
  }
}

/** The inverse of `padTensor`. */
export function unpadTensor(tensor: Placed, data: Float32Array, slotOffset = 0): Float32Array<ArrayBuffer> {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  const out = new Float32Array(tensor.length);
  for (let i = 0, at = slotOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    out.set(data.subarray(at, at + columns), i);
  }
  return out;
}
