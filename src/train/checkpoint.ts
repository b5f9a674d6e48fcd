/** Checkpoints: parameters, optimizer state and the whole training state in one safetensors file. */

import { BadFileError } from '../errors.ts';
import { stateSlots, type Rule } from '../kernels/rule.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import { padTensor, unpadTensor, type Network, type Tensor as NetworkTensor } from '../model/network.ts';
import { serialise } from '../model/schedules/index.ts';
import type { TrainerConfig } from './config.ts';
import { hasBestWeights, isTrainingState, type TrainingState } from './training-state.ts';
import { fromVersion1 } from './version-1.ts';
import { asFloat32, f32Tensor, readSafetensors, writeSafetensors, type Tensor } from '../files/safetensors.ts';

const CHECKPOINT_FORMAT = '2';

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

function checkTraining(found: unknown, file: string): asserts found is Training {
  const training = found as Partial<Training> | null;
  const { model, optimizer, replicas = [{}] } = training?.config ?? {};
  const tensors = 2 * (Array.isArray(model?.layers) ? model.layers.filter((layer) => layer?.type === 'dense').length : 0);
  const isWhole =
    tensors > 0 && typeof optimizer === 'object' && Array.isArray(replicas) &&
    Array.isArray(training?.sets) && training.sets.every((set) => typeof set?.overrides === 'object') &&
    isTrainingState(training.state, replicas.length, tensors);
  if (!isWhole) throw new BadFileError(file, 'gradshader.training lacks parts of the configuration or the training state.');
}

/** The training part of a checkpoint, before anything is built from it. */
export function readTraining(bytes: Uint8Array, file: string): { training: Training; tensors: Map<string, Tensor> } {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const format = metadata['gradshader.format'];
  const text = metadata['gradshader.training'];
  if (format === undefined || text === undefined) {
    throw new BadFileError(file, 'it holds no training state (no gradshader.training in its metadata). ' +
      'Weights alone are read with readParameters and given to setParameters.');
  }
  if (format !== CHECKPOINT_FORMAT && format !== '1') {
    throw new BadFileError(file, `its format version is ${format}; this version reads 1 to ${CHECKPOINT_FORMAT}. Update gradshader.`);
  }
  let training: unknown;
  try {
    training = JSON.parse(text);
  } catch (error) {
    throw new BadFileError(file, `gradshader.training is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (format === '1') training = fromVersion1(training);
  checkTraining(training, file);
  return { training, tensors };
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

/**
 * The parameters in a safetensors file by name, in file layout: weights alone, of whatever origin.
 * @throws BadFileError when the file breaks the format, holds no `layers.*`, or one that is not F32
 */
export function readParameters(bytes: Uint8Array, file = 'parameters'): Map<string, Float32Array> {
  const found = [...readSafetensors(bytes, file).tensors].filter(([name]) => name.startsWith('layers.'));
  if (found.length === 0) throw new BadFileError(file, 'it holds no tensor named layers.N.weight or layers.N.bias.');
  return new Map(found.map(([name, tensor]) => {
    if (tensor.dtype !== 'F32') throw new BadFileError(file, `tensor ${name} should be F32, is ${tensor.dtype}.`);
    return [name, asFloat32(tensor)];
  }));
}
