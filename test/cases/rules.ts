/** Every rule with the hyperparameters its cases take, and every penalty: what update kernels are tried with. */
import { pairOf, type Penalty } from '../../src/model/pairs.ts';
import type { RuleName } from '../../src/kernels/rule.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';

const betas = { beta1: 0.9, beta2: 0.999 };

/** One of each rule, with rates whose steps are about as large as the weights. */
export const RULES = {
  sgd: { optimizer: 'sgd', learningRate: 0.1 },
  momentum: { optimizer: 'momentum', learningRate: 0.1, momentum: 0.9, dampening: 0.1 },
  nesterov: { optimizer: 'nesterov', learningRate: 0.1, momentum: 0.9 },
  adagrad: { optimizer: 'adagrad', learningRate: 0.01, epsilon: 1e-10 },
  rmsprop: { optimizer: 'rmsprop', learningRate: 2e-3, alpha: 0.99, epsilon: 1e-8 },
  rmspropCentered: { optimizer: 'rmspropCentered', learningRate: 2e-3, alpha: 0.99, epsilon: 1e-8 },
  rmspropMomentum: { optimizer: 'rmspropMomentum', learningRate: 2e-3, alpha: 0.99, epsilon: 1e-8, momentum: 0.9 },
  rmspropCenteredMomentum: { optimizer: 'rmspropCenteredMomentum', learningRate: 2e-3, alpha: 0.99, epsilon: 1e-8, momentum: 0.9 },
  adadelta: { optimizer: 'adadelta', learningRate: 1, rho: 0.9, epsilon: 1e-6 },
  adam: { optimizer: 'adam', learningRate: 0.01, ...betas, epsilon: 1e-8 },
  amsgrad: { optimizer: 'amsgrad', learningRate: 0.01, ...betas, epsilon: 1e-8 },
  adamax: { optimizer: 'adamax', learningRate: 0.01, ...betas, epsilon: 1e-8 },
  nadam: { optimizer: 'nadam', learningRate: 0.01, ...betas, epsilon: 1e-8, momentumDecay: 4e-3 },
  lion: { optimizer: 'lion', learningRate: 1e-3, beta1: 0.9, beta2: 0.99 },
  lamb: { optimizer: 'lamb', learningRate: 0.1, ...betas, epsilon: 1e-6, weightDecay: 0.1 },
  lars: { optimizer: 'lars', learningRate: 10, momentum: 0.9, trustCoefficient: 0.02, epsilon: 1e-8, weightDecay: 0.1 },
  ftrl: { optimizer: 'ftrl', learningRate: 0.1, beta: 0, initialAccumulator: 0 },
} as const satisfies Readonly<Record<RuleName, Hyperparameters>>;

/** The optimizers' options that change the formula, one case each. Epsilons are about as large as the metric. */
export const VARIANTS: Readonly<Record<string, Hyperparameters>> = {
  'adagrad, epsilon in the root': { ...RULES.adagrad, epsilon: 0, epsilonRoot: 1e-5 },
  'adagrad, learning rate decay': { ...RULES.adagrad, learningRateDecay: 0.1, epsilon: 1e-3 },
  'adagrad, nothing added to the root': { ...RULES.adagrad, epsilon: 0 },
  'rmsprop, epsilon in the root': { ...RULES.rmsprop, epsilon: 1e-8, epsilonRoot: 1e-5 },
  'rmsprop, large epsilon': { ...RULES.rmsprop, epsilon: 1e-3 },
  'rmspropCenteredMomentum, epsilon in the root': { ...RULES.rmspropCenteredMomentum, epsilonRoot: 1e-5 },
  'adadelta, large epsilon': { ...RULES.adadelta, epsilon: 1e-4 },
  'adam, epsilon in the root': { ...RULES.adam, epsilonRoot: 1e-4 },
  'adam, large epsilon': { ...RULES.adam, epsilon: 1e-2 },
  'adam, large epsilon hat': { ...RULES.adam, epsilon: 1e-3, epsilonHat: true },
  'amsgrad, epsilon in the root': { ...RULES.amsgrad, epsilonRoot: 1e-4 },
  'amsgrad, large epsilon hat': { ...RULES.amsgrad, epsilon: 1e-3, epsilonHat: true },
  'adamax, large epsilon': { ...RULES.adamax, epsilon: 1e-3 },
  'nadam, large epsilon, fast decay': { ...RULES.nadam, epsilon: 1e-3, momentumDecay: 1 },
  'ftrl, beta': { ...RULES.ftrl, beta: 0.01 },
  'ftrl, another learning rate before': { ...RULES.ftrl, previousLearningRate: 0.2, beta: 0.01 },
};

/** Values by which a plain update is changed, small ones as they are used and large ones that cut off many weights. */
export const PENALTIES: Readonly<Record<string, Partial<Hyperparameters>>> = {
  plain: {},
  'l1 1e-5 as a subgradient': { l1: 1e-5, l1Rule: 'subgradient' },
  'l1 1e-5, proximal': { l1: 1e-5 },
  'l1 1e-5, decoupled': { l1: 1e-5, l1Rule: 'decoupled' },
  'l1 1e-5, cumulative': { l1: 1e-5, l1Rule: 'cumulative' },
  'l2 1e-4, coupled': { l2: 1e-4 },
  'l2 1e-4, proximal': { l2: 1e-4, l2Rule: 'proximal' },
  'weight decay 1e-2': { weightDecay: 1e-2 },
  'non-negative': { nonNegative: true },
  'clip by value': { clip: { by: 'value', threshold: 4e-3 } },
  average: { averageWeight: 0.01 },
  'elastic net, proximal': { l1: 1e-2, l2: 0.1, l2Rule: 'proximal' },
  'all coupled, and decay': { l1: 1e-2, l1Rule: 'subgradient', l2: 0.1, weightDecay: 1e-2 },
  'large l1, cumulative, l2 proximal, decay, non-negative, clip and average': {
    l1: 1e-2, l1Rule: 'cumulative', l2: 0.1, l2Rule: 'proximal', weightDecay: 1e-2, nonNegative: true,
    clip: { by: 'value', threshold: 4e-3 }, averageWeight: 0.01,
  },
  'large l1, decoupled, l2 proximal, decay, non-negative, clip and average': {
    l1: 1e-2, l1Rule: 'decoupled', l2: 0.1, l2Rule: 'proximal', weightDecay: 1e-2, nonNegative: true,
    clip: { by: 'value', threshold: 4e-3 }, averageWeight: 0.1,
  },
};

/** The library refuses some of them: FTRL's weights are made anew at every update. */
export function isRefused(name: RuleName, { l1 = 0, l1Rule = 'proximal', weightDecay = 0 }: Partial<Hyperparameters>): boolean {
  const penalties: Penalty[] = [
    ...(l1 > 0 ? [{ type: 'l1', rule: l1Rule } as const] : []),
    ...(weightDecay > 0 ? [{ type: 'weightDecay', rule: 'decoupled' } as const] : []),
  ];
  return penalties.some((penalty) => pairOf(name, penalty).kind === 'refused');
}
