/** `--layers "dense 128 gelu, dropout 0.2, dense"`: a text becomes layers, and what is wrong with it is shown in its place. */
import { InputError } from '../errors.ts';
import { ACTIVATION_NAMES } from '../kernels/activations/index.ts';
import type { Init, InitName } from '../model/inits/init.ts';
import { INIT_NAMES } from '../model/inits/index.ts';
import { checkSettings, INIT_SETTINGS, PLAIN_INITS } from '../model/inits/settings.ts';
import { dense, dropout, layerTypeOf, type Dense, type Dropout, type Layer } from '../model/layers/index.ts';
import type { AnyActivationLayer } from '../model/layers/activation.ts';
import type { Shape } from '../model/layers/layer.ts';
import { sequential, type Model } from '../model/model.ts';
import { didYouMean, nearest } from '../options.ts';

/** Names the place: characters of the text, from 0. */
export class LayersError extends InputError {
  static override readonly name = 'LayersError';

  constructor(text: string, readonly at: number, readonly length: number, why: string) {
    super(`${why}\n  ${text.replace(/\s/g, ' ')}\n  ${' '.repeat(at)}${'^'.repeat(Math.max(1, length))}`);
  }
}

/** A layer as it is written; the last dense one may leave its units to the data. */
type WrittenLayer = Dropout | AnyActivationLayer | (Omit<Dense, 'units'> & { readonly units?: number });

interface Word {
  readonly text: string;
  readonly at: number;
}

const ACTIVATIONS: readonly string[] = ACTIVATION_NAMES;
const FIRST_WORDS = ['dense', 'dropout', ...ACTIVATION_NAMES];
const isNumber = (text: string | undefined): boolean => text !== undefined && text.trim() !== '' && !Number.isNaN(Number(text));

/** The words of one layer, which are taken one after the other. */
class Words {
  readonly #text: string;
  readonly #words: readonly Word[];
  /** Where the layer begins and ends. */
  readonly at: number;
  readonly length: number;
  #next = 0;

  constructor(text: string, part: string, from: number) {
    this.#text = text;
    this.#words = [...part.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: from + match.index }));
    this.at = this.#words[0]?.at ?? from;
    const last = this.#words.at(-1);
    this.length = last === undefined ? 1 : last.at + last.text.length - this.at;
  }

  get next(): string | undefined {
    return this.#words[this.#next]?.text;
  }

  take(): Word | undefined {
    return this.next === undefined ? undefined : this.#words[this.#next++];
  }

  takeNumbers(most: number): number[] {
    const found: number[] = [];
    while (found.length < most && isNumber(this.next)) found.push(Number(this.take()!.text));
    return found;
  }

  /** About the word that was taken last; of the whole layer where there was none. */
  refuse(why: string): never {
    const last = this.#words[this.#next - 1];
    throw new LayersError(this.#text, last?.at ?? this.at, last?.text.length ?? this.length, why);
  }

  /** What makers and checks say of it. */
  checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof InputError) || error instanceof LayersError) throw error;
      return this.refuse(error.message);
    }
  }

  /** Nothing is left over. @param names what might have stood there */
  end(names: readonly string[]): void {
    const word = this.take();
    if (word !== undefined) this.refuse(unknown(word.text, names, nearest(word.text, names) === undefined ? 'cannot stand here. Put a comma between layers' : 'is not known here'));
  }
}

function unknown(word: string, names: readonly string[], why: string): string {
  if (word.toLowerCase() === 'softmax') return '"softmax" is not wanted here: the loss makes probabilities of what the last layer gives. Leave it out.';
  return `"${word}" ${why}.${didYouMean(word, names)}`;
}

/** An activation by the word that was taken, with its number where one follows. */
function activationOf(words: Words, type: string): AnyActivationLayer {
  const keys = Object.keys(layerTypeOf({ type } as AnyActivationLayer).numbers ?? {}), numbers = words.takeNumbers(keys.length);
  const layer = { type, ...Object.fromEntries(numbers.map((value, i) => [keys[i]!, value])) } as AnyActivationLayer;
  words.checked(() => layerTypeOf(layer).check(layer));
  return layer;
}

/** Of those that cannot do without numbers. */
const EXAMPLES: { readonly [Name in InitName]?: string } = { constant: 'constant 0.1', randomUniform: 'randomUniform -0.1 0.1', randomNormal: 'randomNormal 0 0.1' };

const numbersOf = (type: InitName): string[] => INIT_SETTINGS[type].filter((name) => name !== 'mode');

/** An init's name, with its numbers behind it. @param usual numbers where none are given */
function initOf(words: Words, usual: Readonly<Record<string, readonly number[]>> = {}): Init {
  const type = words.take()?.text as InitName | undefined;
  if (type === undefined) return words.refuse('init wants a name, such as init heNormal.');
  if (!INIT_NAMES.includes(type)) return words.refuse(unknown(type, INIT_NAMES, `is no init. There are ${INIT_NAMES.join(', ')}`));
  const names = numbersOf(type), given = words.takeNumbers(names.length), numbers = given.length === 0 ? (usual[type] ?? []) : given;
  if (!PLAIN_INITS.includes(type) && numbers.length < names.length) return words.refuse(`${type} wants ${names.join(' and ')} behind it, such as ${EXAMPLES[type]}.`);
  const init = { type, ...Object.fromEntries(numbers.map((value, i) => [names[i]!, value])) } as Init;
  words.checked(() => checkSettings(init));
  return init;
}

function denseOf(words: Words, isLast: boolean): WrittenLayer {
  const [units] = words.takeNumbers(1);
  if (units === undefined && !isLast) return words.refuse('dense wants its number of units, such as dense 128. Only the last layer may leave it to the data.');
  words.checked(() => dense(units ?? 1));
  const activation = ACTIVATIONS.includes(words.next!) ? activationOf(words, words.take()!.text) : undefined;
  if (isLast && activation !== undefined) words.refuse('The last layer takes no activation: the loss wants what it gives as it is. Leave it out.');
  const init = words.next === 'init' ? (words.take(), initOf(words)) : undefined;
  words.end(activation === undefined && init === undefined ? [...ACTIVATION_NAMES, 'init'] : ['init']);
  return { type: 'dense', ...(units !== undefined && { units }), ...(activation && { activation }), ...(init && { init }) };
}

function dropoutOf(words: Words): WrittenLayer {
  const [rate] = words.takeNumbers(1);
  if (rate === undefined) return words.refuse('dropout wants its rate, such as dropout 0.5.');
  const layer = words.checked(() => dropout(rate));
  words.end([]);
  return layer;
}

function layerOf(words: Words, isLast: boolean): WrittenLayer {
  const type = words.take()?.text;
  if (type === undefined) return words.refuse('A layer is missing here: commas stand between layers.');
  if (isLast && type !== 'dense' && FIRST_WORDS.includes(type)) return words.refuse('The last layer must be dense: it makes what the loss takes. Put ", dense" behind it.');
  if (type === 'dense') return denseOf(words, isLast);
  if (type === 'dropout') return dropoutOf(words);
  if (!ACTIVATIONS.includes(type)) return words.refuse(unknown(type, FIRST_WORDS, `is no layer. There are ${FIRST_WORDS.join(', ')}`));
  const layer = activationOf(words, type);
  words.end([]);
  return layer;
}

/** The parts between commas. */
function partsOf(text: string): Words[] {
  let from = 0;
  return text.split(',').map((part) => {
    const words = new Words(text, part, from);
    from += part.length + 1;
    return words;
  });
}

/**
 * Layers with commas between them: `dense UNITS [ACTIVATION] [init NAME]`, `dropout RATE`, or an activation alone; numbers of
 * activations and inits behind their names: `dense 64 leakyRelu 0.2 init randomUniform -0.1 0.1`. The last one is dense, and takes as many units as
 * the data have outputs where it does not say them.
 * @throws LayersError
 */
export function parseLayers(text: string): WrittenLayer[] {
  const parts = partsOf(text);
  return parts.map((words, i) => layerOf(words, i === parts.length - 1));
}

/** Inits with commas between them. @param usual numbers of those that are named alone. @throws LayersError */
export const parseInits = (text: string, usual: Readonly<Record<string, readonly number[]>>): Init[] => partsOf(text).map((words) => {
  const init = initOf(words, usual);
  words.end([]);
  return init;
});

/** What the network's layers become in a comparison. */
export interface Change {
  readonly activation?: AnyActivationLayer['type'] | undefined;
  readonly init?: Init | undefined;
}

/**
 * The model of these layers on data with so many outputs.
 * @param change in the place of every activation, and of all dense layers' inits
 * @throws InputError where the last layer says another number
 */
export function layersModel(text: string, inputShape: Shape, outputs: number, { activation, init }: Change = {}): Model {
  const changed = (layer: AnyActivationLayer): AnyActivationLayer => (activation === undefined || layer.type === activation ? layer : { type: activation });
  return sequential(inputShape, parseLayers(text).map((layer): Layer => {
    if (layer.type === 'dropout') return layer;
    if (layer.type !== 'dense') return changed(layer);
    const { units = outputs, activation: own, ...rest } = layer;
    return { ...rest, units, ...(own && { activation: changed(own) }), ...(init && { init }) };
  }).map((layer, i, { length }): Layer => {
    if (i < length - 1 || layer.type !== 'dense' || layer.units === outputs) return layer;
    throw new InputError(`--layers: the last layer has ${layer.units} ${layer.units === 1 ? 'unit' : 'units'}, the data want ${outputs}. Give it dense ${outputs}, or dense alone.`);
  }));
}
