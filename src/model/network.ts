/** A model's layers with their shapes, parameters and dropouts, and where the parameters lie in an arena. */

import { CHUNK } from '../kernels/chunk.ts';
import type { Dropout } from '../kernels/dropout.ts';
import type { UnitWeight } from '../kernels/unit-constraint.ts';
import { STREAM } from '../random.ts';
import { pad4, type Placed } from './arena.ts';
import { defaultInits } from './default-inits.ts';
import { isActivationLayer } from './layers/activation.ts';
import { layerTypeOf, type Layer } from './layers/known.ts';
import type { GroupSettings } from './layers/dense.ts';
import { sizeOf, type ParameterSpec, type Shape } from './layers/layer.ts';
import type { Numbered } from './numbers.ts';
import { INPUT, inputsOf, shapesOf, sourceOf, type Model } from './model.ts';
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
  /** It stays as it is: no gradient of it is made, and no update reaches it. */
  readonly isFrozen: boolean;
  /** Floats with pads: rows and columns are padded to 4. */
  readonly paddedLength: number;
}

/** A layer with parameters: layers.N in files and overrides, N among those with parameters. */
export interface ParameterLayer {
  /** 'layers.N' */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly paddedInputs: number;
  readonly paddedOutputs: number;
  /** On this layer's input. */
  readonly inputDropout?: NetworkDropout | undefined;
  /** Whether it makes the network's output, or what only an activation stands behind. */
  readonly isLast: boolean;
  /** All its parameters. */
  readonly tensors: readonly Tensor[];
  readonly isFrozen: boolean;
  /** Whether the weight is another layer's, transposed; the bias is its own. */
  readonly isTransposed: boolean;
  readonly settings: GroupSettings;
}

/** One with a weight and a bias. */
export interface WeightLayer extends ParameterLayer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** One layer of the model, in its network. */
export interface NetworkNode {
  readonly layer: Layer;
  /** Whether it makes the network's output, or what only an activation stands behind. */
  readonly isLast: boolean;
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
  /** Those that are updated: they come first. */
  readonly trainedChunks: number;
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

/** Whether a layer has parameters of its own: layers.N counts these. */
const hasParameters = (layer: Layer): boolean => layer.type === 'dense' || layer.type === 'prelu' || (layer.type === 'tied' && layer.transposed === true);

/** N of the dense layer that a layer lies behind, without a branch between. */
function denseBelow(model: Model, at: number): number | undefined {
  if (at === INPUT) return undefined;
  const layer = model.layers[at]!;
  if (layer.type === 'tied' && !layer.transposed) return denseBelow(model, layer.of as number);
  if (hasParameters(layer)) return model.layers.slice(0, at).filter(hasParameters).length;
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

/** A layer's parameters, not placed yet. */
interface Unplaced {
  readonly specs: readonly ParameterSpec[];
  readonly isFrozen: boolean;
}

interface Places {
  readonly tensors: readonly Tensor[];
  readonly stride: number;
  /** Floats that are updated. */
  readonly trained: number;
}

/** Places parameters one after the other: those that are updated first, so that an update of the arena ends with them. */
function placed(layers: readonly Unplaced[]): Places {
  const unplaced = layers.flatMap(({ specs, isFrozen }, layer) => specs.map(({ name, ...spec }) => ({
    ...spec, name: `layers.${layer}.${name}`, layer, isFrozen, length: sizeOf(spec.shape), paddedLength: spec.shape.reduce((floats, size) => floats * pad4(size), 1),
  }))).map((tensor, index) => ({ ...tensor, index }));
  let stride = 0;
  const offsets = new Map<number, number>();
  for (const { index, paddedLength } of unplaced.toSorted((a, b) => Number(a.isFrozen) - Number(b.isFrozen))) {
    offsets.set(index, stride);
    stride += alignChunk(paddedLength);
  }
  const tensors = unplaced.map((tensor): Tensor => ({ ...tensor, offset: offsets.get(tensor.index)! }));
  return { tensors, stride, trained: Math.min(stride, ...tensors.filter(({ isFrozen }) => isFrozen).map(({ offset }) => offset)) };
}

/** The layer that makes a model's output, below activations and outputs that alone read it. */
function endOf(model: Model, at = model.layers.length - 1): number {
  const { layers } = model, [below] = inputsOf(model, at);
  if (at === INPUT || !(isActivationLayer(layers[at]) || layerTypeOf(layers[at]!).isOutput === true)) return at;
  return layers.filter((_, reader) => inputsOf(model, reader).includes(below!)).length > 1 ? at : endOf(model, below);
}

export function describeNetwork(model: Model): Network {
  const shapes = shapesOf(model), dropouts = dropoutsOf(model), numbers = numbersOf(model), inits = defaultInits(model), end = endOf(model);
  const shapeOf = (node: number): Shape => (node === INPUT ? model.inputShape : shapes[node]!);
  const inputOf = (at: number): Shape => shapeOf(inputsOf(model, at)[0]!);
  const owners = model.layers.flatMap((layer, at): (Unplaced & { readonly at: number })[] => {
    const source = sourceOf(layer, (of) => ({ input: inputOf(of), output: shapes[of]! }));
    const specs = layerTypeOf(layer).parameters?.(inputOf(at), layer, inits[at]!, source);
    return specs === undefined ? [] : [{ at, specs, isFrozen: (layer as GroupSettings).frozen === true }];
  });
  const { tensors, stride, trained } = placed(owners), layers: ParameterLayer[] = [];
  const parametersAt = (at: number): ParameterLayer | undefined => layers[owners.findIndex((owner) => owner.at === at)];
  owners.forEach(({ at, isFrozen }, n) => {
    const layer = model.layers[at]!;
    layers.push(parameterLayer(n, tensors.filter((tensor) => tensor.layer === n), layer.type === 'tied' ? (parametersAt(layer.of as number) as WeightLayer).weight : undefined, {
      inputs: sizeOf(inputOf(at)), outputs: sizeOf(shapes[at]!), inputDropout: dropouts.get(inputsOf(model, at)[0]!), isLast: at === end, isFrozen,
      settings: layer.type === 'tied' ? {} : layer as GroupSettings,
    }));
  });
  const nodes = model.layers.map((layer, at): NetworkNode => {
    const parameters = parametersAt(layer.type === 'tied' && !layer.transposed ? layer.of as number : at);
    const entry = numbers.has(at) ? dropouts.size + [...numbers.keys()].indexOf(at) : undefined;
    return { layer, isLast: at === end, inputs: inputsOf(model, at), width: sizeOf(shapes[at]!), parameters, dropout: dropouts.get(at), entry };
  });
  return {
    inputs: sizeOf(model.inputShape), outputs: nodes.at(-1)!.width, nodes, layers, tensors, dropouts: [...dropouts.values()], numbers: [...numbers.values()],
    stride, chunks: stride / CHUNK_FLOATS, trainedChunks: trained / CHUNK_FLOATS, parameters: tensors.reduce((sum, { length }) => sum + length, 0),
  };
}

function parameterLayer(
  n: number, tensors: readonly Tensor[], other: Tensor | undefined,
  own: Pick<ParameterLayer, 'inputs' | 'outputs' | 'inputDropout' | 'isLast' | 'isFrozen' | 'settings'>,
): ParameterLayer {
  const ofRole = (role: Role): Tensor | undefined => tensors.find((tensor) => tensor.role === role), weight = other ?? ofRole('weight');
  return {
    name: `layers.${n}`, ...own, paddedInputs: pad4(own.inputs), paddedOutputs: pad4(own.outputs),
    tensors, ...(weight !== undefined && { weight, bias: ofRole('bias') }), isTransposed: other !== undefined,
  };
}

export const hasWeight = (layer: ParameterLayer): layer is WeightLayer => 'weight' in layer;

/** The layers with weights, in order: what rules and penalties on weights, units and activations look at. */
export const weightLayers = ({ layers }: Pick<Network, 'layers'>): WeightLayer[] => layers.filter(hasWeight);

/** Tensor index of each chunk of the arena. */
export function chunkTable(network: Network): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(network.chunks);
  network.tensors.forEach(({ offset, paddedLength, index }) => {
    table.fill(index, offset / CHUNK_FLOATS, (offset + alignChunk(paddedLength)) / CHUNK_FLOATS);
  });
  return table;
}

/** Offset and length of each tensor, in vec4s: 0 of those that are frozen, which are in no norm. */
export const tensorTable = ({ tensors }: Network): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(tensors.flatMap(({ offset, paddedLength, isFrozen }) => [offset / 4, isFrozen ? 0 : paddedLength / 4]));

/** The weights that rules on units look at. */
export const unitWeights = (network: Network, lassoFactors: readonly number[]): UnitWeight[] =>
  weightLayers(network).filter(({ isFrozen, isTransposed }) => !isFrozen && !isTransposed).map(({ weight, inputs, paddedOutputs }) =>
    ({ offset: weight.offset, inputs, paddedOutputs, tensor: weight.index, lassoFactor: lassoFactors[weight.index]! }));
