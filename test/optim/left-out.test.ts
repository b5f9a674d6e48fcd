/** onNonFinite 'skip' on the caller's buffers: an update that is left out changes no bit, and those after it are as if alone. */
import { expect, test } from 'vitest';
import { ema, maxNorm, sgd, swa, unitNorm, type Averaging, type Optimizer } from '../../src/index.ts';
import { createOptim } from '../../src/optim/index.ts';
import { Caller } from '../cases/optim.ts';
import { useDevice } from '../train/device.ts';
import { checkLeftOut, NAMES } from './left-out.ts';

const device = useDevice();

test.each(NAMES)('%s', async (name) => {
  expect(await checkLeftOut(device(), name, 'max-norm, clip by value', ema(0.7))).toBe(true);
});

test.each([['unit norm', swa({ start: 2, every: 2 })], ['group lasso and max-norm', swa({ start: 1 })]] as const)('momentum with %s', async (around, averaging) => {
  expect(await checkLeftOut(device(), 'momentum', around, averaging)).toBe(true);
});

/** Weights after updates by these gradients, their average, and the marks. */
async function trained(optimizer: Optimizer, averaging: Averaging | undefined, start: readonly number[], gradients: readonly (readonly number[])[]) {
  const caller = new Caller(device().gpu);
  const [buffer, gradient] = [caller.buffer(Float32Array.from(start)), caller.buffer(new Float32Array(start.length))];
  const optim = await createOptim(device(), {
    parameters: [{ name: 'w', buffer, length: start.length, shape: [start.length, 1], gradient: { buffer: gradient } }], optimizer, onNonFinite: 'skip',
    ...(averaging && { averaging }),
  });
  for (const values of gradients) {
    caller.write(gradient, Float32Array.from(values));
    caller.step(optim);
  }
  const weights = [...await caller.read(buffer)];
  const average = averaging && [...await caller.read(optim.average('w').buffer)].slice(0, start.length);
  const flags = await optim.flags();
  optim.destroy();
  caller.destroy();
  return { weights, average, flags };
}

test('the mean of the weights 1, 2 and 4, with one left out between them, is 7 / 3', async () => {
  // w - g: 0 - -1 = 1, 2, left out, 4.
  const { weights, average } = await trained(sgd({ learningRate: 1 }), swa({ start: 1 }), [0], [[-1], [-1], [NaN], [-2]]);
  expect(weights).toEqual([4]);
  expect(average![0]).toBeCloseTo(7 / 3, 6);
});

test('a mean that starts at the third update counts updates, not steps', async () => {
  // 1, left out, 2, 4, 8: the third and the fourth, (4 + 8) / 2.
  const { average } = await trained(sgd({ learningRate: 1 }), swa({ start: 3 }), [0], [[-1], [Infinity], [-1], [-2], [-4]]);
  expect(average).toEqual([6]);
});

test('an exponential average copies at the first update that is not left out', async () => {
  // The average is 10 at the start, then a copy of 1, then 3/4 * 1 + 1/4 * 2.
  const { average } = await trained(sgd({ learningRate: 1 }), ema(0.75), [10], [[NaN], [9], [-1]]);
  expect(average).toEqual([1.25]);
});

test.each([['max-norm', maxNorm(1)], ['unit norm', unitNorm()]])('%s: [3, 4] stays where the update is left out, and is [0.6, 0.8] else', async (_, rule) => {
  const optimizer = sgd({ learningRate: 1, regularizers: [rule] });
  const left = await trained(optimizer, ema(), [3, 4], [[NaN, 0]]);
  expect([left.weights, left.average]).toEqual([[3, 4], [3, 4]]);
  // A documented mark, though nothing was updated.
  expect(left.flags).toEqual({ nonFinite: [{ name: 'w', step: 0, isState: false }], skipped: 1 });
  const { weights, flags } = await trained(optimizer, ema(), [3, 4], [[NaN, 0], [0, 0]]);
  weights.forEach((w, i) => expect(w).toBeCloseTo([0.6, 0.8][i]!, 6));
  expect(flags).toEqual({ nonFinite: [{ name: 'w', step: 0, isState: false }], skipped: 1 });
});
