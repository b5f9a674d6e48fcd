/** NaN and infinity in tensors that are saved, loaded or put in the place of others. */

import { checkOptions, demandOneOf } from '../options.ts';

/** What becomes of values that are not finite. */
export interface NonFiniteOption {
  /** 'refuse' (default): an error names the first tensor with NaN or infinity in it, and where. 'allow' takes them as they are. */
  readonly nonFinite?: 'refuse' | 'allow';
}

/** Where it is the only option. @throws InputError */
export function checkNonFinite(where: string, options: NonFiniteOption): void {
  const { nonFinite = 'refuse' } = checkOptions<NonFiniteOption>(where, options, ['nonFinite']);
  demandOneOf(`${where}: nonFinite`, nonFinite, ['refuse', 'allow']);
}

/** The first value that is not finite and is not allowed: 'value 5 is NaN'. @throws InputError for another choice */
export function refusedValue(values: Float32Array, { nonFinite = 'refuse' }: NonFiniteOption): string | undefined {
  demandOneOf('nonFinite', nonFinite, ['refuse', 'allow']);
  const at = nonFinite === 'allow' ? -1 : values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? undefined : `value ${at} is ${values[at]}. Pass nonFinite: 'allow' where that is wanted.`;
}
