/** Views anywhere in large buffers: which share a dispatch, what is bound, and what it costs. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../src/errors.ts';
import { adam, sgd } from '../../src/index.ts';
import { bareRule } from '../../src/kernels/rule.ts';
import { RULES } from '../../src/model/rules/all.ts';
import { know } from '../../src/model/rules/index.ts';
import { createOptim } from '../../src/optim/index.ts';
import { checkOptim, type ParameterView } from '../../src/optim/options.ts';
import { pairsOf, viewsOf } from '../../src/optim/pairs.ts';
import { optimPlan } from '../../src/optim/plan.ts';
import { tensorsOf } from '../../src/optim/tensors.ts';
import * as reference from '../../src/reference/index.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { draw } from '../cases/contents.ts';
import { Caller } from '../cases/optim.ts';
import { useDevice } from '../train/device.ts';

RULES.forEach(know);

const device = useDevice();
let caller: Caller;
beforeEach(() => { caller = new Caller(device().gpu); });
afterEach(() => caller.destroy());

const fake = (size: number): GPUBuffer => ({ size, usage: 0xffff }) as GPUBuffer;
const LIMITS = { maxStorageBufferBindingSize: 4096, minStorageBufferOffsetAlignment: 256 };
const groups = checkOptim({ parameters: [], optimizer: adam() }).groups;

const view = (buffer: GPUBuffer, offset: number, gradients: GPUBuffer, at: number, length = 100): ParameterView =>
  ({ buffer, offset, length, gradient: { buffer: gradients, offset: at } });

test('views of two buffers share a dispatch as far as one binding reaches, from aligned offsets', () => {
  const [weights, others, gradients] = [fake(1e5), fake(1e5), fake(1e5)];
  const { tensors, stride } = tensorsOf([
    view(weights, 1000, gradients, 70), view(weights, 200, gradients, 500), view(weights, 5000, gradients, 300),
    view(others, 0, gradients, 0), view(weights, 400, gradients, 2000),
  ], groups);
  expect(stride).toBe(5 * 128);
  const pairs = pairsOf(tensors, LIMITS);
  // 200 and 400 are close, but their gradients end 1600 floats apart; 400 and 1000 have gradients too far apart as well.
  expect(pairs.map(({ members }) => members.map(({ index }) => index))).toEqual([[1], [4], [0], [2], [3]]);
  const wide = pairsOf(tensors, { ...LIMITS, maxStorageBufferBindingSize: 1 << 16 });
  expect(wide.map(({ members }) => members.map(({ index }) => index))).toEqual([[1, 4, 0, 2], [3]]);
  expect(wide[0]!.parameters).toEqual({ buffer: weights, offset: 768, size: 4 * 5100 - 768 });
  expect(wide[0]!.gradients).toEqual({ buffer: gradients, offset: 256, size: 4 * 2100 - 256 });
  expect(viewsOf(wide[0]!)[0]).toEqual({ tensor: 1, state: 128, weights: 200 - 192, gradients: 500 - 64, length: 100 });
  expect(() => pairsOf(tensors, { ...LIMITS, maxStorageBufferBindingSize: 256 })).toThrow(OutOfMemoryError);
});

test.each([['sgd', 12], ['momentum', 20], ['adam', 28], ['amsgrad', 36], ['ftrl', 28]] as const)(
  '%s moves %d bytes per parameter in one dispatch', (rule, bytes) => {
    const { tensors, stride } = tensorsOf([view(fake(4000), 0, fake(4000), 0, 1000)], groups);
    const build = { pairs: pairsOf(tensors, LIMITS), rule: bareRule(rule), tensors: 1, stride, groups: 1, lassoFactors: [1], stepsInFlight: 64, units: new Set<number>() };
    const plan = optimPlan(build);
    expect([plan.dispatches.length, plan.bytes]).toEqual([1, 1000 * bytes]);
    // Non-negativity, L1 and L2 ride along.
    const penalised = optimPlan({ ...build, rule: { ...build.rule, l1Proximal: true, l2Coupled: true, nonNegative: true } });
    expect([penalised.dispatches.length, penalised.bytes]).toEqual([1, 1000 * bytes]);
  });

test('views far into buffers are updated where they lie, and nothing else is', async () => {
  const [W, G] = [draw(3001, 1), draw(2000, 2)];
  const [buffer, gradients] = [caller.buffer(Float32Array.from(W)), caller.buffer(Float32Array.from(G))];
  const places = [{ at: 2001, from: 517, length: 333 }, { at: 1003, from: 1201, length: 258 }];
  const optim = await createOptim(device().gpu, {
    parameters: places.map(({ at, from, length }) => view(buffer, at, gradients, from, length)), optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }),
  });
  caller.step(optim);
  caller.step(optim);
  const want = Float64Array.from(W);
  for (const { at, from, length } of places) {
    let now: { weights: ArrayLike<number>; state: reference.OptimizerState } = { weights: W.subarray(at, at + length), state: {} };
    const [gradient, hyperparameters] = [G.subarray(from, from + length), { optimizer: 'momentum', learningRate: 0.5, momentum: 0.9 } as const];
    for (let t = 1; t <= 2; t++) now = reference.update({ ...now, gradient, hyperparameters, t });
    want.set(now.weights, at);
  }
  expectClose('weights', await caller.read(buffer), want, 0, 8 * EPSILON);
  optim.destroy();
});
