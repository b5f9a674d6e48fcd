/** What the checkpoints of format 2 kept in format-2.json were trained with, by the gradshader before layers became ops. */
import type { ClassDataset } from '../../src/data/dataset.ts';
import { ema } from '../../src/model/averaging.ts';
import { adam, ftrl, lamb, sgd } from '../../src/model/optimizers/index.ts';
import { activityL2, l1, l2, maxNorm, orthogonal } from '../../src/model/regularizers.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { smallConfig, smallData, trainingData, validationData } from '../cases/network/support.ts';

/** Saved at step 8 of 18 (accumulating, 4 of 9): in the middle of the second of three epochs of six batches. */
export const OPTIONS: FitOptions = { epochs: 3, validation: validationData(), keepBest: 'loss' };
export const trainOn = (): ClassDataset => trainingData();
export const predictOn = (): ClassDataset => smallData(11, { id: 3 });

export const TRAININGS: Readonly<Record<string, () => TrainerConfig>> = {
  cumulative: () => smallConfig({
    optimizer: sgd({ learningRate: cosine(0.1), momentum: 0.9, regularizers: [l1(1e-3, { rule: 'cumulative' }), maxNorm(2)] }),
    replicas: [{}, { 'layers.1.l1': 1e-2 }, { seed: 9, dropout: 0 }],
  }),
  ftrl: () => smallConfig({ optimizer: ftrl({ learningRate: 0.2, regularizers: [l1(1e-3), l2(1e-3)] }), fusion: 'full' }),
  adam: () => smallConfig({
    optimizer: adam({ learningRate: 0.01, weightDecay: 0.01, regularizers: [activityL2(1e-3)] }), averaging: ema(0.9), fusion: 'full', replicas: [{}, { beta1: 0.8 }],
  }),
  lamb: () => smallConfig({ optimizer: lamb({ learningRate: 0.02, weightDecay: 0.01 }), fusion: 'none', onNonFinite: 'skip' }),
  orthogonal: () => smallConfig({ optimizer: sgd({ learningRate: 0.05, regularizers: [orthogonal(1e-2)] }), fusion: 'none', accumulate: 2 }),
};
