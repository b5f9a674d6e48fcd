import { checkOptions } from '../../options.ts';
import type { LayerType } from './layer.ts';

export interface Softmax {
  readonly type: 'softmax';
}

/**
 * The probabilities of classes, exp(z_j) / sum_k exp(z_k), as a model's output: its last layer, and for softmaxCrossEntropy() alone,
 * which takes the logits z below it and makes them itself. A model trains and predicts the same bits with it as without.
 */
export const softmax = (): Softmax => ({ type: 'softmax' });

export const softmaxLayer: LayerType<Softmax> = {
  type: 'softmax',
  maker: 'softmax()',
  isOutput: true,
  check: (settings) => void checkOptions('softmax', settings, ['type']),
  shape: ([input]) => input!,
  title: () => 'softmax',
  // Its loss makes it: see `declares` of losses.
  forward: (_, { inputs }) => inputs[0]!,
  backward: (_, delta) => [delta],
};
