/** The work that all libraries are given: the flagship network, and its losses in float64. */

import type { ClassDataset } from '../../data/dataset.ts';
import { normals, STREAM } from '../../random.ts';
import type { ReferenceConfig, ReferenceState } from '../../reference/network.ts';
import type { ReferenceNetwork } from '../../reference/network-layers.ts';
import { FLAGSHIP, FLAGSHIP_RATES, FLAGSHIP_SEED } from '../flagship.ts';
import { batchRanges, type Task } from './contestant.ts';

export const NO_DROPOUT: readonly number[] = [0, 0, 0];

/** He-normal weights (He, Zhang, Ren, Sun, ICCV 2015) in f32 and biases of 0, as the library draws them. */
function initialParameters(sizes: readonly number[]): Float32Array[] {
  return sizes.slice(1).flatMap((outputs, n) => {
    const inputs = sizes[n]!, scale = Math.sqrt(2 / inputs);
    return [Float32Array.from(normals(inputs * outputs, FLAGSHIP_SEED, STREAM.weights + 2 * n), (x) => x * scale), new Float32Array(outputs)];
  });
}

/** The flagship with momentum 0.9, L2 1e-4 and learning rate 0.05, dropout as given; `sizes` is for tests. */
export function taskOf(data: ClassDataset, batch: number, dropout: readonly number[], sizes: readonly number[] = FLAGSHIP): Task {
  return { sizes, dropout, batch, data, ...FLAGSHIP_RATES, seed: FLAGSHIP_SEED, parameters: initialParameters(sizes) };
}

/** The losses of a task without dropout, step by step, in float64. A pause between steps keeps a page alive. */
export async function referenceLosses({ sizes, batch, data, parameters, learningRate, momentum, l2, seed }: Task, steps: number): Promise<number[]> {
  const { referenceStep } = await import('../../reference/network.ts');
  const layers = sizes.slice(1).map((outWidth, n) => ({
    inWidth: sizes[n]!, outWidth, activation: n < sizes.length - 2 ? ('relu' as const) : ('none' as const),
  }));
  const network: ReferenceNetwork = { layers, seed };
  const config: ReferenceConfig = { network, hyperparameters: { optimizer: 'momentum', learningRate, momentum, l2 } };
  const order = Uint32Array.from({ length: data.length }, (_, i) => i), ranges = batchRanges(data.length, batch, { whole: true });
  let state: ReferenceState = { weights: parameters.map((p) => Float64Array.from(p)), slots: parameters.map(() => ({})), step: 0 };
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { first: position } = ranges[i % ranges.length]!;
    const result = referenceStep(state, { inputs: data.inputs, scale: data.scale, offset: data.offset, targets: data.targets, order, position, count: batch, batch }, config);
    losses.push(result.loss);
    state = result.state;
    await new Promise((resolve) => { setTimeout(resolve, 0); });
  }
  return losses;
}
