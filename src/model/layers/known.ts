/** Layer types by name: what chains of layers are made of is always there, others come with their makers or are loaded. */

import { activationLayers, type AnyActivationLayer } from './activation.ts';
import type { Add } from './add.ts';
import type { Concatenate } from './concatenate.ts';
import { denseLayer, type Dense } from './dense.ts';
import { dropoutLayer, type Dropout } from './dropout.ts';
import type { LayerType } from './layer.ts';
import type { Slice } from './slice.ts';
import type { Softmax } from './softmax.ts';
import type { Tied } from './tied.ts';

/** Plain data: a type, and the settings of that type. */
export type Layer = Dense | Tied | Dropout | Add | Concatenate | Slice | Softmax | AnyActivationLayer;

/** Each in a file of its own: a page pays for those that it names. */
const LOADERS = {
  tied: async () => (await import('./tied.ts')).tiedLayer,
  add: async () => (await import('./add.ts')).addLayer,
  concatenate: async () => (await import('./concatenate.ts')).concatenateLayer,
  slice: async () => (await import('./slice.ts')).sliceLayer,
  softmax: async () => (await import('./softmax.ts')).softmaxLayer,
} as const satisfies { readonly [Type in Layer['type']]?: () => Promise<LayerType<Extract<Layer, { type: Type }>>> };

const known = new Map<string, LayerType<Layer>>(
  Object.entries({ dense: denseLayer, dropout: dropoutLayer, ...activationLayers }) as unknown as [string, LayerType<Layer>][],
);

/** From here on it is found by its type. */
export const know = <Settings extends Layer>(layer: LayerType<Settings>): void => void known.set(layer.type, layer as unknown as LayerType<Layer>);

/** Those that are there. */
export const knownLayers = (): LayerType<Layer>[] => [...known.values()];

export const isLayerType = (type: unknown): type is Layer['type'] => known.has(type as string);

/** The type of a layer. Which one it is does not matter to those who ask. */
export const layerTypeOf = ({ type }: Layer): LayerType<Layer> => known.get(type)!;

const isLate = (type: unknown): type is keyof typeof LOADERS => typeof type === 'string' && Object.hasOwn(LOADERS, type);

/** Brings the layer types of a model that nobody has checked yet. */
export async function loadLayersOf(model: { readonly layers?: unknown } | undefined): Promise<void> {
  if (!Array.isArray(model?.layers)) return;
  const types = new Set(model.layers.map((layer: { type?: unknown } | null | undefined) => layer?.type));
  await Promise.all([...types].map(async (type) => { if (isLate(type) && !known.has(type)) know(await LOADERS[type]() as never); }));
}
