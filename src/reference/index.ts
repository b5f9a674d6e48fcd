/**
 * `gradshader/reference`: every kernel and rule of the library as one plain float64 loop, written to be read.
 * Arrays are unpadded and row-major, weights are [inWidth, outWidth]; all functions are pure and return new arrays.
 */
export { biasGradient } from './bias-gradient.ts';
export { denseForward, type Activation, type DenseForwardOptions } from './dense-forward.ts';
export { denseInputGradient, type DenseInputGradientOptions, type LayerBelow } from './dense-input-gradient.ts';
export { denseWeightGradient, type DenseWeightGradientOptions } from './dense-weight-gradient.ts';
export { denseWeightUpdate, type DenseWeightUpdateOptions, type DenseWeightUpdateResult } from './dense-weight-update.ts';
export { dropoutFactors, dropoutRate, type Dropout } from './dropout.ts';
export { gather, type GatherOptions } from './gather.ts';
export { head, type HeadOptions, type HeadResult } from './head.ts';
export { networkWeightUpdate } from './network-weight-update.ts';
export {
  referenceForward, referenceGradients, referenceInit, referenceStep, tensorHyperparameters, tensorNames,
  type DropoutLayer, type ForwardResult, type ReferenceBatch, type ReferenceConfig, type ReferenceGradients,
  type ReferenceLayer, type ReferenceNetwork, type ReferenceState,
} from './network.ts';
export {
  adam, adamMetric, momentum, nesterov, optimizerStep, sgd, withDefaults,
  type FullHyperparameters, type Hyperparameters, type OptimizerName, type OptimizerRule, type OptimizerState, type Stepped,
} from './optimizers.ts';
export { parameterSums, type ParameterSums } from './parameter-sums.ts';
export { philox, philox4x32, randomWords } from './philox.ts';
export { coupledGradient, decoupledDecay, proximalMetric, proximalStep, softThreshold } from './regularizers.ts';
export { snapshot } from './snapshot.ts';
export { softmax } from './softmax.ts';
export { softmaxCrossEntropy, type SoftmaxCrossEntropyOptions, type SoftmaxCrossEntropyResult } from './softmax-cross-entropy.ts';
export { update, type Parameter, type Updated } from './update.ts';
