/** Arrays of every realm and on every memory, at every public entry: taken rightly, or refused by a typed error. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GradshaderError, InputError } from '../../src/errors.ts';
import {
  adam, dataset, dense, estimateMemory, openDevice, readParameters, sequential, sgd, shuffleTargets, softmaxCrossEntropy, split, subset, Trainer, type ClassDataset, type Device, type TrainerConfig,
} from '../../src/index.ts';
import { bundle } from '../hosts/bundle.ts';
import { createOptim } from '../../src/optim/index.ts';

const USAGE = 0x80 | 4 | 8; // STORAGE, COPY_SRC, COPY_DST

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(() => device.close());

const config: TrainerConfig = { model: sequential([4], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.5 }), batchSize: 4 };
const create = (): Promise<Trainer> => Trainer.create(device, config);

type Maker<T> = (values: T) => T;
type Typed = Uint8Array | Float32Array | Uint32Array;
type Make = new (from: ArrayBufferLike | number, offset?: number, length?: number) => Typed;

const on = <T extends Typed>(values: T, buffer: ArrayBufferLike, offset = 0, length: number | undefined = values.length): T => {
  const view = new (values.constructor as unknown as Make)(buffer, offset, length) as T;
  view.set(values);
  return view;
};
const resizable = (bytes: number): ArrayBuffer => new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(bytes, { maxByteLength: 2 * bytes });
const foreign = vm.createContext({});

/** The same values elsewhere. All of them are to be taken. */
const ELSEWHERE: Readonly<Record<string, Maker<Typed>>> = {
  'of another realm': (values) => vm.runInContext(`${values.constructor.name}.from`, foreign).call(vm.runInContext(values.constructor.name, foreign), values) as Typed,
  'on shared memory': (values) => on(values, new SharedArrayBuffer(values.byteLength)),
  'on memory that can grow': (values) => on(values, resizable(values.byteLength)),
  'as long as memory that can grow': (values) => on(values, resizable(values.byteLength), 0, undefined),
  'in the middle of others': (values) => on(values, new ArrayBuffer(values.byteLength + 64), 32),
  'at an odd offset': (values) => (values instanceof Uint8Array ? on(values, new ArrayBuffer(values.byteLength + 1), 1) : on(values, new ArrayBuffer(values.byteLength + 4), 4)),
  'on WebAssembly memory': (values) => on(values, new WebAssembly.Memory({ initial: 1 }).buffer),
  'in a Buffer of Node': (values) => (values instanceof Uint8Array ? Buffer.from(values) : values),
  'of a class of its own': (values) => { class Own extends (values.constructor as typeof Float32Array) {} return Own.from(values as Float32Array) as Typed; },
};

const inputs = Float32Array.from({ length: 32 }, (_, i) => (i % 5) - 2), bytes = Uint8Array.from({ length: 32 }, (_, i) => (7 * i) % 256);
const targets = Uint32Array.from({ length: 8 }, (_, i) => i % 2);
const plain = { f32: dataset({ inputs, targets, shape: [4] }), u8: dataset({ inputs: bytes, targets, shape: [4] }) };
const run = async (trainer: Trainer, data: ClassDataset): Promise<unknown> => {
  const last = await trainer.fit(data, { epochs: 1, validation: data });
  return [last?.loss, await trainer.evaluate(data), await trainer.predict(data), await trainer.hash()];
};

/** All that is cut from a data set: arrays of this realm on plain memory, whatever it was cut from. */
const partsOf = (data: ClassDataset, rows: ArrayLike<number>): unknown => [split(data, { validation: 2, seed: 1 }), subset(data, { start: 1, end: 3 }), subset(data, rows), shuffleTargets(data, 1)]
  .flatMap((one) => ('train' in one ? [one.train, one.validation] : [one])).map(({ inputs: values, targets: labels }) => {
    for (const { buffer } of [values, labels]) expect([Object.prototype.toString.call(buffer), (buffer as { resizable?: boolean }).resizable ?? false]).toEqual(['[object ArrayBuffer]', false]);
    return [values.constructor, labels.constructor, [...values], [...labels]];
  });

describe.each(Object.entries(ELSEWHERE))('arrays %s', (_, make) => {
  test.each(['f32', 'u8'] as const)('are inputs and labels of a data set: %s', async (kind) => {
    const ours = await create(), theirs = await create();
    const made = dataset({ inputs: make(kind === 'f32' ? inputs : bytes) as Float32Array, targets: make(targets) as Uint32Array, shape: [4] });
    expect(await run(theirs, made)).toEqual(await run(ours, plain[kind]));
    const byHand = { ...plain[kind], inputs: make(kind === 'f32' ? inputs : bytes) as Float32Array, targets: make(targets) as Uint32Array };
    expect(await theirs.evaluate(byHand)).toEqual(await ours.evaluate(plain[kind]));
    const rows = make(Uint32Array.of(3, 1)) as Uint32Array;
    for (const own of [made, byHand]) expect(partsOf(own, rows)).toEqual(partsOf(plain[kind], rows));
    expect(estimateMemory(config, { train: byHand, evaluate: [byHand] })).toEqual(estimateMemory(config, { train: plain[kind], evaluate: [plain[kind]] }));
    ours.destroy();
    theirs.destroy();
  });

  test('are samples to predict, parameters, checkpoints and files', async () => {
    const trainer = await create();
    expect(await trainer.predict(make(inputs) as Float32Array)).toEqual(await trainer.predict(inputs));
    expect(await trainer.predict(make(bytes) as Uint8Array)).toEqual(await trainer.predict(bytes));
    const before = await trainer.hash(), parameters = await trainer.parameters();
    await trainer.setParameters(new Map([...parameters].map(([name, values]) => [name, make(values) as Float32Array])));
    expect(await trainer.hash()).toEqual(before);
    const file = make(await trainer.save()) as Uint8Array;
    expect(readParameters(file)).toEqual(parameters);
    const loaded = await Trainer.load(device, file);
    expect(await loaded.hash()).toEqual(before);
    trainer.destroy();
    loaded.destroy();
  });

  test('are the state of an optim', async () => {
    const [buffer, gradient] = [device.gpu.createBuffer({ size: 64, usage: USAGE }), device.gpu.createBuffer({ size: 64, usage: USAGE })];
    using optim = await createOptim(device, { parameters: [{ name: 'w', buffer, length: 16, gradient: { buffer: gradient } }], optimizer: adam() });
    const state = await optim.save();
    await optim.load(make(state) as Uint8Array);
    expect(await optim.save()).toEqual(state);
    buffer.destroy();
    gradient.destroy();
  });
});

test('a Map of another realm', async () => {
  using trainer = await create();
  const before = await trainer.hash();
  await trainer.setParameters(vm.runInNewContext('new Map(entries)', { entries: [...(await trainer.parameters())] }) as Map<string, Float32Array>);
  expect(await trainer.hash()).toEqual(before);
});

describe('what cannot be taken is refused before any work', () => {
  const detached = <T extends Typed>(values: T): T => {
    const own = values.slice() as T;
    structuredClone(own, { transfer: [own.buffer as ArrayBuffer] });
    return own;
  };
  const shrunk = <T extends Typed>(values: T): T => {
    const own = on(values, resizable(values.byteLength));
    (own.buffer as ArrayBuffer & { resize(bytes: number): void }).resize(0);
    return own;
  };
  /** As inputs of a data set these are converted: see test/data/forms.test.ts. */
  const CONVERTED = ['f64', 'a list'];
  test.each<[string, (values: Typed) => unknown]>([
    ['transferred away', detached], ['on memory that has shrunk', shrunk], ['f64', (values) => Float64Array.from(values)],
    ['BigInt', () => BigInt64Array.of(0n, 1n)], ['DataView', (values) => new DataView(values.buffer as ArrayBuffer)],
    ['ArrayBuffer', (values) => values.slice().buffer], ['a list', (values) => Object.freeze([...values])], ['a look-alike', () => ({ length: 32, [Symbol.toStringTag]: 'Float32Array' })],
  ])('%s', async (kind, make) => {
    using trainer = await create();
    const parameters = await trainer.parameters();
    const wrong = make(inputs) as Float32Array, step = trainer.step;
    const ofData: (() => unknown)[] = [
      () => dataset({ inputs: wrong, targets, shape: [4] }), () => trainer.fit({ ...plain.f32, inputs: wrong }, { epochs: 1 }),
      () => trainer.fit(plain.f32, { epochs: 1, validation: { ...plain.f32, inputs: wrong } }), () => trainer.evaluate({ ...plain.f32, inputs: wrong }),
      () => trainer.predict({ ...plain.f32, inputs: wrong }), () => trainer.verify({ ...plain.f32, inputs: wrong }),
      () => split({ ...plain.f32, inputs: wrong }, { validation: 1, seed: 1 }), () => subset({ ...plain.f32, inputs: wrong }, { end: 1 }),
      () => shuffleTargets({ ...plain.f32, inputs: wrong }, 1), () => estimateMemory(config, { train: { ...plain.f32, inputs: wrong } }), () => estimateMemory(config, { evaluate: [{ ...plain.f32, inputs: wrong }] }),
    ];
    const calls: (() => unknown)[] = [
      ...(CONVERTED.includes(kind) ? [] : ofData), () => trainer.predict(wrong), () => trainer.setParameters(new Map([...parameters].map(([name]) => [name, wrong]))),
      () => Trainer.load(device, make(bytes) as Uint8Array), () => readParameters(make(bytes) as Uint8Array),
    ];
    for (const call of calls) {
      const error: unknown = await (async () => await call())().then(() => undefined, (reason: unknown) => reason);
      expect(error, String(call)).toBeInstanceOf(GradshaderError);
    }
    expect(trainer.step).toBe(step);
  });
});

describe('labels', () => {
  const of = (given: unknown): (() => ClassDataset) => () => dataset({ inputs: new Float32Array(4), targets: given as ArrayLike<number>, shape: [2] });

  test('that are no labels are called what they are', () => {
    expect(of([0, 1n])).toThrow(/targets\[1\] must be a class index .*, got 1n\.$/);
    expect(of([0, '1'])).toThrow(/, got "1"\.$/);
    expect(of(['a', 1])).toThrow(/targets\[1\] must be one of \["1","a"\], got 1\.$/);
    expect(of([, 1])).toThrow(/targets\[0\] must be a class index .*, got undefined\.$/); // oxlint-disable-line no-sparse-arrays -- it is what is tried
    expect(of([0, null])).toThrow(/, got null\.$/);
    expect(of([0n, null])).toThrow(/, got null\.$/);
    expect(of([0, -1])).toThrow(/, got -1\. Number the classes from 0\.$/);
    expect(of([0, 0.5])).toThrow(/, got 0\.5\. Number the classes from 0, or give targetWidth: 1 where these are values to be predicted\.$/);
  });

  test.each<[string, (values: readonly number[]) => ArrayLike<number>]>([
    ['a list', (values) => [...values]], ['a frozen list', (values) => Object.freeze([...values])], ['u8', (values) => Uint8Array.from(values)], ['i32', (values) => Int32Array.from(values)],
    ['f64', (values) => Float64Array.from(values)], ['a list of another realm', (values) => vm.runInNewContext(JSON.stringify(values)) as number[]],
    ['what only has a length', (values) => ({ ...values, length: values.length })],
  ])('as %s', async (_, make) => {
    expect([...of(make([0, 1]))().targets]).toEqual([0, 1]);
    const byHand = { ...plain.f32, targets: make([...targets]) as Uint32Array };
    expect(partsOf(byHand, [3, 1])).toEqual(partsOf(plain.f32, [3, 1]));
    using ours = await create();
    using theirs = await create();
    expect(await run(theirs, byHand)).toEqual(await run(ours, plain.f32));
  });

  test('that are not there are refused', () => {
    const gone = Uint32Array.of(0, 1);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(of(gone)).toThrow(/no samples|lost its memory/);
    for (const given of [Object.assign([], { length: 2 }), new DataView(new ArrayBuffer(8)), [0, undefined], { length: 2 }, { length: -1 }, { length: 2 ** 53 }]) expect(of(given)).toThrow(InputError);
  });
});

describe('a data set written by hand', () => {
  test('that lacks something is told what, and what to do', () => {
    const { scale: _scale, offset: _offset, ...rest } = plain.f32;
    expect(() => subset(rest as ClassDataset, { end: 1 })).toThrow('What subset takes must be a data set made by dataset(...), mnist(...) or loadIdx(...), got an object without scale, offset. Make it by dataset({ ... }).');
    const { inputs, targets } = plain.f32;
    expect(() => subset({ inputs, targets } as ClassDataset, { end: 1 })).toThrow('got an object without shape. Make it by dataset({ ... }).');
    expect(() => subset({ ...plain.f32, length: 7 }, { end: 1 })).toThrow('data: its length is 8, not 7. Make it by dataset({ ... }) without length.');
  });

  test.each<[string, Partial<Record<keyof ClassDataset, unknown>>]>([
    ['a label at the number of classes', { targets: Uint32Array.of(0, 1, 0, 1, 0, 1, 0, 2) }],
    ['labels too few', { targets: targets.subarray(1) }], ['inputs too few', { inputs: inputs.subarray(4) }],
    ['another length', { length: 9 }], ['another width', { width: 8 }], ['no shape', { shape: undefined }], ['scale 1e39', { scale: 1e39 }],
    ['holes in its shape', { shape: Object.assign([], { length: 1 }) }], ['scale 1e-300', { scale: 1e-300 }], ['offset Infinity', { offset: Infinity }], ['labels as text', { targets: ['0'] }],
  ])('with %s is refused', async (_, change) => {
    using trainer = await create();
    const wrong = { ...plain.f32, ...change } as ClassDataset;
    await expect(trainer.fit(wrong, { epochs: 1 })).rejects.toBeInstanceOf(InputError);
    await expect(trainer.fit(plain.f32, { epochs: 1, validation: wrong })).rejects.toBeInstanceOf(InputError);
    await expect(trainer.evaluate(wrong)).rejects.toBeInstanceOf(InputError);
    await expect(trainer.predict(wrong)).rejects.toBeInstanceOf(InputError);
    expect(() => split(wrong, { validation: 1, seed: 1 })).toThrow(InputError);
    expect(() => subset(wrong, { end: 1 })).toThrow(InputError);
    expect(trainer.step).toBe(0);
  });
});

test('an AbortSignal of another realm stops a fit', async () => {
  using trainer = await create();
  const signal = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };
  await trainer.fit(plain.f32, { epochs: 1000, signal: signal as unknown as AbortSignal, onProgress: () => { signal.aborted = true; } });
  expect(trainer.epoch).toBeLessThan(1000);
});

// The driver in Node dies of shared memory, and would take these tests with it: in a process of its own.
test('shared memory does not end the process', async () => {
  const folder = mkdtempSync(join('node_modules', '.arrays-test-'));
  try {
    const script = join(folder, 'shared.mjs');
    writeFileSync(script, await bundle('test/arguments/shared-entry.ts', { platform: 'node', external: ['webgpu', '@sparticuz/chromium'] }));
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 60_000 });
    expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: 'trained 2\n', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
