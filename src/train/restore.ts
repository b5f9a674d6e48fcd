/** What is read of checkpoints. A page that never loads one need not load this: `Trainer.load` imports it. */

import { BadFileError } from '../errors.ts';
import { readSafetensors } from '../files/safetensors-read.ts';
import type { Tensor } from '../files/safetensors-format.ts';
import { isLayerType, layerTypeOf, type Layer } from '../model/layers/index.ts';
import type { Training } from './checkpoint.ts';
import { isTrainingState } from './training-state-check.ts';
import { CHECKPOINT_FORMAT } from './training-state.ts';
import { fromVersion1 } from './version-1.ts';

export { withFunctions } from '../model/schedules/saved-functions.ts';

/** Parameters of a layer that nobody has checked. How many a type has does not depend on its input. */
const parametersOf = (layer: Layer | null): number =>
  (isLayerType(layer?.type) ? layerTypeOf(layer as Layer).parameters?.([1], layer as Layer).length ?? 0 : 0);

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
