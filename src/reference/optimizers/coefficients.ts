/** From hyperparameters to the numbers of one update. */
import { norm } from './helpers.ts';
import type { Coefficients, FullHyperparameters, OptimizerRule, OptimizerState } from './types.ts';

const NONE: Coefficients = {
  stepSize: 0, coefficient: 0, momentum: 0, gradientWeight: 0, beta2: 0, oneMinusBeta2: 0, inverseC2: 1, epsilon: 0, epsilonRoot: 0,
  logBeta1: 0, logBeta2: 0, decay: 1, l1Subgradient: 0, l2Coupled: 0, l1Threshold: 0, l2Proximal: 0, l1Decoupled: 0, nonNegative: 0,
};

/**
 * Penalties: a proximal map's threshold is that of the penalty where the rule is at rest, so it has the rate and the
 * gain in it; a rule with the proximal ones in its formula takes the strengths themselves.
 */
function penaltiesAt(rule: OptimizerRule, h: FullHyperparameters, t: number): Partial<Coefficients> {
  const atRest = rule.ownPenalties ? 1 : h.learningRate * (rule.gain?.(h, t) ?? 1);
  return {
    l1Subgradient: h.l1Rule === 'subgradient' ? h.l1 : 0,
    l2Coupled: h.l2Rule === 'coupled' ? h.l2 : 0,
    l1Threshold: h.l1Rule === 'proximal' ? atRest * h.l1 : 0,
    l2Proximal: h.l2Rule === 'proximal' ? atRest * h.l2 : 0,
    l1Decoupled: h.l1Rule === 'decoupled' ? h.learningRate * h.l1 : 0,
    l1Total: h.l1Rule === 'cumulative' ? h.l1Total ?? t * h.learningRate * h.l1 : undefined,
    nonNegative: Number(h.nonNegative),
  };
}

/** A rule without a ratio for this tensor has no decay of its own either. */
function decayAt({ ownDecay }: OptimizerRule, h: FullHyperparameters): number {
  if (ownDecay) return h.trustRatio ? h.weightDecay : 0;
  return 1 - h.learningRate * h.weightDecay;
}

/** All numbers of update t. */
export function coefficientsAt(rule: OptimizerRule, h: FullHyperparameters, t: number): Coefficients {
  const own = { ...NONE, ...rule.coefficients(h, t) };
  return {
    ...(rule.corrected?.(own, t) ?? own), ...penaltiesAt(rule, h, t), decay: decayAt(rule, h), averageWeight: h.averageWeight,
  };
}

/** The ratio in the place of the coefficient: 1 where the tensor has none, or a norm is 0. */
export function ratioed({ trust }: OptimizerRule, c: Coefficients, weightNorm: number, vectorNorm: number): Coefficients {
  if (!trust) return c;
  const hasRatio = c.coefficient > 0 && weightNorm > 0 && vectorNorm > 0;
  return { ...c, coefficient: hasRatio ? trust.ratio(c, weightNorm, vectorNorm) : 1 };
}

/** `ratioed` from a tensor itself: `gradient` with the coupled penalties, `state` complete. */
export const trusted = (
  rule: OptimizerRule, weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, c: Coefficients,
): Coefficients =>
  (rule.trust ? ratioed(rule, c, norm(weights), norm(rule.trust.vector(weights, gradient, state, c))) : c);
