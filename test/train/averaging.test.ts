/** Running averages of the weights: what they are, and everything that can be done with them. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { ema, swa, type Averaging } from '../../src/model/averaging.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { expectClose } from '../cases/compare.ts';
import { fitAll, smallConfig, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const STEPS = 14;

type Parameters = Map<string, Float32Array>;
const inDouble = (parameters: Parameters): Map<string, Float64Array> =>
  new Map([...parameters].map(([name, values]) => [name, Float64Array.from(values)]));

/** Averages after each update, in double, by their definitions: not by recurrences of ours. */
const definitions: Record<string, [Averaging, (weights: readonly number[]) => number]> = {
  // sum over k of (1 - d) d^(t - k) w_k, the first with the weight d^(t - 1)
  'exponential': [ema(0.7), (w) => w.reduce((sum, one, k) => sum + (k === 0 ? 0.7 ** (w.length - 1) : 0.3 * 0.7 ** (w.length - 1 - k)) * one, 0)],
  'mean of every second from the fifth': [swa({ start: 5, every: 2 }), (w) => {
    const counted = w.filter((_, k) => k + 1 >= 5 && (k + 1 - 5) % 2 === 0);
    return counted.length === 0 ? w.at(-1)! : counted.reduce((a, b) => a + b, 0) / counted.length;
  }],
};

const rules: Record<string, Partial<TrainerConfig>> = {
  'fused': { fusion: 'layer', optimizer: sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(1e-3)] }) },
  'fused whole': { fusion: 'full', optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  'after a rule on units': { fusion: 'none', optimizer: sgd({ learningRate: 0.1, regularizers: [maxNorm(0.8)] }) },
};

describe.each(Object.entries(definitions))('%s', (_, [averaging, average]) => {
  test.each(Object.entries(rules))('%s', async (_name, rule) => {
    await withTrainer(device(), smallConfig({ averaging, ...rule }), async (trainer) => {
      expect(await trainer.parameters({ weights: 'average' })).toEqual(await trainer.parameters());
      const seen: Map<string, Float64Array>[] = [];
      for (let steps = 1; steps <= STEPS; steps++) {
        await fitAll(trainer, trainingData(), { epochs: 3, steps });
        seen.push(inDouble(await trainer.parameters()));
        for (const [name, got] of await trainer.parameters({ weights: 'average' })) {
          const want = Float64Array.from(got, (_value, i) => average(seen.map((weights) => weights.get(name)![i]!)));
          expectClose(`${name} after ${steps}`, got, want, 4e-6, 1e-7);
        }
      }
    });
  });
});

describe('can be used as weights', () => {
  const config = smallConfig({ averaging: ema(0.8), replicas: [{}, { seed: 12 }] });

  test('evaluate, predict, parameters and save; the trained weights stay as they are', async () => {
    await withTrainer(device(), config, async (trainer) => {
      const [data, validation] = [trainingData(), validationData()];
      const history = await fitAll(trainer, data, { epochs: 2, validation });
      const hash = await trainer.hash();
      const parameters = await trainer.parameters({ weights: 'average' });
      const evaluation = await trainer.evaluate(validation, { weights: 'average' });
      const logits = await trainer.predict(validation, { weights: 'average', logits: true });
      const file = await trainer.save({ weights: 'average' });
      expect(await trainer.hash()).toEqual(hash);
      expect(evaluation).toEqual(history[1]!.replicas.map(({ averaged }) => averaged));
      expect(await trainer.evaluate(validation)).toEqual(history[1]!.replicas.map(({ validation: own }) => own));
      expect(evaluation).not.toEqual(await trainer.evaluate(validation));
      expect(history[1]!.averaged).toEqual(history[1]!.replicas[0]!.averaged);
      // The same weights as weights of their own, set and loaded.
      await withTrainer(device(), smallConfig({ replicas: config.replicas! }), async (plain) => {
        await plain.setParameters(parameters);
        expect(await plain.evaluate(validation)).toEqual(evaluation);
        expect(await plain.predict(validation, { logits: true })).toEqual(logits);
      });
      expect(readParameters(file)).toEqual(parameters);
      const loaded = await Trainer.load(device(), file, { verify: 'off' });
      expect(await loaded.parameters()).toEqual(parameters);
      loaded.destroy();
    });
  });

  test('parameters that are set are averages of themselves', async () => {
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 1 });
      const before = await trainer.parameters({ weights: 'average' });
      const own = new Map([['layers.1.bias', Float32Array.from({ length: 14 }, (_, i) => i / 8)]]);
      await trainer.setParameters(own);
      const after = await trainer.parameters({ weights: 'average' });
      expect(after.get('layers.1.bias')).toEqual(own.get('layers.1.bias'));
      expect(after.get('layers.1.weight')).toEqual(before.get('layers.1.weight'));
    });
  });

  test('without averaging they are refused, by name', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const asked = [
        () => trainer.evaluate(validationData(), { weights: 'average' }), () => trainer.predict(validationData(), { weights: 'average' }),
        () => trainer.parameters({ weights: 'average' }), () => trainer.save({ weights: 'average' }),
      ];
      for (const ask of asked) {
        await expect(ask()).rejects.toThrow(InputError);
        await expect(ask()).rejects.toThrow(/averaging: ema\(\)/);
      }
      await expect(trainer.evaluate(validationData(), { weights: 'best' as 'average' })).rejects.toThrow(/'current' or 'average', got "best"/);
      await expect(trainer.parameters({ weights: 'worst' as 'best' })).rejects.toThrow(/'best', got "worst"/);
      const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1, validation: validationData() });
      expect(epoch).not.toHaveProperty('averaged');
    });
  });
});
