import { truncatedNormals } from '../../random.ts';
import type { GlorotInit, ScaledInit, Values } from './init.ts';
import { deviationOf } from './scaled.ts';

/** Of a standard normal distribution between -2 and 2. */
const DEVIATION = 0.87962566103423978;

/** Two deviations of the normal distribution that is cut are left, and what is left has the deviation asked for. */
export const truncated: Values<ScaledInit | GlorotInit> = (init, tensor, seed, stream) => {
  const deviation = deviationOf(init, tensor) / DEVIATION;
  return truncatedNormals(tensor.length, seed, stream, 2).map((x) => x * deviation);
};
