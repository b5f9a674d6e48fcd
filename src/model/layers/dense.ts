import { InputError } from '../../errors.ts';
import { checkOptions, demandBoolean, textOf } from '../../options.ts';
import type { DenseParameters, Emit } from '../../ops/emit.ts';
import type { ValueId } from '../../ops/op.ts';
import { checkInit } from '../inits/index.ts';
import { isMatrixInit, type Init } from '../inits/init.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import { flattenRegularizers, ON_ACTIVATIONS, type Regularizer, type Regularizers } from '../regularizers.ts';
import type { Schedule } from '../schedules/index.ts';
import { checkActivationLayer, type AnyActivationLayer } from './activation.ts';
import { sizeOf, type Bound, type LayerType } from './layer.ts';

/** A parameter group's own settings; what is absent comes from the optimizer. */
export interface GroupSettings {
  readonly learningRate?: Schedule;
  readonly weightDecay?: Schedule;
  readonly regularizers?: readonly Regularizer[];
  /** Whether its parameters stay as they are. */
  readonly frozen?: boolean;
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
 * @param settings.frozen true: the parameters stay as they are, and no gradient of them is made; no decay reaches them, and no regularizer but
 *   those of activations. Default false
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
    frozen?: boolean;
    activation?: AnyActivationLayer;
    init?: Init;
    biasInit?: Init;
  } = {},
): Dense {
  if (!(Number.isSafeInteger(units) && units > 0)) throw new InputError(`dense(units): units must be a whole number of 1 or more, got ${textOf(units)}.`);
  const { learningRate, weightDecay, regularizers, frozen, activation, init, biasInit } = checkOptions('dense', settings, ['learningRate', 'weightDecay', 'regularizers', 'frozen', 'activation', 'init', 'biasInit']);
  if (learningRate !== undefined) checkValue('non-negative', learningRate, 'learningRate');
  if (weightDecay !== undefined) checkValue('non-negative', weightDecay, 'weightDecay');
  if (activation !== undefined) checkActivationLayer('dense: activation', activation);
  checkInits(init, biasInit);
  if (frozen !== undefined) demandBoolean('dense: frozen', frozen);
  if (frozen === true) checkFrozen({ learningRate, weightDecay, regularizers });
  return {
    type: 'dense',
    units,
    ...(activation !== undefined && { activation }),
    ...(init !== undefined && { init }),
    ...(biasInit !== undefined && { biasInit }),
    ...(frozen !== undefined && { frozen }),
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(regularizers !== undefined && { regularizers: flattenRegularizers(regularizers) }),
  };
}

/** @throws InputError for settings of an update that there is not */
function checkFrozen(settings: Readonly<Record<string, unknown>>): void {
  const named = Object.keys(settings).find((name) => (name === 'regularizers' ? flattenRegularizers(settings[name] as Regularizers).some(({ type }) => !ON_ACTIVATIONS.includes(type)) : settings[name] !== undefined));
  if (named !== undefined) throw new InputError(`dense: a frozen layer is not updated, so ${named} means nothing. Leave one of them out.`);
}

/** @throws InputError */
function checkInits(init: Init | undefined, biasInit: Init | undefined): void {
  if (init !== undefined) checkInit('dense: init', init);
  if (biasInit !== undefined) checkBiasInit('dense', biasInit);
}

/** @throws InputError */
export function checkBiasInit(maker: string, biasInit: Init): void {
  checkInit(`${maker}: biasInit`, biasInit);
  if (isMatrixInit(biasInit)) throw new InputError(`${maker}: biasInit: ${biasInit.type} makes a matrix, and biases are none. Take another, such as zeros() or constant(0.1).`);
}

/** What every layer does that is a product of its input and parameters, its own or another's. */
export const productOfParameters = {
  forward: (emit: Emit, { inputs, parameters, width }: Bound<unknown>): ValueId => emit.product(inputs[0]!, parameters as DenseParameters, width),
  backward(emit: Emit, delta: ValueId, _output: ValueId, { inputs, parameters }: Bound<unknown>): readonly (ValueId | undefined)[] {
    const input = inputs[0]!, own = parameters as DenseParameters;
    emit.parameterGradients(input, delta, own);
    return [emit.wantsGradient(input) ? emit.inputGradient(delta, input, own) : undefined];
  },
};

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
  ...productOfParameters,
};
