/** All layer types, by name: what a model may be made of. */

import { activationLayers, type AnyActivationLayer } from './activation.ts';
import { add, addLayer, type Add } from './add.ts';
import { concatenateLayer, type Concatenate } from './concatenate.ts';
import { denseLayer, type Dense } from './dense.ts';
import { dropoutLayer, type Dropout } from './dropout.ts';
import type { LayerType } from './layer.ts';
import { sliceLayer, type Slice } from './slice.ts';
import { softmaxLayer, type Softmax } from './softmax.ts';
import { tiedLayer, type Tied } from './tied.ts';

export {
  relu, leakyRelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish,
} from './activation.ts';
export type {
  Relu, LeakyRelu, Elu, Selu, Sigmoid, Tanh, Softplus, Silu, Gelu, GeluTanh, HardSwish,
} from './activation.ts';
export { dense, type Dense } from './dense.ts';
export { dropout, type Dropout } from './dropout.ts';
export { prelu, type Prelu } from './prelu.ts';
export { add, type Add };
export { concatenate, type Concatenate } from './concatenate.ts';
export { slice, type Slice } from './slice.ts';
export { tied, type Tied } from './tied.ts';
export { softmax, type Softmax } from './softmax.ts';

/** Plain data: a type, and the settings of that type. */
export type Layer = Dense | Tied | Dropout | Add | Concatenate | Slice | Softmax | AnyActivationLayer;

export const LAYER_TYPES: { readonly [Type in Layer['type']]: LayerType<Extract<Layer, { type: Type }>> } = {
  dense: denseLayer,
  tied: tiedLayer,
  dropout: dropoutLayer,
  add: addLayer,
  concatenate: concatenateLayer,
  slice: sliceLayer,
  softmax: softmaxLayer,
  ...activationLayers,
};

export const isLayerType = (type: unknown): type is Layer['type'] => typeof type === 'string' && Object.hasOwn(LAYER_TYPES, type);

/** The type of a layer. Which one it is does not matter to those who ask. */
export const layerTypeOf = (layer: Layer): LayerType<Layer> => LAYER_TYPES[layer.type] as unknown as LayerType<Layer>;
