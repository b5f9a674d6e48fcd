/** The settings as a configuration for the trainer. */

import {
  adam, l1, l2, mlp, sgd, shuffleTargets, softmaxCrossEntropy, subset,
  type ClassDataset, type MlpOptions, type Optimizer, type TrainerConfig,
} from '../src/index.ts';
import { BATCH_SIZE, SEED, type Settings } from './settings.ts';

/** Two hidden layers, ten classes. */
const UNITS = [1000, 500, 10];

/** Of the inputs and of hidden values, as Srivastava et al. 2014 have it for MNIST. */
const DROPOUT: MlpOptions = { dropout: 0.5, inputDropout: 0.2 };

function optimizerOf({ optimizer, learningRate, regularization }: Settings): Optimizer {
  const penalties = { none: [], dropout: [], l1: [l1(1e-5)], l2: [l2(1e-4)] };
  const regularizers = penalties[regularization];
  return optimizer === 'adam' ? adam({ learningRate, regularizers }) : sgd({ learningRate, momentum: 0.9, regularizers });
}

export const configOf = (settings: Settings): TrainerConfig => ({
  model: mlp([28, 28], UNITS, settings.regularization === 'dropout' ? DROPOUT : {}),
  loss: softmaxCrossEntropy(),
  optimizer: optimizerOf(settings),
  batchSize: BATCH_SIZE,
  seed: SEED,
});

/** The images to train on, their labels permuted if asked for. */
export function trainingSet({ images, shuffled }: Settings, train: ClassDataset): ClassDataset {
  const part = subset(train, { end: Math.min(images, train.length) });
  return shuffled ? shuffleTargets(part, SEED) : part;
}
