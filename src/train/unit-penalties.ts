/** Penalties on units, and orthogonal ones, at the end of an epoch: few networks have any. */

import { parameterArena } from '../compile/build.ts';
import type { Clock } from '../compile/rows.ts';
import { pad4 } from '../model/arena.ts';
import type { WeightLayer } from '../model/network.ts';
import type { Engine } from './engine.ts';
import { strengths } from './strengths.ts';

/** One entry per replica. */
export async function unitPenalties(engine: Engine, clocks: readonly Clock[]): Promise<number[]> {
  const groups = await groupLassos(engine, clocks), orthogonal = await orthogonalPenalties(engine, clocks);
  return groups.map((group, replica) => group + orthogonal[replica]!);
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
  const factors = clocks.map((clock, replica) => network.tensors.map((_, i) =>
    strengths(engine, replica, i, clock)('groupLasso') * engine.build.lassoFactors[i]!));
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
    const { inputs, outputs, weight } = network.layers[layer] as WeightLayer;
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
