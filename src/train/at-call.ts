/** What callers may change as soon as a call gave its promise: taken before the first wait, as it is then. */

import { isArray, isMap, ownArray } from '../arrays.ts';
import { isObject } from '../options.ts';
import type { Dataset } from '../data/dataset.ts';
import type { FitOptions } from './fit-options.ts';
import { withShape, type ShapedArray } from './shaped.ts';

/** Samples in an array of the caller's, copied; a data set keeps its arrays. @throws InputError where their memory is gone */
export const samplesAtCall = (inputs: Dataset | Float32Array | Uint8Array): Dataset | Float32Array | Uint8Array =>
  (isArray(inputs, 'Float32Array', 'Uint8Array') ? ownArray('predict: the array of samples', inputs, 'Float32Array', 'Uint8Array').slice() : inputs);

/** Named arrays, copied. What is none is left to the check. @throws InputError where the memory of one is gone */
export function valuesAtCall(values: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> {
  if (!isMap(values)) return values;
  return new Map([...values].map(([name, data]) => [name, isArray(data, 'Float32Array')
    ? withShape(ownArray(`setParameters: ${name}`, data, 'Float32Array').slice(), (data as ShapedArray).shape) : data]));
}

/** A copy with the same prototype, so that the check sees what is inherited. What is no such object is left to it as it is. */
export const optionsAtCall = <T>(options: T): T => (isObject(options) ? Object.setPrototypeOf({ ...options }, Object.getPrototypeOf(options) as object | null) as T : options);

export function fitOptionsAtCall(options: FitOptions): FitOptions {
  const own = optionsAtCall(options);
  // As it was given it is read to the end.
  return isObject(own) && own.earlyStopping !== undefined ? Object.assign(own, { earlyStopping: optionsAtCall(own.earlyStopping) }) : own;
}
