/** Penalties and exact zeros at the end of an epoch, added up in double precision. */

import { CHUNK } from '../kernels/chunk.ts';
import { levelScale } from '../kernels/squares.ts';
import type { Penalty } from '../model/hyperparameters.ts';
import type { Tensor } from '../model/network.ts';
import { pad4 } from '../model/arena.ts';
import type { RegularizerType } from '../model/regularizers.ts';
import { parameterArena } from '../compile/build.ts';
import type { Clock } from '../compile/rows.ts';
import { valueAt } from '../model/schedules/index.ts';
import type { Engine } from './engine.ts';

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
  const groups = await groupLassos(engine, clocks);
  const orthogonal = await orthogonalPenalties(engine, clocks);
  return clocks.map((clock, replica) => {
    let penalty = groups[replica]! + orthogonal[replica]!;
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

/** Strengths of one tensor's penalties, by type. */
const strengths = ({ settings }: Engine, replica: number, tensor: number, { step, steps, reductions }: Clock) =>
  (type: RegularizerType): number =>
    valueAt((settings[replica]!.tensors[tensor]!.penalties[type] as Penalty).strength, step, steps, reductions);

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

/** Sum over the units of a weight [inputs, units] of the norms of their incoming weights. */
function sumOfNorms(weight: Float32Array, units: number): number {
  const squares = new Float64Array(units);
  weight.forEach((w, i) => { squares[i % units]! += w * w; });
  return squares.reduce((sum, square) => sum + Math.sqrt(square), 0);
}

/** Per replica: strength * sqrt(inputs) * sum of norms, over all weights. Reads the weights if any strength is above 0. */
async function groupLassos(engine: Engine, clocks: readonly Clock[]): Promise<number[]> {
  const { network } = engine.build;
  const factors = clocks.map((clock, replica) => network.tensors.map((_, i) => {
    const { penalties, inputs } = engine.settings[replica]!.tensors[i]!;
    return strengths(engine, replica, i, clock)('groupLasso') * (penalties.groupLasso!.sqrtSize === false ? 1 : Math.sqrt(inputs));
  }));
  if (factors.flat().every((factor) => factor === 0)) return factors.map(() => 0);
  const arena = parameterArena(engine.build), weights = await engine.readings.weights();
  return factors.map((own, replica) => own.reduce((sum, factor, i) => {
    const tensor = network.tensors[i]!;
    if (factor === 0) return sum;
    return sum + factor * sumOfNorms(arena.take(tensor, weights, replica), tensor.shape.at(-1)!);
  }, 0));
}

/** Smallest normal f32: a GPU may take strengths below it for 0. */
const SMALLEST = 2 ** -126;

/** Per replica: strength * |gram - I|^2, over all layers. Makes the products of layers whose strength is above 0. */
async function orthogonalPenalties(engine: Engine, clocks: readonly Clock[]): Promise<number[]> {
  const { network, orthogonalLayers } = engine.build;
  const penalties = clocks.map(() => 0);
  for (const layer of orthogonalLayers) {
    const { inputs, outputs, weight } = network.layers[layer]!;
    const factors = clocks.map((clock, replica) => strengths(engine, replica, weight.index, clock)('orthogonal'));
    const isMade = factors.map((factor) => factor >= SMALLEST);
    if (!isMade.includes(true)) continue;
    const grams = await engine.readings.gram(layer, engine.settings, clocks, isMade);
    factors.forEach((factor, replica) => {
      if (isMade[replica]) penalties[replica]! += factor * distanceToIdentity(grams[replica]!, Math.min(inputs, outputs));
    });
  }
  return penalties;
}

/** |S - I|^2 of a matrix S [size, size] whose rows are padded to 4. */
function distanceToIdentity(matrix: Float32Array, size: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      sum += (matrix[row * pad4(size) + column]! - Number(row === column)) ** 2;
    }
  }
  return sum;
}
