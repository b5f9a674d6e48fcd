import { requireKind } from './check.ts';
import { denseWeightUpdate, type DenseWeightUpdateOptions, type DenseWeightUpdateResult } from './dense-weight-update.ts';

/**
 * dense-weight-update for every layer of a network at once. All deltas were computed from the old weights, so the
 * layers are independent and their order does not matter.
 */
export const networkWeightUpdate = (layers: readonly DenseWeightUpdateOptions[]): DenseWeightUpdateResult[] => {
  requireKind('network-weight-update', 'layers', layers, 'objects');
  return layers.map(denseWeightUpdate);
};
