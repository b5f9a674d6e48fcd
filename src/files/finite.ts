/** NaN and infinity in tensors that are saved, loaded or put in the place of others. */

import { InputError } from '../errors.ts';

/** What becomes of values that are not finite. */
export interface NonFiniteOption {
  /** 'refuse' (default): an error names the first tensor with NaN or infinity in it, and where. 'allow' takes them as they are. */
  readonly nonFinite?: 'refuse' | 'allow';
}

/** The first value that is not finite and is not allowed: 'value 5 is NaN'. @throws InputError for another choice */
export function refusedValue(values: Float32Array, { nonFinite = 'refuse' }: NonFiniteOption): string | undefined {
  if (nonFinite !== 'refuse' && nonFinite !== 'allow') {
    throw new InputError(`nonFinite must be 'refuse' or 'allow', got ${JSON.stringify(nonFinite)}.`);
  }
  const at = nonFinite === 'allow' ? -1 : values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? undefined : `value ${at} is ${values[at]}. Pass nonFinite: 'allow' where that is wanted.`;
}
