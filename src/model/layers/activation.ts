/** Layers that are one activation: a type each, all alike. */

import { elu as eluKernel } from '../../kernels/activations/elu.ts';
import { gelu as geluKernel } from '../../kernels/activations/gelu.ts';
import { geluTanh as geluTanhKernel } from '../../kernels/activations/geluTanh.ts';
import { hardSwish as hardSwishKernel } from '../../kernels/activations/hardSwish.ts';
import { leakyRelu as leakyReluKernel } from '../../kernels/activations/leakyRelu.ts';
import { relu as reluKernel } from '../../kernels/activations/relu.ts';
import { selu as seluKernel } from '../../kernels/activations/selu.ts';
import { sigmoid as sigmoidKernel } from '../../kernels/activations/sigmoid.ts';
import { silu as siluKernel } from '../../kernels/activations/silu.ts';
import { softplus as softplusKernel } from '../../kernels/activations/softplus.ts';
import { tanh as tanhKernel } from '../../kernels/activations/tanh.ts';
import { ACTIVATION_NAMES, activationNamed, know, loadActivations, type Activation, type ActivationName } from '../../kernels/activations/index.ts';
import { checkOptions, demandNothing } from '../../options.ts';
import type { LayerType } from './layer.ts';

export interface ActivationLayer<Name extends ActivationName> {
  readonly type: Name;
}

/** Any of them. */
export type AnyActivationLayer = { [Name in ActivationName]: ActivationLayer<Name> }[ActivationName];

export const isActivationLayer = (layer: unknown): layer is AnyActivationLayer =>
  ACTIVATION_NAMES.includes((layer as Partial<AnyActivationLayer> | null)?.type as ActivationName);

/** A maker brings what its activation computes: a page pays for those that it makes. */
function make<Name extends ActivationName>(activation: Activation<Name>, given: ArrayLike<unknown>): ActivationLayer<Name> {
  demandNothing(activation.name, given);
  know(activation);
  return { type: activation.name };
}

export type Relu = ActivationLayer<'relu'>;

/** max(z, 0), element by element, shape unchanged, f32; NaN passes through, so that a divergence is seen. */
export function relu(): Relu { return make(reluKernel, arguments); }

export type LeakyRelu = ActivationLayer<'leakyRelu'>;

/**
 * z where z > 0, else z / 100, element by element, shape unchanged, f32; NaN passes through (Maas, Hannun, Ng 2013;
 * PyTorch's slope, Keras's is 0.3).
 */
export function leakyRelu(): LeakyRelu { return make(leakyReluKernel, arguments); }

export type Elu = ActivationLayer<'elu'>;

/**
 * z where z > 0, else exp(z) - 1, element by element, shape unchanged, f32; NaN passes through (Clevert, Unterthiner,
 * Hochreiter 2016, alpha = 1).
 */
export function elu(): Elu { return make(eluKernel, arguments); }

export type Selu = ActivationLayer<'selu'>;

/**
 * 1.0507 z where z > 0, else 1.7581 (exp(z) - 1), element by element, shape unchanged, f32; NaN passes through. Made
 * for weights of variance 1 / inputs (Klambauer et al. 2017).
 */
export function selu(): Selu { return make(seluKernel, arguments); }

export type Sigmoid = ActivationLayer<'sigmoid'>;

/** 1 / (1 + exp(-z)), element by element, shape unchanged, f32; finite for every finite z, NaN passes through. */
export function sigmoid(): Sigmoid { return make(sigmoidKernel, arguments); }

export type Tanh = ActivationLayer<'tanh'>;

/** tanh(z), element by element, shape unchanged, f32; finite for every z, NaN passes through. */
export function tanh(): Tanh { return make(tanhKernel, arguments); }

export type Softplus = ActivationLayer<'softplus'>;

/**
 * log(1 + exp(z)), element by element, shape unchanged, f32; finite for every finite z, NaN passes through (Dugas et
 * al. 2000).
 */
export function softplus(): Softplus { return make(softplusKernel, arguments); }

export type Silu = ActivationLayer<'silu'>;

/**
 * z / (1 + exp(-z)), also called Swish, element by element, shape unchanged, f32; NaN passes through (Elfwing, Uchibe,
 * Doya 2018).
 */
export function silu(): Silu { return make(siluKernel, arguments); }

export type Gelu = ActivationLayer<'gelu'>;

/**
 * z P(z), P the standard normal distribution's function, element by element, shape unchanged, f32; NaN passes through
 * (Hendrycks, Gimpel 2016).
 */
export function gelu(): Gelu { return make(geluKernel, arguments); }

export type GeluTanh = ActivationLayer<'geluTanh'>;

/**
 * z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2, which GELU is often replaced by, element by element, shape
 * unchanged, f32; NaN passes through (Hendrycks, Gimpel 2016).
 */
export function geluTanh(): GeluTanh { return make(geluTanhKernel, arguments); }

export type HardSwish = ActivationLayer<'hardSwish'>;

/** z min(max(z + 3, 0), 6) / 6, element by element, shape unchanged, f32; NaN passes through (Howard et al. 2019). */
export function hardSwish(): HardSwish { return make(hardSwishKernel, arguments); }

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
  ACTIVATION_NAMES.map((name) => [name, activationLayer(name)]),
) as unknown as { readonly [Name in ActivationName]: LayerType<ActivationLayer<Name>> };

/** Brings the activations of a model that nobody has checked yet. */
export async function loadActivationsOf(model: { readonly layers?: unknown } | undefined): Promise<void> {
  if (!Array.isArray(model?.layers)) return;
  await loadActivations(model.layers.flatMap((layer: { type?: unknown; activation?: { type?: unknown } } | undefined) => [layer?.type, layer?.activation?.type]));
}
