/** By how much a kernel may be off, by its name. */

import type { DispatchShape } from '../kernels/kernel.ts';
import { columns, gather, map, parameterSums, snapshot, tensorNorms, unitConstraint } from './bounds-elements.ts';
import { elementLoss, head, softmax, softmaxCrossEntropy } from './bounds-loss.ts';
import { biasGradient, denseForward, denseInputGradient, denseWeightGradient, gram, orthogonalGradient } from './bounds-products.ts';
import { slopeGradient, slopeTotal } from './bounds-slopes.ts';
import { denseWeightUpdate, networkWeightUpdate, scaledUpdate, update } from './bounds-update.ts';
import type { Bound } from './look.ts';

/** A shape belongs to its kernel's bound, as `operation` checks when a graph is made. */
const bound = <Shape extends DispatchShape>(of: Bound<Shape>): Bound<DispatchShape> => of as unknown as Bound<DispatchShape>;

export const bounds: Readonly<Record<string, Bound<DispatchShape>>> = {
  gather: bound(gather),
  'dense-forward': bound(denseForward),
  map: bound(map),
  columns: bound(columns),
  'softmax-cross-entropy': bound(softmaxCrossEntropy),
  'element-loss': bound(elementLoss),
  head: bound(head),
  'dense-input-gradient': bound(denseInputGradient),
  'dense-weight-gradient': bound(denseWeightGradient),
  'bias-gradient': bound(biasGradient),
  'slope-gradient': bound(slopeGradient),
  'slope-total': bound(slopeTotal),
  gram: bound(gram),
  'orthogonal-gradient': bound(orthogonalGradient),
  'dense-weight-update': bound(denseWeightUpdate),
  'network-weight-update': bound(networkWeightUpdate),
  update: bound(update),
  'tensor-norms': bound(tensorNorms),
  'scaled-update': bound(scaledUpdate),
  'unit-constraint': bound(unitConstraint),
  softmax: bound(softmax),
  'parameter-sums': bound(parameterSums),
  snapshot: bound(snapshot),
};
