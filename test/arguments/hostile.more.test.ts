/** Wrong arguments, made from the declarations: more of them than hostile.test.ts has time for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allows, declaredEntries } from './declarations.ts';
import { attack, Attacker, faultsOf, NUMBERS, takesNumbers } from './hostile.ts';
import { destroyBench, makeBench, type Bench } from './samples.ts';

let bench: Bench;
const declared = declaredEntries();
beforeAll(async () => { bench = await makeBench(); });
afterAll(() => destroyBench(bench));

test.each(['gradshader', 'gradshader/optim'] as const)('numbers out of their bounds, and lists with holes, in every function of %s', async (module) => {
  const attacker = new Attacker(bench, declared, 0);
  expect(await faultsOf(attacker, attacker.everywhere(module, takesNumbers, NUMBERS))).toEqual([]);
  expect(await faultsOf(attacker, attacker.everywhere(module, (kind) => allows(kind, []), ['a list with holes']))).toEqual([]);
});

test.each([2, 3, 4, 5])('2000 wrong calls, seed %i', async (seed) => {
  expect(await attack(bench, declared, seed, 2000)).toEqual([]);
});
