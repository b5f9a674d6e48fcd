/** Contents of GPU buffers: unpadded matrices at their places, and a poison wherever nothing may be read or written. */
import { uniforms } from '../../src/random.ts';

export const pad4 = (n: number): number => Math.ceil(n / 4) * 4;

/** A NaN with a payload, another than that of the marks of src/scheduler/results.ts: read by mistake it spreads; an unwritten output still holds it. */
const POISON = 0x7fc0babe;

/** Where one matrix per replica lies in a buffer; all in floats. Rows and columns are padded to 4. */
export interface Place {
  readonly rows: number;
  readonly columns: number;
  /** 1 for a bias, which has no row to pad. */
  readonly paddedRows: number;
  readonly offset: number;
  readonly stride: number;
}

const placeLength = ({ paddedRows, columns }: Pick<Place, 'paddedRows' | 'columns'>): number => paddedRows * pad4(columns);

/** A matrix of its own in a buffer, with gaps before it and between replicas. */
export function place(rows: number, columns: number): Place {
  const paddedRows = pad4(rows);
  return { rows, columns, paddedRows, offset: 8, stride: placeLength({ paddedRows, columns }) + 12 };
}

/** `length` f32 numbers uniform in (-scale, scale), the same in every run; `id` picks the draw. */
export const draw = (length: number, id: number, scale = 1): Float32Array =>
  Float32Array.from(uniforms(length, 1234, id), (u) => scale * (2 * u - 1));

/** One buffer's words, and the same bytes as floats. Starts all poison. */
export class Contents {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly floats: Float32Array<ArrayBuffer>;

  constructor(length: number) {
    this.words = new Uint32Array(length).fill(POISON);
    this.floats = new Float32Array(this.words.buffer);
  }

  /** A buffer for the place's matrices, one per replica, with a gap behind; empty ones stay poison. */
  static of(at: Place, replicas: number, matrices: readonly ArrayLike<number>[] = []): Contents {
    const contents = new Contents(at.offset + replicas * at.stride);
    matrices.forEach((values, replica) => contents.put(at, replica, values));
    return contents;
  }

  /** Writes an unpadded matrix, and zeros into its pads. */
  put(at: Place, replica: number, values: ArrayLike<number>): this {
    const start = at.offset + replica * at.stride, stride = pad4(at.columns);
    this.floats.fill(0, start, start + placeLength(at));
    for (let i = 0; i < values.length; i++) {
      this.floats[start + Math.floor(i / at.columns) * stride + (i % at.columns)] = values[i]!;
    }
    return this;
  }

  /** The unpadded matrix at a place. */
  get(at: Place, replica: number): Float32Array {
    const start = at.offset + replica * at.stride, stride = pad4(at.columns);
    return Float32Array.from({ length: at.rows * at.columns }, (_, i) =>
      this.floats[start + Math.floor(i / at.columns) * stride + (i % at.columns)]!);
  }
}

/** A buffer of words without places: labels, flags, tables. */
export const words = (values: ArrayLike<number>): Contents => {
  const contents = new Contents(values.length);
  contents.words.set(values);
  return contents;
};
