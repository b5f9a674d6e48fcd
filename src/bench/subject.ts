/** What the suites step, epoch and inference share: the network they measure, what is left out, and what fits the budget. */

import { InputError } from '../errors.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';
import { Trainer } from '../train/trainer.ts';
import { LEAST_ROUNDS } from './alternate.ts';
import { FLAGSHIP, FLAGSHIP_DROPOUT, flagshipConfig, networkOf } from './flagship.ts';
import type { SuiteContext } from './suite.ts';
import type { SuiteName } from './types.ts';

/** The network that is measured, and on how many images. */
export interface Subject {
  /** Layer widths, input first. */
  readonly sizes: readonly number[];
  /** Drop probability of the input of each dense layer. */
  readonly dropout: readonly number[];
  readonly images: number;
}

export const flagshipSubject = (images: number): Subject => ({ sizes: FLAGSHIP, dropout: FLAGSHIP_DROPOUT, images });

/** What every result of a subject says about it. */
export const subjectParameters = ({ sizes, dropout, images }: Subject): Readonly<Record<string, string | number>> =>
  ({ network: sizes.join('-'), dropout: dropout.join('/'), images });

/** The subject with momentum and L2; `changes` replace parts of it. What is timed is the training, without tests of the GPU. */
export const configOf = ({ options, signal }: SuiteContext, subject: Subject, changes: Partial<TrainerConfig>): TrainerConfig =>
  flagshipConfig({ model: networkOf(subject), verify: 'off', ...(options.tune && { tune: { signal } }), ...changes });

/** Runs `work` on a trainer, and destroys that. */
export async function withTrainer<T>({ device }: SuiteContext, config: TrainerConfig, work: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await Trainer.create(device, config);
  try {
    return await work(trainer);
  } finally {
    trainer.destroy();
  }
}

/**
 * Runs one measurement. One that cannot be made is left out with the error's own words; an abort and the loss of the
 * device end the suite.
 */
export async function attempt<T>(
  { device, signal, omit }: SuiteContext, suite: SuiteName, key: string, measure: () => Promise<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  try {
    return await measure();
  } catch (error) {
    signal.throwIfAborted();
    if (device.lost !== undefined) throw error;
    omit({ suite, key, reason: (error as Error).message });
    return undefined;
  }
}

/** A warm-up and a first count come before the samples. */
const LEAST_UNITS = LEAST_ROUNDS + 2;

/**
 * Refuses, before it is begun, what cannot be measured in the budget.
 * @param milliseconds what one unit of the work is thought to take at least
 * @throws InputError saying how long it would take
 */
export function checkTime(milliseconds: number, { options: { budgetSeconds } }: SuiteContext): void {
  const seconds = (LEAST_UNITS * milliseconds) / 1000;
  if (seconds <= budgetSeconds) return;
  throw new InputError(`By what was measured so far it would take ${Math.ceil(seconds)} s, more than the budget of ${budgetSeconds} s. Raise the budget.`);
}
