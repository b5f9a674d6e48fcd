/** Penalties and exact zeros at the end of an epoch, added up in double precision. */

import { CHUNK } from '../kernels/chunk.ts';
import { levelScale } from '../kernels/squares.ts';
import type { Tensor } from '../model/network.ts';
import type { Clock } from '../compile/rows.ts';
import type { Engine } from './engine.ts';
import { strengths } from './strengths.ts';

export interface Penalties {
  /** Sum over tensors of l1 * sum |w| + l2 / 2 * sum w^2, group lassos and orthogonal penalties. */
  readonly penalty: number;
  /** Fraction of the weights, biases excluded, that are exactly 0. */
  readonly zeros: number;
}

/** One entry per replica, `clocks` too. Runs and reads what is needed for the penalties that are on. */
export async function measurePenalties(engine: Engine, clocks: readonly Clock[]): Promise<Penalties[]> {
  const { network } = engine.build;
  const sums = await engine.readings.sums(engine.settings);
  const { unitRules, orthogonal } = engine.build.rule;
  const units = unitRules || orthogonal ? await (await import('./unit-penalties.ts')).unitPenalties(engine, clocks) : undefined;
  return clocks.map((clock, replica) => {
    let penalty = units?.[replica] ?? 0;
    let zeros = 0;
    let weights = 0;
    network.tensors.forEach((tensor, i) => {
      const [absolute, squares, zero] = tensorSums(engine, sums, replica, tensor);
      const now = strengths(engine, replica, i, clock);
      penalty += weighed(now('l1'), absolute) + weighed(now('l2') / 2, squares);
      if (tensor.role === 'weight') {
        zeros += zero;
        weights += tensor.length;
      }
    });
    return { penalty, zeros: zeros / weights };
  });
}

/** A penalty of strength 0 is absent, also where what it weighs is infinite. */
const weighed = (strength: number, sum: number): number => (strength === 0 ? 0 : strength * sum);

/** Sum |w|, sum w^2 and the number of zeros of one tensor. `sums` is what `Readings.sums` returns. */
function tensorSums({ build: { network } }: Engine, sums: Float32Array, replica: number, tensor: Tensor): [number, number, number] {
  const chunkFloats = 4 * CHUNK;
  const first = tensor.offset / chunkFloats;
  const chunks = Math.ceil(tensor.paddedLength / chunkFloats);
  const total: [number, number, number] = [0, 0, 0];
  for (let chunk = first; chunk < first + chunks; chunk++) {
    const [absolute, squares, zeros, level] = sums.subarray(4 * (replica * network.chunks + chunk));
    total[0] += absolute!;
    total[1] += squares! / levelScale(level!) ** 2;
    total[2] += zeros!;
  }
  // Pads, also those up to the chunk's end, are zeros that nobody stored.
  total[2] -= chunks * chunkFloats - tensor.length;
  return total;
}
