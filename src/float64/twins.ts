/** Every kernel's float64 twin, by the kernel's name. */

import type { DispatchShape } from '../kernels/kernel.ts';
import { scaledUpdate, tensorNorms, update } from './kernels/arena.ts';
import { columns } from './kernels/columns.ts';
import { gather, parameterSums, philox, snapshot } from './kernels/data.ts';
import { denseWeightUpdate, networkWeightUpdate } from './kernels/fused.ts';
import { biasGradient, denseForward, denseInputGradient, denseWeightGradient } from './kernels/layers.ts';
import { elementLoss, head, softmax, softmaxCrossEntropy } from './kernels/loss.ts';
import { map } from './kernels/map.ts';
import { gram, orthogonalGradient } from './kernels/orthogonal.ts';
import { slopeGradient, slopeTotal } from './kernels/slopes.ts';
import { unitConstraint, viewUnitConstraint } from './kernels/units.ts';
import { viewNorms, viewUpdate } from './kernels/views.ts';
import type { Twin } from './twin.ts';

/** A shape belongs to its kernel's twin, as `operation` checks when a graph is made. */
const twin = <Shape extends DispatchShape>(of: Twin<Shape>): Twin<DispatchShape> => of as Twin<DispatchShape>;

export const twins: Readonly<Record<string, Twin<DispatchShape>>> = {
  gather: twin(gather),
  'dense-forward': twin(denseForward),
  map: twin(map),
  columns: twin(columns),
  'softmax-cross-entropy': twin(softmaxCrossEntropy),
  'element-loss': twin(elementLoss),
  head: twin(head),
  'dense-input-gradient': twin(denseInputGradient),
  'dense-weight-gradient': twin(denseWeightGradient),
  'bias-gradient': twin(biasGradient),
  'slope-gradient': twin(slopeGradient),
  'slope-total': twin(slopeTotal),
  gram: twin(gram),
  'orthogonal-gradient': twin(orthogonalGradient),
  'dense-weight-update': twin(denseWeightUpdate),
  'network-weight-update': twin(networkWeightUpdate),
  update: twin(update),
  'tensor-norms': twin(tensorNorms),
  'scaled-update': twin(scaledUpdate),
  'unit-constraint': twin(unitConstraint),
  'view-update': twin(viewUpdate),
  'view-norms': twin(viewNorms),
  'view-unit-constraint': twin(viewUnitConstraint),
  softmax: twin(softmax),
  'parameter-sums': twin(parameterSums),
  snapshot: twin(snapshot),
  philox: twin(philox),
};
