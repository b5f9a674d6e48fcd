/** Every object of options has names that are known: another one is refused, and the nearest that there is named. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  adam, clipByNorm, dataset, dense, ema, estimateMemory, l1, mlp, openDevice, planOf, relu, sequential, sgd, softmaxCrossEntropy, split, subset, type Clip,
} from '../../src/index.ts';
import { createOptim } from '../../src/optim/index.ts';
import { checkOptions, textOf } from '../../src/options.ts';

const model = sequential([4], [dense(2)]);
const config = { model, loss: softmaxCrossEntropy(), optimizer: adam() };
const data = dataset({ inputs: new Float32Array(8), targets: [0, 1], shape: [4] });

/** What a user writes who knows another library, or mistypes, and the name that the error has to say. */
const WRITTEN: readonly (readonly [what: string, call: () => unknown, near: string])[] = [
  ['adam({ lr })', () => adam({ lr: 0.1 } as object), 'learningRate'],
  ['adam({ learning_rate })', () => adam({ learning_rate: 0.1 } as object), 'learningRate'],
  ['adam({ eps })', () => adam({ eps: 1e-7 } as object), 'epsilon'],
  ['sgd({ momentun })', () => sgd({ learningRate: 0.1, momentun: 0.9 } as never), 'momentum'],
  ['l1({ biasses })', () => l1(0.1, { biasses: true } as object), 'biases'],
  ['mlp({ inputdropout })', () => mlp([4], [3, 2], { inputdropout: 0.5 } as object), 'inputDropout'],
  ['dense({ learningrate })', () => dense(3, { learningrate: 1 } as object), 'learningRate'],
  ['dataset({ normalize })', () => dataset({ inputs: new Float32Array(2), targets: [0], shape: [2], normalize: 255 } as never), 'scale'],
  ['dataset({ labels })', () => dataset({ inputs: new Float32Array(2), labels: [0], shape: [2] } as never), 'targets'],
  ['split({ validationSplit })', () => split(data, { validationSplit: 0.5, seed: 1 } as never), 'validation'],
  ['subset({ ends })', () => subset(data, { ends: 1 } as object), 'end'],
  ['openDevice({ sofware })', () => openDevice({ sofware: 'fallback' } as object), 'software'],
  ['batchsize', () => planOf({ ...config, batchsize: 8 } as never), 'batchSize'],
  ['tune', () => planOf({ ...config, tune: { budgetMiliseconds: 8 } } as never), 'budgetMilliseconds'],
  ['a tile', () => planOf({ ...config, tiles: { wide: { rowBlock: 1 }, narrow: {} } } as never), 'rowBlocks'],
  ['a layer written by hand', () => planOf({ ...config, model: { inputShape: [4], layers: [{ type: 'dense', units: 2, activations: 'relu' }] } } as never), 'learningRate'],
  ['an optimizer written by hand', () => planOf({ ...config, optimizer: { ...adam(), regularisers: [] } } as never), 'regularizers'],
  ['an average written by hand', () => planOf({ ...config, averaging: { ...ema(), decays: 1 } } as never), 'decay'],
  ['a clip written by hand', () => adam({ clip: { ...clipByNorm(1), thresholds: 1 } as Clip }), 'threshold'],
  ['estimateMemory({ evaluation })', () => estimateMemory(config, { evaluat: [] } as object), 'evaluate'],
  ['inherited by options', () => adam(Object.create({ lr: 1 }) as object), 'lr comes from'],
  ['inherited by a replica', () => planOf({ ...config, replicas: [{}, Object.create({ learningRate: 1 }) as never] }), 'replicas: number 1: learningRate comes from'],
  ['a replica', () => planOf({ ...config, replicas: [{ learningrate: 1 }] }), 'Did you mean learningRate?'],
  ['a layer of a replica', () => planOf({ ...config, replicas: [{ 'layers.0.weight_decay': 1 }] }), 'Did you mean layers.0.weightDecay?'],
  ['createOptim({ stepInFlight })', () => createOptim({} as GPUDevice, { parameters: [], optimizer: adam(), stepInFlight: 1 } as never), 'stepsInFlight'],
];

describe('a name that is not known is refused, and the nearest that there is named', () => {
  test.each(WRITTEN)('%s', async (_, call, near) => {
    const error: unknown = await Promise.resolve().then(call).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(near);
  });
});

describe('checkOptions', () => {
  const check = (options: unknown, ...names: string[]): (() => unknown) => () => checkOptions('it', options as Record<string, unknown>, names);

  test('gives the options back', () => {
    const options = { a: 1 };
    expect(checkOptions('it', options, ['a'])).toBe(options);
  });

  test('every name counts, whatever its value, and must be its own', () => {
    expect(check({ b: undefined }, 'a')).toThrow(InputError);
    class Mine {
      readonly a = 1;
    }
    class Computed extends Mine {
      get b(): number { return this.a; }
    }
    const deep = Object.create(Object.assign(Object.create(null), { b: 1 })) as object;
    for (const inherits of [Object.create({ b: 1 }), Object.create(Object.create({ b: 1 }) as object), new Computed(), new (class extends Computed {})(), deep]) {
      for (const known of [['a'], ['a', 'b']]) expect(check(inherits, ...known)).toThrow("it: b comes from a class or a prototype, and only an object's own names count.");
    }
    expect(check(new Mine(), 'a')).not.toThrow();
    expect(check(runInNewContext('({ a: 1 })'), 'a')).not.toThrow();
    expect(check(Object.assign(Object.create(null), { a: 1 }), 'a')).not.toThrow();
  });

  test('what is far from every name gets no advice', () => {
    expect(check({ zzzzzz: 1 }, 'learningRate')).toThrow('it has no option "zzzzzz". It takes learningRate.');
    expect(check({ rate: 1 }, 'learningRate', 'gate')).toThrow('Did you mean gate?');
  });

  test('an array, a function, a map, a promise that was not awaited are no options', () => {
    for (const value of [null, undefined, 3, 'a', [], () => 0, new Map(), Promise.resolve({}), new Uint8Array(2), Symbol('a'), 1n]) {
      expect(check(value, 'a')).toThrow(InputError);
    }
  });
});

describe('what came is said in few words', () => {
  class Own {
    readonly secret = 1;
  }
  test.each<readonly [what: string, value: unknown, text: string]>([
    ['an array', new Float32Array(30), 'a Float32Array of 30'], ['its kin', new Int16Array(2), 'an Int16Array of 2'], ['memory', new ArrayBuffer(8), 'an ArrayBuffer'],
    ['a view of memory', new DataView(new ArrayBuffer(8)), 'a DataView'], ['arrays in an object', { a: new Uint8Array(900), b: 'x' }, '{"a":"a Uint8Array of 900","b":"x"}'],
    ['arrays in a list', [new Map()], '["a Map"]'], ['a long list', Array.from({ length: 500 }, () => 0), 'a list of 500'], ['a short one', [1, 2], '[1,2]'],
    ['an object of a class', new Own(), 'an Own'], ['a promise', Promise.resolve(1), 'a Promise'], ['no class at all', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['a class that is not to be had', { get constructor() { throw new Error('mine'); } }, 'object'], ['a text', '0.1', '"0.1"'], ['nothing', null, 'null'], ['less', undefined, 'undefined'],
  ])('%s', (_, value, text) => {
    expect(textOf(value)).toBe(text);
  });

  test('a data set in the place of options is called one', () => {
    expect(() => checkOptions('evaluate', data as object, [])).toThrow('evaluate takes an object with , got a data set.');
    expect(dataset({ ...data, scale: 2 })).toMatchObject({ scale: 2 }); // There it is one.
  });

  test('a seed that is a text is shown as one', () => {
    expect(() => planOf({ ...config, replicas: [{ seed: '5' as never }] })).toThrow('got "5".');
  });
});

test('relu() takes none', () => {
  expect(relu()).toEqual({ type: 'relu' });
});

test('a controller in the place of its signal, a fraction in the place of a validation set', async () => {
  const { checkFitOptions } = await import('../../src/train/fit-options.ts');
  expect(() => checkFitOptions({ epochs: 1, signal: new AbortController() as never })).toThrow("fit: signal must be an AbortSignal, the controller's .signal, got an AbortController.");
  expect(() => checkFitOptions({ epochs: 1, signal: 3 as never })).toThrow('fit: signal must be an AbortSignal, got 3.');
  expect(() => checkFitOptions({ epochs: 1, validation: 0.2 as never })).toThrow('fit: validation must be a data set (split(...) makes one), got 0.2.');
});
