/** What each init takes. */

import { checkOptions, demand, demandOneOf, F32, isF32 } from '../../options.ts';
import type { Init, InitName } from './init.ts';

const GAIN = ['gain'], FAN = ['gain', 'mode'];

export const INIT_SETTINGS = {
  heNormal: FAN, heTruncatedNormal: FAN, heUniform: FAN,
  glorotNormal: GAIN, glorotTruncatedNormal: GAIN, glorotUniform: GAIN,
  lecunNormal: FAN, lecunTruncatedNormal: FAN, lecunUniform: FAN,
  randomUniform: ['low', 'high'], randomNormal: ['mean', 'deviation'], constant: ['value'], zeros: [],
  randomOrthogonal: GAIN, identity: GAIN,
} as const satisfies Readonly<Record<InitName, readonly string[]>>;

/** Those that need not be given anything. */
export const PLAIN_INITS = (Object.keys(INIT_SETTINGS) as InitName[]).filter((name) => !['randomUniform', 'randomNormal', 'constant'].includes(name));

/** A normal is below 7, and He's deviation at most the root of 2: no weight leaves what f32 holds. */
const LARGEST_GAIN = 2 ** 120;
const LARGEST_NORMAL = 7;

/** @throws InputError unless its names and numbers are such that a training can begin so */
export function checkSettings(init: Init): void {
  const { type, gain = 1, mode = 'fanIn', ...numbers } = init as { type: InitName; gain?: number; mode?: string; [name: string]: unknown };
  const names: readonly string[] = INIT_SETTINGS[type];
  checkOptions<object>(type, init, ['type', ...names] as never[]);
  demand(isF32(gain) && gain > 0 && gain <= LARGEST_GAIN, `${type}: gain`, 'a number above 0, from 2^-126 to 2^120', gain);
  demandOneOf(`${type}: mode`, mode, ['fanIn', 'fanOut']);
  for (const name of names.filter((one) => one !== 'gain' && one !== 'mode')) demand(isF32(numbers[name]), `${type}: ${name}`, F32, numbers[name]);
  const { low, high, mean, deviation } = numbers as Readonly<Record<string, number>>;
  if (type === 'randomUniform') demand(low! < high!, 'randomUniform: low', `below high, ${high}`, low);
  if (type === 'randomNormal') {
    demand(deviation! > 0 && isF32(Math.abs(mean!) + LARGEST_NORMAL * deviation!), 'randomNormal: deviation', 'above 0, and such that f32 holds the mean and 7 deviations', deviation);
  }
}
