/** MNIST through a bottleneck of 32 numbers and back: each image, pixels in [0, 1], is its own target. */
import { dataset, mnist, subset, type Dataset } from '../../src/index.ts';
import type { Task } from './task.ts';

const TRAIN_IMAGES = 20_000;

const itself = ({ inputs, name }: Dataset): Dataset => dataset({ inputs, name, shape: [784], targets: 'inputs' });

export async function autoencoder(loss: 'bce' | 'mse', tied: '' | '-tied'): Promise<Task> {
  const { train, test } = await mnist();
  return { name: `autoencoder-${loss}${tied}`, data: { train: itself(subset(train, { end: TRAIN_IMAGES })), test: itself(test) } };
}
