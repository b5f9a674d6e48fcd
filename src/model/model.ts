/** Models, as plain data: layers over inputs of a known shape. */

import { InputError } from '../errors.ts';
import { checkOptions, isListOf } from '../options.ts';
import { isLayerType, layerTypeOf, LAYER_TYPES, type Layer } from './layers/index.ts';
import { sizeOf, type Shape } from './layers/layer.ts';
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
const makers = (): string => Object.values<{ maker: string; joins?: boolean }>(LAYER_TYPES).filter(({ joins }) => joins !== true).map(({ maker }) => maker).join(', ').replace(/, (?=[^,]*$)/, ' or ');

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/**
 * A model whose layers follow one another, ending in the dense layer of the logits.
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
  if (!isListOf(inputShape, isSize) || inputShape.length === 0) {
    throw new InputError(`${maker}: the input shape must be a list of whole numbers of 1 or more, such as [784], got ${textOf(inputShape)}.`);
  }
  if (!Array.isArray(layers)) throw new InputError(`${maker}: layers must be a list such as [dense(10)], got ${textOf(layers)}.`);
  if (inputs !== undefined && !isListOf(inputs, (own) => isListOf(own, Number.isInteger))) {
    throw new InputError(`${maker}: inputs must be a list of the layers that each layer reads, such as [[-1], [0], [1, 0]], got ${textOf(inputs)}.`);
  }
  const model: Model = { inputShape: [...inputShape], layers: apart(layers, inputs !== undefined, maker), ...(inputs !== undefined && { inputs: inputs.map((own) => [...own]) }) };
  model.layers.forEach((layer: Layer, at) => {
    if (!isLayerType(layer?.type)) {
      throw new InputError(`${maker}: layer ${at} must be made by ${makers()}, got ${textOf(layer)}.`);
    }
    layerTypeOf(layer).check(layer);
  });
  checkInputs(model, maker);
  shapesOf(model, maker);
  if (model.layers.at(-1)?.type !== 'dense') {
    throw new InputError(`${maker}: the last layer must be dense: it makes the logits the loss takes.`);
  }
  return model;
}

/** A dense layer's activation becomes the layer behind it. @throws InputError where inputs count the layers */
const apart = (layers: readonly Layer[], isCounted: boolean, maker: string): Layer[] => [...layers].flatMap((layer): Layer[] => {
  if (layer?.type !== 'dense' || layer.activation === undefined) return [layer];
  if (isCounted) throw new InputError(`${maker}: with inputs, an activation is a layer of its own, behind its dense layer.`);
  const { activation, ...rest } = layer;
  layerTypeOf(layer).check(layer);
  return [rest, activation];
});

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
  model.layers.forEach((layer, at) => {
    const own = inputsOf(model, at).map((input) => (input === INPUT ? model.inputShape : shapes[input]!));
    const other = own.find((shape) => sizeOf(shape) !== sizeOf(own[0]!));
    if (other !== undefined) throw new InputError(`${maker}: layer ${at} (${layer.type}) joins [${own[0]}] and [${other}]. They must be of one size.`);
    shapes.push(layerTypeOf(layer).shape(own, layer));
  });
  return shapes;
}
