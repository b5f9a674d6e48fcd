/** All kernels, by name. */

import { biasGradient } from './bias-gradient.ts';
import { columns } from './columns.ts';
import { denseForward } from './dense-forward.ts';
import { denseInputGradient } from './dense-input-gradient.ts';
import { denseWeightGradient } from './dense-weight-gradient.ts';
import { denseWeightUpdate } from './dense-weight-update.ts';
import { elementLoss } from './element-loss.ts';
import { gather } from './gather.ts';
import { gram } from './gram.ts';
import { head } from './head.ts';
import { map } from './map.ts';
import { networkWeightUpdate } from './network-weight-update.ts';
import { orthogonalGradient } from './orthogonal-gradient.ts';
import { parameterSums } from './parameter-sums.ts';
import { philox } from './philox.ts';
import { scaledUpdate } from './scaled-update.ts';
import { slopeGradient } from './slope-gradient.ts';
import { slopeTotal } from './slope-total.ts';
import { snapshot } from './snapshot.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { softmax } from './softmax.ts';
import { tensorNorms } from './tensor-norms.ts';
import { unitConstraint } from './unit-constraint.ts';
import { update } from './update.ts';
import { viewNorms } from './view-norms.ts';
import { viewUnitConstraint } from './view-unit-constraint.ts';
import { viewUpdate } from './view-update.ts';

export {
  biasGradient, columns, denseForward, denseInputGradient, denseWeightGradient, denseWeightUpdate, elementLoss, gather, gram, head, map, networkWeightUpdate,
  orthogonalGradient, parameterSums, philox, scaledUpdate, slopeGradient, slopeTotal, snapshot, softmax, softmaxCrossEntropy, tensorNorms, unitConstraint, update,
  viewNorms, viewUnitConstraint, viewUpdate,
};

export const kernels = [
  gather,
  denseForward,
  map,
  columns,
  softmaxCrossEntropy,
  elementLoss,
  head,
  denseInputGradient,
  denseWeightGradient,
  biasGradient,
  slopeGradient,
  slopeTotal,
  gram,
  orthogonalGradient,
  denseWeightUpdate,
  networkWeightUpdate,
  update,
  tensorNorms,
  scaledUpdate,
  unitConstraint,
  viewUpdate,
  viewNorms,
  viewUnitConstraint,
  softmax,
  parameterSums,
  snapshot,
  philox,
] as const;
