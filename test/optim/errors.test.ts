/** What createOptim and encode refuse: typed, saying why, before anything is made. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDevice, type Device } from '../../src/device/index.ts';
import { BadFileError, GradshaderError, InputError, OutOfMemoryError } from '../../src/errors.ts';
import {
  activityL1, adam, clipByGlobalNorm, clipByNorm, cosine, ema, ftrl, groupLasso, l1, lamb, maxNorm, nadam, orthogonal, plateau, sgd,
} from '../../src/index.ts';
import { createOptim, type OptimOptions, type ParameterView } from '../../src/optim/index.ts';
import { Caller, USAGE } from '../cases/optim.ts';
import { useDevice } from '../train/device.ts';
import { MAKERS, Watch } from '../train/watch.ts';

const device = useDevice();
let other: Device;
let caller: Caller;
let weights: GPUBuffer;
let gradients: GPUBuffer;
let watch: Watch;
beforeAll(async () => { other = await openDevice({ software: 'fallback' }); });
afterAll(() => other.close());
beforeEach(() => {
  caller = new Caller(device().gpu);
  weights = caller.buffer(new Float32Array(100));
  gradients = caller.buffer(new Float32Array(100));
  watch = new Watch(device().gpu);
});
afterEach(() => {
  watch.restore();
  caller.destroy();
});

const view = (more: Partial<ParameterView> = {}): ParameterView => ({ buffer: weights, length: 10, gradient: { buffer: gradients }, ...more });

type Wrong = () => Partial<OptimOptions> & { readonly views?: readonly unknown[] };

/** What is wrong, the words that say so, and the options. */
const WRONG: readonly (readonly [string, RegExp, Wrong])[] = [
  ['no view', /parameters must be a list of one view or more/, () => ({ views: [] })],
  ['weights and gradient in one buffer', /in one GPUBuffer.*WebGPU forbids.*keep gradients in a buffer of their own/, () => ({ views: [view({ gradient: { buffer: weights, offset: 50 } })] })],
  ['a view past the end', /10 floats from 95 on end at byte 420, and the buffer has 400/, () => ({ views: [view({ offset: 95 })] })],
  ['a gradient past the end', /gradient.buffer: 10 floats from 91/, () => ({ views: [view({ gradient: { buffer: gradients, offset: 91 } })] })],
  ['an offset between floats', /counts floats.*got 0.5/, () => ({ views: [view({ offset: 0.5 })] })],
  ['a negative offset', /counts floats.*got -1/, () => ({ views: [view({ offset: -1 })] })],
  ['no length', /length must be a whole number of floats, 1 or more; got 0/, () => ({ views: [view({ length: 0 })] })],
  ['overlapping views', /second: it begins at float 9 .* overlaps first, which ends at 10/, () => ({ views: [view({ name: 'first' }), view({ name: 'second', offset: 9 })] })],
  ['a buffer without STORAGE', /without GPUBufferUsage.STORAGE/, () => ({ views: [view({ buffer: caller.buffer(new Float32Array(10), USAGE.COPY_DST) })] })],
  ['a gradient without STORAGE', /gradient.buffer was made with usage 0x8, without GPUBufferUsage.STORAGE/, () => ({ views: [view({ gradient: { buffer: caller.buffer(new Float32Array(10), USAGE.COPY_DST) } })] })],
  ['no buffer', /buffer must be a GPUBuffer/, () => ({ views: [{ length: 10, gradient: { buffer: gradients } }] })],
  ['no gradient', /gradient takes an object with buffer, offset, got undefined/, () => ({ views: [{ length: 10, buffer: weights }] })],
  ['two views of one name', /w: two views have this name/, () => ({ views: [view({ name: 'w' }), view({ name: 'w', offset: 20 })] })],
  ['a group that is not there', /there is no group "biases"; there is default/, () => ({ views: [view({ group: 'biases' })] })],
  ['a shape of another size', /shape must be \[inputs, outputs\].* product 10.*got \[3,3\]/, () => ({ views: [view({ shape: [3, 3] })] })],
  ['max-norm without a shape', /its group has a rule on the norms of units. Give its shape/, () => ({ optimizer: sgd({ learningRate: 1, regularizers: [maxNorm(1)] }) })],
  ['neither optimizer nor groups', /give either optimizer/, () => ({ optimizer: undefined })],
  ['groups of two rules', /group a has the rule sgd and group b has adam/, () => ({ optimizer: undefined, groups: { a: sgd({ learningRate: 1 }), b: adam() } })],
  ['groups of two clips', /clip is one for all groups/, () => ({ optimizer: undefined, groups: { a: adam({ clip: clipByNorm(1) }), b: adam() } })],
  ['an orthogonal penalty', /orthogonal needs matrix products/, () => ({ optimizer: adam({ regularizers: [orthogonal(1)] }) })],
  ['a penalty on activations', /activityL1 needs the activations/, () => ({ optimizer: adam({ regularizers: [activityL1(1)] }) })],
  ['a pair that means nothing', /groupLasso \(proximal\) with adam/, () => ({ views: [view({ shape: [5, 2] })], optimizer: adam({ regularizers: [groupLasso(1)] }) })],
  ['a schedule without its end', /learningRate follows a schedule over the whole training. Give horizon/, () => ({ optimizer: adam({ learningRate: cosine(0.1) }) })],
  ['a plateau schedule', /plateau schedule, which needs results of a validation/, () => ({ optimizer: adam({ learningRate: plateau(0.1) }) })],
  ['a trust ratio of clipped gradients', /lamb with clipping by norm/, () => ({ optimizer: lamb({ clip: clipByGlobalNorm(1) }) })],
  ["nadam with 'skip'", /cannot go with nadam/, () => ({ optimizer: nadam(), onNonFinite: 'skip' })],
  ['weights that cannot be read', /ftrl starts from the weights.*COPY_SRC/, () => ({ views: [view({ buffer: caller.buffer(new Float32Array(10), USAGE.STORAGE | USAGE.COPY_DST) })], optimizer: ftrl({ learningRate: 1 }) })],
  ['averages of weights that cannot be read', /averaging starts from the weights/, () => ({ views: [view({ buffer: caller.buffer(new Float32Array(10), USAGE.STORAGE | USAGE.COPY_DST) })], averaging: ema() })],
  ['no steps in flight', /stepsInFlight must be a whole number of 1 or more, got 0/, () => ({ stepsInFlight: 0 })],
  ['another word', /onNonFinite must be 'flag' or 'skip', got "stop"/, () => ({ onNonFinite: 'stop' as 'skip' })],
  ['more groups than a row holds', /700 parameters in 700 groups need a row of 68688 bytes; this device binds 65536. Give more of them one group, or make two optims/, () => {
    const many = caller.buffer(new Float32Array(1000)), names = Array.from({ length: 700 }, (_, i) => `g${i}`);
    return {
      views: names.map((group, offset) => view({ buffer: many, length: 1, offset, group })),
      optimizer: undefined, groups: Object.fromEntries(names.map((name) => [name, adam()])),
    };
  }],
];

describe('createOptim refuses', () => {
  test.each(WRONG)('%s', async (_, words, wrong) => {
    const { views = [view()], ...options } = wrong();
    watch.calls.length = 0;
    const made = createOptim(device(), { parameters: views, optimizer: adam(), ...options } as OptimOptions);
    await expect(made).rejects.toBeInstanceOf(InputError);
    await expect(made).rejects.toThrow(words);
    expect(watch.calls).toEqual([]);
  });

  test('a view that is larger than a binding', async () => {
    const limits = { maxStorageBufferBindingSize: 36, minStorageBufferOffsetAlignment: 256, maxUniformBufferBindingSize: 65536 };
    const made = createOptim({ limits } as unknown as GPUDevice, { parameters: [view({ name: 'w' })], optimizer: adam() });
    await expect(made).rejects.toBeInstanceOf(OutOfMemoryError);
    await expect(made).rejects.toThrow(/w: 10 floats are more than one binding may hold here \(maxStorageBufferBindingSize 36\)/);
  });

  test('buffers of another device, and leaves nothing', async () => {
    const foreign = new Caller(other.gpu).buffer(new Float32Array(10));
    const before = watch.liveBytes;
    for (const parameters of [[view({ buffer: foreign })], [view({ gradient: { buffer: foreign } })]]) {
      const made = createOptim(device(), { parameters, optimizer: adam() });
      await expect(made).rejects.toBeInstanceOf(InputError);
      await expect(made).rejects.toThrow(/they must be buffers of the very GPUDevice that was given/);
      expect(watch.liveBytes).toBe(before);
      expect(watch.count('dispatchWorkgroups')).toBe(0);
    }
    foreign.destroy();
  });

  test('what is no device', async () => {
    await expect(createOptim(undefined as unknown as GPUDevice, { parameters: [view()], optimizer: adam() })).rejects.toThrow(/must be a GPUDevice/);
  });
});

describe('encode refuses', () => {
  const OVERRIDES: readonly (readonly [RegExp, Record<string, number>])[] = [
    [/momentum: it is neither a hyperparameter of adam .* nor a regularizer that was declared/, { momentum: 0.9 }],
    [/l2: .*Declare one that is to come later with strength 0/, { l2: 1 }],
    [/there is no group others; there is weights, biases/, { 'others.learningRate': 1 }],
    [/biases.l1: .*nor a regularizer that was declared/, { 'biases.l1': 1 }],
    [/learningRate must be 0 or more/, { learningRate: -1 }],
    [/beta1 must lie in \[0, 1\)/, { beta1: 1 }],
    [/l1: the strength must be a finite number of 0 or more/, { l1: NaN }],
    [/made without clip/, { clip: 1 }], [/Did you mean learningRate\?/, { learningrate: 1 }], [/Did you mean weights\.beta1\?/, { 'weights.beta_1': 1 }],
    [/learningRate must be a number, got "fast"/, { learningRate: 'fast' as unknown as number }],
    [/learning rate times weight decay is 2/, { learningRate: 1, weightDecay: 2 }],
  ];

  test.each(OVERRIDES)('%s', async (words, overrides) => {
    const optim = await createOptim(device(), {
      parameters: [view({ group: 'weights' }), view({ offset: 10, group: 'biases' })],
      groups: { weights: adam({ regularizers: [l1(0)] }), biases: adam() },
    });
    const encoder = device().gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    watch.calls.length = 0;
    expect(() => optim.encode(pass, overrides)).toThrow(InputError);
    expect(() => optim.encode(pass, overrides)).toThrow(words);
    expect([optim.step, watch.calls]).toEqual([0, []]);
    pass.end();
    optim.destroy();
  });

  test('an encoder in the place of a pass, by its name', async () => {
    const optim = await createOptim(device(), { parameters: [view()], optimizer: adam() });
    expect(() => optim.encode(device().gpu.createCommandEncoder() as never)).toThrow('encode: pass must be a GPUComputePassEncoder, got a GPUCommandEncoder.');
    optim.destroy();
  });

  test('anything after destroy', async () => {
    const optim = await createOptim(device(), { parameters: [view()], optimizer: adam() });
    optim.destroy();
    optim.destroy();
    expect(() => optim.encode({} as GPUComputePassEncoder)).toThrow(GradshaderError);
    await expect(optim.save()).rejects.toThrow(/was destroyed/);
    expect(watch.liveBytes).toBe(0);
  });
});

test('load refuses files of another optim, and changes nothing', async () => {
  const make = (name: string, optimizer = adam()) => createOptim(device(), { parameters: [view({ name })], optimizer });
  const [optim, named, ruled] = [await make('w'), await make('v'), await make('w', sgd({ learningRate: 1 }))];
  watch.calls.length = 0;
  for (const [bytes, words] of [
    [await named.save(), /it is the state of adam for v; this optim is adam for w/],
    [await ruled.save(), /it is the state of sgd for w/],
    [new Uint8Array(4), /at least 8 bytes/],
  ] as const) {
    await expect(optim.load(bytes, 'file')).rejects.toBeInstanceOf(BadFileError);
    await expect(optim.load(bytes, 'file')).rejects.toThrow(words);
  }
  expect(watch.count('writeBuffer')).toBe(0);
  expect(MAKERS.length).toBeGreaterThan(0);
  for (const one of [optim, named, ruled]) one.destroy();
});
