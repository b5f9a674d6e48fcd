import { InputError } from '../../errors.ts';
import { checkOptions, textOf } from '../../options.ts';
import { checkInit } from '../inits/index.ts';
import { isMatrixInit, type Init } from '../inits/init.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import { flattenRegularizers, type Regularizer, type Regularizers } from '../regularizers.ts';
import type { Schedule } from '../schedules/index.ts';
import { checkActivationLayer, type AnyActivationLayer } from './activation.ts';
import { sizeOf, type LayerType } from './layer.ts';

/** A parameter group's own settings; what is absent comes from the optimizer. */
export interface GroupSettings {
  readonly learningRate?: Schedule;
  readonly weightDecay?: Schedule;
  readonly regularizers?: readonly Regularizer[];
}

export interface Dense extends GroupSettings {
  readonly type: 'dense';
  readonly units: number;
  /** A layer of its own behind this one: models are made of both. */
  readonly activation?: AnyActivationLayer;
  /** Of the weights; what is absent follows the activation. */
  readonly init?: Init;
  /** Of the biases; zeros where it is absent. */
  readonly biasInit?: Init;
}

/**
 * A fully connected layer: y = x W + b, x [batch, inputs], W [inputs, units], b [units], f32.
 *
 * Weights begin as the activation behind the layer asks: LeCun normal for selu (Klambauer et al. 2017), Glorot uniform for sigmoid
 * and tanh (Glorot, Bengio 2010), He normal for all others (He et al. 2015). A layer without an activation, such as that of the
 * logits, takes what the dense layer before it takes; the first He normal.
 *
 * @param units number of outputs, 1 or more
 * @param settings this layer's parameter group: learningRate, weightDecay, regularizers in place of the optimizer's
 * @param settings.activation such as gelu(): the same as that layer behind this one
 * @param settings.init how the weights begin, such as glorotUniform() or randomOrthogonal()
 * @param settings.biasInit how the biases begin, default zeros()
 * @throws InputError
 */
export function dense(
  units: number,
  settings: {
    learningRate?: Schedule;
    weightDecay?: Schedule;
    regularizers?: Regularizers;
    activation?: AnyActivationLayer;
    init?: Init;
    biasInit?: Init;
  } = {},
): Dense {
  if (!(Number.isSafeInteger(units) && units > 0)) throw new InputError(`dense(units): units must be a whole number of 1 or more, got ${textOf(units)}.`);
  const { learningRate, weightDecay, regularizers, activation, init, biasInit } = checkOptions('dense', settings, ['learningRate', 'weightDecay', 'regularizers', 'activation', 'init', 'biasInit']);
  if (learningRate !== undefined) checkValue('non-negative', learningRate, 'learningRate');
  if (weightDecay !== undefined) checkValue('non-negative', weightDecay, 'weightDecay');
  if (activation !== undefined) checkActivationLayer('dense: activation', activation);
  checkInits(init, biasInit);
  return {
    type: 'dense',
    units,
    ...(activation !== undefined && { activation }),
    ...(init !== undefined && { init }),
    ...(biasInit !== undefined && { biasInit }),
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(regularizers !== undefined && { regularizers: flattenRegularizers(regularizers) }),
  };
}

/** @throws InputError */
function checkInits(init: Init | undefined, biasInit: Init | undefined): void {
  if (init !== undefined) checkInit('dense: init', init);
  if (biasInit === undefined) return;
  checkInit('dense: biasInit', biasInit);
  if (isMatrixInit(biasInit)) throw new InputError(`dense: biasInit: ${biasInit.type} makes a matrix, and biases are none. Take another, such as zeros() or constant(0.1).`);
}

export const denseLayer: LayerType<Dense> = {
  type: 'dense',
  maker: 'dense(units)',
  check: ({ type: _, units, ...settings }) => void dense(units, settings as Parameters<typeof dense>[1]),
  shape: (_, { units }) => [units],
  parameters(input, settings, init) {
    const inputs = sizeOf(input), { units } = settings, fans = { fanIn: inputs, fanOut: units };
    return [
      { name: 'weight', role: 'weight', shape: [inputs, units], fileAxes: [1, 0], ...fans, init: settings.init ?? init },
      { name: 'bias', role: 'bias', shape: [units], fileAxes: [0], ...fans, init: settings.biasInit ?? { type: 'zeros' } },
    ];
  },
  title: () => 'dense',
  forward: (emit, { inputs, parameters, width }) => emit.product(inputs[0]!, parameters!, width),
  backward(emit, delta, _output, { inputs, parameters }) {
    const input = inputs[0]!;
    emit.parameterGradients(input, delta, parameters!);
    return [emit.wantsGradient(input) ? emit.inputGradient(delta, input, parameters!) : undefined];
  },
};
