/** What the visitor chooses, and how long it will take. Pure; the page and the worker share it. */

import type { AdapterState } from '../src/index.ts';

export interface Settings {
  readonly regularization: 'none' | 'l1' | 'l2' | 'dropout';
  readonly optimizer: 'adam' | 'momentum';
  readonly learningRate: number;
  readonly epochs: number;
  /** The first so many of the 60,000 training images. */
  readonly images: number;
  /** Train on permuted labels: the control experiment. */
  readonly shuffled: boolean;
}

export const BATCH_SIZE = 128;
export const TEST_IMAGES = 10_000;
export const SEED = 1;

export const LEARNING_RATES: Readonly<Record<Settings['optimizer'], number>> = { adam: 0.001, momentum: 0.05 };

export const REGULARIZATIONS: Readonly<Record<Settings['regularization'], string>> = {
  none: 'none', l1: 'L1', l2: 'L2', dropout: 'dropout',
};
export const OPTIMIZERS: Readonly<Record<Settings['optimizer'], string>> = { adam: 'Adam', momentum: 'SGD momentum' };

/** A software adapter needs a minute per epoch of all images, so it, or what may be one, is offered a tenth of them. */
export const DEFAULTS: Readonly<Record<AdapterState, Pick<Settings, 'images' | 'epochs'>>> = {
  software: { images: 6_000, epochs: 3 },
  unknown: { images: 6_000, epochs: 3 },
  hardware: { images: 60_000, epochs: 5 },
};

/** Before anything was measured: SwiftShader on two to four cores; an integrated GPU. */
export const ASSUMED_STEP_MILLISECONDS = { software: 150, unknown: 150, hardware: 5 } as const;

export const stepsPerEpoch = (images: number): number => Math.ceil(images / BATCH_SIZE);

/**
 * Seconds for the remaining steps of training and the test after each epoch. A test step is the forward product
 * only: a third of a training step.
 */
export function expectedSeconds(steps: number, epochs: number, stepMilliseconds: number): number {
  const testSteps = Math.ceil(TEST_IMAGES / BATCH_SIZE) / 3;
  return ((steps + epochs * testSteps) * stepMilliseconds) / 1000;
}

/** One line, for the table of runs. */
export function describe({ regularization, optimizer, learningRate, images, shuffled }: Settings): string {
  const parts = [
    OPTIMIZERS[optimizer],
    ...(learningRate === LEARNING_RATES[optimizer] ? [] : [`rate ${learningRate}`]),
    regularization === 'none' ? 'no regularization' : REGULARIZATIONS[regularization],
    `${images.toLocaleString('en')} images`,
    ...(shuffled ? ['shuffled labels'] : []),
  ];
  return parts.join(', ');
}
