/** Initial weights, drawn on the CPU in double precision: the same bits on every device. */

import { normals, STREAM } from '../random.ts';
import { padTensor, type Network } from './network.ts';

/** One replica's arena: He-normal weights (standard deviation sqrt(2 / inputs)), zero biases, zero pads. */
export function initialParameters(network: Network, seed: number): Float32Array<ArrayBuffer> {
  const arena = new Float32Array(network.stride);
  network.tensors.forEach((tensor, index) => {
    if (tensor.kind === 'bias') return;
    const deviation = Math.sqrt(2 / tensor.shape[0]!);
    const values = normals(tensor.length, seed, STREAM.weights + index);
    padTensor(tensor, values.map((value) => value * deviation), arena);
  });
  return arena;
}
