/** Checkpoints: parameters, optimizer state and the whole training state in one safetensors file. Read in restore.ts. */

import { parameterArena, stateArena, type Build } from '../compile/build.ts';
import { BadFileError, NonFiniteError } from '../errors.ts';
import { withChecksums } from '../files/checksums.ts';
import { refusedValue, type NonFiniteOption } from '../files/finite.ts';
import { asFloat32 } from '../files/safetensors-format.ts';
import { f32Tensor, writeSafetensors } from '../files/safetensors-write.ts';
import type { Tensor } from '../files/safetensors-format.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import type { Tensor as NetworkTensor } from '../model/network.ts';
import { slotName, type Arena } from '../model/arena.ts';
import { serialise } from '../model/schedules/index.ts';
import type { TrainerConfig } from './trainer-config.ts';
import { CHECKPOINT_FORMAT, hasBestWeights, NORMALISED_FORMAT, type TrainingState } from './training-state.ts';

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

type Shared = Pick<Build, 'network' | 'replicas' | 'rule'>;

interface Entry {
  readonly name: string;
  readonly tensor: NetworkTensor;
  readonly buffer: keyof Arenas;
  readonly arena: Arena;
  readonly slot?: string;
}

function entries(build: Shared, withBest: boolean): Entry[] {
  const arena = parameterArena(build), state = stateArena(build);
  return build.network.tensors.flatMap((tensor): Entry[] => [
    { name: tensor.name, tensor, buffer: 'parameters', arena },
    ...state.slots.map((slot): Entry => ({ name: slotName(slot, tensor.name), tensor, buffer: 'state', arena: state, slot })),
    ...(withBest ? [{ name: `best.${tensor.name}`, tensor, buffer: 'best', arena } as const] : []),
  ]);
}

/** A copy of all that is no tensor, with functions by their names: nothing done later changes it. @throws InputError */
export function frozenTraining({ config, state, sets, adapter }: Training): Training {
  // Whether a GPU is tested is a matter of the machine at hand.
  const { verify: _, ...own } = config, plain = { config: own, sets: sets.map(({ overrides, replica }) => ({ overrides, ...(replica !== undefined && { replica }) })) };
  return { ...(serialise(plain, state.horizon) as typeof plain), state: JSON.parse(JSON.stringify(state)) as TrainingState, adapter };
}

/** @param training from `frozenTraining` @throws NonFiniteError naming the first value that is not finite and not allowed */
export function writeCheckpoint(build: Shared, arenas: Arenas, training: Training, options: NonFiniteOption = {}): Uint8Array<ArrayBuffer> {
  const tensors = new Map(entries(build, arenas.best !== undefined).map(({ name, tensor, buffer, arena, slot }): [string, Tensor] => {
    const values = arena.toFile(tensor, arenas[buffer]!, slot), refused = refusedValue(values, options);
    if (refused !== undefined) throw new NonFiniteError(training.state.step, name, 0, `Saving: ${refused}`, slot !== undefined);
    return [name, f32Tensor(arena.fileShape(tensor), values)];
  }));
  return writeSafetensors(tensors, withChecksums(tensors, {
    'gradshader.format': training.config.normalize === undefined ? CHECKPOINT_FORMAT : NORMALISED_FORMAT,
    'gradshader.training': JSON.stringify(training),
  }));
}

/** @throws BadFileError unless the tensor is there, F32 and of that shape */
export function checkedTensor(tensors: ReadonlyMap<string, Tensor>, name: string, shape: readonly number[], file: string): Tensor {
  const found = tensors.get(name);
  if (found === undefined) throw new BadFileError(file, `tensor ${name} is missing.`);
  if (found.dtype === 'F32' && found.shape.join() === shape.join()) return found;
  throw new BadFileError(file, `tensor ${name} should be F32 [${shape}], is ${found.dtype} [${found.shape}].`);
}

/** Arenas out of a checkpoint's tensors. @throws BadFileError on a missing, superfluous or misshapen tensor, or a value that is not allowed */
export function readArenas(
  build: Shared, training: TrainingState, tensors: ReadonlyMap<string, Tensor>, file: string, options: NonFiniteOption = {},
): Arenas {
  const withBest = hasBestWeights(training), wanted = entries(build, withBest);
  const known = new Set(wanted.map(({ name }) => name));
  const extra = [...tensors.keys()].find((name) => !known.has(name));
  if (extra !== undefined) throw new BadFileError(file, `tensor ${extra} does not belong to the model it describes.`);
  // All of it before the first allocation: then the file is as large as what is made of it.
  const found = wanted.map(({ name, tensor, arena }) => checkedTensor(tensors, name, arena.fileShape(tensor), file));
  const { length } = parameterArena(build);
  const arenas: Arenas = {
    parameters: new Float32Array(length),
    state: new Float32Array(stateArena(build).length),
    ...(withBest && { best: new Float32Array(length) }),
  };
  wanted.forEach(({ name, tensor, buffer, arena, slot }, i) => {
    const values = asFloat32(found[i]!), refused = refusedValue(values, options);
    if (refused !== undefined) throw new BadFileError(file, `tensor ${name}: ${refused}`);
    arena.fromFile(tensor, values, arenas[buffer]!, slot);
  });
  return arenas;
}
