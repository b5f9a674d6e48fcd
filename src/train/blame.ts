/** Whose fault it is that numbers are no longer finite: a batch with such in it is looked for before weights or learning rates are. */

import type { Dataset } from '../data/dataset.ts';
import { epochOrder } from '../data/shuffle.ts';
import { NonFiniteError } from '../errors.ts';
import { parameterArena } from '../compile/build.ts';
import type { Normalize } from '../model/normalize.ts';
import { MOST_LOSS } from '../kernels/snapshot.ts';
import type { Divergence } from './divergence.ts';
import type { Engine } from './engine.ts';
import { seenBy } from './normalised.ts';

/** The first value that the network would see as NaN or infinity, and where it is. */
function firstNonFinite(data: Dataset, normalize: Normalize | undefined, samples: Uint32Array): { sample: number; at: number; value: number } | undefined {
  const { inputs, width } = data, seen = seenBy(data, normalize);
  for (const sample of samples) {
    const own = inputs.subarray(sample * width, (sample + 1) * width), at = own.findIndex((value, feature) => !Number.isFinite(Math.fround(seen(value, feature))));
    if (at >= 0) return { sample, at, value: own[at]! };
  }
  return undefined;
}

/** The arrays are the caller's, who may have given them away since they were read. */
function lookedFor(data: Dataset, normalize: Normalize | undefined, samples: Uint32Array): ReturnType<typeof firstNonFinite> {
  try {
    return firstNonFinite(data, normalize, samples);
  } catch {
    return undefined;
  }
}

/** Whether the weights that a replica has now are numbers that a forward pass can use. */
async function areOrdinary({ program, build }: Engine, replica: number): Promise<boolean> {
  const weights = await program.read({ buffer: 'parameters', ...parameterArena(build).range(replica) });
  return new Float32Array(weights).every((weight) => Math.abs(weight) <= MOST_LOSS);
}

/** @param began epoch, from 0, and its first step */
export async function blamed(engine: Engine, data: Dataset, failure: Divergence, began: { readonly epoch: number; readonly step: number }): Promise<NonFiniteError> {
  const { step, tensor, isState, replica, back, isBackGood } = failure;
  const { batchSize, accumulate } = engine.build, size = batchSize * accumulate, first = (step - began.step) * size;
  const order = epochOrder(data.length, engine.settings[replica]!.seed, began.epoch);
  const found = lookedFor(data, engine.residents.normalize, tensor === '' ? order : order.subarray(first, first + size));
  if (found === undefined || !(isBackGood || await areOrdinary(engine, replica))) return (await import('./divergence.ts')).divergenceError(failure);
  const weights = isBackGood ? `The weights of step ${back}, the last good ones, were put back.` : `The weights that training began with, at step ${back}, are as they were.`;
  const detail = `It comes from the data: of sample ${found.sample} of ${data.name}, which this step trained on, value ${found.at} is ${found.value}. ${weights} Leave such samples out, or put numbers in their place.`;
  return new NonFiniteError(step, tensor, replica, detail, isState, isBackGood ? back : undefined);
}
