import { InputError } from '../../errors.ts';
import { checkOptions, textOf } from '../../options.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import { flattenRegularizers, type Regularizer, type Regularizers } from '../regularizers.ts';
import type { Schedule } from '../schedules/index.ts';
import { isActivationLayer, type AnyActivationLayer } from './activation.ts';
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
}

/**
 * A fully connected layer: y = x W + b, x [batch, inputs], W [inputs, units], b [units], f32. He-normal weights
 * (He et al. 2015: standard deviation sqrt(2 / inputs)), zero biases.
 *
 * @param units number of outputs, 1 or more
 * @param settings this layer's parameter group: learningRate, weightDecay, regularizers in place of the optimizer's
 * @param settings.activation such as gelu(): the same as that layer behind this one
 * @throws InputError
 */
export function dense(
  units: number,
  settings: {
    learningRate?: Schedule;
    weightDecay?: Schedule;
    regularizers?: Regularizers;
    activation?: AnyActivationLayer;
  } = {},
): Dense {
  if (!(Number.isSafeInteger(units) && units > 0)) throw new InputError(`dense(units): units must be a whole number of 1 or more, got ${textOf(units)}.`);
  const { learningRate, weightDecay, regularizers, activation } = checkOptions('dense', settings, ['learningRate', 'weightDecay', 'regularizers', 'activation']);
  if (learningRate !== undefined) checkValue('non-negative', learningRate, 'learningRate');
  if (weightDecay !== undefined) checkValue('non-negative', weightDecay, 'weightDecay');
  if (activation !== undefined && !isActivationLayer(activation)) throw new InputError(`dense: activation must be a layer such as relu(), got ${textOf(activation)}.`);
  return {
    type: 'dense',
    units,
    ...(activation !== undefined && { activation }),
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(regularizers !== undefined && { regularizers: flattenRegularizers(regularizers) }),
  };
}

export const denseLayer: LayerType<Dense> = {
  type: 'dense',
  maker: 'dense(units)',
  check: ({ type: _, units, ...settings }) => void dense(units, settings as Parameters<typeof dense>[1]),
  shape: (_, { units }) => [units],
  parameters(input, { units }) {
    const inputs = sizeOf(input);
    return [
      { name: 'weight', role: 'weight', shape: [inputs, units], fileAxes: [1, 0], fanIn: inputs, init: 'heNormal' },
      { name: 'bias', role: 'bias', shape: [units], fileAxes: [0], fanIn: inputs, init: 'zeros' },
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
