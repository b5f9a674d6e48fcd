/** What does not fit is refused before it is made; what breaks is a typed error. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { Device, openDevice } from '../../src/device/index.ts';
import { DeviceLostError, GradshaderError, OutOfMemoryError } from '../../src/errors.ts';
import { dense } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { estimateMemory } from '../../src/train/estimate.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, smallData, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { Watch } from './watch.ts';

const device = useDevice();
const caught = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(() => { throw new Error('nothing was thrown'); }, (error: Error) => error);

/** The device with smaller limits than it has. */
function withLimits(limits: Partial<Record<keyof GPUSupportedLimits, number>>): Device {
  const { gpu, adapter } = device();
  const smaller = new Proxy(gpu, {
    get(target, name): unknown {
      if (name === 'limits') return new Proxy(target.limits, { get: (own, key) => limits[key as keyof GPUSupportedLimits] ?? own[key as keyof GPUSupportedLimits] });
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  return new Device(smaller, adapter, false);
}

describe('what does not fit', () => {
  let watch: Watch;
  beforeEach(() => { watch = new Watch(device().gpu); });
  afterEach(() => {
    expect(watch.liveBytes).toBe(0);
    watch.restore();
  });

  test('a budget below the need refuses before createBuffer and names the largest parts', async () => {
    const { total } = estimateMemory(smallConfig(), { adapter: 'software' });
    const error = await caught(Trainer.create(device(), smallConfig({ memoryBudgetBytes: total - 1 })));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect((error as OutOfMemoryError).bytes).toBe(total);
    expect(error.message).toMatch(new RegExp(`${total} bytes.*snapshot.*budget is ${total - 1}.*smaller`));
    expect(watch.count('createBuffer')).toBe(0);
    (await Trainer.create(device(), smallConfig({ memoryBudgetBytes: total }))).destroy();
  });

  test('a data set beyond the budget refuses, and the trainer stays usable', async () => {
    const train = smallData(4000);
    const config = smallConfig({ memoryBudgetBytes: estimateMemory(smallConfig(), { adapter: 'software', train }).total - 1 });
    await withTrainer(device(), config, async (trainer) => {
      expect(await caught(fitAll(trainer, train, { epochs: 1 }))).toBeInstanceOf(OutOfMemoryError);
      expect((await fitAll(trainer, trainingData(), { epochs: 1 })).length).toBe(1);
    });
  });

  test('too many replicas: the error names the largest number that fits, and that number works', async () => {
    const small = withLimits({ maxStorageBufferBindingSize: 65_536 });
    const make = (count: number): Promise<Trainer> =>
      Trainer.create(small, smallConfig({ replicas: Array.from({ length: count }, (_, seed) => ({ seed })) }));
    const error = await caught(make(500));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(watch.count('createBuffer')).toBe(0);
    const largest = Number(/largest number that fits is (\d+)/.exec(error.message)?.[1]);
    expect(largest).toBeGreaterThan(1);
    const trainer = await make(largest);
    expect((await fitAll(trainer, trainingData(), { epochs: 1, steps: 2 })).length).toBe(0);
    expect(trainer.step).toBe(2);
    trainer.destroy();
    expect(await caught(make(largest + 1))).toBeInstanceOf(OutOfMemoryError);
  });

  test('a network too large for one binding', async () => {
    const model = sequential([1000], [dense(10_000), dense(10_000), dense(5)]);
    const error = await caught(Trainer.create(withLimits({ maxStorageBufferBindingSize: 2 ** 27 }), smallConfig({ model })));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(/^The network does not fit this device's limits .*\)\. Use a smaller network or batch\.$/);
    const replicas = await caught(Trainer.create(withLimits({ maxStorageBufferBindingSize: 2 ** 27 }), smallConfig({ model, replicas: [{}, {}] })));
    expect(replicas.message).toMatch(/^2 replicas do not fit .* Not even one fits\. Use a smaller network/);
    expect(watch.count('createBuffer')).toBe(0);
  });

  test('a data set too large for one binding', async () => {
    const small = withLimits({ maxStorageBufferBindingSize: 65_536 });
    const data = smallData(4097);
    const trainer = await Trainer.create(small, smallConfig());
    const made = watch.count('createBuffer');
    const error = await caught(fitAll(trainer, data, { epochs: 1 }));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(/4097 samples take 65552 bytes.*subset\(data, \{ end: 4096 \}\)/);
    expect(watch.count('createBuffer')).toBe(made);
    trainer.destroy();
  });

  test('memory that the driver cannot give', async () => {
    // No budget and no limit of ours is in the way: the device itself refuses the buffer.
    const { gpu, adapter } = device();
    const generous = withLimits({ maxStorageBufferBindingSize: 2 ** 50, maxBufferSize: 2 ** 50, maxUniformBufferBindingSize: 2 ** 50 });
    expect(generous.adapter).toBe(adapter);
    const model = sequential([40_000], [dense(30_000), dense(5)]);
    const error = await caught(Trainer.create(generous, smallConfig({ model, maxStepsPerSubmit: 1 })));
    expect(error).toBeInstanceOf(GradshaderError);
    expect(error.message).toMatch(/buffers of the network/);
    // The device is still good.
    expect(gpu.lost).toBeInstanceOf(Promise);
    await withTrainer(device(), smallConfig(), (trainer) => trainer.evaluate(trainingData()));
  });
});

describe('the end of things', () => {
  test('a device lost in the middle of fit reaches its consumer, and every other caller', async () => {
    const own = await openDevice({ software: 'fallback' });
    const trainer = await Trainer.create(own, smallConfig());
    const waiting: Promise<Error>[] = [];
    const fit = fitAll(trainer, smallData(800), {
      epochs: 50, stepsPerSubmit: 1,
      onProgress: ({ step }) => {
        if (step !== 20) return;
        waiting.push(caught(trainer.evaluate(validationData())), caught(trainer.save()));
        own.gpu.destroy();
      },
    });
    const error = await caught(fit);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(error.message).toContain('load the last checkpoint');
    for (const other of await Promise.all(waiting)) expect(other).toBeInstanceOf(DeviceLostError);
    // Afterwards the trainer says why it cannot go on.
    const later = await caught(trainer.evaluate(validationData()));
    expect(later).toBeInstanceOf(GradshaderError);
    expect([later, later.cause].some((one) => one instanceof DeviceLostError)).toBe(true);
    trainer.destroy();
    await own.close();
  });

  test('destroying a trainer leaves the device, and its other trainers, alone', async () => {
    const [first, second] = [await Trainer.create(device(), smallConfig()), await Trainer.create(device(), smallConfig())];
    first.destroy();
    first.destroy();
    expect((await fitAll(second, trainingData(), { epochs: 1 })).length).toBe(1);
    second[Symbol.dispose]();
    (await Trainer.create(device(), smallConfig())).destroy();
  });

  test('destroying a trainer in the middle of fit ends fit with a typed error', async () => {
    const trainer = await Trainer.create(device(), smallConfig());
    const error = await caught(fitAll(trainer, smallData(800), {
      epochs: 50, stepsPerSubmit: 1, onProgress: ({ step }) => { if (step === 5) trainer.destroy(); },
    }));
    expect(error).toBeInstanceOf(GradshaderError);
    expect((error as GradshaderError).code).toBe('destroyed');
    await withTrainer(device(), smallConfig(), (other) => other.evaluate(trainingData()));
  });

  test('a destroyed trainer says so, whatever is asked of it', async () => {
    const trainer = await Trainer.create(device(), smallConfig());
    const data = dataset({ inputs: new Uint8Array(13), targets: [0], shape: [13] });
    trainer.destroy();
    const asked: Promise<unknown>[] = [
      fitAll(trainer, data, { epochs: 1 }), trainer.evaluate(data), trainer.predict(data), trainer.parameters(),
      trainer.setParameters(new Map()), trainer.hash(), trainer.save(), Promise.resolve().then(() => trainer.set({ learningRate: 0.1 })),
    ];
    for (const error of await Promise.all(asked.map(caught))) expect((error as GradshaderError).code).toBe('destroyed');
  });

  test('a caller\'s own device survives trainer and close', async () => {
    const { gpu } = device();
    const lent = await openDevice({ device: gpu });
    const trainer = await Trainer.create(lent, smallConfig());
    await fitAll(trainer, trainingData(), { epochs: 1 });
    trainer.destroy();
    await lent.close();
    await withTrainer(device(), smallConfig(), async (other) => expect((await fitAll(other, trainingData(), { epochs: 1 })).length).toBe(1));
  });
});
