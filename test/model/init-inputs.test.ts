/** Every init refuses bad input, where it is made or given, and where it was written by hand before any work. */
import { expect, test } from 'vitest';
import {
  constant, dense, glorotNormal, glorotTruncatedNormal, glorotUniform, heNormal, heTruncatedNormal, heUniform, identity, InputError, l1, lecunNormal,
  lecunTruncatedNormal, lecunUniform, randomNormal, randomOrthogonal, randomUniform, relu, sequential, Trainer, zeros, type Init,
} from '../../src/index.ts';
import { smallConfig, smallData } from '../cases/network/support.ts';
import { expectFault } from '../data/helpers.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
/** Callers without types pass anything. */
const any = (value: unknown): never => value as never;

const ROWS: readonly (readonly [what: string, call: () => unknown, says: readonly string[]])[] = [
  ['a maker that was not called', () => dense(2, { init: any(heNormal) }), ['dense: init', 'heNormal()', 'a function']],
  ['a name', () => dense(2, { init: any('heNormal') }), ['dense: init', '"heNormal"', 'Did you mean heNormal?']],
  ['one of another library', () => dense(2, { biasInit: any({ type: 'heNormals' }) }), ['dense: biasInit', 'heNormals', 'Did you mean heNormal?']],
  ['a penalty', () => dense(2, { init: any(l1(0.1)) }), ['dense: init', '"l1"']],
  ['a matrix of biases', () => dense(2, { biasInit: randomOrthogonal() }), ['biasInit', 'randomOrthogonal', 'zeros()']],
  ['gain 0', () => heNormal({ gain: 0 }), ['heNormal: gain', 'above 0', 'got 0']],
  ['a gain that f32 does not hold', () => randomOrthogonal({ gain: 1e39 }), ['randomOrthogonal: gain', '2^120', '1e+39']],
  ['a number as options', () => glorotUniform(any(2)), ['glorotUniform takes an object with gain', 'got 2']],
  ['a mode that means nothing', () => glorotUniform(any({ mode: 'fanIn' })), ['glorotUniform has no option "mode"', 'gain']],
  ['another mode', () => lecunUniform({ mode: any('fanAvg') }), ['lecunUniform: mode', "'fanIn' or 'fanOut'", '"fanAvg"']],
  ['an empty range', () => randomUniform(1, 1), ['randomUniform: low', 'below high, 1', 'got 1']],
  ['half a range', () => randomUniform(1, any(undefined)), ['randomUniform: high', 'undefined']],
  ['no deviation', () => randomNormal(1, 0), ['randomNormal: deviation', 'above 0', 'got 0']],
  ['normals that f32 does not hold', () => randomNormal(3e38, 1e38), ['randomNormal: deviation', '7 deviations', '1e+38']],
  ['NaN', () => constant(NaN), ['constant: value', 'NaN']],
  ['an argument of zeros', () => (zeros as (value: number) => unknown)(1), ['zeros() takes no argument', 'got 1']],
  ['a gain below 0', () => identity({ gain: -1 }), ['identity: gain', 'above 0', 'got -1']],
  ['a name nobody knows', () => heTruncatedNormal(any({ gian: 2 })), ['heTruncatedNormal has no option "gian"', 'Did you mean gain?']],
  ['an infinite gain', () => lecunTruncatedNormal({ gain: Infinity }), ['lecunTruncatedNormal: gain', 'Infinity']],
  ['a text as gain', () => glorotTruncatedNormal({ gain: any('2') }), ['glorotTruncatedNormal: gain', '"2"']],
  ['nothing', () => heUniform(any(null)), ['heUniform takes an object with gain, mode', 'null']],
  ['a list', () => glorotNormal(any([2])), ['glorotNormal takes an object with gain', '[2]']],
  ['a fan by PyTorch', () => lecunNormal({ mode: any('fan_in') }), ['lecunNormal: mode', '"fan_in"']],
];

test.each(ROWS)('%s', async (_, call, says) => { await expectFault(call, InputError, ...says); });

/** A trainer whose hidden layer begins so. */
const trainerOf = (init: Init, biasInit?: Init): Promise<Trainer> => Trainer.create(device(), smallConfig({
  model: { inputShape: [4], layers: [{ type: 'dense', units: 3, init, ...(biasInit && { biasInit }) }, relu(), dense(2)] },
}));

test('numbers that were written by hand are checked before any work', async () => {
  await expectFault(() => trainerOf({ type: 'lecunUniform', gain: -1 }), InputError, 'lecunUniform: gain', 'got -1');
  await expectFault(() => trainerOf({ type: 'randomUniform', low: 1 } as never), InputError, 'randomUniform: high', 'undefined');
  await expectFault(() => trainerOf({ type: 'heNormal' }, { type: 'constant', value: NaN }), InputError, 'constant: value', 'NaN');
});

test('an init by its name alone begins a training as its maker does, and goes with a checkpoint', async () => {
  const hashOf = async (init: Init, biasInit: Init): Promise<readonly string[]> => {
    const trainer = await trainerOf(init, biasInit);
    try {
      return await trainer.hash();
    } finally {
      trainer.destroy();
    }
  };
  const named = await trainerOf({ type: 'randomOrthogonal' }, { type: 'constant', value: 0.1 });
  expect(await named.hash()).toEqual(await hashOf(randomOrthogonal(), constant(0.1)));
  expect(await named.hash()).not.toEqual(await hashOf(heNormal(), zeros()));
  for await (const _ of named.fit(smallData(10, { width: 4, classes: 2 }), { epochs: 1 })) { /* to its end */ }
  const bytes = await named.save(), hash = await named.hash();
  named.destroy();
  const loaded = await Trainer.load(device(), bytes);
  expect(await loaded.hash()).toEqual(hash);
  expect(new TextDecoder().decode(await loaded.save())).toContain('randomOrthogonal');
  loaded.destroy();
});

test('models of makers are plain', () => {
  expect(sequential([4], [dense(3, { init: heUniform() }), relu(), dense(2)]).layers[0]).toEqual({ type: 'dense', units: 3, init: { type: 'heUniform' } });
});
