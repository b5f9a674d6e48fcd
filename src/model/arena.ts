/**
 * Arenas: flat buffers that hold something for every parameter (its value, its gradient, slots of state), replica after
 * replica, slot after slot. Rows are padded to 4 floats; pads stay zero and are in no count, file or hash.
 */

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

export class Arena {
  /** Floats of one slot of one replica. */
  readonly stride: number;
  readonly slots: readonly string[];
  readonly replicas: number;

  constructor({ stride }: { readonly stride: number }, replicas: number, slots: readonly string[] = ['parameters']) {
    this.stride = stride;
    this.slots = slots;
    this.replicas = replicas;
  }

  /** Floats of the whole buffer. */
  get length(): number {
    return this.replicas * this.replicaStride;
  }

  /** Floats from one replica to the next. */
  get replicaStride(): number {
    return this.slots.length * this.stride;
  }

  /** Floats to a replica's slot, or to a tensor in it. Of the first slot where none is named. */
  offset(replica: number, slot?: string, tensor?: Placed): number {
    const at = slot === undefined ? 0 : this.slots.indexOf(slot);
    if (at < 0) throw new Error(`This arena has no slot ${slot}; it has ${this.slots.join(', ')}.`);
    return replica * this.replicaStride + at * this.stride + (tensor?.offset ?? 0);
  }

  /** One replica's slot of a buffer's contents. */
  slot(data: Float32Array<ArrayBuffer>, replica: number, slot?: string): Float32Array<ArrayBuffer> {
    const from = this.offset(replica, slot);
    return data.subarray(from, from + this.stride);
  }
}

/** Spreads a tensor's elements over padded rows of a slot. */
export function padTensor(tensor: Placed, data: ArrayLike<number>, slot: Float32Array, slotOffset = 0): void {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  for (let i = 0, at = slotOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    for (let column = 0; column < columns; column++) slot[at + column] = data[i + column]!;
  }
}

/** The inverse of `padTensor`. */
export function unpadTensor(tensor: Placed, slot: Float32Array, slotOffset = 0): Float32Array<ArrayBuffer> {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  const out = new Float32Array(tensor.length);
  for (let i = 0, at = slotOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    out.set(slot.subarray(at, at + columns), i);
  }
  return out;
}

const axesOf = ({ shape, fileAxes }: Placed): readonly number[] => fileAxes ?? shape.map((_, axis) => axis);

/** A tensor's shape in files. */
export const fileShape = (tensor: Placed): number[] => axesOf(tensor).map((axis) => tensor.shape[axis]!);

/** Visits every element by its places in memory and in a file, both without pads. */
function eachElement(tensor: Placed, visit: (memory: number, file: number) => void): void {
  const axes = axesOf(tensor), sizes = fileShape(tensor);
  const strides = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const index = sizes.map(() => 0);
  for (let file = 0, memory = 0; file < tensor.length; file++) {
    visit(memory, file);
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      memory += strides[axes[axis]!]!;
      if (++index[axis]! < sizes[axis]!) break;
      memory -= index[axis]! * strides[axes[axis]!]!;
      index[axis] = 0;
    }
  }
}

/** A tensor in file layout, out of a slot. */
export function tensorToFile(tensor: Placed, slot: Float32Array, slotOffset = 0): Float32Array<ArrayBuffer> {
  const values = unpadTensor(tensor, slot, slotOffset), out = new Float32Array(tensor.length);
  eachElement(tensor, (memory, file) => { out[file] = values[memory]!; });
  return out;
}

/** A tensor in file layout into a slot. */
export function tensorFromFile(tensor: Placed, values: ArrayLike<number>, slot: Float32Array, slotOffset = 0): void {
  const own = new Float32Array(tensor.length);
  eachElement(tensor, (memory, file) => { own[memory] = values[file]!; });
  padTensor(tensor, own, slot, slotOffset);
}
