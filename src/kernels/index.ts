/** All kernels, by name. */

import { biasGradient } from './bias-gradient.ts';
import { denseForward } from './dense-forward.ts';
import { denseInputGradient } from './dense-input-gradient.ts';
import { denseWeightGradient } from './dense-weight-gradient.ts';
import { denseWeightUpdate } from './dense-weight-update.ts';
import { gather } from './gather.ts';
import { head } from './head.ts';
import { networkWeightUpdate } from './network-weight-update.ts';
import { parameterSums } from './parameter-sums.ts';
import { philox } from './philox.ts';
import { snapshot } from './snapshot.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { softmax } from './softmax.ts';
import { update } from './update.ts';

export {
  biasGradient, denseForward, denseInputGradient, denseWeightGradient, denseWeightUpdate, gather, head, networkWeightUpdate,
  parameterSums, philox, snapshot, softmax, softmaxCrossEntropy, update,
};

export const kernels = [
  gather,
  denseForward,
  softmaxCrossEntropy,
  head,
  denseInputGradient,
  denseWeightGradient,
  biasGradient,
  denseWeightUpdate,
  networkWeightUpdate,
  update,
  softmax,
  parameterSums,
  snapshot,
  philox,
] as const;
