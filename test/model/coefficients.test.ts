/** What every optimizer makes of its hyperparameters: the numbers of a row, by hand. In double, rounded only when written. */
import { describe, expect, test } from 'vitest';
import {
  adadelta, adagrad, adam, adamax, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type Optimizer,
} from '../../src/model/optimizers/index.ts';
import type { TensorRow } from '../../src/compile/rows.ts';
import { cosine, plateau } from '../../src/model/schedules/index.ts';
import { expectClose } from '../cases/compare.ts';
import { rowOf } from './support.ts';

/** The fields that belong to the optimizer. */
const OWN = [
  'stepSize', 'coefficient', 'momentum', 'gradientWeight', 'beta2', 'oneMinusBeta2', 'inverseC2', 'epsilon', 'epsilonRoot', 'logBeta1', 'logBeta2',
] as const;
type Own = Partial<Record<(typeof OWN)[number], number>>;

/** All of them, those not named 0. 1 - 0.999 and its kin lose three digits of sixteen. */
function expectOwn(row: TensorRow, want: Own): void {
  for (const name of OWN) expectClose(name, [row[name] ?? 0], [want[name] ?? 0], 1e-12, 0);
}

// ln 0.9 and ln 0.999, to 16 digits.
const LOG_9 = -0.1053605156578263;
const LOG_999 = -0.0010005003335835335;

const adams: Own = { momentum: 0.9, gradientWeight: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, epsilon: 1e-8, logBeta1: LOG_9, logBeta2: LOG_999 };
const momentumLate: Own = { stepSize: 0.1, momentum: 0.8, gradientWeight: 0.75 };
const rms: Own = { stepSize: 0.01, beta2: 0.99, oneMinusBeta2: 0.01, epsilon: 1e-8 };

/** Optimizer, number of the update, its numbers there. */
const TABLE: readonly (readonly [string, Optimizer, number, Own])[] = [
  ['sgd', sgd({ learningRate: 0.1 }), 1, { stepSize: 0.1 }],
  ['momentum, whose first gradient is taken whole', sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.25 }), 1, { ...momentumLate, gradientWeight: 1 }],
  ['momentum', sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.25 }), 2, momentumLate],
  ['momentum', sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.25 }), 1e6, momentumLate],
  ['nesterov', sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true }), 1, { stepSize: 0.1, momentum: 0.8, gradientWeight: 1 }],
  ['adagrad', adagrad({ epsilon: 1e-9, epsilonRoot: 1e-7 }), 9, { stepSize: 0.01, epsilon: 1e-9, epsilonRoot: 1e-7 }],
  ['adagrad with decay', adagrad({ learningRate: 0.3, learningRateDecay: 0.5 }), 1, { stepSize: 0.3, epsilon: 1e-10 }],
  ['adagrad with decay', adagrad({ learningRate: 0.3, learningRateDecay: 0.5 }), 5, { stepSize: 0.1, epsilon: 1e-10 }],
  ['rmsprop', rmsprop({ epsilonRoot: 1e-7 }), 3, { ...rms, epsilonRoot: 1e-7 }],
  ['rmsprop, centered', rmsprop({ centered: true }), 3, rms],
  ['rmsprop with momentum', rmsprop({ momentum: 0.5 }), 1, { ...rms, momentum: 0.5 }],
  ['adadelta', adadelta({ learningRate: 0.5 }), 1, { stepSize: 0.5, beta2: 0.9, oneMinusBeta2: 0.1, epsilon: 1e-6 }],
  ['adam', adam(), 1, { ...adams, stepSize: 1e-2, inverseC2: 1000 }],
  ['adam', adam(), 2, { ...adams, stepSize: 1e-3 / 0.19, inverseC2: 1 / 0.001999 }],
  ['adam', adam(), 3, { ...adams, stepSize: 1e-3 / 0.271, inverseC2: 1 / 0.002997001 }],
  // 0.9^t and 0.999^t are far below the spacing of doubles at 1.
  ['adam', adam(), 1e6, { ...adams, stepSize: 1e-3, inverseC2: 1 }],
  ['adam, epsilon inside the root', adam({ epsilonRoot: 1e-9 }), 1, { ...adams, stepSize: 1e-2, inverseC2: 1000, epsilonRoot: 1e-9 }],
  // Keras: epsilon / sqrt(1 - 0.999) = 31.62 epsilon at the first step, epsilon in the end.
  ['adam with epsilonHat', adam({ epsilonHat: true }), 1, { ...adams, stepSize: 1e-2, inverseC2: 1000, epsilon: 3.16227766016838e-7 }],
  ['adam with epsilonHat', adam({ epsilonHat: true }), 1e6, { ...adams, stepSize: 1e-3, inverseC2: 1 }],
  ['amsgrad', amsgrad(), 2, { ...adams, stepSize: 1e-3 / 0.19, inverseC2: 1 / 0.001999 }],
  ['adamax', adamax(), 2, { stepSize: 2e-3 / 0.19, momentum: 0.9, gradientWeight: 0.1, beta2: 0.999, epsilon: 1e-8, logBeta1: LOG_9 }],
  ['lion', lion(), 7, { stepSize: 1e-4, momentum: 0.9, gradientWeight: 0.1, beta2: 0.99, oneMinusBeta2: 0.01 }],
  // LAMB's direction has both corrections, its step none.
  ['lamb', lamb(), 2, { ...adams, stepSize: 1e-3, coefficient: 1, inverseC2: 1 / 0.001999, epsilon: 1e-6, epsilonRoot: 1 / 0.19 }],
  ['lars', lars({ learningRate: 0.1 }), 2, { stepSize: 0.1, coefficient: 1e-3, momentum: 0.9, epsilon: 1e-8 }],
  ['ftrl', ftrl({ learningRate: 0.25, beta: 0.5 }), 2, { stepSize: 4, coefficient: 4, epsilon: 0.5 }],
];

describe('the numbers of a row', () => {
  test.each(TABLE)('%s', (_, optimizer, t, want) => {
    expectOwn(rowOf(optimizer, { t, step: t - 1 }), want);
  });

  test('1 - beta2 is made in double: in f32 0.999 leaves 1.0000467e-3', () => {
    expect(Math.fround(rowOf(adam()).oneMinusBeta2!)).toBe(Math.fround(1e-3));
    expect(Math.fround(1 - Math.fround(0.999))).not.toBe(Math.fround(1e-3));
  });
});

describe('where the GPU counts updates, the row has what holds at infinity', () => {
  const COUNTED: readonly (readonly [string, Optimizer, Own])[] = [
    ['adam', adam(), { ...adams, stepSize: 1e-3, inverseC2: 1 }],
    ['amsgrad', amsgrad(), { ...adams, stepSize: 1e-3, inverseC2: 1 }],
    ['adamax', adamax(), { stepSize: 2e-3, momentum: 0.9, gradientWeight: 0.1, beta2: 0.999, epsilon: 1e-8, logBeta1: LOG_9 }],
    ['lamb', lamb(), { ...adams, stepSize: 1e-3, coefficient: 1, inverseC2: 1, epsilon: 1e-6, epsilonRoot: 1 }],
    ['momentum', sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.25 }), momentumLate],
    ['adagrad', adagrad(), { stepSize: 0.01, epsilon: 1e-10 }],
  ];
  test.each(COUNTED)('%s', (_, optimizer, want) => {
    for (const t of [1, 2, 500]) expectOwn(rowOf(optimizer, { t, counted: true }), want);
  });
});

describe('nadam', () => {
  /** mu_i and P_i after Dozat in PyTorch's form, the product as a sum of logarithms. */
  const mu = (i: number, psi: number): number => 0.9 * (1 - 0.5 * Math.exp(i * psi * Math.log(0.96)));
  const product = (t: number, psi: number): number =>
    Math.exp(Array.from({ length: t }, (_, i) => Math.log(mu(i + 1, psi))).reduce((a, b) => a + b, 0));

  test.each([1, 2, 3, 50, 400, 5000])('its two factors at t = %i', (t) => {
    for (const psi of [4e-3, 1]) {
      const { stepSize, coefficient } = rowOf(nadam({ learningRate: 0.1, momentumDecay: psi }), { t });
      expectClose(`psi ${psi}`, [stepSize!, coefficient!], [
        (0.1 * (1 - mu(t, psi))) / (1 - product(t, psi)), (0.1 * mu(t + 1, psi)) / (1 - product(t + 1, psi)),
      ], 1e-12, 0);
    }
  });

  test('by hand: a constant momentum, the first step, the end', () => {
    // Without decay mu is 0.45 at every step.
    const flat = rowOf(nadam({ learningRate: 1, momentumDecay: 0 }), { t: 2 });
    expectClose('0.45', [flat.stepSize!, flat.coefficient!], [0.55 / (1 - 0.2025), 0.45 / (1 - 0.091125)], 1e-13, 0);
    // At t = 1 the gradient's factor is (1 - mu_1) / (1 - mu_1).
    expect(rowOf(nadam({ learningRate: 0.25 }), { t: 1 }).stepSize).toBe(0.25);
    expectClose('the end', ['stepSize', 'coefficient'].map((name) => rowOf(nadam({ learningRate: 1 }), { t: 1e6 })[name as 'stepSize']!), [0.1, 0.9], 1e-12, 0);
    const { momentum, gradientWeight, inverseC2, oneMinusBeta2 } = rowOf(nadam(), { t: 2 });
    expectClose('moments as Adam', [momentum!, gradientWeight!, oneMinusBeta2!, inverseC2!], [0.9, 0.1, 1e-3, 1 / 0.001999], 1e-12, 0);
  });
});

describe('schedules', () => {
  const falling = cosine(0.4, { final: 0.2 });

  test('see the update\'s index and the horizon; corrections see its number', () => {
    const { stepSize, momentum } = rowOf(sgd({ learningRate: falling, momentum: cosine(0.8) }), { step: 50, steps: 100, t: 3 });
    expectClose('half way', [stepSize!, momentum!], [0.3, 0.4], 1e-14, 0);
    expectClose('adam', [rowOf(adam({ learningRate: falling }), { step: 50, steps: 100, t: 2 }).stepSize!], [0.3 / 0.19], 1e-13, 0);
  });

  test('FTRL divides by the rate of this update and of the one before, the first of which is its own', () => {
    const at = (step: number): number[] => {
      const { stepSize, coefficient } = rowOf(ftrl({ learningRate: falling }), { step, steps: 100, t: step + 1 });
      return [stepSize!, coefficient!];
    };
    // 0.2 + 0.1 (1 + cos(pi step / 100))
    const rate = (step: number): number => 0.2 + 0.1 * (1 + Math.cos((Math.PI * step) / 100));
    expectClose('the first', at(0), [2.5, 2.5], 1e-14, 0);
    for (const step of [1, 30, 100]) expectClose(`step ${step}`, at(step), [1 / rate(step), 1 / rate(step - 1)], 1e-13, 0);
  });

  test('FTRL takes the last rates it is told, by tensor', () => {
    const coefficient = (tensor: number): number => rowOf(ftrl({ learningRate: 0.25 }), { step: 7, t: 8, lastRates: [0.5, 0.125, 2, 4] }, tensor).coefficient!;
    expect([0, 1, 2, 3].map(coefficient)).toEqual([2, 8, 0.5, 0.25]);
  });

  test('a plateau asks how often it was reduced', () => {
    const rate = plateau(0.8, { factor: 0.5 });
    expect(rowOf(sgd({ learningRate: rate }), { reductions: (schedule) => (schedule === rate ? 3 : 0) }).stepSize).toBe(0.1);
    expect(rowOf(sgd({ learningRate: rate })).stepSize).toBe(0.8);
  });
});

test('biases have no trust ratio', () => {
  expect([0, 1].map((tensor) => rowOf(lars({ learningRate: 0.1 }), {}, tensor).coefficient)).toEqual([1e-3, 0]);
  expect([0, 1].map((tensor) => rowOf(lamb(), {}, tensor).coefficient)).toEqual([1, 0]);
});
