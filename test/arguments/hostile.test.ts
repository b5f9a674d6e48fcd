/** Wrong arguments, made from the declarations, are refused by typed errors: none is taken in silence, none left to the driver. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allows, declaredEntries, type Kind } from './declarations.ts';
import { boundOf } from './bounds.ts';
import { ARRAYS, attack, Attacker, faultsOf, NUMBERS, takesNumbers } from './hostile.ts';
import { callOf, destroyBench, LEFT_OUT, makeBench, SAMPLES, type Bench } from './samples.ts';

let bench: Bench;
const declared = declaredEntries();
beforeAll(async () => { bench = await makeBench(); });
afterAll(() => destroyBench(bench));

test('every public function has right arguments, which its declaration allows, and which it takes', async () => {
  const wrong: string[] = [];
  for (const [module, entries] of Object.entries(declared) as [keyof typeof SAMPLES, (typeof declared)['gradshader']][]) {
    for (const { name, parameters } of entries) {
      const sample = SAMPLES[module][name];
      if (LEFT_OUT[name] !== undefined) continue;
      if (sample === undefined) { wrong.push(`${module}: ${name} has no sample`); continue; }
      const given = sample(bench);
      parameters.forEach((kind, i) => { if (!allows(kind, given[i])) wrong.push(`${name}: argument ${i} is not as declared`); });
      if (name === 'mnist') continue; // Its files are not there.
      const made: unknown = await (async () => await callOf(module, name, bench)(...given))().catch((error: unknown) => { wrong.push(`${name}: ${String(error)}`); });
      const { destroy, close } = (made ?? {}) as { destroy?: () => void; close?: () => Promise<void> };
      destroy?.call(made);
      await close?.call(made);
      if (name === 'Optim#encode') await bench.optim.load(bench.state); // What was encoded is never submitted.
    }
  }
  expect(wrong).toEqual([]);
});

test('no formula of the reference takes an array without numbers', async () => {
  const attacker = new Attacker(bench, declared, 0), isArray = (kind: Kind): boolean => allows(kind, [1]) && allows(kind, Float64Array.of(1));
  expect(await faultsOf(attacker, attacker.everywhere('gradshader/reference', isArray, Object.keys(ARRAYS)))).toEqual([]);
});

const OURS = ['gradshader', 'gradshader/optim'] as const;

test('every number that is declared has its bounds', () => {
  const attacker = new Attacker(bench, declared, 0);
  const places = OURS.flatMap((module) => [...attacker.places(module, takesNumbers)]);
  expect(places.length).toBeGreaterThan(200);
  expect(places.filter(({ entry, parameter, path }) => boundOf(entry.name, parameter, path) === undefined).map(({ entry, parameter, path }) => [entry.name, parameter, ...path].join(' '))).toEqual([]);
});

test.each([['numbers', takesNumbers, NUMBERS], ['lists with holes', (kind: Kind) => allows(kind, []), ['a list with holes']]] as const)('makers refuse %s out of their bounds', async (_, isWanted, values) => {
  const attacker = new Attacker(bench, declared, 0);
  expect(await faultsOf(attacker, attacker.everywhere('gradshader', isWanted, values, ({ name }) => /^[a-z]/.test(name) && !/^(estimate|plan|open|load|mnist)/.test(name)))).toEqual([]);
});

test('400 wrong calls', async () => {
  expect(await attack(bench, declared, 1, 400)).toEqual([]);
});
