/** A model's layers with their shapes, parameters and dropouts, and where the parameters lie in an arena. */

import { CHUNK } from '../kernels/chunk.ts';
import type { Dropout } from '../kernels/dropout.ts';
import type { UnitWeight } from '../kernels/unit-constraint.ts';
import { STREAM } from '../random.ts';
import { pad4, type Placed } from './arena.ts';
import { defaultInits } from './default-inits.ts';
import { layerTypeOf, type Layer } from './layers/index.ts';
import type { GroupSettings } from './layers/dense.ts';
import { sizeOf, type ParameterSpec, type Shape } from './layers/layer.ts';
import type { Numbered } from './numbers.ts';
import { INPUT, inputsOf, shapesOf, type Model } from './model.ts';
import type { Role } from './role.ts';

/** A dropout layer: its entry in the rows, and its Philox stream. */
export interface NetworkDropout extends Dropout {
  readonly rate: number;
}

/** A parameter, placed. */
export interface Tensor extends Placed, Omit<ParameterSpec, 'name' | 'fileAxes'> {
  /** As in files: 'layers.0.weight'. */
  readonly name: string;
  readonly fileAxes: readonly number[];
  /** Among all parameters. */
  readonly index: number;
  /** N of layers.N. */
  readonly layer: number;
  /** Floats with pads: rows and columns are padded to 4. */
  readonly paddedLength: number;
}

/** A layer with parameters: layers.N in files and overrides. */
export interface ParameterLayer {
  /** 'layers.N' */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly paddedInputs: number;
  readonly paddedOutputs: number;
  /** On this layer's input. */
  readonly inputDropout?: NetworkDropout | undefined;
  /** Whether it makes the network's output. */
  readonly isLast: boolean;
  /** All its parameters. */
  readonly tensors: readonly Tensor[];
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly settings: GroupSettings;
}

/** One layer of the model, in its network. */
export interface NetworkNode {
  readonly layer: Layer;
  /** Nodes it reads; INPUT is the network's input. */
  readonly inputs: readonly number[];
  /** Elements of its output, per sample. */
  readonly width: number;
  readonly parameters?: ParameterLayer | undefined;
  readonly dropout?: NetworkDropout | undefined;
  /** Its entry in the row's `layers`, where it has numbers of its own. */
  readonly entry?: number | undefined;
}

export interface Network {
  readonly inputs: number;
  /** Elements of the network's output. */
  readonly outputs: number;
  /** Each after those it reads. */
  readonly nodes: readonly NetworkNode[];
  /** Those with parameters, in order. */
  readonly layers: readonly ParameterLayer[];
  readonly tensors: readonly Tensor[];
  readonly dropouts: readonly NetworkDropout[];
  /** Of activations with numbers of their own, in the order of their entries, behind those of the dropouts. */
  readonly numbers: readonly Numbered[];
  /** Floats of one replica's parameters. Tensors start at chunk boundaries. */
  readonly stride: number;
  readonly chunks: number;
  /** Parameters without pads. */
  readonly parameters: number;
}

/** Entries in the row's `layers`: of dropouts, of activations with numbers, of the loss. */
export const rowLayers = ({ dropouts, numbers }: Pick<Network, 'dropouts' | 'numbers'>): number => dropouts.length + numbers.length + 1;

const CHUNK_FLOATS = 4 * CHUNK;
const alignChunk = (floats: number): number => Math.ceil(floats / CHUNK_FLOATS) * CHUNK_FLOATS;

/** The dropouts of a model, by layer. A stream is a layer's place among all layers. */
function dropoutsOf({ layers }: Model): ReadonlyMap<number, NetworkDropout> {
  const found = new Map<number, NetworkDropout>();
  layers.forEach((layer, at) => {
    if (layer.type === 'dropout') found.set(at, { index: found.size, stream: STREAM.dropout + at, rate: layer.rate });
  });
  return found;
}

/** N of the dense layer that a layer lies behind, without a branch between. */
function denseBelow(model: Model, at: number): number | undefined {
  if (at === INPUT) return undefined;
  if (layerTypeOf(model.layers[at]!).parameters !== undefined) return model.layers.slice(0, at).filter((layer) => layerTypeOf(layer).parameters !== undefined).length;
  const [below, ...others] = inputsOf(model, at);
  return others.length > 0 ? undefined : denseBelow(model, below!);
}

/** The numbers of a model's activations, by layer. */
function numbersOf(model: Model): ReadonlyMap<number, Numbered> {
  return new Map(model.layers.flatMap((layer, at): [number, Numbered][] => {
    const numbers = layerTypeOf(layer).numbersOf?.(layer);
    return numbers === undefined ? [] : [[at, { ...numbers, layer: denseBelow(model, at) }]];
  }));
}

/** Places parameters one after the other. */
class Placer {
  readonly tensors: Tensor[] = [];
  stride = 0;

  place(layer: number, { name, ...spec }: ParameterSpec): Tensor {
    const paddedLength = spec.shape.reduce((floats, size) => floats * pad4(size), 1);
    const tensor = {
      ...spec, name: `layers.${layer}.${name}`, index: this.tensors.length, layer, length: sizeOf(spec.shape), paddedLength, offset: this.stride,
    };
    this.stride += alignChunk(paddedLength);
    this.tensors.push(tensor);
    return tensor;
  }
}

export function describeNetwork(model: Model): Network {
  const shapes = shapesOf(model), dropouts = dropoutsOf(model), numbers = numbersOf(model), placer = new Placer(), inits = defaultInits(model);
  const layers: ParameterLayer[] = [];
  const shapeOf = (node: number): Shape => (node === INPUT ? model.inputShape : shapes[node]!);
  const nodes = model.layers.map((layer, at): NetworkNode => {
    const inputs = inputsOf(model, at), input = shapeOf(inputs[0]!);
    const specs = layerTypeOf(layer).parameters?.(input, layer, inits[at]!);
    const parameters = specs && parameterLayer(layers.length, specs, placer, {
      inputs: sizeOf(input), outputs: sizeOf(shapes[at]!), inputDropout: dropouts.get(inputs[0]!), isLast: at === model.layers.length - 1,
      settings: layer as GroupSettings,
    });
    if (parameters !== undefined) layers.push(parameters);
    const entry = numbers.has(at) ? dropouts.size + [...numbers.keys()].indexOf(at) : undefined;
    return { layer, inputs, width: sizeOf(shapes[at]!), parameters, dropout: dropouts.get(at), entry };
  });
  const { tensors, stride } = placer;
  return {
    inputs: sizeOf(model.inputShape), outputs: nodes.at(-1)!.width, nodes, layers, tensors, dropouts: [...dropouts.values()], numbers: [...numbers.values()],
    stride, chunks: stride / CHUNK_FLOATS, parameters: tensors.reduce((sum, { length }) => sum + length, 0),
  };
}

function parameterLayer(
  n: number, specs: readonly ParameterSpec[], placer: Placer,
  own: Pick<ParameterLayer, 'inputs' | 'outputs' | 'inputDropout' | 'isLast' | 'settings'>,
): ParameterLayer {
  const tensors = specs.map((spec) => placer.place(n, spec));
  const ofRole = (role: Role): Tensor => tensors.find((tensor) => tensor.role === role)!;
  return {
    name: `layers.${n}`, ...own, paddedInputs: pad4(own.inputs), paddedOutputs: pad4(own.outputs),
    tensors, weight: ofRole('weight'), bias: ofRole('bias'),
  };
}

/** Tensor index of each chunk of the arena. */
export function chunkTable(network: Network): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(network.chunks);
  network.tensors.forEach(({ offset, paddedLength, index }) => {
    table.fill(index, offset / CHUNK_FLOATS, (offset + alignChunk(paddedLength)) / CHUNK_FLOATS);
  });
  return table;
}

/** Offset and length of each tensor, in vec4s. */
export const tensorTable = ({ tensors }: Network): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(tensors.flatMap(({ offset, paddedLength }) => [offset / 4, paddedLength / 4]));

/** The weights that rules on units look at. */
export const unitWeights = ({ layers }: Network): UnitWeight[] =>
  layers.map(({ weight, inputs, paddedOutputs }) => ({ offset: weight.offset, inputs, paddedOutputs, tensor: weight.index }));
