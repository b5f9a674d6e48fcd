import { uniforms } from '../../src/random.ts';

/** `length` doubles uniform in (-1, 1), the same in every run; `id` picks the draw. */
export const signedUniforms = (length: number, id: number): Float64Array => uniforms(length, 99, id).map((u) => 2 * u - 1);
