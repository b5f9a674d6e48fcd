/** Inits by name, as plain data names them: some are always there, others come with their makers or are loaded. */

import { InputError } from '../../errors.ts';
import { didYouMean, textOf } from '../../options.ts';
import type { Begun, Init, InitName, Values } from './init.ts';
import { scaled } from './scaled.ts';

export const INIT_NAMES = [
  ...['he', 'glorot', 'lecun'].flatMap((by) => ['Normal', 'TruncatedNormal', 'Uniform'].map((spread) => by + spread)),
  'randomUniform', 'randomNormal', 'constant', 'zeros', 'randomOrthogonal', 'identity',
] as readonly InitName[];

/** What is brought of one. */
interface KnownInit {
  readonly values: Values;
  /** @throws InputError */
  check(init: Init): void;
}

const known = new Map<unknown, KnownInit>();

/** From here on it is found by its name, and checked wherever it is met. */
export const knowInit = (name: InitName, own: KnownInit): void => void known.set(name, own);

export const isKnownInit = (name: unknown): boolean => known.has(name);

/** A parameter's values, in double precision. */
export const initialValues = (init: Init, tensor: Begun, seed: number, stream: number): Float64Array<ArrayBuffer> =>
  (known.get(init.type)?.values ?? scaled as Values)(init, tensor, seed, stream);

/**
 * @param where what messages begin with, such as 'dense: init'
 * @throws InputError unless it is an init
 */
export function checkInit(where: string, init: unknown): void {
  const { type } = (init ?? {}) as Init;
  if (!INIT_NAMES.includes(type)) {
    const name: unknown = type ?? init;
    throw new InputError(`${where} must be made by a function such as heNormal(), got ${textOf(init)}.${typeof name === 'string' ? didYouMean(name, INIT_NAMES) : ''}`);
  }
  known.get(type)?.check(init as Init);
}
