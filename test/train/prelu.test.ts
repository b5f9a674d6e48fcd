/** Slopes that are learned, through a trainer: files, resuming, replicas, averages, the self-test. */
import { expect, test } from 'vitest';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { add, dense, dropout, prelu, type Layer } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { activityL1, l2, maxNorm } from '../../src/model/regularizers.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const layers: readonly Layer[] = [dropout(0.2), dense(6), prelu({ per: 'unit' }), dropout(0.3), dense(6), prelu(), dense(5)];
const model = sequential([13], layers);
/** A residual block whose sum is activated, and an activation right on the input. */
const graph: Model = {
  inputShape: [13], layers: [prelu({ per: 'unit' }), dense(6), dense(6), add(), prelu(), dense(5)], inputs: [[-1], [0], [1], [2, 1], [3], [4]],
};
const config = (changes: Partial<TrainerConfig> = {}): TrainerConfig => smallConfig({ model, optimizer: adam({ learningRate: 0.02 }), ...changes });
const run = <T>(changes: Partial<TrainerConfig>, work: (trainer: Trainer) => Promise<T>): Promise<T> => withTrainer(device(), config(changes), work);

test('training goes on from a file with the same bits, and weights alone are read by name', async () => {
  const data = trainingData();
  await run({ averaging: ema(0.9) }, async (trainer) => {
    await fitAll(trainer, data, { epochs: 1 });
    const file = await trainer.save(), slopes = (await trainer.parameters()).get('layers.1.slope')!;
    expect(slopes.shape).toEqual([6]);
    expect((await trainer.parameters()).get('layers.3.slope')!.shape).toEqual([1]);
    // They move, but for a unit that is never below 0.
    expect(slopes.filter((slope) => slope !== 0.25).length).toBeGreaterThan(3);
    const read = readParameters(file);
    expect([...read.get('layers.1.slope')!]).toEqual([...slopes]);
    await fitAll(trainer, data, { epochs: 2 });
    const again = await Trainer.load(device(), file);
    try {
      await fitAll(again, data, { epochs: 2 });
      expect(await again.hash()).toEqual(await trainer.hash());
      await again.setParameters(read);
      expect([...(await again.parameters()).get('layers.1.slope')!]).toEqual([...slopes]);
      expect(() => trainer.summary()).not.toThrow();
      expect(trainer.summary()).toContain('prelu, per unit (layers.1)');
    } finally {
      again.destroy();
    }
  });
});

test('three replicas are three single trainings, bit for bit', async () => {
  const data = trainingData(), replicas: readonly Overrides[] = [{}, { seed: 9, 'layers.1.learningRate': 0.1 }, { learningRate: 0.01, dropout: 0.1 }];
  const slopesOf = (changes: Partial<TrainerConfig>): Promise<number[]> => run(changes, async (trainer) => {
    await fitAll(trainer, data, { epochs: 1 });
    const all = await trainer.parameters();
    return [...all.get('layers.1.slope')!, ...all.get('layers.3.slope')!];
  });
  const all = await slopesOf({ replicas }), singles: number[][] = [];
  for (const replica of replicas) singles.push(await slopesOf({ replicas: [replica] }));
  expect(all).toEqual([...singles.flatMap((own) => own.slice(0, 6)), ...singles.map((own) => own[6]!)]);
  expect(new Set(all.slice(18)).size).toBe(3);
});

test.each<readonly [string, Partial<TrainerConfig>]>([
  ['one for all and one for each', {}],
  ['fused as far as it goes', { fusion: 'full' }],
  ['accumulated, with a clip, skipping', { fusion: 'none', accumulate: 2, batchSize: 4, optimizer: adam({ learningRate: 0.02, clip: clipByGlobalNorm(0.5) }), onNonFinite: 'skip' }],
  ['a join, an input, penalties', { model: graph, optimizer: sgd({ learningRate: 0.05, momentum: 0.9, regularizers: [l2(0.01), activityL1(0.01), maxNorm(1)] }), averaging: ema(0.9) }],
])('the self-test finds nothing: %s', async (_, changes) => {
  await run({ ...changes, replicas: [{}, { seed: 5 }] }, async (trainer) => {
    const report = await trainer.verify(trainingData());
    expect(report.wrong).toEqual([]);
    expect(report.kernels.map(({ kernel }) => kernel)).toEqual(expect.arrayContaining(['slope-gradient', 'slope-total']));
    await fitAll(trainer, trainingData(), { epochs: 1 });
    for (const values of (await trainer.parameters()).values()) expect(values.every(Number.isFinite)).toBe(true);
  });
});
