/** Initial parameters and optimizer state: drawn and computed on the CPU in double precision, the same bits on every device. */

import { stateSlots, type Rule } from '../kernels/rule.ts';
import { normals, STREAM } from '../random.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { type Network } from '../model/network.ts';
import { padTensor, unpadTensor, type Placed } from '../model/arena.ts';
import { tensorRow, type Clock, type TensorRow } from './rows.ts';
import { valueAt } from '../model/schedules/index.ts';

/** The first update. No schedule's first value depends on the horizon. */
const START: Clock = { step: 0, steps: 1, t: 1 };

/** One replica's parameters: He-normal (He et al. 2015), normals * sqrt(2 / fan-in), rounded to f32; or zero. */
export function initialParameters(network: Network, seed: number): Float32Array<ArrayBuffer> {
  const arena = new Float32Array(network.stride);
  network.tensors.forEach((tensor) => {
    if (tensor.init === 'zeros') return;
    const scale = Math.sqrt(2 / tensor.fanIn), weights = normals(tensor.length, seed, STREAM.weights + tensor.index);
    for (let i = 0; i < weights.length; i++) weights[i]! *= scale;
    padTensor(tensor, weights, arena);
  });
  return arena;
}

/** FTRL's z from which its rule gives these weights: -q w - sign(w) l1, q = (beta + sqrt n) / last learning rate + l2. */
function warmStart(weights: Float32Array, accumulator: number, row: TensorRow): Float64Array {
  const q = (row.epsilon! + Math.sqrt(accumulator)) * row.coefficient! + row.l2Proximal!;
  return Float64Array.from(weights, (w) => -q * w - Math.sign(w) * row.l1Threshold!);
}

/**
 * One replica's state, slot after slot, for training that begins at these parameters.
 * @param clock of the first update to come
 */
export function initialState(
  network: { readonly stride: number; readonly tensors: readonly Placed[] }, rule: Rule,
  settings: Pick<ReplicaSettings, 'tensors'>, parameters: Float32Array, clock = START,
): Float32Array<ArrayBuffer> {
  const slots = stateSlots(rule);
  const state = new Float32Array(slots.length * network.stride);
  const fill = (slot: string, of: (tensor: number) => ArrayLike<number>): void => {
    const at = slots.indexOf(slot) * network.stride;
    network.tensors.forEach((tensor, i) => padTensor(tensor, of(i), state, at));
  };
  const weights = network.tensors.map((tensor) => unpadTensor(tensor, parameters));
  const accumulator = settings.tensors.map(({ values }) => valueAt(values['initialAccumulator'] ?? 0, clock.step, clock.steps, clock.reductions));
  const accumulators = (i: number): Float64Array => new Float64Array(weights[i]!.length).fill(accumulator[i]!);
  if (rule.name === 'adagrad') fill('sum', accumulators);
  if (rule.name === 'ftrl') {
    fill('n', accumulators);
    fill('z', (i) => warmStart(weights[i]!, accumulator[i]!, tensorRow('ftrl', settings.tensors[i]!, clock)));
  }
  if (rule.average) state.set(parameters, slots.indexOf('average') * network.stride);
  return state;
}
