import { InputError } from '../../errors.ts';
import { checkOptions, demandBoolean, isObject, textOf } from '../../options.ts';
import type { Init } from '../inits/init.ts';
import { checkBiasInit, denseLayer, productOfParameters, type Dense } from './dense.ts';
import { sizeOf, type LayerType } from './layer.ts';

export interface Tied {
  readonly type: 'tied';
  /** The dense layer whose parameters it takes: that layer itself, or its place in the list of layers. */
  readonly of: Dense | number;
  readonly transposed?: boolean;
  readonly biasInit?: Init;
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
  return checked({ type: 'tied', of: layer, ...checkOptions('tied', options, ['transposed', 'biasInit']) });
}

/** @throws InputError */
function checked(settings: Tied): Tied {
  const { of, transposed, biasInit } = checkOptions('tied', settings, ['type', 'of', 'transposed', 'biasInit']);
  if (!(isObject(of) ? of['type'] === 'dense' : Number.isSafeInteger(of))) throw new InputError(`tied: of must be a dense layer, or its place in the list of layers, got ${textOf(of)}.`);
  if (transposed !== undefined) demandBoolean('tied: transposed', transposed);
  if (biasInit === undefined) return settings;
  if (transposed !== true) throw new InputError('tied: biasInit is for a transposed layer. Without that the biases are those of the other layer: leave it out.');
  checkBiasInit('tied', biasInit);
  return settings;
}

export const tiedLayer: LayerType<Tied> = {
  type: 'tied',
  maker: 'tied(layer)',
  check: (settings) => void checked(settings),
  shape: (_, { transposed }, source) => (transposed ? [sizeOf(source!.input)] : source!.output),
  parameters(input, { transposed, biasInit }, _init, source) {
    if (!transposed) return undefined;
    const units = sizeOf(source!.input);
    return [{ name: 'bias', role: 'bias', shape: [units], fileAxes: [0], fanIn: sizeOf(input), fanOut: units, init: biasInit ?? { type: 'zeros' } }];
  },
  title: ({ of, transposed }) => `tied to ${String(of)}${transposed ? ', transposed' : ''}`,
  ...productOfParameters,
};
