/** The self-test beside a training that goes on, and what comes wrong only then. */
import { expect, test } from 'vitest';
import { openDevice } from '../../src/device/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { ema } from '../../src/model/averaging.ts';
import { fitAll, smallConfig, tensorBits, validationData, withTrainer } from '../cases/network/support.ts';
import { zeroAll } from '../faults/wgsl.ts';
import { useDevice } from '../train/device.ts';
import { data, errorOf, useBench } from './bench.ts';

const { device, faulty } = useBench(), real = useDevice();
const config = (changes: Partial<TrainerConfig> = {}): TrainerConfig => smallConfig({ verify: 'once', fusion: 'none', averaging: ema(0.9), ...changes });
const validation = validationData();

test('sets are evaluated, predicted and verified between epochs and within one, and the training is as it would have been', async () => {
  const run = (isDisturbed: boolean) => withTrainer(device(), config(), async (trainer) => {
    const history: unknown[] = [];
    for await (const { seconds: _, imagesPerSecond: __, ...epoch } of trainer.fit(data, { epochs: 3, validation, stepsPerSubmit: 1 })) {
      history.push(epoch);
      if (!isDisturbed) continue;
      await trainer.evaluate(data);
      await trainer.evaluate(data, { weights: 'average' });
      await trainer.predict(data);
      expect((await trainer.verify(data)).ok).toBe(true);
    }
    return [history, await tensorBits(trainer)];
  });
  expect(await run(true)).toEqual(await run(false));
});

test('a test within an epoch leaves its order', async () => {
  const run = (verifies: boolean) => withTrainer(device(), config(), async (trainer) => {
    let verified: Promise<unknown> | undefined;
    const history = await fitAll(trainer, data, {
      epochs: 2, stepsPerSubmit: 1, onProgress: ({ step }) => { if (verifies && step === 2) verified = trainer.verify(data); },
    });
    await verified;
    return [history, await tensorBits(trainer)];
  });
  expect(await run(true)).toEqual(await run(false));
});

const wrongFrom = (step: number) => ({ step: now }: { step: number }): void => {
  if (now === step) faulty().inject(({ kernel }) => kernel === 'dense-weight-gradient', ({ run, site }) => run({ code: zeroAll(site.code) }));
};

test('what comes wrong in the first training is an error, and nothing takes the place of what trained on it', async () => {
  await withTrainer(device(), config(), async (trainer) => {
    const error = await errorOf(fitAll(trainer, data, { epochs: 4, stepsPerSubmit: 1, onProgress: wrongFrom(1) }));
    expect(error).toMatchObject({ code: 'wrong-result', message: expect.stringMatching(/^Steps that were right before/) });
    expect(trainer.fallback).toBeUndefined();
    await expect(trainer.save()).rejects.toMatchObject({ code: 'interrupted' });
  });
});

test('a test at the end of an epoch that finds no memory ends the training, which is saved and goes on as if nothing had been', async () => {
  const { gpu } = real(), room = { left: Infinity };
  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    if (descriptor.label === 'read' && room.left-- <= 0) throw new RangeError('createBuffer failed, size is too large');
    return gpu.createBuffer(descriptor);
  };
  const full = await openDevice({ device: new Proxy(gpu, {
    get: (_, name) => { const own: unknown = name === 'createBuffer' ? createBuffer : Reflect.get(gpu, name, gpu); return typeof own === 'function' ? own.bind(gpu) : own; },
  }) });
  const want = await withTrainer(full, config(), async (trainer) => {
    await fitAll(trainer, data, { epochs: 3 });
    return tensorBits(trainer);
  });
  // The first reads what is to be kept; behind it drawn numbers lie where the trainer's were.
  for (const fails of [0, 1, 2]) {
    await withTrainer(full, config(), async (trainer) => {
      const error = await errorOf(fitAll(trainer, data, { epochs: 3, onProgress: ({ step }) => { if (step === 12) room.left = fails; } }));
      room.left = Infinity;
      expect(error).toMatchObject({ code: 'out-of-memory', message: expect.stringMatching(/no memory for a buffer to read results with \(\d+ bytes\): createBuffer failed, size is too large\. Use/) });
      const again = await Trainer.load(full, await trainer.save());
      for (const one of [trainer, again]) await fitAll(one, data, { epochs: 3 });
      expect(await tensorBits(trainer)).toEqual(want);
      expect(await tensorBits(again)).toEqual(want);
      again.destroy();
    });
  }
});

/** Ways for a training to end before its epoch does. */
const inMidEpoch: Record<string, (trainer: Trainer, onProgress: (progress: { step: number }) => void) => Promise<unknown>> = {
  steps: (trainer, onProgress) => fitAll(trainer, data, { epochs: 1, steps: 4, stepsPerSubmit: 1, onProgress }),
  'a signal': (trainer, onProgress) => {
    const controller = new AbortController();
    return fitAll(trainer, data, {
      epochs: 1, stepsPerSubmit: 1, signal: controller.signal, onProgress: ({ step }) => { onProgress({ step }); if (step === 3) controller.abort(); },
    });
  },
  'a loop that is left': async (trainer, onProgress) => {
    let left: Promise<unknown> | undefined;
    const run = trainer.fit(data, { epochs: 1, stepsPerSubmit: 1, onProgress: ({ step }) => { onProgress({ step }); if (step === 3) left = run.return(); } });
    await run;
    await left;
  },
  'a callback that throws': (trainer, onProgress) => fitAll(trainer, data, {
    epochs: 1, stepsPerSubmit: 1, onProgress: ({ step }) => { onProgress({ step }); if (step === 3) throw new Error('Enough.'); },
  }).catch((error: unknown) => { if ((error as Error).message !== 'Enough.') throw error; }),
  'a divergence': (trainer, onProgress) => fitAll(trainer, data, {
    epochs: 1, stepsPerSubmit: 1, onProgress: ({ step }) => { onProgress({ step }); if (step === 2) trainer.set({ learningRate: 1e38 }); },
  }).catch((error: unknown) => { if ((error as Error).name !== 'NonFiniteError') throw error; }),
};

test.each(Object.entries(inMidEpoch))('what comes wrong before a training is ended in mid-epoch by %s is an error, and is not saved', async (_, end) => {
  for (const isWrong of [false, true]) {
    await withTrainer(device(), config({ averaging: undefined as never }), async (trainer) => {
      const ended = end(trainer, isWrong ? wrongFrom(1) : () => {});
      if (isWrong) await expect(ended).rejects.toMatchObject({ code: 'wrong-result', message: expect.stringMatching(/^Steps that were right before/) });
      else await ended;
      expect(trainer.epoch).toBe(0);
      const saved = await trainer.save().then(() => 'saved', (error: { code: string }) => error.code);
      expect(saved).toBe(isWrong ? 'interrupted' : 'saved');
    });
  }
});

test('what evaluates or predicts wrongly only later is an error', async () => {
  const trainer = await Trainer.create(device(), config());
  const works = [() => trainer.evaluate(data), () => trainer.predict(data)];
  for (const work of works) await work();
  faulty().inject(({ kernel }) => kernel.startsWith('softmax'), ({ run, site }) => run({ code: zeroAll(site.code) }));
  for (const work of works) expect(await errorOf(work())).toMatchObject({ code: 'wrong-result', message: expect.stringMatching(/^Steps that were right before/) });
  trainer.destroy();
});

test('a training that is ended while other tiles are tested takes none of them', async () => {
  await withTrainer(device(), config({ tiles: undefined as never }), async (trainer) => {
    const { config: before } = trainer, controller = new AbortController();
    let begun = 0;
    faulty().inject(({ kernel }) => kernel === 'dense-weight-gradient', ({ run, site }) => run({ code: zeroAll(site.code) }));
    await errorOf(fitAll(trainer, data, { epochs: 1, signal: controller.signal, onVerify: ({ done }) => { if (done === 0 && ++begun === 2) controller.abort(); } }).then(() => { throw new Error('stopped'); }));
    expect(trainer).toMatchObject({ config: before, fallback: undefined, step: 0 });
  });
});
