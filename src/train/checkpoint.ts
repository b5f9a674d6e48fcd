/** Checkpoints: parameters, optimizer state and the whole training state in one safetensors file. Read in restore.ts. */

import { BadFileError } from '../errors.ts';
import { asFloat32 } from '../files/safetensors-format.ts';
import { f32Tensor, writeSafetensors } from '../files/safetensors-write.ts';
import type { Tensor } from '../files/safetensors-format.ts';
import { stateSlots, type Rule } from '../kernels/rule.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import { type Network, type Tensor as NetworkTensor } from '../model/network.ts';
import { padTensor, unpadTensor } from '../model/arena.ts';
import { serialise } from '../model/schedules/index.ts';
import type { TrainerConfig } from './config.ts';
import { CHECKPOINT_FORMAT, hasBestWeights, type TrainingState } from './training-state.ts';

/** What `set` changed, to be done again after loading. */
export interface SetRecord {
  readonly overrides: Overrides;
  readonly replica?: number | undefined;
}

/** The part of a checkpoint that is not tensors. */
export interface Training {
  readonly config: TrainerConfig;
  readonly state: TrainingState;
  readonly sets: readonly SetRecord[];
  readonly adapter: string;
}

/** Arenas as they lie on the GPU: parameters and best weights [replica][arena], state [replica][slot][arena]. */
export interface Arenas {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly state: Float32Array<ArrayBuffer>;
  /** Where a fit kept some. */
  readonly best?: Float32Array<ArrayBuffer>;
}

interface Entry {
  readonly name: string;
  readonly tensor: NetworkTensor;
  readonly arena: keyof Arenas;
  /** Floats into the arena, for a replica. */
  offset(replica: number): number;
}

/** The average is weights like others; the rest is the optimizer's. */
const slotName = (slot: string, tensor: string): string => (slot === 'average' ? `average.${tensor}` : `optimizer.${slot}.${tensor}`);

function entries(network: Network, rule: Rule, withBest: boolean): Entry[] {
  const slots = stateSlots(rule);
  return network.tensors.flatMap((tensor): Entry[] => [
    { name: tensor.name, tensor, arena: 'parameters', offset: (replica) => replica * network.stride },
    ...slots.map((slot, i): Entry => ({
      name: slotName(slot, tensor.name),
      tensor,
      arena: 'state',
      offset: (replica) => (replica * slots.length + i) * network.stride,
    })),
    ...(withBest ? ['best' as const] : []).map((arena): Entry => ({
      name: `best.${tensor.name}`, tensor, arena, offset: (replica) => replica * network.stride,
    })),
  ]);
}

/** [inputs, outputs] on the GPU, [outputs, inputs] in files. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  }
  return out;
}

const fileShape = (tensor: NetworkTensor, replicas: number): number[] => [
  ...(replicas > 1 ? [replicas] : []),
  ...[...tensor.shape].reverse(),
];

/** A tensor in file layout, all replicas. */
export function tensorFromArena(tensor: NetworkTensor, arena: Float32Array, offsets: readonly number[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(offsets.length * tensor.length);
  offsets.forEach((offset, replica) => {
    const values = unpadTensor(tensor, arena, offset);
    const [rows, columns] = tensor.shape;
    out.set(columns === undefined ? values : transpose(values, rows!, columns), replica * tensor.length);
  });
  return out;
}

/** The inverse: one replica's tensor in file layout into the arena. */
export function tensorToArena(tensor: NetworkTensor, values: Float32Array, arena: Float32Array, offset: number): void {
  const [rows, columns] = tensor.shape;
  padTensor(tensor, columns === undefined ? values : transpose(values, columns, rows!), arena, offset);
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** A copy of all that is no tensor, with functions by their names: nothing done later changes it. @throws InputError */
export function frozenTraining({ config, state, sets, adapter }: Training): Training {
  const plain = { config, sets: sets.map(({ overrides, replica }) => ({ overrides, ...(replica !== undefined && { replica }) })) };
  return { ...(serialise(plain, state.horizon) as typeof plain), state: structuredClone(state), adapter };
}

/** @param training from `frozenTraining` */
export function writeCheckpoint(network: Network, rule: Rule, arenas: Arenas, training: Training): Uint8Array<ArrayBuffer> {
  const replicas = training.state.totals.length;
  const tensors = new Map<string, Tensor>();
  for (const { name, tensor, arena, offset } of entries(network, rule, arenas.best !== undefined)) {
    const values = tensorFromArena(tensor, arenas[arena]!, range(replicas).map(offset));
    tensors.set(name, f32Tensor(fileShape(tensor, replicas), values));
  }
  return writeSafetensors(tensors, {
    'gradshader.format': CHECKPOINT_FORMAT,
    'gradshader.training': JSON.stringify(training),
  });
}

/** Arenas out of a checkpoint's tensors. @throws BadFileError on a missing, superfluous or misshapen tensor */
export function readArenas(
  network: Network, rule: Rule, training: TrainingState, tensors: ReadonlyMap<string, Tensor>, file: string,
): Arenas {
  const replicas = training.totals.length;
  const withBest = hasBestWeights(training);
  const arenas: Arenas = {
    parameters: new Float32Array(replicas * network.stride),
    state: new Float32Array(replicas * stateSlots(rule).length * network.stride),
    ...(withBest && { best: new Float32Array(replicas * network.stride) }),
  };
  const wanted = entries(network, rule, withBest);
  const known = new Set(wanted.map(({ name }) => name));
  const extra = [...tensors.keys()].find((name) => !known.has(name));
  if (extra !== undefined) throw new BadFileError(file, `tensor ${extra} does not belong to the model it describes.`);
  for (const { name, tensor, arena, offset } of wanted) {
    const found = tensors.get(name);
    const shape = fileShape(tensor, replicas);
    if (found === undefined) throw new BadFileError(file, `tensor ${name} is missing.`);
    if (found.dtype !== 'F32' || found.shape.join() !== shape.join()) {
      throw new BadFileError(file, `tensor ${name} should be F32 [${shape}], is ${found.dtype} [${found.shape}].`);
    }
    const values = asFloat32(found);
    for (const replica of range(replicas)) {
      const own = values.subarray(replica * tensor.length, (replica + 1) * tensor.length);
      tensorToArena(tensor, own, arenas[arena]!, offset(replica));
    }
  }
  return arenas;
}
