/** Checkpoints: parameters, optimizer state and the whole training state in one safetensors file. */

import { BadFileError } from '../errors.ts';
import { STATE_SLOTS, type RuleName } from '../kernels/rule.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import { padTensor, unpadTensor, type Network, type Tensor as NetworkTensor } from '../model/network.ts';
import type { TrainerConfig } from './config.ts';
import type { TrainingState } from './fit.ts';
import { asFloat32, f32Tensor, readSafetensors, writeSafetensors, type Tensor } from './safetensors.ts';

const CHECKPOINT_FORMAT = '1';

/** Names of the state slots in files, in slot order. */
const SLOT_NAMES: Readonly<Record<RuleName, readonly string[]>> = {
  sgd: [], momentum: ['momentum'], nesterov: ['momentum'], adam: ['m', 'v'],
};

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

/** Arenas as they lie on the GPU: parameters [replica][arena], state [replica][slot][arena]. */
export interface Arenas {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly state: Float32Array<ArrayBuffer>;
}

interface Entry {
  readonly name: string;
  readonly tensor: NetworkTensor;
  readonly arena: 'parameters' | 'state';
  /** Floats into the arena, for a replica. */
  offset(replica: number): number;
}

function entries(network: Network, rule: RuleName, withState: boolean): Entry[] {
  const slots = SLOT_NAMES[rule];
  return network.tensors.flatMap((tensor): Entry[] => [
    { name: tensor.name, tensor, arena: 'parameters', offset: (replica) => replica * network.stride },
    ...(withState ? slots : []).map((slot, i): Entry => ({
      name: `optimizer.${slot}.${tensor.name}`,
      tensor,
      arena: 'state',
      offset: (replica) => (replica * STATE_SLOTS[rule] + i) * network.stride,
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

export function writeCheckpoint(network: Network, rule: RuleName, arenas: Arenas, training: Training): Uint8Array<ArrayBuffer> {
  const replicas = training.state.totals.length;
  const tensors = new Map<string, Tensor>();
  for (const { name, tensor, arena, offset } of entries(network, rule, true)) {
    const values = tensorFromArena(tensor, arenas[arena], range(replicas).map(offset));
    tensors.set(name, f32Tensor(fileShape(tensor, replicas), values));
  }
  return writeSafetensors(tensors, {
    'gradshader.format': CHECKPOINT_FORMAT,
    'gradshader.training': JSON.stringify(training),
  });
}

const isCountOrZero = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function checkTraining(found: unknown, file: string): asserts found is Training {
  const training = found as Partial<Training> | null;
  const state = training?.state;
  const replicas = training?.config?.replicas?.length ?? 1;
  const counts = [state?.step, state?.epoch, state?.batch, state?.horizon, state?.samples];
  const isWhole =
    typeof training?.config?.model === 'object' && Array.isArray(training.config.model?.layers) &&
    typeof training.config.optimizer === 'object' && Array.isArray(training.sets) &&
    counts.every(isCountOrZero) &&
    state?.totals?.length === replicas && state.diverged?.length === replicas &&
    state.totals.every((totals) => [totals?.loss, totals?.hits, totals?.count].every(Number.isFinite));
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
  if (format !== CHECKPOINT_FORMAT) {
    throw new BadFileError(file, `its format version is ${format}; this version reads ${CHECKPOINT_FORMAT}. Update gradshader.`);
  }
  let training: unknown;
  try {
    training = JSON.parse(text);
  } catch (error) {
    throw new BadFileError(file, `gradshader.training is not JSON: ${(error as Error).message}`, { cause: error });
  }
  checkTraining(training, file);
  return { training, tensors };
}

/** Arenas out of a checkpoint's tensors. @throws BadFileError on a missing, superfluous or misshapen tensor */
export function readArenas(
  network: Network, rule: RuleName, replicas: number, tensors: ReadonlyMap<string, Tensor>, file: string,
): Arenas {
  const arenas: Arenas = {
    parameters: new Float32Array(replicas * network.stride),
    state: new Float32Array(replicas * STATE_SLOTS[rule] * network.stride),
  };
  const wanted = entries(network, rule, true);
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
      tensorToArena(tensor, own, arenas[arena], offset(replica));
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
