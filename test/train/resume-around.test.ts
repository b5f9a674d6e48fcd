/** Everything around the step is where it was after save and load: history and bits equal the uncut run's. */
import { expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { ema, swa } from '../../src/model/averaging.ts';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { adam, ftrl, sgd } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import { custom, plateau, warmUp } from '../../src/model/schedules/index.ts';
import { smallConfig, trainingData, validationData } from '../cases/network/support.ts';
import { expectSameWhenCut, type Run } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const options = { epochs: 4, validation: validationData() };
const fusion = 'none';

/** f32 inputs, one sample of them not a number. */
function spoilt(row: number): ClassDataset {
  const data = trainingData();
  const inputs = Float32Array.from(data.inputs, (x) => x / 255);
  inputs.fill(NaN, 13 * row, 13 * (row + 1));
  return dataset({ inputs, targets: data.targets, shape: [13], classes: 5, name: 'spoilt data' });
}

const halves = (step: number, steps: number): number => (2 * step < steps ? 0.1 : 0.05);

const runs: Record<string, Run & { cuts: number[] }> = {
  'accumulated gradients with an exponential average': {
    config: smallConfig({ fusion, accumulate: 4, averaging: ema(0.8), replicas: [{}, { seed: 9, learningRate: 0.02 }] }),
    train: trainingData(), options, cuts: [1, 2, 5], // two updates an epoch
  },
  'a mean of the weights, in the fused update, with max-norm': {
    config: smallConfig({ averaging: swa({ start: 7, every: 3 }), optimizer: sgd({ learningRate: 0.1, regularizers: [maxNorm(1)] }) }),
    train: trainingData(), options, cuts: [5, 9, 12],
  },
  'updates left out, and clipping': {
    config: smallConfig({ fusion, onNonFinite: 'skip', optimizer: adam({ learningRate: 0.02, clip: clipByGlobalNorm(0.5) }), replicas: [{}, { seed: 8, clip: 0.1 }] }),
    train: spoilt(17), options, cuts: [4, 6, 13],
  },
  'a plateau behind a warm-up': {
    config: smallConfig({
      optimizer: sgd({ learningRate: warmUp(plateau(0.4, { factor: 0.5, patience: 1, threshold: 0.1 }), { steps: 4 }), momentum: 0.8 }),
      replicas: [{}, { seed: 6, learningRate: plateau(1, { factor: 0.3, patience: 1, threshold: 0.2, monitor: 'accuracy' }) }],
    }),
    train: trainingData(), options: { ...options, epochs: 6 }, cuts: [3, 18, 28],
  },
  'functions, one of them set later': {
    config: smallConfig({ optimizer: sgd({ learningRate: custom('halves', halves), momentum: 0.9, regularizers: [l1(1e-3)] }) }),
    train: trainingData(), options, cuts: [3, 9, 14],
    change: { step: 9, by: (trainer) => trainer.set({ l1: custom('rises', (step) => 1e-4 * step), 'layers.1.learningRate': 0.01 }) },
    schedules: { halves, rises: (step: number) => 1e-4 * step },
  },
  'cumulative L1 under a falling learning rate': {
    config: smallConfig({ optimizer: sgd({ learningRate: custom('halves', halves), regularizers: [l1(3e-3, { rule: 'cumulative' })] }), replicas: [{}, { l1: 1e-3 }] }),
    train: trainingData(), options, cuts: [3, 9], schedules: { halves },
    change: { step: 8, by: (trainer) => trainer.set({ l1: 1e-2 }, 1) },
  },
  'FTRL, which looks back at its last learning rate': {
    config: smallConfig({ optimizer: ftrl({ learningRate: 0.3, regularizers: [l1(1e-2)] }) }),
    train: trainingData(), options, cuts: [5, 9, 10],
    change: { step: 9, by: (trainer) => trainer.set({ learningRate: 0.05 }) },
  },
  'early stopping, best weights and an average': {
    config: smallConfig({
      averaging: ema(0.5), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), replicas: [{}, { learningRate: 2, seed: 4 }, { learningRate: 0.6 }],
    }),
    train: trainingData(), options: { ...options, epochs: 7, earlyStopping: { patience: 2 } }, cuts: [9, 18, 26],
  },
};

test.each(Object.entries(runs))('%s', async (name, { cuts, ...run }) => {
  const { history, bits } = await expectSameWhenCut(device(), run, cuts);
  // The feature was there at all: a run without it would be cut as well.
  const seen: Record<string, () => unknown> = {
    'accumulated gradients with an exponential average': () => history.length === 4 && history[3]!.step === 8 && history[3]!.averaged,
    'a mean of the weights, in the fused update, with max-norm': () => 'average.layers.2.weight' in bits,
    'updates left out, and clipping': () => history[3]!.replicas.every(({ skipped }) => skipped === 4),
    'a plateau behind a warm-up': () => history.at(-1)!.replicas.every(({ learningRate }) => learningRate < 0.4),
    'functions, one of them set later': () => history[3]!.learningRate === 0.05,
    'cumulative L1 under a falling learning rate': () => 'optimizer.cumulative.layers.0.weight' in bits,
    'FTRL, which looks back at its last learning rate': () => history[3]!.learningRate === 0.05,
    'early stopping, best weights and an average': () =>
      'best.layers.0.bias' in bits && history.at(-1)!.replicas.some(({ stopped }) => stopped && stopped.epoch < 7) && history.at(-1)!.epoch === 7,
  };
  expect(seen[name]!(), JSON.stringify(history.at(-1))).toBeTruthy();
});
