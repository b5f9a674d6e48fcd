/** Models, as plain data: layers over inputs of a known shape. */

import { InputError } from '../errors.ts';
import { checkOptions, isListOf } from '../options.ts';
import { isLayerType, knownLayers, layerTypeOf, type Layer } from './layers/known.ts';
import { sizeOf, type Shape, type Source } from './layers/layer.ts';
import { textOf } from './schedules/index.ts';

export interface Model {
  readonly inputShape: Shape;
  /** Each after those it reads; the last one's output is the network's. */
  readonly layers: readonly Layer[];
  /** Per layer: the layers it reads, by index; -1 is the input. Absent: each reads the one before it. */
  readonly inputs?: readonly (readonly number[])[];
}

/** The input, by its index among layers. */
export const INPUT = -1;

/** The layers that layer `at` reads. */
export const inputsOf = ({ inputs }: Model, at: number): readonly number[] => inputs?.[at] ?? [at - 1];

/** The layers' makers, for messages. */
const makers = (): string => knownLayers().filter(({ joins }) => joins === undefined).map(({ maker }) => maker).join(', ').replace(/, (?=[^,]*$)/, ' or ');

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/**
 * A model whose layers follow one another. The last one makes the output: a dense layer the logits or values that the loss takes,
 * or an activation behind it for losses of values; `softmax()` and `sigmoid()` before softmaxCrossEntropy() and
 * binaryCrossEntropy(), which make them of the logits themselves (behind
 * `sigmoid()` weights begin Glorot uniform, as `dense` says).
 * @param inputShape shape of one sample, e.g. [784] or [28, 28]
 * @throws InputError naming the layer that cannot stand where it does
 */
export const sequential = (inputShape: Shape, layers: readonly Layer[]): Model => checkModel({ inputShape, layers }, 'sequential');

/**
 * A copy of a model, whatever it came from, checked.
 * @param maker what messages call it
 * @throws InputError naming the layer
 */
export function checkModel(given: Model, maker = 'model'): Model {
  const { inputShape, layers, inputs } = checkOptions(maker, given, ['inputShape', 'layers', 'inputs']);
  checkShape(maker, inputShape);
  if (!Array.isArray(layers)) throw new InputError(`${maker}: layers must be a list such as [dense(10)], got ${textOf(layers)}.`);
  if (inputs !== undefined && !isListOf(inputs, (own) => isListOf(own, Number.isInteger))) {
    throw new InputError(`${maker}: inputs must be a list of the layers that each layer reads, such as [[-1], [0], [1, 0]], got ${textOf(inputs)}.`);
  }
  const model: Model = { inputShape: [...inputShape], layers: apart(layers, inputs !== undefined, maker), ...(inputs !== undefined && { inputs: inputs.map((own) => [...own]) }) };
  model.layers.forEach((layer: Layer, at) => checkLayer(`${maker}: layer ${at}`, layer));
  checkInputs(model, maker);
  shapesOf(model, maker);
  checkEnd(model, maker);
  return model;
}

/** @throws InputError */
export function checkShape(maker: string, inputShape: unknown): void {
  if (isListOf(inputShape, isSize) && inputShape.length > 0) return;
  throw new InputError(`${maker}: the input shape must be a list of whole numbers of 1 or more, such as [784], got ${textOf(inputShape)}.`);
}

/** @throws InputError unless it is one, with settings that are its own */
export function checkLayer(what: string, layer: Layer): void {
  if (!isLayerType(layer?.type)) throw new InputError(`${what} must be made by ${makers()}, got ${textOf(layer)}.`);
  layerTypeOf(layer).check(layer);
}

/** Whether a layer has parameters that are trained. */
const learns = (layer: Layer): boolean => layer.type === 'prelu' || (layer.type === 'dense' ? layer.frozen !== true : layer.type === 'tied' && layer.transposed === true);

/** @throws InputError unless there is something to train, and an end that makes an output */
function checkEnd({ layers }: Model, maker: string): void {
  if (!layers.some(({ type }) => type === 'dense')) throw new InputError(`${maker}: there must be a dense layer: it has the weights that are trained.`);
  if (!layers.some(learns)) throw new InputError(`${maker}: all layers are frozen: nothing is left to train. Leave frozen out of one.`);
  if (layers.at(-1)!.type === 'dropout') throw new InputError(`${maker}: the last layer must not be dropout: it makes the output the loss takes. Put it before a dense layer.`);
  const early = layers.findIndex((layer, at) => layerTypeOf(layer).isOutput === true && at < layers.length - 1);
  if (early >= 0) throw new InputError(`${maker}: layer ${early} (${layers[early]!.type}) is an output: it stands at the end of a model alone.`);
}

/** A dense layer's activation becomes the layer behind it, and layers that others are tied to are known by their places. @throws InputError where inputs count the layers */
function apart(layers: readonly Layer[], isCounted: boolean, maker: string): Layer[] {
  const places: number[] = [], found: Layer[] = [];
  for (const layer of layers) {
    places.push(found.length);
    if (layer?.type !== 'dense' || layer.activation === undefined) found.push(layer);
    else if (isCounted) throw new InputError(`${maker}: with inputs, an activation is a layer of its own, behind its dense layer.`);
    else {
      checkLayer(maker, layer);
      found.push(withoutActivation(layer), layer.activation);
    }
  }
  return placed(found, layers, places, maker);
}

/** Layers that name others do so by their places. @throws InputError */
export const placed = (found: readonly Layer[], given: readonly unknown[], places: readonly number[], maker: string): Layer[] =>
  found.map((layer) => (isLayerType(layer?.type) ? layerTypeOf(layer).placed?.(layer, given, places, maker) ?? layer : layer));

/** The dense layer of one that names the activation behind it. */
export function withoutActivation<Own extends Layer>(layer: Own): Own {
  if (layer?.type !== 'dense') return layer;
  const { activation: _, ...rest } = layer;
  return rest as Own;
}

/** @throws InputError where layers read what is not before them, or are read by none */
function checkInputs(model: Model, maker: string): void {
  const { layers, inputs } = model;
  if (inputs !== undefined && inputs.length !== layers.length) throw new InputError(`${maker}: there are ${layers.length} layers and inputs of ${inputs.length}. Give a list for each.`);
  const read = new Set(layers.flatMap((_, at) => inputsOf(model, at)));
  layers.forEach(({ type }, at) => {
    const own = inputsOf(model, at);
    const count = own.length;
    if (layerTypeOf(layers[at]!).joins ? count < 2 : count !== 1) {
      throw new InputError(`${maker}: layer ${at} (${type}) takes ${layerTypeOf(layers[at]!).joins ? 'two inputs or more' : 'one input'}, got ${count}.`);
    }
    const wrong = own.find((input) => !(input >= INPUT && input < at));
    if (wrong !== undefined) throw new InputError(`${maker}: layer ${at} (${type}) reads layer ${wrong}, which is not before it.`);
    if (at < layers.length - 1 && !read.has(at)) throw new InputError(`${maker}: nothing reads layer ${at} (${type}). Leave it out.`);
  });
}

/** The shape of every layer's output. @throws InputError where a join's inputs differ */
export function shapesOf(model: Model, maker = 'model'): Shape[] {
  const shapes: Shape[] = [];
  const inputOf = (at: number): Shape[] => inputsOf(model, at).map((input) => (input === INPUT ? model.inputShape : shapes[input]!));
  model.layers.forEach((layer, at) => {
    const own = inputOf(at), other = own.find((shape) => sizeOf(shape) !== sizeOf(own[0]!));
    if (other !== undefined && layerTypeOf(layer).joins !== 'any') throw new InputError(`${maker}: layer ${at} (${layer.type}) joins [${own[0]}] and [${other}]. They must be of one size.`);
    const source = sourceOf(layer, (of) => (of < at && model.layers[of]?.type === 'dense' ? { input: inputOf(of)[0]!, output: shapes[of]! } : undefined));
    const why = layerTypeOf(layer).refusal?.(layer, own[0]!, source) ?? '';
    if (why !== '') throw new InputError(`${maker}: layer ${at} (${layer.type}) ${why}.`);
    shapes.push(layerTypeOf(layer).shape(own, layer, source));
  });
  return shapes;
}

/** What a layer is told of the one whose weights it has; undefined where it has its own. */
export const sourceOf = (layer: Layer, of: (at: number) => Source | undefined): Source | undefined => (layer.type === 'tied' ? of(layer.of as number) : undefined);
