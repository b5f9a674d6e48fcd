/** f(values[i], i) for every element, in a new array. (Float64Array.from with a callback is several times slower.) */
export const mapped = (values: ArrayLike<number>, f: (value: number, index: number) => number): Float64Array =>
  new Float64Array(values).map(f);
