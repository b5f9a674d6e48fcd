/** The optimizer's state before the first update. */
import { describe, expect, test } from 'vitest';
import { initialParameters, initialState } from '../../src/compile/init.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { padTensor, unpadTensor } from '../../src/model/arena.ts';
import { adagrad, ftrl, type Optimizer } from '../../src/model/optimizers/index.ts';
import { elasticNet, l1 } from '../../src/model/regularizers.ts';
import { ruleOf } from '../../src/compile/rule.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { stateSlots } from '../../src/kernels/rule.ts';
import { update } from '../../src/reference/index.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { MAKERS, RULES, settingsOf } from './support.ts';

const model = sequential([5], [dense(6), relu(), dense(3)]);
const network = describeNetwork(model);

/** Weights of both signs and zeros; all are multiples of 1/64, so that small products are exact in f32. */
const parameters = (): Float32Array<ArrayBuffer> => {
  const arena = new Float32Array(network.stride);
  network.tensors.forEach((tensor, i) =>
    padTensor(tensor, Float32Array.from({ length: tensor.length }, (_, j) => ((j * 37 + i) % 65) / 64 - 0.5), arena));
  return arena;
};

function stateOf(optimizer: Optimizer, { average = false, overrides = {} } = {}): { slots: Record<string, Float32Array[]>; pads: number[] } {
  const settings = settingsOf(optimizer, overrides, model);
  const rule = ruleOf(network, optimizer, [settings], { average, skip: false });
  const state = initialState(network, rule, settings, parameters());
  const names = stateSlots(rule);
  expect(state.length).toBe(names.length * network.stride);
  const slots = Object.fromEntries(names.map((name, at) =>
    [name, network.tensors.map((tensor) => unpadTensor(tensor, state, at * network.stride))]));
  const known = state.slice();
  names.forEach((_, at) => network.tensors.forEach((tensor) => padTensor(tensor, new Float32Array(tensor.length), known, at * network.stride)));
  return { slots, pads: [...known].filter((value) => value !== 0) };
}

const weights = (): Float32Array[] => network.tensors.map((tensor) => unpadTensor(tensor, parameters()));

test.each(RULES.filter((rule) => rule !== 'ftrl'))('%s begins with zeros', (rule) => {
  const { slots } = stateOf(MAKERS[rule]({ regularizers: [l1(0.1, { rule: 'cumulative' })] }));
  expect(Object.keys(slots)).toContain('cumulative');
  for (const tensors of Object.values(slots)) for (const tensor of tensors) expect(tensor.every((value) => value === 0)).toBe(true);
});

test('sgd has no state at all', () => {
  expect(stateOf(MAKERS.sgd()).slots).toEqual({});
});

test('adagrad begins with its accumulator, each tensor with its own, pads with 0', () => {
  const optimizer = adagrad({ initialAccumulator: 0.25 });
  const { slots, pads } = stateOf(optimizer, { overrides: { 'layers.1.initialAccumulator': 0.5 } });
  expect(slots['sum']!.map((tensor) => [...new Set(tensor)])).toEqual([[0.25], [0.25], [0.5], [0.5]]);
  expect(pads).toEqual([]);
});

describe('ftrl begins where its own rule gives the initial weights back', () => {
  const exact = ftrl({ learningRate: 0.25, beta: 0.5, initialAccumulator: 0.25, regularizers: elasticNet({ l1: 0.125, l2: 0.5 }) });
  const scheduled = ftrl({ learningRate: cosine(0.25, { final: 0.125 }), beta: 0.5, initialAccumulator: 0.25 });

  test('by hand', () => {
    const { slots, pads } = stateOf(exact);
    expect(slots['n']!.map((tensor) => [...new Set(tensor)])).toEqual([[0.25], [0.25], [0.25], [0.25]]);
    // q = (0.5 + 0.5) / 0.25 + 0.5 on weights, 4 on biases, which have no penalty.
    weights().forEach((tensor, i) => {
      const [q, strength] = i % 2 === 0 ? [4.5, 0.125] : [4, 0];
      expect([...slots['z']![i]!]).toEqual([...tensor].map((w) => -q * w - Math.sign(w) * strength));
    });
    expect(pads).toEqual([]);
  });

  test.each([['constant', exact, 0.125, 0.5], ['scheduled', scheduled, 0, 0]] as const)(
    'a %s rate: an update with no gradient changes no weight, in double', (_, optimizer, l1Strength, l2Strength) => {
      const { slots } = stateOf(optimizer);
      weights().forEach((tensor, i) => {
        const isWeight = i % 2 === 0;
        const { weights: after } = update({
          weights: tensor, gradient: new Float64Array(tensor.length), state: { z: Float64Array.from(slots['z']![i]!), n: Float64Array.from(slots['n']![i]!) }, t: 1,
          hyperparameters: {
            optimizer: 'ftrl', learningRate: 0.25, beta: 0.5, initialAccumulator: 0.25,
            l1: isWeight ? l1Strength : 0, l2: isWeight ? l2Strength : 0, l2Rule: 'proximal',
          },
        });
        expectClose(`tensor ${i}`, after, tensor, 1e-12, 0);
      });
    });

  test('for any numbers, within the rounding of z to f32', () => {
    const optimizer = ftrl({ learningRate: 0.07, beta: 1.1, initialAccumulator: 0.3, regularizers: elasticNet({ l1: 0.013, l2: 0.7 }) });
    const { slots } = stateOf(optimizer);
    const [q, strength] = [(1.1 + Math.sqrt(0.3)) / 0.07 + 0.7, 0.013];
    const again = Array.from(slots['z']![0]!, (z) => (-Math.sign(z) * Math.max(Math.abs(z) - strength, 0)) / q);
    // z is off by half an epsilon of itself, and |z| <= q |w| + l1.
    expectClose('weights', again, weights()[0]!, EPSILON, (EPSILON * strength) / q);
  });

  test('goes on under another rate where training goes on: z is scaled by the last one', () => {
    const optimizer = ftrl({ learningRate: cosine(0.5, { final: 0.25 }), initialAccumulator: 0.25 });
    const settings = settingsOf(optimizer, {}, model);
    const rule = ruleOf(network, optimizer, [settings], { average: false, skip: false });
    const state = initialState(network, rule, settings, parameters(), { step: 51, steps: 100, t: 52 });
    // Half way the rate is 0.375, so q = 0.5 / 0.375 = 4 / 3.
    expectClose('z', unpadTensor(network.tensors[0]!, state), [...weights()[0]!].map((w) => (-4 * w) / 3), EPSILON / 2, 0);
  });
});

test.each(['sgd', 'adam', 'ftrl'] as const)('the average of %s begins as the weights, behind its other slots', (rule) => {
  const { slots } = stateOf(MAKERS[rule](), { average: true });
  expect(Object.keys(slots).at(-1)).toBe('average');
  expect(slots['average']).toEqual(weights());
});

test('parameters that are drawn give the same state each time', () => {
  const optimizer = ftrl({ learningRate: 0.1 });
  const settings = settingsOf(optimizer, {}, model);
  const rule = ruleOf(network, optimizer, [settings], { average: true, skip: false });
  const make = (seed: number): number[] => [...initialState(network, rule, settings, initialParameters(network, seed))];
  expect(make(3)).toEqual(make(3));
  expect(make(3)).not.toEqual(make(4));
});
