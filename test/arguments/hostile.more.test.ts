/** Wrong arguments, made from the declarations: more of them than hostile.test.ts has time for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { declaredEntries } from './declarations.ts';
import { attack } from './hostile.ts';
import { destroyBench, makeBench, type Bench } from './samples.ts';

let bench: Bench;
const declared = declaredEntries();
beforeAll(async () => { bench = await makeBench(); });
afterAll(() => destroyBench(bench));

test.each([2, 3, 4, 5])('2000 wrong calls, seed %i', async (seed) => {
  expect(await attack(bench, declared, seed, 2000)).toEqual([]);
});
