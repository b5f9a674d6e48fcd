/** The self-test: right kernels pass it, each wrong one is named, and the trainer is afterwards as it was. */
import { describe, expect, test } from 'vitest';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { ema } from '../../src/model/averaging.ts';
import { adam, ftrl, lamb, lion, rmsprop, sgd } from '../../src/model/optimizers/index.ts';
import { activityL2, l1, maxNorm, orthogonal } from '../../src/model/regularizers.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { SelfTest } from '../../src/train/verify/steps.ts';
import { verifyEngine } from '../../src/train/verify/verify.ts';
import { smallConfig, tensorBits, trainingData, withTrainer, fitAll } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';
import { FAULTS, faultyEngine, type FaultyExecutor } from './faulty.ts';

const device = useDevice();

/** Together they have every kernel that a trainer runs while it trains and evaluates. */
const CONFIGS: Readonly<Record<string, Partial<TrainerConfig>>> = {
  'momentum, fused': { fusion: 'full', averaging: ema(0.9) },
  'adam, by layer': { fusion: 'layer', optimizer: adam({ learningRate: 0.01, regularizers: [l1(1e-3), activityL2(1e-3), maxNorm(2)] }), replicas: [{}, { seed: 5 }] },
  'lamb, apart, accumulating': { optimizer: lamb({ learningRate: 0.01 }), fusion: 'none', accumulate: 3 },
  'orthogonal, skipping': { optimizer: sgd({ learningRate: 0.1, regularizers: [orthogonal(1e-3)] }), onNonFinite: 'skip', fusion: 'none' },
};

async function verified(changes: Partial<TrainerConfig>, prepareFault?: (executor: FaultyExecutor) => void) {
  const { engine, executor } = await faultyEngine(smallConfig(changes));
  const data = trainingData(), resident = await engine.residents.attach(data, 'train');
  await engine.residents.attach(data, 'current');
  if (engine.build.rule.average) await engine.residents.attach(data, 'average');
  prepareFault?.(executor);
  return verifyEngine(new SelfTest(engine, { residents: [resident], trains: true, predicts: await engine.residents.predicting(resident.format, 'current') }));
}

describe('a device that is right', () => {
  const more: typeof CONFIGS = {
    ...CONFIGS, rmsprop: { optimizer: rmsprop({ learningRate: 0.01, centered: true, momentum: 0.9 }) }, ftrl: { optimizer: ftrl({ learningRate: 0.1 }) },
    'a variance that cancels': { optimizer: rmsprop({ learningRate: 0.01, centered: true, alpha: 0.01 }) },
    'lion, clipped': { fusion: 'none', optimizer: lion({ learningRate: 0.01, clip: clipByGlobalNorm(1) }) }, 'one sample': { batchSize: 1, maxStepsPerSubmit: 1 },
  };
  test.each(Object.entries(more))('passes: %s', async (_, changes) => {
    await withTrainer(device(), smallConfig(changes), async (trainer) => {
      const report = await trainer.verify(trainingData());
      expect(report.wrong).toEqual([]);
      expect(report.ok).toBe(true);
      for (const { kernel, worst } of report.kernels) expect(worst, kernel).toBeLessThan(0.9);
    });
  });

  test('has trained the same with a test in between as without', async () => {
    const run = (verifies: boolean) => withTrainer(device(), smallConfig(), async (trainer) => {
      const first = await fitAll(trainer, trainingData(), { epochs: 1, horizon: 2 });
      const before = await tensorBits(trainer);
      if (verifies) {
        await trainer.verify(trainingData());
        expect(await tensorBits(trainer)).toEqual(before);
      }
      return [first, await fitAll(trainer, trainingData(), { epochs: 2 }), await tensorBits(trainer)];
    });
    expect(await run(true)).toEqual(await run(false));
  });
});

test('samples put aside are those of the device, whatever became of the arrays they came from', async () => {
  const run = (verifies: boolean) => withTrainer(device(), smallConfig(), async (trainer) => {
    const data = trainingData(), first = await fitAll(trainer, data, { epochs: 1, horizon: 2 });
    data.inputs.fill(0);
    if (verifies) await trainer.verify(data);
    return [first, await fitAll(trainer, data, { epochs: 2 })];
  });
  expect(await run(true)).toEqual(await run(false));
});

describe.each(Object.entries(CONFIGS))('a wrong kernel is named: %s', (_, changes) => {
  test.each(Object.entries(FAULTS))('%s', async (_name, fault) => {
    const { checked } = await verified(changes);
    for (const { kernel } of new Map(checked.map((one) => [one.kernel, one])).values()) {
      const { wrong } = await verified(changes, (executor) => { executor.faulty = { fault, hits: (dispatch) => dispatch.kernel === kernel }; });
      expect(wrong[0]?.kernel, kernel).toBe(kernel);
    }
  });
});

test('what is wrong only together is seen', async () => {
  const { wrong } = await verified({ fusion: 'none' }, (executor) => {
    executor.faulty = { fault: () => {}, hits: (dispatch, submitted) => submitted > 1 && dispatch.kernel === 'bias-gradient' };
  });
  expect(wrong.map(({ where }) => where)).toContain('layers.0.weight');
  expect(wrong[0]!.label).toMatch(/together/);
});
