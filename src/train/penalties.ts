/** Penalties and exact zeros from the per-chunk sums, added up in double precision. */

import { valueAt } from '../model/schedules.ts';
import type { Engine } from './engine.ts';

export interface Penalties {
  /** Sum over tensors of l1 * sum |w| + l2 / 2 * sum w^2. */
  readonly penalty: number;
  /** Fraction of the weights, biases excluded, that are exactly 0. */
  readonly zeros: number;
}

/** One entry per replica. `sums` is what `Engine.sums` returns. */
export function penaltiesOf(engine: Engine, sums: Float32Array, step: number, steps: number): Penalties[] {
  const { network } = engine.build;
  const chunkFloats = network.stride / network.chunks;
  return engine.settings.map((settings, replica) => {
    let penalty = 0;
    let zeros = 0;
    let weights = 0;
    network.tensors.forEach((tensor, i) => {
      const first = tensor.offset / chunkFloats;
      const chunks = Math.ceil(tensor.paddedLength / chunkFloats);
      const total = [0, 0, 0];
      for (let chunk = first; chunk < first + chunks; chunk++) {
        for (let j = 0; j < 3; j++) total[j]! += sums[4 * (replica * network.chunks + chunk) + j]!;
      }
      const { l1, l2 } = settings.tensors[i]!;
      penalty += valueAt(l1, step, steps) * total[0]! + (valueAt(l2, step, steps) / 2) * total[1]!;
      if (tensor.kind === 'weight') {
        // Pads, also those up to the chunk's end, are zeros that nobody stored.
        zeros += total[2]! - (chunks * chunkFloats - tensor.length);
        weights += tensor.length;
      }
    });
    return { penalty, zeros: zeros / weights };
  });
}
