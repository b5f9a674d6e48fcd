/** What a trainer says of itself: layers as a table, and its memory to the byte, before it is made and after. */
import { describe, expect, test } from 'vitest';
import { dense, dropout, relu, sequential } from '../../src/model/layers.ts';
import { softmaxCrossEntropy } from '../../src/model/losses.ts';
import { adam, sgd } from '../../src/model/optimizers.ts';
import { prepare, type TrainerConfig } from '../../src/train/config.ts';
import { estimateMemory } from '../../src/train/estimate.ts';
import { summaryOf } from '../../src/train/summary.ts';
import { fitAll, QUICK_TILES, smallConfig, smallData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();

const FLAGSHIP = `
layer             shape            parameters
dropout 0.2       [784]                     0
dense (layers.0)  [784] -> [1000]     785 000
relu              [1000]                    0
dropout 0.5       [1000]                    0
dense (layers.1)  [1000] -> [500]     500 500
relu              [500]                     0
dense (layers.2)  [500] -> [10]         5 010
1 290 510 parameters, momentum, batch 128, 1 replica, 20.5 MiB on the GPU
`.trim();

const TINY = `
layer             shape       parameters
dense (layers.0)  [6] -> [2]          14
14 parameters, adam, batch 3, 2 replicas, 0.0 MiB on the GPU
`.trim();

describe('summary', () => {
  test('the flagship network', () => {
    const model = sequential([28, 28], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dense(10)]);
    const prepared = prepare({ model, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }, 'software');
    expect(summaryOf(prepared, { total: 20.5 * 2 ** 20 })).toBe(FLAGSHIP);
  });

  test('one layer and two replicas, by the trainer itself', async () => {
    const config: TrainerConfig = {
      model: sequential([2, 3], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: adam(), batchSize: 3, replicas: [{}, { seed: 2 }],
      tiles: QUICK_TILES, maxStepsPerSubmit: 1,
    };
    expect(await withTrainer(device(), config, async (trainer) => trainer.summary())).toBe(TINY);
  });
});

describe('memory', () => {
  const [train, validation] = [smallData(45), smallData(21, { id: 2 })];
  // u8 rows of 13 take 16 bytes, a label 4, a permutation 4 a sample and seed.
  const RUNS = [
    { name: 'R = 1', replicas: [{}], data: 45 * 20 + 45 * 4 + 21 * 20 },
    { name: 'R = 3 of two seeds', replicas: [{}, { seed: 5 }, { dropout: 0 }], data: 45 * 20 + 2 * 45 * 4 + 21 * 20 },
  ] as const;

  describe.each(RUNS)('$name', ({ replicas, data }) => {
    test.each(['none', 'layer', 'full'] as const)('fusion %s: the estimate is what the trainer takes', async (fusion) => {
      const config = smallConfig({ replicas, fusion, optimizer: adam() });
      const estimate = estimateMemory(config, { train, evaluate: [validation], adapter: 'software' });
      await withTrainer(device(), config, async (trainer) => {
        await fitAll(trainer, train, { epochs: 1, steps: 6, validation });
        expect(trainer.memory()).toEqual(estimate);
        // The same sets once more cost nothing.
        await trainer.evaluate(validation);
        await trainer.evaluate(train);
        expect(trainer.memory()).toEqual(estimate);
      });
      // 13-11-7-5 in chunks of 256 floats: every tensor fits one.
      const arena = 4 * replicas.length * 6 * 256;
      expect(estimate).toMatchObject({ parameters: arena, state: 2 * arena, snapshot: 3 * arena });
      expect(estimate.gradients).toBe(fusion === 'none' ? arena : undefined);
      const predicting = 8 * (4 * 16 + 4); // a batch of f32 rows of 13, padded, and labels
      expect(estimate.data).toBe(data + predicting);
      const { total, ...parts } = estimate;
      expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
    });
  });

  test('without data it is the trainer as it was made; sets given twice count once', async () => {
    const config = smallConfig();
    const bare = estimateMemory(config, { adapter: 'software' });
    expect(await withTrainer(device(), config, async (trainer) => trainer.memory())).toEqual(bare);
    const twice = estimateMemory(config, { train, evaluate: [train, validation, validation], adapter: 'software' });
    expect(twice.total - bare.total).toBe(RUNS[0].data);
  });
});
