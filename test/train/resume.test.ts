/** Stopping a run, by whatever way, and going on: the same history and bits. And asking things of it while it runs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { BadFileError, InputError } from '../../src/errors.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { Trainer } from '../../src/train/trainer.ts';
import {
  fitAll, smallConfig, smallData, STEPS_PER_EPOCH, tensorBits, trainingData, validationData, withTrainer, type History,
} from '../cases/network/support.ts';
import { bundle } from '../hosts/bundle.ts';
import { useDevice } from './device.ts';

const device = useDevice();
// Cosine learning rate, momentum, dropout, L1; two seeds.
const config = smallConfig({ replicas: [{}, { seed: 31, l1: 0 }] });
const EPOCHS = 3;
const whole: FitOptions = { epochs: EPOCHS, validation: validationData() };

interface Trace {
  readonly history: History;
  readonly bits: Record<string, number[]>;
}
let want: Trace;
beforeAll(async () => {
  want = await withTrainer(device(), config, async (trainer) => {
    const history = await fitAll(trainer, trainingData(), whole);
    return { history, bits: await tensorBits(trainer) };
  });
  expect(want.history.length).toBe(EPOCHS);
});

/** Calls fit again and again until all is done; each time it is aborted when `stop` says so. */
async function withAborts(trainer: Trainer, stop: (step: number) => boolean): Promise<{ history: History; aborts: number[] }> {
  const history: History[number][] = [];
  const aborts: number[] = [];
  const data = trainingData();
  while (trainer.step < EPOCHS * STEPS_PER_EPOCH) {
    const controller = new AbortController();
    history.push(...(await fitAll(trainer, data, {
      ...whole, stepsPerSubmit: 1, signal: controller.signal,
      onProgress: ({ step }) => { if (stop(step)) controller.abort(); },
    })));
    if (controller.signal.aborted) aborts.push(trainer.step);
  }
  return { history, aborts };
}

describe('stopping and going on', () => {
  test('by AbortSignal, in the same trainer, at many steps', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const { history, aborts } = await withAborts(trainer, (step) => [1, 4, 6, 11, 13].includes(step));
      // At most the submit already in flight is still finished.
      expect(aborts.length).toBeGreaterThanOrEqual(4);
      expect(aborts[0]).toBeLessThanOrEqual(3);
      expect(history).toEqual(want.history);
      expect(await tensorBits(trainer)).toEqual(want.bits);
    });
  });

  test('by a signal that was aborted before fit began: nothing is trained', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const before = await trainer.hash();
      expect(await fitAll(trainer, trainingData(), { ...whole, signal: AbortSignal.abort() })).toEqual([]);
      expect([trainer.step, await trainer.hash()]).toEqual([0, before]);
      expect(await fitAll(trainer, trainingData(), whole)).toEqual(want.history);
    });
  });

  test('by leaving the loop', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const history: History[number][] = [];
      for await (const { seconds: _seconds, imagesPerSecond: _rate, ...epoch } of trainer.fit(trainingData(), { ...whole, stepsPerSubmit: 1 })) {
        history.push(epoch);
        break;
      }
      expect(trainer.step).toBeLessThan(2 * STEPS_PER_EPOCH);
      history.push(...(await fitAll(trainer, trainingData(), whole)));
      expect(history).toEqual(want.history);
      expect(await tensorBits(trainer)).toEqual(want.bits);
    });
  });

  test('in a fresh process, from the middle of an epoch', async () => {
    const folder = mkdtempSync(join('node_modules', '.resume-test-'));
    try {
      const script = join(folder, 'resume.mjs'), checkpoint = join(folder, 'model.safetensors'), result = join(folder, 'result.json');
      writeFileSync(script, await bundle('test/train/resume-entry.ts', { platform: 'node', external: ['webgpu', '@sparticuz/chromium'] }));
      const before = await withTrainer(device(), config, async (trainer) => {
        const history = await fitAll(trainer, trainingData(), { ...whole, steps: STEPS_PER_EPOCH + 2 });
        writeFileSync(checkpoint, await trainer.save());
        return history;
      });
      const { status, stderr } = spawnSync(process.execPath, [script, checkpoint, result], { encoding: 'utf8', timeout: 60_000 });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const after = JSON.parse(readFileSync(result, 'utf8')) as Trace;
      expect([...before, ...after.history]).toEqual(want.history);
      expect(after.bits).toEqual(want.bits);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('cut by steps and by save and load, with the self-test as it is by default, it is the run without one', async () => {
    let trainer = await Trainer.create(device(), { ...config, verify: 'once' });
    const history: History[number][] = [];
    for (const steps of [2, STEPS_PER_EPOCH, 9]) {
      history.push(...(await fitAll(trainer, trainingData(), { ...whole, steps })));
      const bytes = await trainer.save();
      trainer.destroy();
      trainer = await Trainer.load(device(), bytes);
    }
    history.push(...(await fitAll(trainer, trainingData(), whole)));
    expect({ history, bits: await tensorBits(trainer) }).toEqual(want);
    trainer.destroy();
  });

  test('a horizon that was said is kept by a fit that ends before, also after loading', async () => {
    const file = await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { ...whole, steps: 4, horizon: whole.epochs });
      return trainer.save();
    });
    const trainer = await Trainer.load(device(), file, { verify: 'off' });
    // One epoch only: the rate of its last step is still that of an 18-step cosine.
    const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1 });
    trainer.destroy();
    expect(epoch!.learningRate).toBeCloseTo((0.05 * (1 + Math.cos((Math.PI * 5) / 18))) / 2, 15);
    expect(epoch!.learningRate).toBe(want.history[0]!.learningRate);
  });

  test('in the middle of an epoch another training set is refused, the same length goes on', async () => {
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { ...whole, steps: 2 });
      const refused = fitAll(trainer, smallData(44), whole);
      await expect(refused).rejects.toThrow(InputError);
      await expect(refused).rejects.toThrow(/45 samples.*44/s);
      expect(await fitAll(trainer, trainingData(), whole)).toEqual(want.history);
    });
  });
});

describe('while fit runs', () => {
  test('save, evaluate, predict, parameters and hash do not disturb it, and a save made then resumes to the same end', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const asked: Promise<unknown>[] = [];
      const saves: Promise<Uint8Array<ArrayBuffer>>[] = [];
      // More data sets than are kept on the GPU, so that the one trained on must be spared.
      const others = Array.from({ length: 6 }, (_, id) => smallData(9 + id, { id: 10 + id }));
      const history = await fitAll(trainer, trainingData(), {
        ...whole, stepsPerSubmit: 1,
        onProgress: ({ step }) => {
          if (step % 5 === 2) saves.push(trainer.save());
          asked.push(trainer.evaluate(others[step % 6]!), trainer.predict(others[(step + 1) % 6]!));
          if (step % 4 === 0) asked.push(trainer.parameters(), trainer.hash());
        },
      });
      await Promise.all(asked);
      expect(history).toEqual(want.history);
      expect(await tensorBits(trainer)).toEqual(want.bits);
      expect(saves.length).toBe(4);
      for (const save of saves) {
        const resumed = await Trainer.load(device(), await save, { verify: 'off' });
        const rest = await fitAll(resumed, trainingData(), whole);
        expect(rest).toEqual(want.history.slice(EPOCHS - rest.length));
        expect(await tensorBits(resumed)).toEqual(want.bits);
        resumed.destroy();
      }
    });
  });

  test('a second fit is refused, the first goes on', async () => {
    await withTrainer(device(), config, async (trainer) => {
      let second: Promise<unknown> | undefined;
      const history = await fitAll(trainer, trainingData(), {
        ...whole, onProgress: () => { second ??= fitAll(trainer, trainingData(), whole).catch((error: unknown) => error); },
      });
      expect(await second).toBeInstanceOf(InputError);
      expect(history).toEqual(want.history);
    });
  });

  test('events wait for a slow consumer, training does not', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const steps: number[] = [];
      const epochs: number[] = [];
      for await (const epoch of trainer.fit(trainingData(), whole)) {
        epochs.push(epoch.epoch);
        if (epoch.epoch === 1) while (trainer.step < EPOCHS * STEPS_PER_EPOCH) await new Promise((resolve) => setTimeout(resolve, 5));
        steps.push(trainer.step);
      }
      expect(epochs).toEqual([1, 2, 3]);
      expect(steps).toEqual([18, 18, 18]);
    });
  });

  test('set takes effect at the next submit and is remembered', async () => {
    const change = { learningRate: 0 };
    await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: config.optimizer.hyperparameters['learningRate']! }) }), async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 2, steps: 3 });
      const hash = await trainer.hash();
      trainer.set(change);
      await fitAll(trainer, trainingData(), { epochs: 2, steps: 5 });
      expect(await trainer.hash()).toEqual(hash);
      const loaded = await Trainer.load(device(), await trainer.save(), { verify: 'off' });
      const [epoch] = await fitAll(loaded, trainingData(), { epochs: 1 });
      expect(epoch!.learningRate).toBe(0);
      expect(await loaded.hash()).toEqual(hash);
      loaded.destroy();
    });
  });
});

describe('bad checkpoints', () => {
  test('are refused with the reason, and nothing stays', async () => {
    const file = await withTrainer(device(), config, (trainer) => trainer.save());
    const damaged = (edit: (text: string) => string): Uint8Array => {
      const text = new TextDecoder('latin1').decode(file);
      return Uint8Array.from(edit(text), (character) => character.charCodeAt(0));
    };
    const attempts: [string, Uint8Array, RegExp][] = [
      ['cut off', file.subarray(0, file.length - 4), /./],
      ['no training state', damaged((text) => text.replace('"gradshader.training":', '"gradshader.strainer":')), /no training state/],
      ['format of the future', damaged((text) => text.replace(/"gradshader.format":"\d"/, '"gradshader.format":"9"')), /format version is 9/],
      ['renamed tensor', damaged((text) => text.replace('"layers.0.bias"', '"layers.9.bias"')), /layers.9.bias/],
    ];
    for (const [what, bytes, reason] of attempts) {
      const load = Trainer.load(device(), bytes, 'some.safetensors');
      await expect(load, what).rejects.toThrow(BadFileError);
      await expect(load, what).rejects.toThrow(reason);
      await expect(load, what).rejects.toThrow('some.safetensors');
    }
  });
});
