/** The settings as a configuration for the trainer. */

import {
  adam, dense, dropout, l1, l2, relu, sequential, sgd, shuffleTargets, softmaxCrossEntropy, subset,
  type Dataset, type Layer, type Optimizer, type TrainerConfig,
} from '../src/index.ts';
import { BATCH_SIZE, SEED, type Settings } from './settings.ts';

const HIDDEN = [1000, 500];
const CLASSES = 10;

/** 784-1000-500-10. With dropout: 0.2 of the inputs and 0.5 of the hidden values (Srivastava et al. 2014). */
function layersOf(drop: boolean): Layer[] {
  return [
    ...(drop ? [dropout(0.2)] : []),
    ...HIDDEN.flatMap((units) => [dense(units), relu(), ...(drop ? [dropout(0.5)] : [])]),
    dense(CLASSES),
  ];
}

function optimizerOf({ optimizer, learningRate, regularization }: Settings): Optimizer {
  const penalties = { none: [], dropout: [], l1: [l1(1e-5)], l2: [l2(1e-4)] };
  const regularizers = penalties[regularization];
  return optimizer === 'adam' ? adam({ learningRate, regularizers }) : sgd({ learningRate, momentum: 0.9, regularizers });
}

export const configOf = (settings: Settings): TrainerConfig => ({
  model: sequential([28, 28], layersOf(settings.regularization === 'dropout')),
  loss: softmaxCrossEntropy(),
  optimizer: optimizerOf(settings),
  batchSize: BATCH_SIZE,
  seed: SEED,
});

/** The images to train on, their labels permuted if asked for. */
export function trainingSet({ images, shuffled }: Settings, train: Dataset): Dataset {
  const part = subset(train, { end: Math.min(images, train.length) });
  return shuffled ? shuffleTargets(part, SEED) : part;
}
