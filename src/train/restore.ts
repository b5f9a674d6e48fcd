/** What is read of checkpoints. A page that never loads one need not load this: `Trainer.load` imports it. */

import { knowEverything } from '../compile/all.ts';
import { parameterArena, type Build } from '../compile/build.ts';
import { BadFileError, InputError } from '../errors.ts';
import { checkSums } from '../files/checksums.ts';
import { ofFile } from '../files/fault.ts';
import { readSafetensors } from '../files/safetensors-read.ts';
import type { NonFiniteOption } from '../files/finite.ts';
import type { Tensor } from '../files/safetensors-format.ts';
import { checkOptions, demand, demandOneOf, isObject } from '../options.ts';
import { isLayerType, layerTypeOf, type Layer } from '../model/layers/index.ts';
import { suitedMetrics } from '../metrics/index.ts';
import { checkModel } from '../model/model.ts';
import { checkNormalize } from '../model/normalize-maker.ts';
import { describeNetwork } from '../model/network.ts';
import { withFunctions } from '../model/schedules/saved-functions.ts';
import type { ScheduleFunction } from '../model/schedules/index.ts';
import { checkedTensor, readArenas, type Arenas, type Training } from './checkpoint.ts';
import { CONFIG_NAMES, type TrainerConfig } from './trainer-config.ts';
import type { LoadOptions } from './trainer-options.ts';
import { isTrainingState } from './training-state-check.ts';
import { CHECKPOINT_FORMAT, isSummed, NORMALISED_FORMAT } from './training-state.ts';
import { fromVersion1 } from './version-1.ts';
import { taskOf } from './wanted.ts';

/** @throws InputError */
export function loadOptionsOf(options: string | LoadOptions): Required<LoadOptions> {
  const { file = 'checkpoint', schedules = {}, nonFinite = 'refuse', verify = 'once' } =
    checkOptions<LoadOptions>('load', typeof options === 'string' ? { file: options } : options, ['file', 'schedules', 'nonFinite', 'verify']);
  demand(typeof file === 'string', 'load: file', 'a text', file);
  demand(isObject(schedules), 'load: schedules', 'an object of functions by their names', schedules);
  demandOneOf('load: nonFinite', nonFinite, ['refuse', 'allow']);
  demandOneOf('load: verify', verify, ['once', 'off']);
  return { file, schedules, nonFinite, verify };
}

/** Parameters of a layer that nobody has checked. How many a type has does not depend on its input. */
function parametersOf(layer: Layer | null): number {
  if (layer === null || !isLayerType(layer?.type)) return 0;
  const own = layerTypeOf(layer).parameters?.([1], layer, { type: 'zeros' }, { input: [1], output: [1] })?.length ?? 0;
  return own + (layer.type === 'dense' && layer.activation !== undefined ? parametersOf(layer.activation) : 0);
}

function checkTraining(found: unknown, file: string): asserts found is Training {
  const training = found as Partial<Training> | null;
  const { model, optimizer, replicas = [{}] } = training?.config ?? {};
  const tensors = Array.isArray(model?.layers) ? model.layers.reduce((sum, layer) => sum + parametersOf(layer), 0) : 0;
  const isWhole =
    tensors > 0 && typeof optimizer === 'object' && Array.isArray(replicas) &&
    Array.isArray(training?.sets) && training.sets.every((set) => typeof set?.overrides === 'object') &&
    isTrainingState(training.state, replicas.length, tensors);
  if (!isWhole) throw new BadFileError(file, 'gradshader.training lacks parts of the configuration or the training state.');
}

/**
 * What is still to be said of a recorded configuration: earlier versions let names be that they did not know, and wrote them
 * down. Tiles are recorded once they are chosen, and a file cannot hold where `tune` keeps them, nor say that the GPU at hand
 * need not be tested.
 */
const knownConfig = (config: TrainerConfig): TrainerConfig =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'tune' && name !== 'verify' && (CONFIG_NAMES as readonly string[]).includes(name))) as unknown as TrainerConfig;

/** The training part of a checkpoint, before anything is built from it. */
export function readTraining(bytes: Uint8Array, file: string): { training: Training; tensors: Map<string, Tensor> } {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const format = metadata['gradshader.format'];
  const text = metadata['gradshader.training'];
  if (format === undefined || text === undefined) {
    throw new BadFileError(file, 'it holds no training state (no gradshader.training in its metadata). ' +
      'Weights alone are read with readParameters and given to setParameters.');
  }
  if (!['1', '2', CHECKPOINT_FORMAT, NORMALISED_FORMAT].includes(format)) {
    throw new BadFileError(file, `its format version is ${format}; this version reads 1 to ${NORMALISED_FORMAT}. Update gradshader.`);
  }
  checkSums(tensors, metadata, file, !isSummed(format));
  let training: unknown;
  try {
    training = JSON.parse(text);
  } catch (error) {
    throw new BadFileError(file, `gradshader.training is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (format === '1') training = fromVersion1(training);
  checkTraining(training, file);
  for (const totals of training.state.totals) {
    totals.nonFinite ??= 0;
    totals.weight ??= totals.count - totals.nonFinite;
  }
  training.state.missed ??= training.state.skipped.map(() => 0);
  training.state.classNames ??= null;
  training.state.inputs ??= null;
  training.state.isHorizonSaid ??= false;
  training.state.skippedBefore ??= [...training.state.skipped];
  return { training: { ...training, config: knownConfig(training.config) }, tensors };
}

/** Whatever is wrong with what a file says is the file's fault. */
function described<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new BadFileError(file, `what it describes cannot be made: ${cause.message}`, { cause });
  }
}

/** Cheap, and before all else: then nothing is made of a network whose parameters are not in the file. */
function checkParameterShapes({ model, replicas = [{}] }: Training['config'], tensors: ReadonlyMap<string, Tensor>, file: string): void {
  const network = described(file, () => describeNetwork(checkModel(model)));
  const arena = parameterArena({ network, replicas: replicas.length });
  for (const tensor of network.tensors) checkedTensor(tensors, tensor.name, arena.fileShape(tensor), file);
}

/** Options of `Trainer.load`, and how it makes of a configuration what a program is made of: what is always loaded is not loaded twice. */
interface Reading<Made> extends NonFiniteOption {
  readonly file: string;
  readonly schedules: Readonly<Record<string, ScheduleFunction>>;
  readonly make: (training: Training) => Made;
}

/**
 * A checkpoint with its functions in their places, checked against its own tensors before anything is made of it.
 * @throws BadFileError; InputError for a schedule function that is missing or another one
 */
export function readCheckpoint<Made extends { readonly prepared: { readonly build: Build } }>(
  bytes: Uint8Array, { file, schedules, make, ...values }: Reading<Made>,
): Made & { readonly training: Training; readonly arenas: Arenas } {
  knowEverything(); // A file names whatever there is.
  return ofFile(file, () => {
    const { training: read, tensors } = readTraining(bytes, file);
    checkParameterShapes(read.config, tensors, file);
    const training = { ...read, ...withFunctions({ config: read.config, sets: read.sets }, schedules) as Pick<Training, 'config' | 'sets'> };
    const made = described(file, () => {
      const { metrics, normalize, model } = training.config;
      if (normalize !== undefined) checkNormalize(normalize, model);
      const own = make(training);
      if (metrics !== undefined) suitedMetrics('metrics', metrics, taskOf(own.prepared.build));
      return own;
    });
    return { ...made, training, arenas: readArenas(made.prepared.build, training.state, tensors, file, values) };
  });
}
