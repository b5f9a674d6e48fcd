/** Dropout, and what lies below a product, from a row's numbers. */

import type { Dropout } from '../../kernels/dropout.ts';
import type { Below } from '../../kernels/below.ts';
import { activationOf as reference, activityGradient, dropoutFactors, type Activation, type Dropout as ReferenceDropout, type LayerBelow } from '../../reference/index.ts';
import type { Row } from '../rows.ts';

/** This step's mask; none without dropout. */
export function dropoutOf({ seedLow, seedHigh, step, layers }: Row, dropout: Dropout | undefined): ReferenceDropout | undefined {
  if (dropout === undefined) return undefined;
  const { threshold, scale } = layers[dropout.index]!;
  return { threshold, scale, seed: seedHigh * 2 ** 32 + seedLow, stream: dropout.stream, step };
}

/** An activation as the references name it, and its own number where it has one. */
export const activationOf = ({ layers }: Row, name: string | undefined, entry: number | undefined): { activation: Activation; activationNumber?: number } =>
  ({ activation: (name ?? 'none') as Activation, ...(entry !== undefined && { activationNumber: layers[entry]!.first }) });

/**
 * What lies below a gradient: `stored`, [batch, width], is what it stored. The references take a layer's output behind
 * its dropout, or what its activation is made from; what was stored before the dropout is said by a dropout apart, which is not undone.
 */
export function layerBelow(row: Row, { activation, entry, dropout, draws = false, unscales = false, activity }: Below, stored: Float64Array, batch: number): LayerBelow {
  const { activityL1: l1 = 0, activityL2: l2 = 0 } = activity === undefined ? {} : row.tensors[activity]!;
  const { count, groupCount } = row;
  const own = draws || activation !== undefined ? dropoutOf(row, dropout) : undefined;
  const behind = draws && !unscales && own !== undefined ? behindDropout(stored, own) : stored;
  const use = activationOf(row, activation, entry);
  return {
    ...use, dropout: own,
    ...(reference(use.activation).stored === 'input' ? { input: stored } : { output: behind }),
    penaltyGradient: activity === undefined ? undefined : activityGradient(stored, count, { l1, l2, batch, groupCount }),
  };
}

/** What a dropout would have left of the values. */
function behindDropout(values: Float64Array, dropout: ReferenceDropout): Float64Array {
  const factors = dropoutFactors(values.length, dropout);
  return values.map((value, i) => value * factors[i]!);
}
