/** What a model may be made of: layers as plain data, and their makers. */

export {
  relu, leakyRelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish,
} from './activation.ts';
export type {
  Relu, LeakyRelu, Elu, Selu, Sigmoid, Tanh, Softplus, Silu, Gelu, GeluTanh, HardSwish,
} from './activation.ts';
export type { Add } from './add.ts';
export type { Concatenate } from './concatenate.ts';
export { dense, type Dense } from './dense.ts';
export { dropout, type Dropout } from './dropout.ts';
export { isLayerType, layerTypeOf, type Layer } from './known.ts';
export { add, concatenate, prelu, slice, softmax, tied } from './makers.ts';
export type { Prelu } from './prelu.ts';
export type { Slice } from './slice.ts';
export type { Softmax } from './softmax.ts';
export type { Tied } from './tied.ts';
