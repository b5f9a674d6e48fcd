/** Prediction in batches, dropout off. */

import { isArray } from '../arrays.ts';
import { checkDataset, ownDataset, type Dataset, type OwnDataset } from '../data/dataset.ts';
import { packedInputs } from '../data/resident.ts';
import { InputError } from '../errors.ts';
import type { Weights } from '../compile/graphs.ts';
import { pad4 } from '../model/arena.ts';
import { IN_FLIGHT, type Pending } from '../scheduler/executor.ts';
import { evaluationClocks } from './clocks.ts';
import type { Engine } from './engine.ts';
import { normalisedAs, PREDICT } from './residents.ts';
import type { TrainingState } from './training-state.ts';
import type { Verify } from './verify/once.ts';

export interface PredictOptions {
  /** Logits instead of probabilities. Default false. */
  readonly logits?: boolean;
  /** 'average': those of the running average, with `averaging` in the configuration. Default 'current'. */
  readonly weights?: Weights;
}

function asDataset(inputs: Dataset | Float32Array | Uint8Array, width: number, known: TrainingState['inputs']): OwnDataset {
  if (!isArray(inputs, 'Float32Array', 'Uint8Array')) return checkDataset(inputs, 'What predict takes, unless it is a Float32Array or Uint8Array,');
  if (inputs.length === 0 || inputs.length % width !== 0) {
    throw new InputError(`predict: ${inputs.length} values are no whole number of samples of ${width} values.`);
  }
  const targets = new Uint32Array(inputs.length / width);
  const isSame = known !== null && isArray(inputs, 'Uint8Array') === (known.format === 'u8');
  return ownDataset({ name: 'the samples to predict', inputs, targets, shape: [width], ...(isSame && { scale: known.scale, offset: known.offset }) });
}

/** One array [samples, classes] per replica. */
export async function predictSamples(
  engine: Engine,
  state: TrainingState,
  inputs: Dataset | Float32Array | Uint8Array,
  { logits = false, weights = 'current' }: PredictOptions,
  verify?: Verify,
): Promise<Float32Array[]> {
  const { network, batchSize, replicas } = engine.build;
  const data = asDataset(inputs, network.inputs, state.inputs);
  if (data.width !== network.inputs) {
    throw new InputError(`${data.name}: samples have ${data.width} values, the model takes ${network.inputs}.`);
  }
  const seen = await engine.residents.seen(data), { bytes, rowWords, format } = packedInputs(data);
  const { outputs: classes } = network, normalised = normalisedAs(engine.build, data);
  const predicts = await engine.residents.predicting({ format, inputWords: rowWords, normalised }, weights, seen);
  const canary = verify && engine.verified.get(predicts.loaded);
  if (canary === undefined) await verify?.({ residents: [], trains: false, predicts });
  await seen?.place(PREDICT); // A test has written there.
  const results = Array.from({ length: replicas }, () => new Float32Array(data.length * classes));
  const clocks = evaluationClocks(engine, state);
  const flights: { first: number; pending: Pending<Float32Array[]> }[] = [];
  const take = async (): Promise<void> => {
    const { first, pending } = flights.shift()!;
    (await pending.collect()).forEach((padded, replica) => {
      const columns = pad4(classes);
      for (let row = 0; row * columns < padded.length; row++) {
        results[replica]!.set(padded.subarray(row * columns, row * columns + classes), (first + row) * classes);
      }
    });
  };
  for (let first = 0; first < data.length; first += batchSize) {
    const count = Math.min(batchSize, data.length - first);
    const part = bytes.subarray(4 * first * rowWords, 4 * (first + count) * rowWords);
    flights.push({ first, pending: engine.predict(part, count, predicts.loaded, logits ? 'logits' : 'probabilities', clocks) });
    if (flights.length === IN_FLIGHT) await take();
  }
  while (flights.length > 0) await take();
  // As much again for one batch would be felt where digits are drawn.
  if (data.length > batchSize) await canary?.();
  return results;
}
