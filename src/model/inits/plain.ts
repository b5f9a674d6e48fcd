import { normals, uniforms } from '../../random.ts';
import type { Constant, RandomNormal, RandomUniform, Values } from './init.ts';

/** The same for every layer. */
export const plain: Values<RandomUniform | RandomNormal | Constant> = (init, { length }, seed, stream) => {
  if (init.type === 'constant') return new Float64Array(length).fill(init.value);
  if (init.type === 'randomUniform') return uniforms(length, seed, stream).map((u) => init.low + (init.high - init.low) * u);
  return normals(length, seed, stream).map((x) => init.mean + init.deviation * x);
};
