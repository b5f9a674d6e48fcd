/** What a trainer says of itself: layers as a table, and its memory to the byte, before it is made and after. */
import { describe, expect, test } from 'vitest';
import { add, dense, dropout, relu, sigmoid } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { meanSquaredError, softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { normalize } from '../../src/model/normalize-maker.ts';
import { dataset } from '../../src/data/dataset.ts';
import { ema, swa } from '../../src/model/averaging.ts';
import { clipByNorm } from '../../src/model/clip.ts';
import { adam, amsgrad, ftrl, lamb, sgd } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import type { MemoryReport } from '../../src/scheduler/buffers.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { estimateMemory } from '../../src/train/estimate.ts';
import { summaryOf } from '../../src/train/summary.ts';
import { fitAll, QUICK_TILES, smallConfig, smallData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
/** Bytes of 13-11-7-5 in chunks of 1024 floats: every tensor fits one. */
const ARENA = 4 * 6 * 1024;

const FLAGSHIP = `
layer             shape            parameters
dropout 0.2       [784]                     0
dense (layers.0)  [784] -> [1000]     785 000
relu              [1000]                    0
dropout 0.5       [1000]                    0
dense (layers.1)  [1000] -> [500]     500 500
relu              [500]                     0
dense (layers.2)  [500] -> [10]         5 010
1 290 510 parameters, softmax-cross-entropy, momentum, batch 128, 1 replica, 20.5 MiB on the GPU
`.trim();

const TINY = `
layer             shape       parameters
dense (layers.0)  [6] -> [2]          14
14 parameters, softmax-cross-entropy, adam, batch 3, 2 replicas, 0.1 MiB on the GPU
`.trim();

describe('summary', () => {
  test('the flagship network', () => {
    const model = sequential([28, 28], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dense(10)]);
    const prepared = prepare({ model, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }, 'software');
    expect(summaryOf(prepared, { total: 20.5 * 2 ** 20 })).toBe(FLAGSHIP);
  });

  test('branches and joins say what they read', () => {
    const model = { inputShape: [6], layers: [dense(6), sigmoid(), add(), dense(2)], inputs: [[-1], [0], [1, -1], [2]] };
    const prepared = prepare({ model, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }) }, 'software');
    expect(summaryOf(prepared, { total: 0 }).split('\n').slice(0, 5).map((line) => line.trimEnd())).toEqual([
      'layer             shape       parameters',
      'dense (layers.0)  [6] -> [6]          42',
      'sigmoid           [6]                  0',
      'add of 1, input   [6]                  0',
      'dense (layers.1)  [6] -> [2]          14',
    ]);
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
      const arena = replicas.length * ARENA;
      expect(estimate).toMatchObject({ parameters: arena, state: 2 * arena, snapshot: 3 * arena });
      expect(estimate.gradients).toBe(fusion === 'none' ? arena : undefined);
      const predicting = 8 * (4 * 16 + 4); // a batch of f32 rows of 13, padded, and labels
      expect(estimate.data).toBe(data + predicting);
      const { total, ...parts } = estimate;
      expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
    });
  });

  test('samples that are their own targets have no labels, and a buffer for them', async () => {
    const own = dataset({ inputs: train.inputs, shape: [13], targets: 'inputs' }), model = sequential([13], [dense(3), relu(), dense(13)]);
    const config = smallConfig({ model, loss: meanSquaredError(), replicas: [{}], normalize: normalize() });
    await withTrainer(device(), config, async (trainer) => {
      await trainer.fit(own, { epochs: 1 });
      expect(trainer.memory()).toEqual(estimateMemory(config, { train: own, adapter: 'software' }));
    });
  });

  const skip = { onNonFinite: 'skip' } as const;
  test.each<[string, Partial<TrainerConfig>, Partial<MemoryReport>]>([
    // 6 tensors of a chunk each, 3 state slots; norms of 32 groups per tensor and two counts per replica in the metrics.
    ['skipping and clipping by norm', { optimizer: amsgrad({ clip: clipByNorm(1) }), ...skip }, { state: 3 * ARENA, gradients: ARENA, snapshot: 4 * ARENA }],
    ['LAMB, accumulated and averaged', { optimizer: lamb(), accumulate: 2, averaging: swa({ start: 2 }) }, { state: 3 * ARENA, gradients: ARENA }],
    ['max-norm, averaged', { optimizer: sgd({ learningRate: 0.1, regularizers: [maxNorm(1)] }), averaging: ema(0.5) }, { state: ARENA, snapshot: 2 * ARENA }],
    ['cumulative l1 and two replicas', {
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(1e-3, { rule: 'cumulative' })] }), replicas: [{}, { l1: 0 }],
    }, { parameters: 2 * ARENA, state: 4 * ARENA }],
    ['FTRL in one dispatch', { optimizer: ftrl({ learningRate: 0.1 }), fusion: 'full' }, { state: 2 * ARENA }],
  ])('%s: the estimate is what the trainer takes', async (_, changes, want) => {
    const { fusion: __, ...rest } = smallConfig();
    const config: TrainerConfig = { ...rest, ...changes };
    const estimate = estimateMemory(config, { train, evaluate: [validation], adapter: 'software' });
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, train, { epochs: 1, validation });
      expect(trainer.memory()).toEqual(estimate);
    });
    expect(estimate).toMatchObject(want);
  });

  test('what norms and skips take, by hand', () => {
    const { fusion: __, ...rest } = smallConfig({ replicas: [{}, {}, {}] });
    const [plain, norms] = [{ ...rest, fusion: 'none' as const }, { ...rest, ...skip }].map((config) => estimateMemory(config, { adapter: 'software' }));
    // Per replica: 6 tensors x 32 groups x 16 bytes and two counts; once: offset and length of each tensor.
    expect(norms!.metrics! - plain!.metrics!).toBe(3 * (6 * 32 * 16 + 8));
    expect(norms!.tables! - plain!.tables!).toBe(6 * 8);
  });

  test('without data it is the trainer as it was made; sets given twice count once', async () => {
    const config = smallConfig();
    const bare = estimateMemory(config, { adapter: 'software' });
    expect(await withTrainer(device(), config, async (trainer) => trainer.memory())).toEqual(bare);
    const twice = estimateMemory(config, { train, evaluate: [train, validation, validation], adapter: 'software' });
    expect(twice.total - bare.total).toBe(RUNS[0].data);
  });
});
