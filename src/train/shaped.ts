/** Numbers that know their shape: a typed array as others are, so that what came from a file can be compared with a model. */

/** Row-major, with its shape where that is known: copies (`slice`, `structuredClone`) have none. */
export type ShapedArray = Float32Array & { readonly shape?: readonly number[] };

/** Not enumerable: two arrays of the same numbers stay equal. */
export const withShape = (values: Float32Array, shape: readonly number[] | undefined): ShapedArray =>
  Object.defineProperty(values, 'shape', { value: shape, configurable: true }) as ShapedArray;
