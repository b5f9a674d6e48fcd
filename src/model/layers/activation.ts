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
import { InputError } from '../../errors.ts';
import { checkOptions, demandNothing, textOf } from '../../options.ts';
import { numberDomain, type NumberKey } from '../numbers.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import type { ActivationUse } from '../../ops/emit.ts';
import type { Schedule } from '../schedules/index.ts';
import type { LayerType } from './layer.ts';
import { checkPrelu, preluLayer, type Prelu } from './prelu.ts';

/** Activations with a number of their own: what it is called, and its value where none is given. */
const NUMBERS = {
  leakyRelu: ['slope', 0.01], elu: ['alpha', 1], silu: ['beta', 1],
} as const satisfies { readonly [Name in ActivationName]?: readonly [name: string, usual: number] };

type Numbered = typeof NUMBERS;
/** The settings of such an activation: one number, or its schedule. */
type NumberOf<Name> = Name extends keyof Numbered ? { readonly [Key in Numbered[Name][0]]?: Schedule } : unknown;

export type ActivationLayer<Name extends ActivationName> = Name extends 'prelu' ? Prelu : { readonly type: Name } & NumberOf<Name>;

/** Any of them. */
export type AnyActivationLayer = { [Name in ActivationName]: ActivationLayer<Name> }[ActivationName];

export const isActivationLayer = (layer: unknown): layer is AnyActivationLayer =>
  ACTIVATION_NAMES.includes((layer as Partial<AnyActivationLayer> | null)?.type as ActivationName);

/** @throws InputError unless it is one, with settings that are its own */
export function checkActivationLayer(what: string, layer: unknown): asserts layer is AnyActivationLayer {
  if (!isActivationLayer(layer)) throw new InputError(`${what} must be a layer such as relu(), got ${textOf(layer)}.`);
  checkActivation(layer.type, layer);
}

/** A maker brings what its activation computes: a page pays for those that it makes. */
function make<Name extends ActivationName>(activation: Activation<Name>, given: ArrayLike<unknown>): ActivationLayer<Name> {
  demandNothing(activation.name, given);
  know(activation);
  return { type: activation.name } as ActivationLayer<Name>;
}

/** The same for one with a number. */
function makeWith<Name extends keyof Numbered>(activation: Activation<Name>, options: NumberOf<Name>): ActivationLayer<Name> {
  const { name } = activation;
  checkNumber(name, checkOptions(name, options, [NUMBERS[name][0]] as never));
  know(activation);
  return { type: name, ...options } as ActivationLayer<Name>;
}

/** Settings of one, its type among them. */
const checkActivation = (name: ActivationName, settings: object): void =>
  name === 'prelu' ? checkPrelu(settings as Prelu) : checkNumber(name, checkOptions(name, settings, ['type', ...(name in NUMBERS ? [NUMBERS[name as keyof Numbered][0]] : [])] as never));

function checkNumber(name: ActivationName, settings: object): void {
  if (!(name in NUMBERS)) return;
  const [own] = NUMBERS[name as keyof Numbered], value = (settings as Record<string, Schedule | undefined>)[own];
  if (value !== undefined) checkValue(numberDomain(`${name}.${own}` as NumberKey), value, `${name}: ${own}`);
}

/** An activation's number, where it has one. */
function numbersOf(name: ActivationName): Pick<LayerType<AnyActivationLayer>, 'numbers' | 'numbersOf'> {
  if (!(name in NUMBERS)) return {};
  const [own, usual] = NUMBERS[name as keyof Numbered], key = `${name}.${own}` as NumberKey;
  return {
    numbers: { [own]: numberDomain(key) },
    numbersOf: (settings) => ({ keys: [key], values: [(settings as unknown as Record<string, Schedule | undefined>)[own] ?? usual] }),
  };
}

export type Relu = ActivationLayer<'relu'>;

/** max(z, 0), element by element, shape unchanged, f32; NaN passes through, so that a divergence is seen. */
export function relu(): Relu { return make(reluKernel, arguments); }

export type LeakyRelu = ActivationLayer<'leakyRelu'>;

/**
 * z where z > 0, else slope z, element by element, shape unchanged, f32; NaN passes through (Maas, Hannun, Ng 2013).
 * @param options.slope 0 or more; default 0.01, PyTorch's (Keras's is 0.3). A hyperparameter, `leakyRelu.slope`: it may be a
 *   schedule, and differ from replica to replica
 * @throws InputError
 */
export function leakyRelu(options: NumberOf<'leakyRelu'> = {}): LeakyRelu { return makeWith(leakyReluKernel, options); }

export type Elu = ActivationLayer<'elu'>;

/**
 * z where z > 0, else alpha (exp(z) - 1), element by element, shape unchanged, f32; NaN passes through (Clevert, Unterthiner,
 * Hochreiter 2016).
 * @param options.alpha 0 or more; default 1. A hyperparameter, `elu.alpha`: it may be a schedule, and differ from replica to
 *   replica
 * @throws InputError
 */
export function elu(options: NumberOf<'elu'> = {}): Elu { return makeWith(eluKernel, options); }

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
 * z / (1 + exp(-beta z)), also called Swish, element by element, shape unchanged, f32; NaN passes through (Elfwing, Uchibe,
 * Doya 2018; with beta Ramachandran, Zoph, Le 2017).
 * @param options.beta 0 or more; default 1. A hyperparameter, `silu.beta`: it may be a schedule, and differ from replica to
 *   replica
 * @throws InputError
 */
export function silu(options: NumberOf<'silu'> = {}): Silu { return makeWith(siluKernel, options); }

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

/** As a table of layers shows it: with its number, where that is said and no schedule. */
function titleOf(name: ActivationName, settings: object): string {
  const said = Object.entries(settings).filter(([key, value]) => key !== 'type' && typeof value === 'number');
  return [name, ...said.map(([key, value]) => `${key} ${value}`)].join(', ');
}

const useOf = (activation: string, entry: number | undefined): ActivationUse => ({ activation, ...(entry !== undefined && { entry }) });

const activationLayer = <Name extends ActivationName>(name: Name): LayerType<AnyActivationLayer> => ({
  type: name,
  maker: `${name}()`,
  ...numbersOf(name),
  isElementwise: true,
  check: (settings) => checkActivation(name, settings),
  shape: ([input]) => input!,
  title: (settings) => titleOf(name, settings),
  forward: (emit, { inputs, entry }) => emit.activate(inputs[0]!, useOf(name, entry)),
  backward: (emit, delta, output, { inputs, entry }) =>
    [emit.slope(delta, useOf(name, entry), activationNamed(name).stored === 'output' ? output : inputs[0]!, inputs[0]!)],
});

/** One for every activation that there is. */
export const activationLayers = Object.fromEntries(
  ACTIVATION_NAMES.map((name) => [name, name === 'prelu' ? preluLayer : activationLayer(name)]),
) as unknown as { readonly [Name in ActivationName]: LayerType<ActivationLayer<Name>> };

/** Brings the activations of a model that nobody has checked yet. */
export async function loadActivationsOf(model: { readonly layers?: unknown } | undefined): Promise<void> {
  if (!Array.isArray(model?.layers)) return;
  await loadActivations(model.layers.flatMap((layer: { type?: unknown; activation?: { type?: unknown } } | undefined) => [layer?.type, layer?.activation?.type]));
}
