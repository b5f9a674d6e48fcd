/** Makers of what only some models have. A maker brings its layer's type: a page pays for those that it makes. */

import { InputError } from '../../errors.ts';
import { checkOptions, demandNothing, isObject, textOf } from '../../options.ts';
import type { Init } from '../inits/init.ts';
import { addLayer, type Add } from './add.ts';
import { concatenateLayer, type Concatenate } from './concatenate.ts';
import { denseLayer, type Dense } from './dense.ts';
import { know } from './known.ts';
import { sliceLayer, type Slice } from './slice.ts';
import { softmaxLayer, type Softmax } from './softmax.ts';
import { tiedLayer, type Tied } from './tied.ts';

/** The sum of two or more layers of one size: a residual connection. For models whose layers name their inputs. */
export function add(): Add {
  know(addLayer);
  return { type: 'add' };
}

/** The outputs of two or more layers beside each other, [batch, sum of their sizes]: a dense connection. */
export function concatenate(): Concatenate {
  know(concatenateLayer);
  return { type: 'concatenate' };
}

/**
 * Elements `start` to `end`, which is not among them, of every sample: [batch, end - start]. For inputs of several kinds in one row, each
 * with layers of its own.
 * @param start of the sample's elements in a row, 0 or more
 * @param end above start, at most the sample's size
 * @throws InputError
 */
export function slice(start: number, end: number): Slice {
  know(sliceLayer);
  sliceLayer.check({ type: 'slice', start, end });
  return { type: 'slice', start, end };
}

/**
 * The probabilities of classes, exp(z_j) / sum_k exp(z_k), as a model's output: its last layer, and for softmaxCrossEntropy() alone,
 * which takes the logits z below it and makes them itself. A model trains and predicts the same bits with it as without.
 */
export function softmax(): Softmax {
  demandNothing('softmax', arguments);
  know(softmaxLayer);
  return { type: 'softmax' };
}

/**
 * A dense layer with the parameters of another one, which both train: their gradients add up.
 *   y = x W + b, or transposed y = x transpose(W) + b'
 *
 * @param layer the dense layer W is of: the same object as in the model, before this one
 * @param options.transposed true: x is of that layer's output size, y of its input size, as the decoder of an autoencoder is tied to
 *   its encoder; b' is its own. Default false: that layer again, weights and biases
 * @param options.biasInit how b' begins, default zeros()
 * @throws InputError
 */
export function tied(layer: Dense, options: { transposed?: boolean; biasInit?: Init } = {}): Tied {
  if (!isObject(layer) || layer.type !== 'dense') throw new InputError(`tied: layer must be made by dense(units), got ${textOf(layer)}.`);
  denseLayer.check(layer);
  const settings: Tied = { type: 'tied', of: layer, ...checkOptions('tied', options, ['transposed', 'biasInit']) };
  know(tiedLayer);
  tiedLayer.check(settings);
  return settings;
}
