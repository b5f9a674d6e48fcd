/** Models whose layers branch and join: values that go through layers, from an input to an output. */

import { InputError } from '../errors.ts';
import { textOf } from '../options.ts';
import type { Layer } from './layers/known.ts';
import { add as addLayer, concatenate as concatenateLayer } from './layers/makers.ts';
import type { Shape } from './layers/layer.ts';
import { checkLayer, checkModel, checkShape, INPUT, placed, withoutActivation, type Model } from './model.ts';

/** How a value came to be. */
interface Made {
  /** Of all values: each after those it is made of. */
  readonly turn: number;
  readonly by: { readonly inputShape: Shape } | { readonly layer: Layer; readonly inputs: readonly Value[] };
}

const made = new WeakMap<Value, Made>();
let turns = 0;

/** What a layer makes, or the input: made by `input`, `to`, `add` and `concatenate`, and by nothing else. */
export class Value {
  /**
   * What the layers make of this value, one after the other. A value may go through several: each is a branch.
   * @throws InputError
   */
  to(...layers: readonly Layer[]): Value {
    if (layers.length === 0) throw new InputError('to: give one layer or more, such as dense(10).');
    layers.forEach((layer) => checkLayer('to: a layer', layer));
    return layers.reduce<Value>((value, layer) => through(layer, [value]), this);
  }
}

function valueOf(by: Made['by']): Value {
  const value = new Value();
  made.set(value, { turn: turns++, by });
  return value;
}

/** An activation named within a dense layer is the layer behind it. */
function through(layer: Layer, inputs: readonly Value[]): Value {
  if (layer?.type !== 'dense' || layer.activation === undefined) return valueOf({ layer, inputs });
  return valueOf({ layer: layer.activation, inputs: [valueOf({ layer, inputs })] });
}

/** @throws InputError */
function demandValues(what: string, values: readonly Value[], least: number): void {
  const wrong = values.findIndex((value) => !made.has(value));
  if (wrong >= 0 || values.length < least) {
    throw new InputError(`${what} takes ${least > 1 ? `${least} or more values` : 'a value'} that input(shape) and layers make, got ${values.length < least ? values.length : textOf(values[wrong])}.`);
  }
}

/**
 * The input of a model, from which values go through layers:
 *
 *   const x = input([784]), h = x.to(dense(256), relu());
 *   const residual = model(add(h, h.to(dense(256), relu())).to(dense(10)));
 *
 * @param shape of one sample, e.g. [784] or [28, 28]
 * @throws InputError
 */
export function input(shape: Shape): Value {
  checkShape('input', shape);
  return valueOf({ inputShape: [...shape] });
}

/**
 * The sum of two or more values of one size: a residual connection (He et al. 2016).
 * @throws InputError
 */
export function add(...values: readonly Value[]): Value {
  demandValues('add', values, 2);
  return valueOf({ layer: addLayer(), inputs: values });
}

/**
 * Two or more values beside each other, [batch, sum of their sizes]: a dense connection (Huang et al. 2017).
 * @throws InputError
 */
export function concatenate(...values: readonly Value[]): Value {
  demandValues('concatenate', values, 2);
  return valueOf({ layer: concatenateLayer(), inputs: values });
}

/** A value and all that it is made of, in the order of their making. */
function behind(output: Value): Value[] {
  const found = new Set<Value>(), open = [output];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (found.has(value)) continue;
    found.add(value);
    const { by } = made.get(value)!;
    if ('layer' in by) open.push(...by.inputs);
  }
  return [...found].sort((a, b) => made.get(a)!.turn - made.get(b)!.turn);
}

/**
 * The model that makes a value of its input: plain data, as `sequential` makes it.
 * @param output of the model: what the loss takes
 * @throws InputError naming the layer that cannot stand where it does
 */
export function model(output: Value): Model {
  demandValues('model', [output], 1);
  const values = behind(output), inputs = values.filter((value) => 'inputShape' in made.get(value)!.by), layers = values.filter((value) => !inputs.includes(value));
  if (inputs.length > 1) throw new InputError(`model: the output is made of ${inputs.length} inputs. Make one input(shape) of all elements, and take its parts by slice(start, end).`);
  const place = new Map([[inputs[0], INPUT] as const, ...layers.map((value, at) => [value, at] as const)]);
  const own = layers.map((value) => made.get(value)!.by as { layer: Layer; inputs: readonly Value[] }), given = own.map(({ layer }) => layer);
  const plain = placed(given.map(withoutActivation), given, given.map((_, at) => at), 'model');
  return checkModel({
    inputShape: (made.get(inputs[0]!)!.by as { inputShape: Shape }).inputShape, layers: plain, inputs: own.map(({ inputs: from }) => from.map((value) => place.get(value)!)),
  }, 'model');
}
