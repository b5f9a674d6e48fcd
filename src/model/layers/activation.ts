/** Layers that are one activation: a type each, all alike. */

import { activationNamed, ACTIVATIONS, type ActivationName } from '../../kernels/activations/index.ts';
import { checkOptions, demandNothing } from '../../options.ts';
import type { LayerType } from './layer.ts';

export interface ActivationLayer<Name extends ActivationName> {
  readonly type: Name;
}

/** Any of them. */
export type AnyActivationLayer = { [Name in ActivationName]: ActivationLayer<Name> }[ActivationName];

const make = <Name extends ActivationName>(type: Name, given: ArrayLike<unknown>): ActivationLayer<Name> => {
  demandNothing(type, given);
  return { type };
};

export type Relu = ActivationLayer<'relu'>;

/** max(z, 0), element by element, shape unchanged, f32; NaN passes through, so that a divergence is seen. */
export function relu(): Relu { return make('relu', arguments); }

export type Sigmoid = ActivationLayer<'sigmoid'>;

/** 1 / (1 + exp(-z)), element by element, shape unchanged, f32; finite for every finite z, NaN passes through. */
export function sigmoid(): Sigmoid { return make('sigmoid', arguments); }

const activationLayer = <Name extends ActivationName>(name: Name): LayerType<ActivationLayer<Name>> => ({
  type: name,
  maker: `${name}()`,
  isElementwise: true,
  check: (settings) => void checkOptions(name, settings, ['type']),
  shape: ([input]) => input!,
  title: () => name,
  forward: (emit, { inputs }) => emit.activate(inputs[0]!, name),
  backward: (emit, delta, output, { inputs }) =>
    [emit.slope(delta, name, activationNamed(name).stored === 'output' ? output : inputs[0]!, inputs[0]!)],
});

/** One for every activation that there is. */
export const activationLayers = Object.fromEntries(
  (Object.keys(ACTIVATIONS) as ActivationName[]).map((name) => [name, activationLayer(name)]),
) as unknown as { readonly [Name in ActivationName]: LayerType<ActivationLayer<Name>> };
