/** Objects of options, all checked alike: a name that nobody knows is refused, and the nearest one that there is named. */

import { InputError } from './errors.ts';

/** Letters of a value that a message shows. */
const LONGEST = 200;

/** 'a Float32Array of 30', 'a GPUBuffer': what an object's class says of it where its contents say nothing, or too much; undefined of plain objects and lists. */
function classText(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1), name = tag === 'Object' ? String(value.constructor?.name) : tag;
  if (/^(Object|Array|undefined|)$/.test(name)) return undefined;
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}${ArrayBuffer.isView(value) && 'length' in value ? ` of ${value.length}` : ''}`;
}

const shown = (value: unknown): unknown => (typeof value === 'object' && value !== null ? classText(value) : undefined) ?? value;

/** A value from outside as error messages show it, in few words: JSON would call NaN and Infinity null, and write arrays out. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  try {
    const own = shown(value);
    if (own !== value) return own as string;
    const text = JSON.stringify(value, (_, one) => shown(one)) ?? String(value);
    if (text.length <= LONGEST) return text;
    return Array.isArray(value) ? `a list of ${value.length}` : `${text.slice(0, LONGEST)}...`;
  } catch {
    return typeof value; // A cycle, a bigint in it or a throwing toJSON.
  }
}

/** @throws InputError unless it holds */
export function demand(holds: boolean, what: string, wanted: string, got: unknown): void {
  if (!holds) throw new InputError(`${what} must be ${wanted}, got ${textOf(got)}.`);
}

/** @throws InputError unless it is a boolean */
export const demandBoolean = (what: string, value: unknown): void => demand(typeof value === 'boolean', what, 'true or false', value);

/** @throws InputError unless it is one of the texts */
export const demandOneOf = (what: string, value: unknown, choices: readonly string[]): void =>
  demand(choices.includes(value as string), what, choices.map((one) => `'${one}'`).join(', ').replace(/, ([^,]*)$/, ' or $1'), value);

/** @throws InputError unless it is a whole number from `least` on */
export const demandWhole = (what: string, value: unknown, least = 1): void =>
  demand(Number.isSafeInteger(value) && (value as number) >= least, what, `a whole number of ${least} or more`, value);

/** Of any realm. @throws InputError unless it is a signal, or undefined */
export function demandSignal(what: string, signal: unknown): void {
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  const holds = signal === undefined || (typeof aborted === 'boolean' && typeof addEventListener === 'function');
  demand(holds, what, `an AbortSignal${signal instanceof AbortController ? ", the controller's .signal" : ''}`, signal);
}

/** @throws InputError where something is given to a maker that takes nothing */
export function demandNothing(what: string, given: ArrayLike<unknown>): void {
  if (given.length > 0) throw new InputError(`${what}() takes no argument, got ${textOf(given[0])}.`);
}

/** Unlike `every` it looks at holes. */
export const isListOf = (value: unknown, holds: (one: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.findIndex((one) => !holds(one)) < 0;

/** What messages call a number that is one in f32, too. */
export const F32_NOT_0 = 'a number that f32 holds, 2^-126 to 3.4e38 in size';
export const F32 = `${F32_NOT_0}, or 0`;

/** The kernels compute in f32: there 1e39 is infinite, and 1e-300 is nothing. Below 2^-126 adapters may take a number for 0. */
export const isF32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(Math.fround(value)) && (value === 0 || Math.abs(value) >= 2 ** -126);

/** What an option is called elsewhere, without signs and capitals, and here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  lr: 'learningRate', eta: 'learningRate', eps: 'epsilon', betas: 'beta1', decay: 'weightDecay', x: 'inputs', y: 'targets',
  labels: 'targets', normalize: 'scale', verbose: 'onProgress', callbacks: 'onProgress', patience: 'earlyStopping',
};

/** Whether only the order of their letters differs. */
const isShuffled = (a: string, b: string): boolean => [...a].sort().join('') === [...b].sort().join('');

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Letters put in, left out or replaced to make one word the other (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + Number(letter !== b[j])));
    row = next;
  }
  return row[b.length]!;
}

/** What is called so elsewhere, where it is among the names. */
export const calledElsewhere = (name: string, names: readonly string[]): string | undefined => names.find((one) => one === ELSEWHERE[plain(name)]);

/** The name that was probably meant; undefined where none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const own = plain(name), elsewhere = calledElsewhere(name, names);
  if (elsewhere !== undefined) return elsewhere;
  const [best] = names
    .map((one): [number, string] => {
      const other = plain(one);
      const isNear = other.startsWith(own) || own.startsWith(other) || isShuffled(own, other);
      return [isNear ? 1 : distance(own, other), one];
    })
    .sort(([a], [b]) => a - b);
  return best !== undefined && best[0] <= Math.max(1, own.length / 3) ? best[1] : undefined;
}

/** What a message ends with where a name is nearly another one; else nothing. */
export function didYouMean(name: string, names: readonly string[], prefix = ''): string {
  const near = nearest(name, names);
  return near === undefined ? '' : ` Did you mean ${prefix}${near}?`;
}

/** Whether a value is an object of named values: no list, no map, no promise that was not awaited. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';

/** Names from a class or another object, in the order of prototypes up to Object's own, of any realm. */
function inheritedNames(value: object): string[] {
  const from = Object.getPrototypeOf(value) as object | null;
  if (from === null || Object.hasOwn(from, 'isPrototypeOf')) return [];
  return [...Object.getOwnPropertyNames(from).filter((name) => name !== 'constructor'), ...inheritedNames(from)];
}

/** @throws InputError where it has names that are not its own: a copy would leave them out without a word */
export function ownNames(where: string, value: object): string[] {
  const [name] = inheritedNames(value);
  if (name === undefined) return Object.keys(value);
  throw new InputError(`${where}: ${name} comes from a class or a prototype, and only an object's own names count. Give a plain object, such as { ${name}: ... }.`);
}

/**
 * Options as they were given. Every name counts, whatever its value, and must be the object's own.
 * @param where what messages begin with, such as 'adam'
 * @throws InputError where they are no object, or one has a name that is not among `names` or not its own
 */
export function checkOptions<T extends object>(where: string, options: T, names: readonly (keyof T & string)[]): T {
  const known: readonly string[] = names, isData = isObject(options) && 'inputs' in options && 'targets' in options && !known.includes('inputs');
  if (!isObject(options) || isData) {
    throw new InputError(`${where} takes an object with ${names.join(', ')}, got ${isData ? 'a data set' : textOf(options)}.`);
  }
  const unknown = ownNames(where, options).find((name) => !known.includes(name));
  if (unknown === undefined) return options;
  throw new InputError(`${where} has no option ${textOf(unknown)}.${didYouMean(unknown, names)} It takes ${names.join(', ')}.`);
}
