/** What a row says of penalties and constraints: thresholds in the optimizer's metric, decay, bounds on norms. By hand. */
import { describe, expect, test } from 'vitest';
import type { RuleName } from '../../src/kernels/rule.ts';
import { adagrad, adamw, ftrl, lamb, lars, nadam, rmsprop, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import {
  activityL1, activityL2, elasticNet, groupLasso, l1, l2, maxNorm, nonNegative, orthogonal, unitNorm, type Regularizer,
} from '../../src/model/regularizers.ts';
import { tensorRow, type TensorRow } from '../../src/compile/rows.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { expectClose } from '../cases/compare.ts';
import { MAKERS, rowOf, RULES, settingsOf } from './support.ts';

const sgdWith = (...regularizers: Regularizer[]): Optimizer => sgd({ learningRate: 0.1, regularizers });
const net = elasticNet({ l1: 0.01, l2: 0.02 });
const PENALTIES = [
  'l1Subgradient', 'l2Coupled', 'l1Threshold', 'l2Proximal', 'l1Decoupled', 'l1Total', 'nonNegative', 'groupThreshold',
  'normBound', 'activityL1', 'activityL2', 'orthogonal',
] as const;

/** All fields of penalties; those not named are 0. */
function expectPenalties(row: TensorRow, want: Partial<Record<(typeof PENALTIES)[number], number>>): void {
  for (const name of PENALTIES) expectClose(name, [row[name] ?? 0], [want[name] ?? 0], 1e-14, 0);
}

describe('the threshold of a proximal penalty is learning rate * k * strength', () => {
  /** k: what a unit gradient moves a weight at rest, times D over the learning rate. Learning rates are those of MAKERS. */
  const GAINS: Readonly<Record<RuleName, readonly [rate: number, k: number]>> = {
    sgd: [0.1, 1], momentum: [0.1, 10], nesterov: [0.1, 10], adagrad: [1e-2, 1],
    rmsprop: [1e-2, 1], rmspropCentered: [1e-2, 1], rmspropMomentum: [1e-2, 10], rmspropCenteredMomentum: [1e-2, 10],
    adadelta: [1, 1], adam: [1e-3, 1], amsgrad: [1e-3, 1], adamax: [2e-3, 1],
    // At the end of the momentum schedule: 0.1 of the gradient and 0.9 of the moment.
    nadam: [2e-3, 1], lion: [1e-4, 1], lamb: [1e-3, 1], lars: [0.1, 10],
    // The rule takes the strengths themselves.
    ftrl: [0.1, 10],
  };

  test.each(RULES)('%s', (rule) => {
    const [rate, k] = GAINS[rule];
    const { l1Threshold, l2Proximal } = rowOf(MAKERS[rule]({ regularizers: net }), { t: 1e6 });
    expectClose('l1, l2', [l1Threshold!, l2Proximal!], [rate * k * 0.01, rate * k * 0.02], 1e-12, 0);
  });

  test('k by hand where it depends on more: dampening, decay, the momentum schedule', () => {
    const threshold = (optimizer: Optimizer, t: number): number => rowOf(optimizer, { t, step: t - 1 }).l1Threshold!;
    const regularizers = [l1(0.01)];
    const dampened = sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.25, regularizers });
    // (1 - dampening) / (1 - momentum) = 3.75, at the first step too.
    expectClose('dampening', [threshold(dampened, 1), threshold(dampened, 9)], [0.00375, 0.00375], 1e-13, 0);
    expectClose('decay', [threshold(adagrad({ learningRate: 0.3, learningRateDecay: 0.5, regularizers }), 5)], [0.001], 1e-13, 0);
    const flat = nadam({ learningRate: 1, momentumDecay: 0, regularizers });
    expectClose('nadam', [threshold(flat, 2)], [0.01 * (0.55 / (1 - 0.2025) + 0.45 / (1 - 0.091125))], 1e-13, 0);
    expectClose('a scheduled momentum', [
      rowOf(rmsprop({ learningRate: 1, momentum: cosine(0.8), regularizers }), { step: 50, steps: 100, t: 51 }).l1Threshold!,
    ], [0.01 / 0.6], 1e-13, 0);
    expectClose('ftrl under a schedule', [
      rowOf(ftrl({ learningRate: cosine(0.4, { final: 0.2 }), regularizers }), { step: 70, steps: 100, t: 71 }).l1Threshold!,
    ], [0.01], 1e-13, 0);
  });
});

describe('every penalty has fields of its own', () => {
  test.each<[string, Regularizer[], Parameters<typeof expectPenalties>[1]]>([
    ['nothing', [], {}],
    ['l1', [l1(0.3)], { l1Threshold: 0.03 }],
    ['l1, subgradient', [l1(0.3, { rule: 'subgradient' })], { l1Subgradient: 0.3 }],
    ['l1, decoupled', [l1(0.3, { rule: 'decoupled' })], { l1Decoupled: 0.03 }],
    ['l2', [l2(0.3)], { l2Coupled: 0.3 }],
    ['l2, proximal', [l2(0.3, { rule: 'proximal' })], { l2Proximal: 0.03 }],
    ['elastic net', elasticNet({ l1: 0.3, l2: 0.4 }), { l1Threshold: 0.03, l2Proximal: 0.04 }],
    ['non-negative', [nonNegative()], { nonNegative: 1 }],
    // The root of the inputs is the tensor's own. Between the group lasso's zero and f32's largest, every norm is in bounds.
    ['group lasso', [groupLasso(0.3)], { groupThreshold: 0.03, normBound: 3.4028234663852886e38 }],
    ['group lasso, sizes alike', [groupLasso(0.3, { sqrtSize: false })], { groupThreshold: 0.03, normBound: 3.4028234663852886e38 }],
    ['group lasso of strength 0', [groupLasso(0)], {}],
    ['max-norm', [maxNorm(2)], { normBound: 2 }],
    ['max-norm 0 is no bound', [maxNorm(0)], {}],
    ['unit norm', [unitNorm()], { normBound: -1 }],
    ['unit norm and max-norm', [maxNorm(2), unitNorm()], { normBound: -1 }],
    ['group lasso and max-norm', [groupLasso(0.3), maxNorm(2)], { groupThreshold: 0.03, normBound: 2 }],
    ['activities', [activityL1(0.3), activityL2(0.4)], { activityL1: 0.3, activityL2: 0.4 }],
    ['orthogonal, whose gradient has a factor 4', [orthogonal(0.3)], { orthogonal: 1.2 }],
  ])('%s', (_, regularizers, want) => {
    expectPenalties(rowOf(sgdWith(...regularizers)), want);
    expectPenalties(rowOf(sgdWith(...regularizers), {}, 1), {}); // the bias
  });

  test('momentum enlarges proximal thresholds, a group\'s too, and leaves the plain ones', () => {
    const make = (...regularizers: Regularizer[]): TensorRow => rowOf(sgd({ learningRate: 0.1, momentum: 0.9, regularizers }));
    expectClose('group', [make(groupLasso(0.3)).groupThreshold!], [0.3], 1e-13, 0);
    expectClose('decoupled', [make(l1(0.3, { rule: 'decoupled' })).l1Decoupled!], [0.03], 1e-13, 0);
  });

  test('biases where they are asked for', () => {
    const row = rowOf(sgdWith(l1(0.3, { biases: true }), l2(0.4, { biases: true }), nonNegative({ biases: true })), {}, 1);
    expectPenalties(row, { l1Threshold: 0.03, l2Coupled: 0.4, nonNegative: 1 });
  });

  test('activities of the last layer are the logits: no penalty there', () => {
    expectPenalties(rowOf(sgdWith(activityL1(0.3), activityL2(0.4)), {}, 2), {});
  });

  test('strengths may be schedules', () => {
    const clock = { step: 50, steps: 100, t: 51 };
    expectPenalties(rowOf(sgdWith(l1(cosine(0.6)), l2(cosine(0.8)), maxNorm(cosine(4))), clock), { l1Threshold: 0.03, l2Coupled: 0.4, normBound: 2 });
  });

  test('the total of cumulative l1 is the tensor\'s', () => {
    const { tensors } = settingsOf(sgdWith(l1(0.3, { rule: 'cumulative' })));
    const at = (tensor: number): number => tensorRow('sgd', tensors[tensor]!, { step: 5, steps: 9, t: 6, l1Totals: [0.5, 0.25, 8, 16] }, tensor).l1Total!;
    expect([0, 1, 2].map(at)).toEqual([0.5, 0.25, 8]);
  });
});

describe('decay', () => {
  const decays = (optimizer: Optimizer): number[] => [0, 1].map((tensor) => rowOf(optimizer, { t: 5 }, tensor).decay!);

  test('is 1 - learning rate * weight decay on weights, 1 on biases', () => {
    expectClose('sgd', decays(sgd({ learningRate: 0.1, weightDecay: 0.5 })), [0.95, 1], 1e-15, 0);
    expectClose('momentum', decays(sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.5 })), [0.95, 1], 1e-15, 0);
    expectClose('adamw', decays(adamw()), [1 - 1e-5, 1], 1e-15, 0);
    expect(decays(sgd({ learningRate: 0.1 }))).toEqual([1, 1]);
  });

  test('is the weight decay itself where it belongs inside the trust ratio', () => {
    expect(decays(lars({ learningRate: 0.1, weightDecay: 0.5 }))).toEqual([0.5, 0]);
    expect(decays(lamb({ weightDecay: 0.25 }))).toEqual([0.25, 0]);
  });
});
