/** Parameters that share the numbers of a row, and files whose numbers tell more of them apart. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { l1 } from '../../src/model/regularizers.ts';
import { createOptim, type Optim } from '../../src/optim/index.ts';
import { Caller } from '../cases/optim.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
let caller: Caller;
beforeEach(() => { caller = new Caller(device().gpu); });
afterEach(() => caller.destroy());

const COUNT = 10;
const numbers = Array.from({ length: COUNT }, (_, i) => (1 + i) / 4);

/** Ten weights of one number in so many groups, each with an l1 of its own. */
const made = (weights: GPUBuffer, inGroups: number): Promise<Optim> => createOptim(device().gpu, {
  parameters: numbers.map((_, offset) => ({ name: `w${offset}`, buffer: weights, offset, length: 1, group: `g${offset % inGroups}`, gradient: { buffer: gradients, offset } })),
  groups: Object.fromEntries(numbers.slice(0, inGroups).map((strength, i) => [`g${i}`, sgd({ learningRate: 0.5, regularizers: [l1(strength / 16, { rule: 'cumulative' })] })])),
});
let gradients: GPUBuffer;
beforeEach(() => { gradients = caller.buffer(Float32Array.from(numbers, () => 0)); });

test('groups have numbers of their own, however many; a file goes on in an optim with its groups, not with too few', async () => {
  const weights = caller.buffer(Float32Array.from(numbers, () => 1));
  const optim = await made(weights, COUNT);
  caller.step(optim);
  // Cumulative L1 without a gradient takes learning rate * l1: all of these are exact.
  expect([...await caller.read(weights)]).toEqual(numbers.map((strength) => 1 - strength / 32));
  const file = await optim.save();
  optim.destroy();
  const [again, one] = [await made(weights, COUNT), await made(weights, 1)];
  await again.load(file);
  caller.step(again);
  expect([...await caller.read(weights)]).toEqual(numbers.map((strength) => 1 - strength / 16));
  await expect(one.load(file)).rejects.toBeInstanceOf(InputError);
  await expect(one.load(file)).rejects.toThrow(/^load: the file's numbers tell 10 kinds of parameters apart, and a row of this optim has room for 8\. Make the optim with the groups/);
  again.destroy();
  one.destroy();
});
