import { mapped } from '../mapped.ts';
import type { FullHyperparameters, OptimizerRule } from './types.ts';

/** The strengths inside the rule: proximal ones only. Coupled ones reach it in the gradient. */
const inside = (h: FullHyperparameters): { l1: number; l2: number } =>
  ({ l1: h.l1Rule === 'proximal' ? h.l1 : 0, l2: h.l2Rule === 'proximal' ? h.l2 : 0 });

/**
 * FTRL-proximal: the weights solve a penalised problem anew at every update.
 *
 *     n' = n + g^2
 *     z = z + g - ((beta + sqrt n') / lr - (beta + sqrt n) / previous lr) w
 *     w = -soft(z, l1) / ((beta + sqrt n') / lr + l2)        0 where the divisor is 0
 *
 * Its proximal l1 and l2 are these; no proximal map follows. They weigh against the sum of all gradients, not against
 * each: the larger t, the weaker. Start: n = initialAccumulator and z = -q w - sign(w) l1 with
 * q = (beta + sqrt n) / lr + l2, so that the first weights are those given, instead of nearly 0.
 * With l1 = l2 = beta = 0 and a constant rate this is Adagrad with epsilon 0. Metric D = beta + sqrt n', gain k = 1.
 *
 * | | Keras | the paper |
 * | --- | --- | --- |
 * | n before the first update | 0.1 | 0 |
 * | l2 | counts twice | this |
 * | beta | as beta / (2 lr) in l2 | this, 1 |
 * | z before the first update | 0: throws the initial weights away | 0 |
 *
 * PyTorch and optax have none. State: `z`, `n`. 28 bytes per parameter and update in f32.
 * Source: McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013.
 */
export const ftrl: OptimizerRule = {
  name: 'ftrl',
  slots: ['z', 'n'],
  defaults: { initialAccumulator: 0.1 },
  ownPenalties: true,
  initial(weights, h) {
    const { l1, l2 } = inside(h);
    const q = (h.beta + Math.sqrt(h.initialAccumulator)) / h.learningRate + l2;
    return {
      z: mapped(weights, (w) => -q * w - Math.sign(w) * l1),
      n: new Float64Array(weights.length).fill(h.initialAccumulator),
    };
  },
  // Inverse rates: the formula divides by both.
  coefficients: (h) => ({
    stepSize: 1 / h.learningRate, coefficient: 1 / (h.previousLearningRate ?? h.learningRate), epsilon: h.beta,
  }),
  step(weights, gradient, state, { stepSize, coefficient, epsilon: beta, l1Threshold, l2Proximal }) {
    const n = mapped(gradient, (g, i) => state.n![i]! + g * g);
    const metric = n.map((squares) => beta + Math.sqrt(squares));
    const z = mapped(gradient, (g, i) =>
      state.z![i]! + g - (metric[i]! * stepSize - (beta + Math.sqrt(state.n![i]!)) * coefficient) * weights[i]!);
    const next = z.map((sum, i) => {
      const divisor = metric[i]! * stepSize + l2Proximal;
      return divisor === 0 ? 0 : (-Math.sign(sum) * Math.max(Math.abs(sum) - l1Threshold, 0)) / divisor;
    });
    return { weights: next, state: { z, n }, metric };
  },
};
