/** An array with its axes in another order. */

/**
 * Elements of `values` [...shape], with axis `axes[i]` as axis i: [1, 0] transposes. Walks the result, run after run
 * of its last axis, and steps through the values.
 */
export function permuted(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis]!), steps = axes.map((axis) => strides[axis]!);
  const last = axes.length - 1, run = sizes[last]!, step = steps[last]!;
  const index = axes.map(() => 0);
  for (let at = 0, from = 0; at < out.length; at += run) {
    for (let i = 0; i < run; i++) out[at + i] = values[from + i * step]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= sizes[axis]! * steps[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The order of axes that undoes `axes`. */
export const inverse = (axes: readonly number[]): number[] => axes.map((_, axis) => axes.indexOf(axis));
