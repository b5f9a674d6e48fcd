/** What users make losses with. A maker brings what its loss computes: a page pays for those that it makes. */

import { InputError } from '../../errors.ts';
import { checkOptions, isObject, textOf } from '../../options.ts';
import { copyOf, type Schedule } from '../schedules/index.ts';
import { binaryCrossEntropyLoss } from './binary-cross-entropy.ts';
import { huberLoss } from './huber.ts';
import { know } from './index.ts';
import type { LossOptions, LossType } from './loss.ts';
import { meanAbsoluteErrorLoss } from './mean-absolute-error.ts';
import { meanSquaredErrorLoss } from './mean-squared-error.ts';
import type { BinaryCrossEntropy, Huber, Loss, MeanAbsoluteError, MeanSquaredError, SmoothL1, SoftmaxCrossEntropy } from './settings.ts';
import { smoothL1Loss } from './smooth-l1.ts';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy.ts';

function make<Settings extends Loss>(loss: LossType<Settings>, options: object): Settings {
  if (!isObject(options)) throw new InputError(`${loss.maker.slice(0, -2)} takes an object of options, got ${textOf(options)}.`);
  const settings = { type: loss.type, ...checkOptions(loss.maker.slice(0, -2), options, Object.keys(options) as never) } as unknown as Settings;
  loss.check(settings);
  know(loss);
  return copyOf(settings);
}

/**
 * Softmax cross-entropy of logits z [batch, classes], f32, over class indices, or over vectors of probabilities [batch, classes] (soft
 * targets). The mean over the batch's samples of
 *   loss = -sum_j c_j q_j log softmax(z)_j,  q_j = (1 - smoothing) target_j + smoothing / classes,
 * computed as log(sum exp(z - max z)) + max z - z_j, so it neither overflows nor takes the logarithm of 0. Gradients are exact for
 * soft targets that do not sum to 1, too.
 * @param options.smoothing label smoothing, in [0, 1) (Szegedy et al. 2016); default none. A hyperparameter, `loss.smoothing`: it may
 *   be a schedule, and where it is given, 0 or not, differ from replica to replica
 * @param options.classWeights how much each class counts, c, 0 or more, in PyTorch's way: inside the sum (`cross_entropy(weight=...)`).
 *   Keras's class_weight, a factor of the sample's whole loss, is `weights` of a data set; without smoothing and soft targets both
 *   are the same. Default all 1.
 * @param options.mean 'weights' divides by the sum of the samples' weights, each times that of its class where its target is one, as
 *   PyTorch does; 'count' (default) by the number of samples, as Keras does
 * @throws InputError
 */
export function softmaxCrossEntropy(options: { smoothing?: Schedule; classWeights?: readonly number[] } & LossOptions = {}): SoftmaxCrossEntropy {
  return make(softmaxCrossEntropyLoss, options);
}

/**
 * Binary cross-entropy of logits z [batch, labels], f32, over labels t [batch, labels] in [0, 1]: the mean over the batch's samples
 * and labels of
 *   loss = -(p t log s(z) + (1 - t) log(1 - s(z))),  s(z) = 1 / (1 + exp(-z)),
 * computed from z, so that it is finite for every finite z (PyTorch's binary_cross_entropy_with_logits; Keras's BinaryCrossentropy
 * with from_logits). A sample is a hit where all its labels are right: above 1/2 if and only if z is above 0.
 * @param options.positiveWeight p, above 0; default 1. A hyperparameter, `loss.positiveWeight`: a schedule, and per replica
 * @throws InputError
 */
export function binaryCrossEntropy(options: { positiveWeight?: Schedule } & LossOptions = {}): BinaryCrossEntropy {
  return make(binaryCrossEntropyLoss, options);
}

/**
 * Mean squared error of outputs z [batch, values], f32: the mean over the batch's samples and values of (z - t)^2 (PyTorch's mse_loss,
 * Keras's MeanSquaredError).
 * @throws InputError
 */
export function meanSquaredError(options: LossOptions = {}): MeanSquaredError {
  return make(meanSquaredErrorLoss, options);
}

/**
 * Mean absolute error of outputs z [batch, values], f32: the mean over the batch's samples and values of |z - t|, whose gradient is 0
 * where they are equal (PyTorch's l1_loss, Keras's MeanAbsoluteError).
 * @throws InputError
 */
export function meanAbsoluteError(options: LossOptions = {}): MeanAbsoluteError {
  return make(meanAbsoluteErrorLoss, options);
}

/**
 * Huber's loss of outputs z [batch, values], f32, with d = z - t: the mean over the batch's samples and values of d^2 / 2 where
 * |d| <= delta, else delta (|d| - delta / 2) (Huber 1964; PyTorch's huber_loss and Keras's Huber). smoothL1 with beta = delta is
 * this divided by delta.
 * @param options.delta above 0; default 1. A hyperparameter, `loss.delta`: a schedule, and per replica
 * @throws InputError
 */
export function huber(options: { delta?: Schedule } & LossOptions = {}): Huber {
  return make(huberLoss, options);
}

/**
 * Smooth L1 of outputs z [batch, values], f32, with d = z - t: the mean over the batch's samples and values of d^2 / (2 beta) where
 * |d| < beta, else |d| - beta / 2 (Girshick 2015; PyTorch's smooth_l1_loss; Keras has none, its Huber is `huber`).
 * @param options.beta above 0; default 1. A hyperparameter, `loss.beta`: a schedule, and per replica
 * @throws InputError
 */
export function smoothL1(options: { beta?: Schedule } & LossOptions = {}): SmoothL1 {
  return make(smoothL1Loss, options);
}
