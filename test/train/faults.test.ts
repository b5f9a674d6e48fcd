/** Faults in the middle of things: no memory at any point, a lost device, callbacks that throw, callers that crowd. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDevice } from '../../src/device/index.ts';
import { DeviceLostError, GradshaderError, OutOfMemoryError } from '../../src/errors.ts';
import { estimateMemory } from '../../src/train/estimate.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { Trainer } from '../../src/train/trainer.ts';
import {
  expectSame, fitAll, smallConfig, smallData, STEPS_PER_EPOCH, tensorBits, trainingData, validationData, withTrainer,
  type History,
} from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { Watch } from './watch.ts';

const device = useDevice();
let watch: Watch;
beforeEach(() => { watch = new Watch(device().gpu); });
afterEach(() => watch.restore());

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => { throw new Error('Nothing was thrown.'); }, (error: unknown) => error);

/** A whole run of two epochs with validation, and what it leaves. */
const EPOCHS = 2;
const options = (more: Partial<FitOptions> = {}): FitOptions =>
  ({ epochs: EPOCHS, validation, stepsPerSubmit: 2, ...more });
const train = trainingData();
const validation = validationData();
const undisturbed = (): Promise<[History, Record<string, number[]>]> =>
  withTrainer(device(), smallConfig(), async (trainer) => [await fitAll(trainer, train, options()), await tensorBits(trainer)]);

/** Thrown by our own driver: named as the real one, whose class is no global in Node. */
class GPUOutOfMemoryError extends Error {}

/** Runs `work` while the error scopes of the n-th check (0-based) report that memory ran out. */
async function withoutMemory<T>(check: number, work: () => Promise<T>): Promise<T> {
  const prototype = Object.getPrototypeOf(device().gpu) as GPUDevice;
  const pop = prototype.popErrorScope;
  let popped = 0;
  prototype.popErrorScope = async function (this: GPUDevice) {
    const at = popped++;
    const found = await pop.call(this);
    return at === 3 * check + 2 ? (new GPUOutOfMemoryError('none left.') as unknown as GPUError) : found;
  };
  try {
    return await work();
  } finally {
    prototype.popErrorScope = pop;
  }
}

describe('memory that runs out', () => {
  test('at any point of create: nothing stays, and the next trainer is made', async () => {
    let failures = 0;
    for (; failures < 40; failures++) {
      const made = await withoutMemory(failures, () => Trainer.create(device(), smallConfig())).catch((error: unknown) => error);
      if (made instanceof Trainer) {
        made.destroy();
        break;
      }
      expect(made).toBeInstanceOf(OutOfMemoryError);
      expect((made as Error).message).toMatch(/no memory for .*none left.*smaller batch/);
      expect(watch.liveBytes).toBe(0);
    }
    // Buffers, then the pipelines and bind groups of two plans: as many places to fail, and then none.
    expect(failures).toBeGreaterThan(4);
    expect(failures).toBeLessThan(40);
    expect(watch.liveBytes).toBe(0);
  });

  test('at any point of fit: memory() stays true, and the run that then succeeds is the undisturbed one', async () => {
    const want = await undisturbed();
    await withTrainer(device(), smallConfig(), async (trainer) => {
      let failures = 0;
      let history: History | undefined;
      for (; history === undefined && failures < 60; failures++) {
        const ended = await withoutMemory(failures, () => fitAll(trainer, train, options())).catch((error: unknown) => error);
        expect(trainer.memory().total).toBe(watch.liveBytes);
        if (ended instanceof Error) {
          expect(ended).toBeInstanceOf(OutOfMemoryError);
          expect(trainer.step).toBe(0);
        } else {
          history = ended as History;
        }
      }
      expect(failures).toBeGreaterThan(5);
      expectSame('after failures', [history, await tensorBits(trainer)], want);
    });
    expect(watch.liveBytes).toBe(0);
  });
});

describe('a budget', () => {
  test('of exactly the estimate is enough to train and validate, and is used up', async () => {
    for (const fusion of ['layer', 'full'] as const) {
      const config = smallConfig({ fusion });
      const { total } = estimateMemory(config, { train, evaluate: [validation], adapter: 'software' });
      await withTrainer(device(), { ...config, memoryBudgetBytes: total }, async (trainer) => {
        expect((await fitAll(trainer, train, options({ epochs: 1 }))).length).toBe(1);
        expect(trainer.memory().total).toBe(total);
        expect(watch.liveBytes).toBe(total);
      });
      await withTrainer(device(), { ...config, memoryBudgetBytes: total - 1 }, async (trainer) => {
        expect(await errorOf(fitAll(trainer, train, options({ epochs: 1 })))).toBeInstanceOf(OutOfMemoryError);
        expect(trainer.step).toBe(0);
      });
    }
  });

  test('sends the data set not used for longest away to fit the next', async () => {
    const [a, b, c] = [smallData(50), smallData(60, { id: 3 }), smallData(70, { id: 4 })] as const;
    const own = estimateMemory(smallConfig(), { adapter: 'software' }).total;
    const sizeOf = (length: number): number => (16 + 4) * length; // thirteen bytes padded to sixteen, and a label
    await withTrainer(device(), smallConfig({ memoryBudgetBytes: own + sizeOf(60 + 70) }), async (trainer) => {
      const first = await trainer.evaluate(a);
      await trainer.evaluate(b);
      expect(watch.liveBytes).toBe(own + sizeOf(50 + 60));
      await trainer.evaluate(c);
      expect(watch.liveBytes).toBe(own + sizeOf(60 + 70)); // a went
      expect(await trainer.evaluate(a)).toEqual(first);
      expect(watch.liveBytes).toBe(own + sizeOf(70 + 50)); // b went
      expect(await errorOf(trainer.evaluate(smallData(131, { id: 5 })))).toBeInstanceOf(OutOfMemoryError);
      expect(trainer.memory().total).toBe(watch.liveBytes);
      expect(await trainer.evaluate(a)).toEqual(first);
    });
  });

  test('does not send away what a running fit needs', async () => {
    const want = await undisturbed();
    const { total } = estimateMemory(smallConfig(), { train, evaluate: [validation], adapter: 'software' });
    await withTrainer(device(), smallConfig({ memoryBudgetBytes: total }), async (trainer) => {
      const others: Promise<unknown>[] = [];
      const history = await fitAll(trainer, train, options({
        onProgress: ({ step }) => { if (step === 4) others.push(errorOf(trainer.evaluate(smallData(22, { id: 6 })))); },
      }));
      const [error] = await Promise.all(others);
      expect(error).toBeInstanceOf(OutOfMemoryError);
      expectSame('fit under a full budget', [history, await tensorBits(trainer)], want);
      // Once fit has ended, its data sets may go.
      expect(await trainer.evaluate(smallData(22, { id: 6 }))).toMatchObject({ accuracy: expect.any(Number) });
    });
  });
});

// A row has 80 bytes, 96 for each of 6 groups and 16 for each of 3 dropouts and the loss: 720 of 65536.
test('on a device of default limits 92 copies are refused, 91 train', async () => {
  const plain = await openDevice({ software: 'fallback', limits: 'default' });
  try {
    const config = (count: number) => smallConfig({ replicas: Array.from({ length: count }, (_, seed) => ({ seed })) });
    const refused = (await errorOf(Trainer.create(plain, config(92)))) as OutOfMemoryError;
    expect(refused).toBeInstanceOf(OutOfMemoryError);
    expect(refused.message).toContain('The largest number that fits is 91.');
    await withTrainer(plain, config(91), async (trainer) => {
      await fitAll(trainer, train, { epochs: 1, steps: 1 });
      expect(trainer.step).toBe(1);
      // The last replica did what it does alone.
      const [last] = [await tensorBits(trainer, 90)];
      const alone = await withTrainer(plain, smallConfig({ seed: 90 }), async (single) => {
        await fitAll(single, train, { epochs: 1, steps: 1 });
        return tensorBits(single, 0);
      });
      expectSame('the last replica', last, alone);
    });
  } finally {
    await plain.close();
  }
});

test('a data set past 128 MiB is refused before training on a device of default limits', async () => {
  const plain = await openDevice({ software: 'fallback', limits: 'default' });
  try {
    const wide = smallData(1, { width: 16_384 });
    // 8193 rows of 16 KiB: one row too many.
    const data = { ...wide, name: 'photographs', inputs: new Uint8Array(8193 * 16_384), targets: new Uint32Array(8193), length: 8193 };
    const config = smallConfig({ model: { inputShape: [16_384], layers: [{ type: 'dense', units: 5 }] } });
    await withTrainer(plain, config, async (trainer) => {
      const before = watch.liveBytes;
      for (const work of [() => fitAll(trainer, data, { epochs: 1 }), () => trainer.evaluate(data)]) {
        const error = (await errorOf(work())) as OutOfMemoryError;
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(error.message).toMatch(/photographs: 8193 samples take 134234112 bytes.*134217728.*At most 8192 samples/);
        expect(watch.liveBytes).toBe(before);
        expect(trainer.step).toBe(0);
      }
    });
  } finally {
    await plain.close();
  }
});

describe('a lost device', () => {
  test('while everyone waits: fit, evaluate, save and predict reject with it, later calls are typed, nothing is unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => { unhandled.push(reason); };
    process.on('unhandledRejection', note);
    const own = await openDevice({ software: 'fallback' });
    try {
      const trainer = await Trainer.create(own, smallConfig());
      const whileItLasts = async (call: () => Promise<unknown>): Promise<never> => {
        while (true) await call();
      };
      let isLosing = false;
      const onProgress = (): void => {
        if (!isLosing) setTimeout(() => own.gpu.destroy(), 60); // in the middle of whatever runs then
        isLosing = true;
      };
      const errors = await Promise.all([
        fitAll(trainer, train, { epochs: 100_000, validation, onProgress }),
        whileItLasts(() => trainer.evaluate(validation)), whileItLasts(() => trainer.save()),
        whileItLasts(() => trainer.predict(validation)),
      ].map(errorOf));
      expect(errors[0]).toBeInstanceOf(DeviceLostError);
      // Those that came back once fit was over are told that training was interrupted, and by what.
      for (const error of errors) {
        expect([error, (error as Error).cause].some((one) => one instanceof DeviceLostError)).toBe(true);
      }
      const later = [
        fitAll(trainer, train, { epochs: 1 }), trainer.evaluate(validation), trainer.save(), trainer.predict(validation),
        trainer.parameters(), trainer.setParameters(new Map()), Trainer.create(own, smallConfig()),
      ];
      for (const error of await Promise.all(later.map(errorOf))) {
        expect(error).toBeInstanceOf(GradshaderError);
        expect((error as Error).message).toMatch(/load the last checkpoint/);
      }
      expect(() => trainer.set({ learningRate: 0.1 })).toThrow(GradshaderError);
      trainer.destroy();
      trainer.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
      await own.close();
    }
  });
});

describe('an onProgress that throws', () => {
  const own = new Error('the consumer had enough');

  /** Fits until the callback throws at `step`; the events until then. */
  async function disturbed(trainer: Trainer, step: number): Promise<History> {
    const history: History[number][] = [];
    const events = trainer.fit(train, options({ onProgress: (progress) => { if (progress.step === step) throw own; } }));
    expect(await errorOf((async () => {
      for await (const { seconds: _, imagesPerSecond: __, ...epoch } of events) history.push(epoch);
    })())).toBe(own);
    return history;
  }

  // After the first submit, in the middle of the first epoch, at its end, and in the second.
  test.each([2, 4, STEPS_PER_EPOCH, STEPS_PER_EPOCH + 2])('at step %i ends fit with its error; going on equals the undisturbed run', async (step) => {
    const want = await undisturbed();
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const before = await disturbed(trainer, step);
      // What was in flight is part of the state.
      expect(trainer.step).toBeGreaterThanOrEqual(step);
      expect(trainer.step).toBeLessThanOrEqual(step + 2);
      const file = await trainer.save();
      const goOn = async (next: Trainer): Promise<unknown> => [[...before, ...(await fitAll(next, train, options()))], await tensorBits(next)];
      const loaded = await Trainer.load(device(), file);
      expectSame('saved, loaded and gone on', await goOn(loaded), want);
      loaded.destroy();
      expectSame('gone on', await goOn(trainer), want);
    });
  });
});

test('two callers who evaluate all the time neither stop fit nor change it, and have their turns', async () => {
  const want = await undisturbed();
  await withTrainer(device(), smallConfig(), async (trainer) => {
    await trainer.evaluate(validation); // its pipelines are made
    let ended = false;
    const counts = [0, 0];
    const callers = counts.map(async (_, caller) => {
      while (!ended && counts[caller]! < 500) {
        await trainer.evaluate(validation);
        counts[caller]!++;
      }
    });
    const history = await fitAll(trainer, train, options({ stepsPerSubmit: 1 }));
    ended = true;
    await Promise.all(callers);
    expectSame('fit among callers', [history, await tensorBits(trainer)], want);
    // First come, first served: each caller has at most a turn between two of fit's submits.
    const turns = EPOCHS * (STEPS_PER_EPOCH + 1);
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(EPOCHS);
      expect(count).toBeLessThanOrEqual(turns + 3);
    }
  });
});
