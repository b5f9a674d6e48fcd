/** All layer types, by name: what a model may be made of. */

import { activationLayers, type AnyActivationLayer } from './activation.ts';
import { add, addLayer, type Add } from './add.ts';
import { denseLayer, type Dense } from './dense.ts';
import { dropoutLayer, type Dropout } from './dropout.ts';
import type { LayerType } from './layer.ts';

export {
  relu, leakyRelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish,
} from './activation.ts';
export type {
  Relu, LeakyRelu, Elu, Selu, Sigmoid, Tanh, Softplus, Silu, Gelu, GeluTanh, HardSwish,
} from './activation.ts';
export { dense, type Dense } from './dense.ts';
export { dropout, type Dropout } from './dropout.ts';
export { add, type Add };

/** Plain data: a type, and the settings of that type. */
export type Layer = Dense | Dropout | Add | AnyActivationLayer;

export const LAYER_TYPES: { readonly [Type in Layer['type']]: LayerType<Extract<Layer, { type: Type }>> } = {
  dense: denseLayer,
  dropout: dropoutLayer,
  add: addLayer,
  ...activationLayers,
};

export const isLayerType = (type: unknown): type is Layer['type'] => typeof type === 'string' && Object.hasOwn(LAYER_TYPES, type);

/** The type of a layer. Which one it is does not matter to those who ask. */
export const layerTypeOf = (layer: Layer): LayerType<Layer> => LAYER_TYPES[layer.type] as unknown as LayerType<Layer>;
