/** What callers may change as soon as a call gave its promise: taken before the first wait, as it is then. */

import { isArray, ownArray } from '../arrays.ts';
import { isObject } from '../options.ts';
import type { Loss } from '../model/losses/index.ts';
import type { Dataset } from '../data/dataset.ts';
import type { FitOptions } from './fit-options.ts';
import { withShape, type ShapedArray } from './shaped.ts';
import type { TrainerConfig } from './trainer-config.ts';

/** Samples in an array of the caller's, copied; a data set keeps its arrays. @throws InputError where their memory is gone */
export const samplesAtCall = (inputs: Dataset | Float32Array | Uint8Array): Dataset | Float32Array | Uint8Array =>
  (isArray(inputs, 'Float32Array', 'Uint8Array') ? ownArray('predict: the array of samples', inputs, 'Float32Array', 'Uint8Array').slice() : inputs);

/** A file's bytes, copied. What is none, and what has no memory any more, is left to the check. */
export const bytesAtCall = (bytes: Uint8Array): Uint8Array => (isArray(bytes, 'Uint8Array') && bytes.length > 0 ? bytes.slice() : bytes);

/** Named arrays, copied. What is none, and what has no memory any more, is left to the check. */
export function valuesAtCall(values: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> {
  const copy = new Map(Object.prototype.toString.call(values) === '[object Map]' ? values : []);
  copy.forEach((data, name) => isArray(data, 'Float32Array') && data.length > 0 && copy.set(name, withShape(data.slice(), (data as ShapedArray).shape)));
  return copy.size > 0 ? copy : values;
}

/** A loss with its list of weights. */
function lossAtCall(loss: Loss): Loss {
  const own = optionsAtCall(loss), { classWeights } = own as { classWeights?: unknown };
  return Array.isArray(classWeights) ? Object.assign(own, { classWeights: [...classWeights as number[]] }) : own;
}

/** A configuration with its lists; what makers made is never changed by anyone. */
export function configAtCall(config: TrainerConfig): TrainerConfig {
  const own = optionsAtCall(config);
  if (!isObject(own)) return own;
  const { model, replicas, metrics, loss } = own as Partial<TrainerConfig>;
  return Object.assign(own, {
    ...(isObject(model) && { model: { ...model, ...(Array.isArray(model.layers) && { layers: [...model.layers] }) } }),
    ...(isObject(loss) && { loss: lossAtCall(loss) }),
    ...(Array.isArray(replicas) && { replicas: Array.from(replicas, optionsAtCall) }),
    ...(Array.isArray(metrics) && { metrics: Array.from(metrics, optionsAtCall) }),
  });
}

/** A copy with the same prototype, so that the check sees what is inherited. What is no such object is left to it as it is. */
export const optionsAtCall = <T>(options: T): T => (isObject(options) ? Object.setPrototypeOf({ ...options }, Object.getPrototypeOf(options) as object | null) as T : options);

export function fitOptionsAtCall(options: FitOptions): FitOptions {
  const own = optionsAtCall(options);
  // As it was given it is read to the end.
  return isObject(own) && own.earlyStopping !== undefined ? Object.assign(own, { earlyStopping: optionsAtCall(own.earlyStopping) }) : own;
}
