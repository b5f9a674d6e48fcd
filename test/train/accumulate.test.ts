/** Accumulated gradients are those of the larger batch, each sample counting once. */
import { expect, test } from 'vitest';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam, lamb, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import { InputError } from '../../src/errors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { expectClose } from '../cases/compare.ts';
import { fitAll, smallConfig, trainingData, withTrainer, type History } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const model = sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);

async function trained(config: { optimizer: Optimizer; batchSize: number; accumulate?: number }): Promise<{ history: History; parameters: Map<string, Float32Array>; step: number }> {
  return withTrainer(device(), smallConfig({ model, fusion: 'none', ...config }), async (trainer) => {
    const history = await fitAll(trainer, trainingData(), { epochs: 3 });
    return { history, parameters: await trainer.parameters(), step: trainer.step };
  });
}

const optimizers: Record<string, () => Optimizer> = {
  momentum: () => sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(1e-3)] }),
  'adam, clipped by global norm': () => adam({ learningRate: 0.01, clip: clipByGlobalNorm(0.3) }),
  'lamb with max-norm': () => lamb({ learningRate: 0.02, regularizers: [maxNorm(1)] }),
};

// 45 samples. 3 x 8: groups of 24 and 21, the last batch of 5. 4 x 8: 32 and 13, the last group of two batches. 4 x 1: a last group of one.
test.each(Object.keys(optimizers).flatMap((name) => [[name, 3, 8], [name, 4, 8]] as const).concat([['momentum', 4, 1], ['momentum', 50, 1]] as never))(
  '%s: %i batches of %i samples', async (name, accumulate, batchSize) => {
    const optimizer = optimizers[name]!();
    const parts = await trained({ optimizer, batchSize, accumulate, ...(accumulate > 8 && { maxStepsPerSubmit: accumulate }) });
    const whole = await trained({ optimizer, batchSize: accumulate * batchSize });
    expect(parts.step).toBe(whole.step);
    expect(parts.step).toBe(3 * Math.ceil(45 / (accumulate * batchSize)));
    for (const [i, { loss, accuracy }] of parts.history.entries()) {
      expectClose('loss', [loss], [whole.history[i]!.loss], 1e-5, 0);
      expect(accuracy).toBe(whole.history[i]!.accuracy);
    }
    for (const [tensor, values] of parts.parameters) expectClose(tensor, values, whole.parameters.get(tensor)!, 1e-4, 1e-5);
  });

test('the bits do not depend on how steps are put into submits', async () => {
  const hashes: string[] = [];
  for (const stepsPerSubmit of [1, 2, undefined]) {
    await withTrainer(device(), smallConfig({ accumulate: 2, fusion: 'none' }), async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 3, ...(stepsPerSubmit && { stepsPerSubmit }) });
      hashes.push(...(await trainer.hash()));
    });
  }
  expect(new Set(hashes).size).toBe(1);
});

test.each([[{ accumulate: 0 }, /accumulate must be a whole number/], [{ accumulate: 9 }, /accumulate is 9, more batches than one submit holds/],
  [{ accumulate: 2, fusion: 'layer' }, /accumulating gradients/]] as const)('%j is refused', async (change, message) => {
  const created = Trainer.create(device(), { ...smallConfig({ fusion: 'none' }), ...change });
  await expect(created).rejects.toThrow(InputError);
  await expect(created).rejects.toThrow(message);
});
