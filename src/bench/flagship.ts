/**
 * The network that every suite measures, 784-1000-500-10 on MNIST-like images (Wu, Hu, Yu 2020, doi
 * 10.12677/csa.2020.106126), and synthetic images to train it on.
 */

import { dataset, type ClassDataset } from '../data/dataset.ts';
import { mlp } from '../model/mlp.ts';
import type { Model } from '../model/model.ts';
import { softmaxCrossEntropy } from '../model/losses/makers.ts';
import { sgd, type Optimizer } from '../model/optimizers/index.ts';
import { l2 } from '../model/regularizers.ts';
import { randomWords, uniforms } from '../random.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';

/** Layer widths, input first. */
export const FLAGSHIP: readonly number[] = [784, 1000, 500, 10];
/** Drop probability of the input of each dense layer. */
export const FLAGSHIP_DROPOUT: readonly number[] = [0.2, 0.5, 0.5];
export const FLAGSHIP_BATCH = 128;
/** Not 1: there a pre-activation so near to 0 turns up that f32 puts it on either side of the ReLU, by the order of its sum. */
export const FLAGSHIP_SEED = 2;
/** The optimizer: `sgd` with momentum and L2 on the weights. */
export const FLAGSHIP_RATES = { learningRate: 0.05, momentum: 0.9, l2: 1e-4 } as const;
/** In words, for tables. */
export const FLAGSHIP_OPTIMIZER = `momentum ${FLAGSHIP_RATES.momentum}, L2 1e-4`;

/** The network of these layer widths, input first, and drop probabilities of the input of each dense layer; 0: no dropout there. */
export function networkOf({ sizes, dropout }: { readonly sizes: readonly number[]; readonly dropout: readonly number[] }): Model {
  const [width, ...units] = sizes, [inputDropout, ...hidden] = dropout.map((rate) => (rate > 0 ? rate : undefined));
  return mlp([width!], units, { dropout: hidden, inputDropout });
}

/** Momentum with L2; a learning rate of 0 computes all the same but leaves weights as they are. */
export const flagshipOptimizer = (learningRate: number = FLAGSHIP_RATES.learningRate): Optimizer =>
  sgd({ learningRate, momentum: FLAGSHIP_RATES.momentum, regularizers: [l2(FLAGSHIP_RATES.l2)] });

/** The flagship with dropout, momentum and L2, batch 128; `changes` replace parts of it. */
export function flagshipConfig(changes: Partial<TrainerConfig> = {}): TrainerConfig {
  return {
    model: networkOf({ sizes: FLAGSHIP, dropout: FLAGSHIP_DROPOUT }),
    loss: softmaxCrossEntropy(), batchSize: FLAGSHIP_BATCH, seed: FLAGSHIP_SEED,
    optimizer: flagshipOptimizer(),
    ...changes,
  };
}

/** Streams of synthetic data, apart from every stream of the library. */
const DATA_STREAM = { patterns: 0x7e00_0000, targets: 0x7e00_0001, blanks: 0x7e00_0002 } as const;

/**
 * Images that can be learnt: each class has a pattern, about a fifth of its bytes not 0 as in handwritten digits, and an
 * image is the pattern of its class with a quarter of the pixels blank. Classes are drawn at random.
 */
export function syntheticImages(length: number, width = FLAGSHIP[0]!, classes = FLAGSHIP.at(-1)!): ClassDataset {
  const patterns = words(classes * width, DATA_STREAM.patterns).map((word) => (word % 5 === 0 ? word >>> 24 : 0));
  const targets = Uint32Array.from(uniforms(length, FLAGSHIP_SEED, DATA_STREAM.targets), (u) => Math.floor(u * classes));
  // Two bits of a word say whether a pixel is blank.
  const bits = words(Math.ceil(length * width / 16), DATA_STREAM.blanks), inputs = new Uint8Array(length * width);
  for (let row = 0, i = 0; row < length; row++) {
    const pattern = targets[row]! * width;
    for (let column = 0; column < width; column++, i++) {
      if (((bits[i >> 4]! >>> (2 * (i & 15))) & 3) !== 0) inputs[i] = patterns[pattern + column]!;
    }
  }
  return dataset({ name: 'synthetic images', inputs, targets, shape: [width], classes });
}

function words(length: number, stream: number): Uint32Array {
  const drawn = new Uint32Array(Math.ceil(length / 4) * 4);
  for (let block = 0; block < drawn.length / 4; block++) drawn.set(randomWords(FLAGSHIP_SEED, stream, 0, block), 4 * block);
  return drawn.subarray(0, length);
}
