/** Dropout, and what lies below a product, from a row's numbers. */

import type { Dropout } from '../../kernels/dropout.ts';
import type { Mask } from '../../kernels/mask.ts';
import { activityGradient, type Dropout as ReferenceDropout, type LayerBelow } from '../../reference/index.ts';
import type { Row } from '../rows.ts';

/** This step's mask; none without dropout. */
export function dropoutOf({ seedLow, seedHigh, step, dropouts }: Row, dropout: Dropout | undefined): ReferenceDropout | undefined {
  if (dropout === undefined) return undefined;
  const { threshold, scale } = dropouts[dropout.index]!;
  return { threshold, scale, seed: seedHigh * 2 ** 32 + seedLow, stream: dropout.stream, step };
}

/** What made a product's input: `stored`, [batch, width]. */
export function layerBelow(row: Row, { kind, dropout, activity }: Mask, stored: Float64Array, batch: number): LayerBelow {
  const { activityL1: l1 = 0, activityL2: l2 = 0 } = activity === undefined ? {} : row.tensors[activity]!;
  const { count, groupCount } = row;
  return {
    activation: kind === 'positive' ? 'relu' : 'none',
    dropout: kind === 'none' ? undefined : dropoutOf(row, dropout),
    output: stored,
    penaltyGradient: activity === undefined ? undefined : activityGradient(stored, count, { l1, l2, batch, groupCount }),
  };
}
