import { InputError } from '../../errors.ts';
import { checkOptions, demandBoolean, isObject, textOf } from '../../options.ts';
import type { Init } from '../inits/init.ts';
import { checkBiasInit, productOfParameters, type Dense } from './dense.ts';
import { sizeOf, type LayerType } from './layer.ts';

export interface Tied {
  readonly type: 'tied';
  /** The dense layer whose parameters it takes: that layer itself, or its place in the list of layers. */
  readonly of: Dense | number;
  readonly transposed?: boolean;
  readonly biasInit?: Init;
}

/** @throws InputError */
function checkTied(settings: Tied): void {
  const { of, transposed, biasInit } = checkOptions('tied', settings, ['type', 'of', 'transposed', 'biasInit']);
  if (!(isObject(of) ? of['type'] === 'dense' : Number.isSafeInteger(of))) throw new InputError(`tied: of must be a dense layer, or its place in the list of layers, got ${textOf(of)}.`);
  if (transposed !== undefined) demandBoolean('tied: transposed', transposed);
  if (biasInit === undefined) return;
  if (transposed !== true) throw new InputError('tied: biasInit is for a transposed layer. Without that the biases are those of the other layer: leave it out.');
  checkBiasInit('tied', biasInit);
}

export const tiedLayer: LayerType<Tied> = {
  type: 'tied',
  maker: 'tied(layer)',
  check: checkTied,
  placed(settings, given, places, maker) {
    const { of } = settings;
    if (typeof of !== 'object') return { ...settings, of: places[of] ?? of };
    const found = given.flatMap((layer, at) => (layer === of ? [at] : []));
    if (found.length === 1) return { ...settings, of: places[found[0]!]! };
    throw new InputError(`${maker}: tied(layer) is tied to a layer that the model has ${found.length === 0 ? 'not: give the same object in both places' : `${found.length} times: make one of them anew`}.`);
  },
  refusal({ of, transposed }, input, source) {
    if (source === undefined) return `is tied to layer ${String(of)}, which is no dense layer before it`;
    const wanted = sizeOf(transposed ? source.output : source.input);
    return sizeOf(input) === wanted ? '' : `takes ${wanted} values, as many as layer ${String(of)} ${transposed ? 'makes' : 'takes'}, got ${sizeOf(input)}`;
  },
  shape: (_, { transposed }, source) => (transposed ? [sizeOf(source!.input)] : source!.output),
  parameters(input, { transposed, biasInit }, _init, source) {
    if (!transposed) return undefined;
    const units = sizeOf(source!.input);
    return [{ name: 'bias', role: 'bias', shape: [units], fileAxes: [0], fanIn: sizeOf(input), fanOut: units, init: biasInit ?? { type: 'zeros' } }];
  },
  title: ({ of, transposed }) => `tied to ${String(of)}${transposed ? ', transposed' : ''}`,
  ...productOfParameters,
};
