/** Wrong arguments, made of right ones and of the declarations, and what becomes of them. */
import vm from 'node:vm';
import { GradshaderError } from '../../src/errors.ts';
import { randomWords } from '../../src/random.ts';
import { takesBigInts, boundOf } from './bounds.ts';
import { allows, objectsOf, type declaredEntries, type Entry, type Kind, type ModuleName } from './declarations.ts';
import { callOf, LEFT_OUT, SAMPLES, type Bench } from './samples.ts';

/** Thrown by what a caller made: it may pass through. */
class Own extends Error {}

const throwing = (): never => { throw new Own('from a trap of the caller'); };

/** One that every trap of a proxy throws for. */
const hostileProxy = (): object => new Proxy({}, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, throwing])));

type Numbers = Float64Array | Float32Array | Uint8Array | Uint32Array;
type Maker = new (from: number | ArrayBufferLike) => Numbers;

/** Of the kind that is right, where that is a typed array, and as long. */
const alike = (right: unknown): { readonly make: Maker; readonly length: number; readonly bytes: number } => {
  const make = (ArrayBuffer.isView(right) ? right.constructor : Float64Array) as Maker & { readonly BYTES_PER_ELEMENT: number };
  const length = (right as ArrayLike<unknown> | null | undefined)?.length ?? 2;
  return { make, length, bytes: length * (make.BYTES_PER_ELEMENT ?? 1) };
};

/** Arrays that hold no numbers, or none any more, in the place of a right one. */
export const ARRAYS: Readonly<Record<string, (right: unknown) => unknown>> = {
  'BigInts': (right) => new BigInt64Array(alike(right).length), 'a list of BigInts': (right) => Array.from({ length: alike(right).length }, () => 1n),
  'a DataView': (right) => new DataView(new ArrayBuffer(alike(right).bytes)), 'an ArrayBuffer': (right) => new ArrayBuffer(alike(right).bytes),
  'a list with holes': (right) => Object.assign([], { length: alike(right).length }), 'a list of lists': (right) => Array.from({ length: alike(right).length }, () => [1]),
  'a detached array': (right) => {
    const own = new (alike(right).make)(alike(right).length);
    structuredClone(own, { transfer: [own.buffer as ArrayBuffer] });
    return own;
  },
  'an array whose memory shrank': (right) => {
    const { make, bytes } = alike(right), memory = new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer & { resize(size: number): void })(bytes, { maxByteLength: bytes });
    const own = new (make as unknown as new (from: ArrayBufferLike, offset: number, length: number) => Numbers)(memory, 0, alike(right).length);
    memory.resize(0);
    return own;
  },
};

/** Values by what a report calls them. Made anew for each call. */
const VALUES: Readonly<Record<string, (right: unknown) => unknown>> = {
  ...ARRAYS, 'shared memory': (right) => new (alike(right).make)(new SharedArrayBuffer(alike(right).bytes)), 'an array of NaN': (right) => new (alike(right).make)(alike(right).length).fill(NaN),
  null: () => null, undefined: () => undefined, NaN: () => NaN, Infinity: () => Infinity, '-Infinity': () => -Infinity, '-1': () => -1, '0': () => 0, '0.5': () => 0.5, '1': () => 1, '2': () => 2, '0.99999999': () => 0.99999999,
  '2^53': () => 2 ** 53, '1e39': () => 1e39, '1e-300': () => 1e-300, true: () => true, 'an empty text': () => '', 'a text': () => 'x', 'a number as text': () => '1',
  'a symbol': () => Symbol('x'), 'a bigint': () => 1n, 'a function': () => throwing, '{}': () => ({}), '[]': () => [], 'a list of null': () => [null],
  'a date': () => new Date(0), 'a map': () => new Map(), 'a promise': () => Promise.resolve(1), 'a proxy that throws': hostileProxy,
  'a list of another realm': () => vm.runInNewContext('[1, 2]'), 'a null prototype': () => Object.create(null),
};

/** Numbers, the ends of ranges among them, and what is no number or another one in f32. */
export const NUMBERS = Object.keys(VALUES).filter((name) => typeof VALUES[name]!(undefined) === 'number');

/** A proxy that throws is no value; formulas in float64 take every number. */
const REFUSED = ['a proxy that throws'];

const isWithin = ({ name }: Entry, parameter: number, path: Place['path'], value: unknown): boolean =>
  typeof value !== 'number' || (boundOf(name, parameter, path) ?? Number.isFinite)(value);

/** Whether a place is declared to take numbers. */
export const takesNumbers = (kind: Kind): boolean => allows(kind, 0.3) && !allows(kind, 'a text of mine');

interface Place {
  readonly path: readonly (string | number)[];
  readonly kind: Kind;
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The places in a value: itself, its elements, and every property that is declared, there or not. */
function placesIn(kind: Kind, value: unknown, path: Place['path']): Place[] {
  const own: Place = { path, kind };
  const options = kind.is === 'union' ? kind.of : [kind];
  if (Array.isArray(value)) {
    const list = options.find((one) => one.is === 'list');
    return list?.is === 'list' ? [own, ...value.slice(0, 2).flatMap((one, i) => placesIn(list.of(), one, [...path, i]))] : [own];
  }
  if (!isPlain(value)) return [own];
  const record = options.find((one) => one.is === 'record');
  if (record?.is === 'record') return [own, ...Object.keys(value).flatMap((name) => placesIn(record.of(), value[name], [...path, name]))];
  const objects = objectsOf(kind), properties = objects.find((one) => allows({ is: 'object', properties: () => one }, value)) ?? objects[0] ?? {};
  return [own, ...Object.entries(properties).flatMap(([name, one]) => placesIn(one, value[name], [...path, name]))];
}

/** A copy with another value at a path. */
function replaced(value: unknown, [first, ...rest]: Place['path'], by: unknown): unknown {
  if (first === undefined) return by;
  const inner = replaced((value as Record<string | number, unknown>)[first], rest, by);
  return Array.isArray(value) ? value.with(first as number, inner) : { ...(value as object), [first]: inner };
}

const at = (value: unknown, path: Place['path']): unknown => path.reduce((now, name) => (now as Record<string | number, unknown>)[name], value);

/** A wrong call, and what is wrong in it. */
interface Attack {
  readonly module: ModuleName;
  readonly entry: Entry;
  readonly what: string;
  readonly given: readonly unknown[];
  /** Within the declarations all the same: to be taken, or refused in words. */
  readonly isAllowed: boolean;
}

const whereOf = (parameter: number, path: Place['path']): string => [`argument ${parameter}`, ...path].join('.');

/** All names with two letters swapped, or one more. */
const misspelt = (name: string, pick: number): string => (pick % 2 === 0 && name.length > 2 ? `${name[1]}${name[0]}${name.slice(2)}` : `${name}s`);

/** In the reference an option may stand in an object of more: what must be there is missed there, so only what may be left out is misspelt. */
function misspellable(module: ModuleName, kind: Kind, path: Place['path'], found: object): string[] {
  if (module !== 'gradshader/reference') return Object.keys(found);
  const own = path.length === 0 ? objectsOf(kind)[0] ?? {} : {};
  return Object.keys(found).filter((name) => own[name]?.is === 'union' && allows(own[name], undefined));
}

export class Attacker {
  readonly #seed: number;
  readonly #bench: Bench;
  readonly #targets: readonly (readonly [ModuleName, Entry])[];
  #drawn = 0;

  constructor(bench: Bench, declared: ReturnType<typeof declaredEntries>, seed: number) {
    this.#bench = bench;
    this.#seed = seed;
    this.#targets = Object.entries(declared).flatMap(([module, entries]) => entries
      .filter(({ name, parameters }) => LEFT_OUT[name] === undefined && parameters.length > 0)
      .map((entry) => [module as ModuleName, entry] as const));
  }

  #pick<T>(values: readonly T[]): T {
    const [word] = randomWords(this.#seed, 0, 0, this.#drawn++);
    return values[word % values.length]!;
  }

  next(): Attack {
    const [module, entry] = this.#pick(this.#targets), right = SAMPLES[module][entry.name]!(this.#bench);
    const parameter = this.#pick(entry.parameters.map((_, i) => i)), kind = entry.parameters[parameter]!;
    const { path } = this.#pick(placesIn(kind, right[parameter], []));
    const place = at(right[parameter], path), found = isPlain(place) ? place : {}, names = misspellable(module, kind, path, found);
    if (names.length === 0 || this.#pick([true, false, true])) return this.#with(module, entry, parameter, path, this.#pick(Object.keys(VALUES)));
    const name = misspelt(this.#pick(names), this.#drawn), given = right.with(parameter, replaced(right[parameter], path, { ...found, [name]: 1 }));
    return { module, entry, given: entry.parameters.map((_, i) => given[i]), what: `${whereOf(parameter, path)} with the name ${name}`, isAllowed: allows(kind, given[parameter]) };
  }

  /** One of VALUES at a place. */
  #with(module: ModuleName, entry: Entry, parameter: number, path: Place['path'], value: string): Attack {
    const right = SAMPLES[module][entry.name]!(this.#bench), wrong = replaced(right[parameter], path, VALUES[value]!(at(right[parameter], path)));
    return {
      module, entry, given: entry.parameters.map((_, i) => (i === parameter ? wrong : right[i])), what: `${whereOf(parameter, path)} = ${value}`,
      isAllowed: !REFUSED.includes(value) && allows(entry.parameters[parameter]!, wrong) && (module === 'gradshader/reference' || isWithin(entry, parameter, path, at(wrong, path))),
    };
  }

  /** Every place that takes what is wanted, in the functions of a module. */
  *places(module: ModuleName, isWanted: (kind: Kind) => boolean): Generator<{ entry: Entry; parameter: number; path: Place['path'] }> {
    for (const [own, entry] of this.#targets) {
      if (own !== module) continue;
      const right = SAMPLES[module][entry.name]!(this.#bench);
      for (const [parameter, kind] of entry.parameters.entries()) {
        for (const { path, kind: inner } of placesIn(kind, right[parameter], [])) if (isWanted(inner)) yield { entry, parameter, path };
      }
    }
  }

  /** These values at each of them. */
  *everywhere(module: ModuleName, isWanted: (kind: Kind) => boolean, values: readonly string[], isMeant: (entry: Entry) => boolean = () => true): Generator<Attack> {
    for (const { entry, parameter, path } of this.places(module, isWanted)) {
      if (isMeant(entry)) for (const value of values) yield this.#with(module, entry, parameter, path, value);
    }
  }

  /** What is wrong with the answer to an attack; undefined where nothing is. */
  async fault({ module, entry, what, given, isAllowed }: Attack): Promise<string | undefined> {
    if (entry.name === 'Trainer.create' && isAllowed && what.includes('.tune =')) return undefined; // It would take ten seconds.
    const told = (how: string): string => `${module} ${entry.name}(${what}): ${how}`;
    try {
      const result: unknown = await callOf(module, entry.name, this.#bench)(...given);
      await dispose(result);
      return isAllowed || takesBigInts(entry.name, what) ? undefined : told('taken');
    } catch (error) {
      if (error instanceof Own) return undefined;
      if (!(error instanceof GradshaderError)) return told(`untyped ${String(error)}`);
      return ['validation', 'internal', 'shader'].includes(error.code) ? told(`left to the driver: ${error.message}`) : undefined;
    }
  }
}

async function dispose(made: unknown): Promise<void> {
  const { destroy, close } = (made ?? {}) as { destroy?: () => void; close?: () => Promise<void> };
  if (typeof destroy === 'function') destroy.call(made);
  if (typeof close === 'function') await close.call(made);
}

/** Faults of attacks, each once. */
export async function faultsOf(attacker: Attacker, attacks: Iterable<Attack>): Promise<string[]> {
  const faults = new Set<string>();
  for (const one of attacks) {
    const fault = await attacker.fault(one);
    if (fault !== undefined) faults.add(fault);
  }
  return [...faults];
}

/** So many attacks, drawn. */
export function attack(bench: Bench, declared: ReturnType<typeof declaredEntries>, seed: number, count: number): Promise<string[]> {
  const attacker = new Attacker(bench, declared, seed);
  return faultsOf(attacker, (function* drawn() { for (let i = 0; i < count; i++) yield attacker.next(); })());
}
