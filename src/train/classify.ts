/** The class of each sample, by name, with how probable it is. */

import type { Dataset } from '../data/dataset.ts';
import type { Weights } from '../compile/graphs.ts';
import { InputError } from '../errors.ts';
import { firstLargest } from '../metrics/decide.ts';
import { isArray } from '../arrays.ts';
import { checkOptions, demand, isListOf } from '../options.ts';
import type { Engine } from './engine.ts';
import { predictSamples } from './predict.ts';
import type { TrainingState } from './training-state.ts';
import type { Verify } from './verify/once.ts';
import { taskOf } from './wanted.ts';
import { checkWeights } from './weights.ts';

export interface ClassifyOptions {
  /** Names of the classes, in their order. Default those of the data set that is classified, or else that was trained on, if they have any. */
  readonly names?: readonly string[];
  /** How many of the most probable classes are listed. Default 0: the first alone is told. */
  readonly top?: number;
  /** 'average': with the running average of the weights, with `averaging` in the configuration. Default 'current'. */
  readonly weights?: Weights;
}

export interface ClassProbability {
  /** The class's name, or its index where it has none. */
  readonly label: string | number;
  readonly index: number;
  /** In [0, 1]: the softmax of the network's outputs, in double precision. */
  readonly probability: number;
}

/** The most probable class, the first of equal ones. Where the outputs are not finite there is none: label and index are -1, and NaN its probability. */
export interface Classified extends ClassProbability {
  /** With the option `top`: so many classes, the most probable first. */
  readonly top?: readonly ClassProbability[];
}

const NONE: ClassProbability = { label: -1, index: -1, probability: NaN };

/** softmax(z), without overflow. */
function softmax(logits: ArrayLike<number>): number[] {
  const largest = Math.max(...Array.from(logits)), powers = Array.from(logits, (z) => Math.exp(z - largest)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function classified(logits: ArrayLike<number>, names: readonly string[] | undefined, top: number): Classified {
  const best = firstLargest(logits, 0, logits.length);
  if (best < 0) return top > 0 ? { ...NONE, top: [] } : NONE;
  const probabilities = softmax(logits), of = (index: number): ClassProbability => ({ label: names?.[index] ?? index, index, probability: probabilities[index]! });
  if (top === 0) return of(best);
  const order = Array.from(probabilities, (_, index) => index).sort((a, b) => logits[b]! - logits[a]! || a - b);
  return { ...of(best), top: order.slice(0, top).map(of) };
}

/** One list per replica. @throws InputError */
export async function classifySamples(
  engine: Engine, state: TrainingState, samples: Dataset | Float32Array | Uint8Array, options: ClassifyOptions, verify: Verify | undefined,
): Promise<Classified[][]> {
  const { names, top = 0, weights = 'current' } = checkOptions<ClassifyOptions>('classify', options, ['names', 'top', 'weights']);
  const { outputs, width } = taskOf(engine.build), isOneLabel = outputs === 'labels' && width === 1, classes = isOneLabel ? 2 : width;
  if (outputs !== 'classes' && !isOneLabel) throw new InputError(`classify tells one class of each sample, and this loss is of ${width} ${outputs}. Use predict.`);
  demand(Number.isSafeInteger(top) && top >= 0 && top <= classes, 'classify: top', `a whole number from 0 to ${classes}, the number of classes`, top);
  const isNames = names === undefined || (isListOf(names, (one) => typeof one === 'string') && names.length === classes);
  demand(isNames, 'classify: names', `a list of ${classes} texts, one for each class`, names);
  checkWeights(weights, engine);
  const own = names ?? (isArray(samples, 'Float32Array', 'Uint8Array') ? undefined : (samples as Partial<Dataset> | undefined)?.classNames) ?? state.classNames ?? undefined;
  const results = await predictSamples(engine, state, samples, { logits: true, weights }, verify);
  return results.map((logits) => Array.from({ length: logits.length / width }, (_, i) =>
    classified(isOneLabel ? [0, logits[i]!] : logits.subarray(i * width, (i + 1) * width), own, top)));
}
