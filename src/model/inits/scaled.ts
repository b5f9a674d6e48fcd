/** Inits whose variance goes by a layer's size, normal and uniform; and zeros. Each costs a page next to nothing. */

import { normals, uniforms } from '../../random.ts';
import type { Begun, GlorotInit, ScaledInit, Values, Zeros } from './init.ts';

/** Standard deviation: gain times the root of 2 / fan (He), 1 / fan (LeCun) or 2 / (inputs + outputs) (Glorot). */
export function deviationOf(init: ScaledInit | GlorotInit, { fanIn, fanOut }: Begun): number {
  const { type, gain = 1, mode } = init as ScaledInit;
  const fan = mode === 'fanOut' ? fanOut : fanIn;
  return gain * Math.sqrt(type.startsWith('g') ? 2 / (fanIn + fanOut) : (type.startsWith('h') ? 2 : 1) / fan);
}

export const scaled: Values<ScaledInit | GlorotInit | Zeros> = (init, tensor, seed, stream) => {
  if (init.type === 'zeros') return new Float64Array(tensor.length);
  const deviation = deviationOf(init, tensor);
  if (/Normal/.test(init.type)) return normals(tensor.length, seed, stream).map((x) => x * deviation);
  const bound = Math.sqrt(3) * deviation;
  return uniforms(tensor.length, seed, stream).map((u) => (2 * u - 1) * bound);
};
