/**
 * `gradshader/reference`: every kernel and rule of the library as one plain float64 loop, written to be read.
 * Arrays are unpadded and row-major, weights are [inWidth, outWidth]; all functions are pure and return new arrays.
 *
 * @example
 * ```ts
 * import { update, type Hyperparameters, type OptimizerState } from 'gradshader/reference';
 * // Adam with proximal L1 on the loss sum (w - a)^2 / 2: the lasso's answer is a, moved toward 0 by l1.
 * const hyperparameters: Hyperparameters = { optimizer: 'adam', learningRate: 0.01, l1: 0.1 };
 * const a = [1, 0.05, -0.3];
 * let weights: Float64Array = Float64Array.of(0, 0.5, 0);
 * let state: OptimizerState = {};
 * for (let t = 1; t <= 5000; t++) {
 *   ({ weights, state } = update({ weights, gradient: weights.map((w, i) => w - a[i]!), state, hyperparameters, t }));
 * }
 * console.log(weights); // 0.9, 0, -0.2
 * ```
 */
export { biasGradient } from './bias-gradient.ts';
export { clipGradients } from './clip.ts';
export { activationOf, activations, type Activation, type ActivationReference } from './activations/index.ts';
export { columns, type ColumnsOptions } from './columns.ts';
export { denseForward, type DenseForwardOptions } from './dense-forward.ts';
export { denseInputGradient, type DenseInputGradientOptions, type LayerBelow } from './dense-input-gradient.ts';
export { denseWeightGradient, type DenseWeightGradientOptions } from './dense-weight-gradient.ts';
export { denseWeightUpdate, type DenseWeightUpdateOptions, type DenseWeightUpdateResult } from './dense-weight-update.ts';
export { dropoutFactors, dropoutRate, type Dropout } from './dropout.ts';
export { elementLoss, type ElementLossOptions } from './element-loss.ts';
export { elementLosses, type ElementLoss, type ElementLossReference } from './losses.ts';
export { gather, type GatherOptions, type Normalisation } from './gather.ts';
export { gram, type GramOptions } from './gram.ts';
export { head, type HeadOptions, type HeadResult } from './head.ts';
export { map, type MapOptions } from './map.ts';
export type { ReferenceInit } from './inits.ts';
export { networkWeightUpdate } from './network-weight-update.ts';
export {
  referenceForward, referenceGradients, referenceInit, referenceStep, tensorHyperparameters,
  type ForwardResult, type ReferenceBatch, type ReferenceConfig, type ReferenceGradients,
  type ReferenceState,
} from './network.ts';
export { tensorNames, type DropoutLayer, type ReferenceLayer, type ReferenceNetwork } from './network-layers.ts';
export {
  completeState, gainOf, initialState, OPTIMIZERS, optimizerStep, ruleOf, withDefaults,
} from './optimizers/index.ts';
export { adamMetric } from './optimizers/helpers.ts';
export { proximalAdagrad, proximalSgd } from './optimizers/proximal.ts';
export type {
  Clip, Coefficients, FullHyperparameters, Hyperparameters, OptimizerRule, OptimizerState, RuleName, RuleNumbers, Stepped, TrustRatio,
} from './optimizers/types.ts';
export { orthogonalGradient, type OrthogonalGradientOptions } from './orthogonal-gradient.ts';
export { parameterSums, type ParameterSums } from './parameter-sums.ts';
export { philox, philox4x32, randomWords } from './philox.ts';
export { activityGradient, activityPenalty, orthogonalPenalty, type ActivityStrengths } from './penalties.ts';
export { average, coupledGradient, cumulativeL1, decoupledDecay, nonNegative, proximalStep, softThreshold } from './regularizers.ts';
export { scaledUpdate, type ScaledUpdateOptions, type ScaledUpdateResult } from './scaled-update.ts';
export { slopeGradient, type SlopeGradientOptions, type SlopeGradientResult } from './slope-gradient.ts';
export { slopeTotal } from './slope-total.ts';
export { snapshot } from './snapshot.ts';
export { softmax } from './softmax.ts';
export { softmaxCrossEntropy, type LossResult, type SoftmaxCrossEntropyOptions, type SoftmaxCrossEntropyResult } from './softmax-cross-entropy.ts';
export { tensorNorms, type TensorNorms } from './tensor-norms.ts';
export { unitConstraint, type UnitBounds } from './unit-constraint.ts';
export { update, type Parameter, type Updated, type UpdateOptions } from './update.ts';
export { viewNorms } from './view-norms.ts';
export { viewUnitConstraint, type ViewUnitConstraintOptions } from './view-unit-constraint.ts';
export { viewUpdate, type ReferenceView, type ViewUpdateOptions, type ViewUpdateResult } from './view-update.ts';
export { constrainUnits, type WeightRules } from './weight-rules.ts';
