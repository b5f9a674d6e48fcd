/** What decides an update of one tensor, and what an optimizer is. */

/** Every optimizer, under the names of kernels, files and the library's rules. */
export type RuleName =
  | 'sgd' | 'momentum' | 'nesterov' | 'adagrad'
  | 'rmsprop' | 'rmspropCentered' | 'rmspropMomentum' | 'rmspropCenteredMomentum'
  | 'adadelta' | 'adam' | 'amsgrad' | 'adamax' | 'nadam' | 'lion' | 'lamb' | 'lars' | 'ftrl';

/** `value`: each element; `norm`: each tensor; `globalNorm`: all tensors together. */
export interface Clip {
  readonly by: 'value' | 'norm' | 'globalNorm';
  /** Above 0. */
  readonly threshold: number;
}

/** Numbers of the optimizers' formulas. What a rule does not name has no effect on it. Defaults: each rule's own. */
export interface RuleNumbers {
  /** mu, in [0, 1): momentum, nesterov, rmspropMomentum, rmspropCenteredMomentum, lars. */
  readonly momentum: number;
  /** tau, in [0, 1), of momentum: from the second update on the gradient has weight 1 - tau. 0 for nesterov. */
  readonly dampening: number;
  /** Decay of the first moment, in [0, 1): adam and its kin, lion. */
  readonly beta1: number;
  /** Decay of the second moment, in [0, 1): adam and its kin; lion's decay of m. */
  readonly beta2: number;
  /** Decay of the mean square of rmsprop, in [0, 1). */
  readonly alpha: number;
  /** Decay of both averages of adadelta, in [0, 1). */
  readonly rho: number;
  /** Added outside the root. Above 0; 0 is allowed for adagrad and lars. */
  readonly epsilon: number;
  /** Added inside the root: adagrad, rmsprop, adam, amsgrad. 0 or more. */
  readonly epsilonRoot: number;
  /** d of adagrad: the rate of update t is learningRate / (1 + (t - 1) d). 0 or more. */
  readonly learningRateDecay: number;
  /** First value of adagrad's sum and of ftrl's n. 0 or more. */
  readonly initialAccumulator: number;
  /** psi of nadam. 0 or more. */
  readonly momentumDecay: number;
  /** eta of lars. Above 0. */
  readonly trustCoefficient: number;
  /** Of ftrl: smooths the first rates. 0 or more. */
  readonly beta: number;
}

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Everything that decides an update of one tensor. Penalties are 0 unless given. */
export interface Hyperparameters extends Optional<RuleNumbers> {
  /** 'adamw' is 'adam' with a weightDecay of 0.01 unless given. */
  readonly optimizer: RuleName | 'adamw';
  readonly learningRate: number;
  /** The learning rate of the update before, which ftrl needs under a schedule. Default: learningRate. */
  readonly previousLearningRate?: number | undefined;
  /** Keras's Adam (adam, amsgrad): epsilon is divided by sqrt(1 - beta2^t). Default false. */
  readonly epsilonHat?: boolean | undefined;
  /** Whether lars and lamb scale the step by norms and decay; false for biases. Default true. */
  readonly trustRatio?: boolean | undefined;
  /** Strength x of the penalty x * sum |w|. */
  readonly l1?: number | undefined;
  /** How l1 acts; see regularizers.ts. Default 'proximal'. */
  readonly l1Rule?: 'proximal' | 'subgradient' | 'decoupled' | 'cumulative' | undefined;
  /** u of the cumulative rule: the sum of learningRate * l1 over all updates up to this one. Default: t * learningRate * l1. */
  readonly l1Total?: number | undefined;
  /** Strength x of the penalty x / 2 * sum w^2. */
  readonly l2?: number | undefined;
  /** How l2 acts. Default 'coupled': gradient x * w. */
  readonly l2Rule?: 'coupled' | 'proximal' | undefined;
  /** w *= 1 - learningRate * weightDecay before the step. In lars and lamb: part of the step, times the ratio. */
  readonly weightDecay?: number | undefined;
  /** No weight stays below 0. Default false. */
  readonly nonNegative?: boolean | undefined;
  /** Bounds the raw gradient, before penalties. */
  readonly clip?: Clip | undefined;
  /** Weight of the new weights in the running average kept in slot `average`, in (0, 1]; 1 copies. None unless given. */
  readonly averageWeight?: number | undefined;
}

/** Given only where they were given: their defaults depend on t, or there is none. */
type NeverFilled = 'previousLearningRate' | 'l1Total' | 'clip' | 'averageWeight';

/** Hyperparameters with every default filled in. */
export type FullHyperparameters =
  { readonly [K in Exclude<keyof Hyperparameters, NeverFilled>]-?: NonNullable<Hyperparameters[K]> }
  & Pick<Hyperparameters, NeverFilled>;

/**
 * The numbers of one update of one tensor, as the kernels take them: `Hyperparameters` of shaders/lib/row.wgsl. What a
 * rule does not name is 0.
 */
export interface Coefficients {
  /** Learning rate; for Adam and its kin learning rate / (1 - beta1^t). */
  readonly stepSize: number;
  /** The rule's own; the ratio, where a rule has one. */
  readonly coefficient: number;
  /** momentum, beta1 */
  readonly momentum: number;
  /** Of the gradient in the first moment: 1 - beta1, 1 - dampening. */
  readonly gradientWeight: number;
  /** beta2, alpha, rho */
  readonly beta2: number;
  readonly oneMinusBeta2: number;
  /** 1 / (1 - beta2^t) */
  readonly inverseC2: number;
  readonly epsilon: number;
  readonly epsilonRoot: number;
  /** Of beta1 and beta2, for corrections. */
  readonly logBeta1: number;
  readonly logBeta2: number;
  /** 1 - learning rate * weight decay; the weight decay itself where the rule has it in its formula. */
  readonly decay: number;
  readonly l1Subgradient: number;
  readonly l2Coupled: number;
  /** Soft threshold after the step, and l2 proximal, both times 1 / D. The strengths themselves for ftrl. */
  readonly l1Threshold: number;
  readonly l2Proximal: number;
  /** Soft threshold whatever the metric. */
  readonly l1Decoupled: number;
  /** Cumulative l1: the sum of learning rate * l1 up to this update. Without it there is no such rule. */
  readonly l1Total?: number | undefined;
  /** Above 0: no weight stays below 0. */
  readonly nonNegative: number;
  /** As that of Hyperparameters. */
  readonly averageWeight?: number | undefined;
}

/** One array per slot, as long as the tensor. A missing slot has the rule's first values. */
export type OptimizerState = Readonly<Record<string, Float64Array>>;

/** What an optimizer makes of weights and gradient. */
export interface Stepped {
  readonly weights: Float64Array;
  readonly state: OptimizerState;
  /**
   * D, elementwise: at rest the rule moves a weight by learningRate * gain * g / D, so that a penalty's proximal map
   * in this metric has its minimum where the loss plus the penalty has it.
   */
  readonly metric: Float64Array;
}

/** A rate per tensor, from norms. */
export interface TrustRatio {
  /** What is measured against the weights. */
  readonly vector: (weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, c: Coefficients) => ArrayLike<number>;
  /** From two norms, neither of them 0. */
  readonly ratio: (c: Coefficients, weightNorm: number, vectorNorm: number) => number;
}

/** One optimizer: pure functions on plain arrays. */
export interface OptimizerRule {
  readonly name: RuleName;
  /** State per parameter, in the order of files. */
  readonly slots: readonly string[];
  readonly defaults: Partial<RuleNumbers>;
  /** k of the proximal maps. Default 1. */
  readonly gain?: (h: FullHyperparameters, t: number) => number;
  /** Values before the first update. Default: zeros. */
  readonly initial?: (weights: ArrayLike<number>, h: FullHyperparameters) => OptimizerState;
  /** The formula has the weight decay in it (lars, lamb), so that none comes before it. */
  readonly ownDecay?: boolean;
  /** The formula has the proximal l1 and l2 in it (ftrl), so that no proximal map follows. */
  readonly ownPenalties?: boolean;
  /** The formula's own numbers at update t = 1, 2, ..., but for what `corrected` adds. */
  readonly coefficients: (h: FullHyperparameters, t: number) => Partial<Coefficients>;
  /** What of them depends on t even where the hyperparameters stand still. Default: nothing. */
  readonly corrected?: (c: Coefficients, t: number) => Coefficients;
  /** A rate per tensor, which takes the place of `coefficient`; there is none where that is 0. */
  readonly trust?: TrustRatio;
  /** One step: `gradient` with the coupled penalties, `state` complete. */
  readonly step: (weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, c: Coefficients) => Stepped;
}
