/** Initial parameters and optimizer state: drawn and computed on the CPU in double precision, the same bits on every device. */

import { stateSlots, type Rule } from '../kernels/rule.ts';
import { STREAM } from '../random.ts';
import { initialValues } from '../model/inits/index.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { Network } from '../model/network.ts';
import { Arena, type Placed } from '../model/arena.ts';
import { tensorRow, type Clock, type TensorRow } from './rows.ts';
import { valueAt } from '../model/schedules/index.ts';

/** The first update. No schedule's first value depends on the horizon. */
const START: Clock = { step: 0, steps: 1, t: 1 };

/** One replica's parameters, each as its init says, rounded to f32. */
export function initialParameters(network: Network, seed: number): Float32Array<ArrayBuffer> {
  const arena = new Arena(network, 1), parameters = new Float32Array(arena.length);
  network.tensors.forEach((tensor) => {
    if (tensor.init.type === 'zeros') return;
    arena.put(tensor, initialValues(tensor.init, tensor, seed, STREAM.weights + tensor.index), parameters, 0);
  });
  return parameters;
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
  const arena = new Arena(network, 1, stateSlots(rule)), state = new Float32Array(arena.length);
  const fill = (slot: string, of: (tensor: number) => ArrayLike<number>): void =>
    network.tensors.forEach((tensor, i) => arena.put(tensor, of(i), state, 0, slot));
  const ofWeights = new Arena(network, 1);
  const weights = network.tensors.map((tensor) => ofWeights.take(tensor, parameters, 0));
  const accumulator = settings.tensors.map(({ values }) => valueAt(values['initialAccumulator'] ?? 0, clock.step, clock.steps, clock.reductions));
  const accumulators = (i: number): Float64Array => new Float64Array(weights[i]!.length).fill(accumulator[i]!);
  if (rule.name === 'adagrad') fill('sum', accumulators);
  if (rule.name === 'ftrl') {
    fill('n', accumulators);
    fill('z', (i) => warmStart(weights[i]!, accumulator[i]!, tensorRow('ftrl', settings.tensors[i]!, clock)));
  }
  if (rule.average) state.set(parameters, arena.offset(0, 'average'));
  return state;
}
