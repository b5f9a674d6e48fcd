/** The self-test beside a training that goes on, and what comes wrong only then. */
import { expect, test } from 'vitest';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { ema } from '../../src/model/averaging.ts';
import { fitAll, smallConfig, tensorBits, validationData, withTrainer } from '../cases/network/support.ts';
import { zeroAll } from '../faults/wgsl.ts';
import { data, errorOf, useBench } from './bench.ts';

const { device, faulty } = useBench();
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
