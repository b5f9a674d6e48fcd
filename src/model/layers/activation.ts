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

export type LeakyRelu = ActivationLayer<'leakyRelu'>;

/**
 * z where z > 0, else z / 100, element by element, shape unchanged, f32; NaN passes through (Maas, Hannun, Ng 2013;
 * PyTorch's slope, Keras's is 0.3).
 */
export function leakyRelu(): LeakyRelu { return make('leakyRelu', arguments); }

export type Elu = ActivationLayer<'elu'>;

/**
 * z where z > 0, else exp(z) - 1, element by element, shape unchanged, f32; NaN passes through (Clevert, Unterthiner,
 * Hochreiter 2016, alpha = 1).
 */
export function elu(): Elu { return make('elu', arguments); }

export type Selu = ActivationLayer<'selu'>;

/**
 * 1.0507 z where z > 0, else 1.7581 (exp(z) - 1), element by element, shape unchanged, f32; NaN passes through. Made
 * for weights of variance 1 / inputs (Klambauer et al. 2017).
 */
export function selu(): Selu { return make('selu', arguments); }

export type Sigmoid = ActivationLayer<'sigmoid'>;

/** 1 / (1 + exp(-z)), element by element, shape unchanged, f32; finite for every finite z, NaN passes through. */
export function sigmoid(): Sigmoid { return make('sigmoid', arguments); }

export type Tanh = ActivationLayer<'tanh'>;

/** tanh(z), element by element, shape unchanged, f32; finite for every z, NaN passes through. */
export function tanh(): Tanh { return make('tanh', arguments); }

export type Softplus = ActivationLayer<'softplus'>;

/**
 * log(1 + exp(z)), element by element, shape unchanged, f32; finite for every finite z, NaN passes through (Dugas et
 * al. 2000).
 */
export function softplus(): Softplus { return make('softplus', arguments); }

export type Silu = ActivationLayer<'silu'>;

/**
 * z / (1 + exp(-z)), also called Swish, element by element, shape unchanged, f32; NaN passes through (Elfwing, Uchibe,
 * Doya 2018).
 */
export function silu(): Silu { return make('silu', arguments); }

export type Gelu = ActivationLayer<'gelu'>;

/**
 * z P(z), P the standard normal distribution's function, element by element, shape unchanged, f32; NaN passes through
 * (Hendrycks, Gimpel 2016).
 */
export function gelu(): Gelu { return make('gelu', arguments); }

export type GeluTanh = ActivationLayer<'geluTanh'>;

/**
 * z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2, which GELU is often replaced by, element by element, shape
 * unchanged, f32; NaN passes through (Hendrycks, Gimpel 2016).
 */
export function geluTanh(): GeluTanh { return make('geluTanh', arguments); }

export type HardSwish = ActivationLayer<'hardSwish'>;

/** z min(max(z + 3, 0), 6) / 6, element by element, shape unchanged, f32; NaN passes through (Howard et al. 2019). */
export function hardSwish(): HardSwish { return make('hardSwish', arguments); }

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
