/** A model's dense layers with their sizes, and where their tensors lie in the parameter arena. */

import { CHUNK } from '../kernels/chunk.ts';
import type { UnitWeight } from '../kernels/unit-constraint.ts';
import { STREAM } from '../random.ts';
import type { Dense, Model } from './layers.ts';

export const pad4 = (n: number): number => Math.ceil(n / 4) * 4;

/** A dropout layer: its entry in the rows, its Philox stream, and the dense layer whose inputs it drops. */
export interface NetworkDropout {
  readonly index: number;
  readonly stream: number;
  readonly rate: number;
}

export interface Tensor {
  /** As in files: 'layers.0.weight'. */
  readonly name: string;
  readonly kind: 'weight' | 'bias';
  /** Index of its dense layer. */
  readonly layer: number;
  /** Unpadded: [inputs, outputs] or [outputs]. */
  readonly shape: readonly number[];
  /** Elements, and floats with pads: rows and columns are padded to 4. */
  readonly length: number;
  readonly paddedLength: number;
  /** Floats into one replica's arena. */
  readonly offset: number;
}

export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly paddedInputs: number;
  readonly paddedOutputs: number;
  /** Of this layer's output. */
  readonly relu: boolean;
  /** On this layer's input, and on its output (which is the next layer's input). */
  readonly inputDropout?: NetworkDropout | undefined;
  readonly outputDropout?: NetworkDropout | undefined;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly settings: Dense;
}

export interface Network {
  readonly inputs: number;
  readonly classes: number;
  readonly layers: readonly DenseLayer[];
  /** Weight, bias, weight, bias ... */
  readonly tensors: readonly Tensor[];
  readonly dropouts: readonly NetworkDropout[];
  /** Floats of one replica's arena. Tensors start at chunk boundaries. */
  readonly stride: number;
  readonly chunks: number;
  /** Parameters without pads. */
  readonly parameters: number;
}

const CHUNK_FLOATS = 4 * CHUNK;
const alignChunk = (floats: number): number => Math.ceil(floats / CHUNK_FLOATS) * CHUNK_FLOATS;

/** The dropout layer right before / after position `at` of the layer list. */
function dropoutAt(model: Model, at: number): NetworkDropout | undefined {
  const layer = model.layers[at];
  if (layer?.type !== 'dropout') return undefined;
  const index = model.layers.slice(0, at).filter(({ type }) => type === 'dropout').length;
  return { index, stream: STREAM.dropout + at, rate: layer.rate };
}

export function describeNetwork(model: Model): Network {
  const layers: DenseLayer[] = [];
  let offset = 0;
  let inputs = model.inputShape.reduce((a, b) => a * b, 1);
  const place = (kind: Tensor['kind'], shape: number[]): Tensor => {
    const paddedLength = shape.reduce((a, b) => a * pad4(b), 1);
    const tensor: Tensor = {
      name: `layers.${layers.length}.${kind}`,
      kind,
      layer: layers.length,
      shape,
      length: shape.reduce((a, b) => a * b, 1),
      paddedLength,
      offset,
    };
    offset += alignChunk(paddedLength);
    return tensor;
  };
  model.layers.forEach((settings, at) => {
    if (settings.type !== 'dense') return;
    const outputs = settings.units;
    const relu = model.layers[at + 1]?.type === 'relu';
    layers.push({
      inputs,
      outputs,
      paddedInputs: pad4(inputs),
      paddedOutputs: pad4(outputs),
      relu,
      inputDropout: dropoutAt(model, at - 1),
      outputDropout: dropoutAt(model, at + (relu ? 2 : 1)),
      weight: place('weight', [inputs, outputs]),
      bias: place('bias', [outputs]),
      settings,
    });
    inputs = outputs;
  });
  const tensors = layers.flatMap(({ weight, bias }) => [weight, bias]);
  return {
    inputs: layers[0]!.inputs,
    classes: inputs,
    layers,
    tensors,
    dropouts: model.layers.flatMap((_, at) => dropoutAt(model, at) ?? []),
    stride: offset,
    chunks: offset / CHUNK_FLOATS,
    parameters: tensors.reduce((sum, { length }) => sum + length, 0),
  };
}

/** Tensor index of each chunk of the arena. */
export function chunkTable(network: Network): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(network.chunks);
  network.tensors.forEach(({ offset, paddedLength }, tensor) => {
    table.fill(tensor, offset / CHUNK_FLOATS, (offset + alignChunk(paddedLength)) / CHUNK_FLOATS);
  });
  return table;
}

/** Offset and length of each tensor, in vec4s. */
export const tensorTable = ({ tensors }: Network): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(tensors.flatMap(({ offset, paddedLength }) => [offset / 4, paddedLength / 4]));

/** The weights that rules on units look at. */
export const unitWeights = ({ layers }: Network): UnitWeight[] =>
  layers.map(({ weight, inputs, paddedOutputs }, i) => ({ offset: weight.offset, inputs, paddedOutputs, tensor: 2 * i }));

/** All that says how a tensor lies in an arena. */
export type Placed = Pick<Tensor, 'shape' | 'length' | 'offset'>;

/** Spreads a tensor's elements over padded rows: `data` [rows, columns] into the arena. */
export function padTensor(tensor: Placed, data: ArrayLike<number>, arena: Float32Array, arenaOffset = 0): void {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  for (let i = 0, at = arenaOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    for (let column = 0; column < columns; column++) arena[at + column] = data[i + column]!;
  }
}

/** The inverse of `padTensor`. */
export function unpadTensor(tensor: Placed, arena: Float32Array, arenaOffset = 0): Float32Array<ArrayBuffer> {
  const columns = tensor.shape.at(-1)!;
  const stride = pad4(columns);
  const out = new Float32Array(tensor.length);
  for (let i = 0, at = arenaOffset + tensor.offset; i < tensor.length; i += columns, at += stride) {
    out.set(arena.subarray(at, at + columns), i);
  }
  return out;
}
