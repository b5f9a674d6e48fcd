/** The layers of a network in float64, and where their tensors stand in its list. */
import { demandOneOf } from '../options.ts';
import { activationOf, type Activation } from './activations/index.ts';
import { requireFields } from './check.ts';
import { dropoutRate } from './dropout.ts';
import { requireInit, type ReferenceInit } from './inits.ts';
import type { ActivityStrengths } from './penalties.ts';

/** Drop probability, and the layer's index in the sequential list, which picks its random stream. */
export interface DropoutLayer {
  readonly rate: number;
  readonly layer: number;
}

export interface ReferenceLayer {
  readonly inWidth: number;
  readonly outWidth: number;
  readonly activation: Activation;
  /** Of prelu: one slope for the layer, which is the default, or one for each unit. They are a tensor of their own. */
  readonly slopes?: 'layer' | 'unit' | undefined;
  /** After the activation. */
  readonly dropout?: DropoutLayer | undefined;
  /** Penalties on the layer's output, after activation and dropout. */
  readonly activity?: Pick<ActivityStrengths, 'l1' | 'l2'> | undefined;
  /** How its weights begin; default by the activation: see `referenceInit`. */
  readonly init?: ReferenceInit | undefined;
  /** And its biases; default zeros. */
  readonly biasInit?: ReferenceInit | undefined;
}

export interface ReferenceNetwork {
  readonly layers: readonly ReferenceLayer[];
  readonly inputDropout?: DropoutLayer | undefined;
  /** Key of every dropout mask. */
  readonly seed: number;
}

/** Gives the layers back. Throws InputError unless it is a network. */
export function requireNetwork(network: ReferenceNetwork): readonly ReferenceLayer[] {
  const { layers } = requireFields('network', network, { layers: 'objects', inputDropout: 'object?', seed: 'size' });
  requireDropout(network.inputDropout);
  for (const layer of layers) {
    const { activation, slopes, dropout, activity, init, biasInit } = requireFields('network: layers', layer, {
      inWidth: 'size', outWidth: 'size', activation: 'text', slopes: 'text?', dropout: 'object?', activity: 'object?', init: 'object?', biasInit: 'object?',
    });
    activationOf(activation);
    if (slopes !== undefined) demandOneOf('network: slopes', slopes, ['layer', 'unit']);
    requireDropout(dropout);
    requireInit(init);
    requireInit(biasInit);
    if (activity !== undefined) requireFields('network: activity', activity, { l1: 'number?', l2: 'number?' });
  }
  return layers;
}

function requireDropout(dropout: DropoutLayer | undefined): void {
  if (dropout !== undefined) dropoutRate(requireFields('network: dropout', dropout, { rate: 'number', layer: 'size' }).rate);
}

/** A layer's tensors among all, by their index, and their shapes' sizes. */
export interface LayerTensors {
  readonly weight: number;
  readonly bias: number;
  /** Of prelu, and how many there are. */
  readonly slopes?: { readonly index: number; readonly length: number };
}

/** layers.0.weight, layers.0.bias, layers.1.weight ...; slopes of prelu are a layer of their own, layers.N.slope. */
export function tensorNames(network: ReferenceNetwork): string[] {
  let next = 0;
  return requireNetwork(network).flatMap(({ activation }) => {
    const own = `layers.${next++}`;
    return [`${own}.weight`, `${own}.bias`, ...(activation === 'prelu' ? [`layers.${next++}.slope`] : [])];
  });
}

export function tensorsOf(layers: readonly ReferenceLayer[]): LayerTensors[] {
  let next = 0;
  return layers.map(({ activation, slopes, outWidth }) => {
    const own = { weight: next++, bias: next++ };
    return activation === 'prelu' ? { ...own, slopes: { index: next++, length: slopes === 'unit' ? outWidth : 1 } } : own;
  });
}
