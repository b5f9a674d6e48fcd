/** Makers of what only some models have. A maker brings its layer's type: a page pays for those that it makes. */

import { InputError } from '../../errors.ts';
import { know as knowActivation } from '../../kernels/activations/index.ts';
import { prelu as preluKernel } from '../../kernels/activations/prelu.ts';
import { checkOptions, demand, demandNothing, F32, isF32, isObject, textOf } from '../../options.ts';
import type { Init } from '../inits/init.ts';
import { constant } from '../inits/makers.ts';
import { addLayer, type Add } from './add.ts';
import { concatenateLayer, type Concatenate } from './concatenate.ts';
import { denseLayer, type Dense } from './dense.ts';
import { know } from './known.ts';
import { checkPrelu, type Prelu } from './prelu.ts';
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
 * Penalties, decay and rates of W are those of its own layer, also penalties on what this layer hands on.
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

/**
 * z where z > 0, else a z, element by element, shape unchanged, f32; NaN passes through. The slope a is a parameter, learned with
 * the weights: da is the sum of dy min(z, 0) over the batch, and over the units where one slope is for all; at z = 0 the derivative
 * is a. Saved as `layers.N.slope` [1] or [units], where N counts it among the layers with parameters. It takes the optimizer's
 * learning rate and clip, `layers.N.learningRate` included, and neither weight decay nor penalties, which would draw it toward
 * ReLU (He et al. 2015, section 2.1). Its weights begin as ReLU's, He normal.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
 * @param options.per 'layer' (default): one slope for all units, as PyTorch's `PReLU()`; 'unit': one for each, as PyTorch's
 *   `PReLU(units)` and Keras's `PReLU()`
 * @param options.init how the slopes begin: a number for all, or an init such as randomUniform(0, 0.5). Default 0.25, as in the
 *   paper and PyTorch; Keras's is 0
 * @throws InputError
 */
export function prelu(options: { readonly per?: 'layer' | 'unit'; readonly init?: number | Init } = {}): Prelu {
  const { per, init = 0.25 } = checkOptions('prelu', options, ['per', 'init']);
  if (typeof init === 'number') demand(isF32(init), 'prelu: init', `${F32}, or an init such as randomUniform(0, 0.5)`, init);
  const layer: Prelu = { type: 'prelu', ...(per !== undefined && { per }), init: typeof init === 'number' ? constant(init) : init };
  checkPrelu(layer);
  knowActivation(preluKernel);
  return layer;
}
