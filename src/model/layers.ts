/** Models, as plain data: a list of layers over inputs of a known shape. */

import { InputError } from '../errors.ts';
import { checkValue } from './optimizers/optimizer.ts';
import { flattenRegularizers, type Regularizer, type Regularizers } from './regularizers.ts';
import { textOf, type Schedule } from './schedules/index.ts';

export interface Dense {
  readonly type: 'dense';
  readonly units: number;
  /** This layer's own settings; what is absent comes from the optimizer. */
  readonly learningRate?: Schedule;
  readonly weightDecay?: Schedule;
  readonly regularizers?: readonly Regularizer[];
}

export interface Relu {
  readonly type: 'relu';
}

export interface Dropout {
  readonly type: 'dropout';
  /** Probability of dropping a value. */
  readonly rate: number;
}

export type Layer = Dense | Relu | Dropout;

export interface Model {
  readonly inputShape: readonly number[];
  readonly layers: readonly Layer[];
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/**
 * A fully connected layer: y = x W + b, x [batch, inputs], W [inputs, units], b [units], f32. He-normal weights
 * (He et al. 2015: standard deviation sqrt(2 / inputs)), zero biases.
 *
 * @param units number of outputs, 1 or more
 * @param settings this layer's parameter group: learningRate, weightDecay, regularizers in place of the optimizer's
 * @throws InputError
 */
export function dense(
  units: number,
  settings: {
    learningRate?: Schedule;
    weightDecay?: Schedule;
    regularizers?: Regularizers;
  } = {},
): Dense {
  if (!isCount(units)) throw new InputError(`dense(units): units must be a whole number of 1 or more, got ${units}.`);
  const { learningRate, weightDecay, regularizers } = settings;
  if (learningRate !== undefined) checkValue('non-negative', learningRate, 'learningRate');
  if (weightDecay !== undefined) checkValue('non-negative', weightDecay, 'weightDecay');
  return {
    type: 'dense',
    units,
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(regularizers !== undefined && { regularizers: flattenRegularizers(regularizers) }),
  };
}

/** max(z, 0), element by element, shape unchanged, f32; NaN passes through, so that a divergence is seen. */
export const relu = (): Relu => ({ type: 'relu' });

/**
 * Inverted dropout (Srivastava et al. 2014): in training each value is dropped with probability `rate`, kept ones are
 * multiplied by 1 / (1 - rate); in evaluation nothing happens. Masks come from Philox 4x32-10 and are the same bits
 * on every device. The rate is a hyperparameter: replicas may differ in it.
 * @throws InputError unless 0 <= rate < 1
 */
export function dropout(rate: number): Dropout {
  checkValue('fraction', rate, 'dropout');
  return { type: 'dropout', rate };
}

/**
 * A model whose layers follow one another: [dropout] dense [relu] [dropout] dense ... dense, ending in the dense
 * layer of the logits.
 * @param inputShape shape of one sample, e.g. [784] or [28, 28]
 * @throws InputError naming the layer that cannot stand where it does
 */
export function sequential(inputShape: readonly number[], layers: readonly Layer[]): Model {
  if (!Array.isArray(inputShape) || inputShape.length === 0 || !inputShape.every(isCount)) {
    throw new InputError(`sequential: the input shape must be a list of whole numbers of 1 or more, such as [784], got ${textOf(inputShape)}.`);
  }
  if (!Array.isArray(layers)) throw new InputError(`sequential: layers must be a list such as [dense(10)], got ${textOf(layers)}.`);
  layers.forEach((layer: Layer, i) => {
    if (typeof layer?.type !== 'string') {
      throw new InputError(`sequential: layer ${i} must be made by dense(units), relu() or dropout(rate), got ${textOf(layer)}.`);
    }
    if (layer.type === 'dense') dense(layer.units, layer);
    if (layer.type === 'dropout') dropout(layer.rate);
    const before = layers[i - 1]?.type;
    const fits =
      layer.type === 'dense' ||
      (layer.type === 'relu' && before === 'dense') ||
      (layer.type === 'dropout' && before !== 'dropout');
    if (!fits) {
      throw new InputError(
        `sequential: layer ${i} (${layer.type}) cannot follow ${before ?? 'the input'}. ` +
          'The order is [dropout] dense [relu] [dropout] dense ...',
      );
    }
  });
  if (layers.at(-1)?.type !== 'dense') {
    throw new InputError('sequential: the last layer must be dense: it makes the logits the loss takes.');
  }
  return { inputShape: [...inputShape], layers: [...layers] };
}
