/** The suite `epoch`: whole epochs of `fit` with validation, and what they take beside their steps. */

import { subset, type ClassDataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import type { Trainer } from '../train/trainer.ts';
import { alternate, type Work } from './alternate.ts';
import { FLAGSHIP_BATCH, FLAGSHIP_OPTIMIZER, syntheticImages } from './flagship.ts';
import { summarize } from './statistics.ts';
import { attempt, configOf, flagshipSubject, subjectParameters, withTrainer, type Subject } from './subject.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { Result } from './types.ts';
import { evaluateWork } from './works.ts';

/** As MNIST has. */
const IMAGES = 60_000;
/** Images trained on per image of the validation set. */
const RATIO = 6;
/** Batches of the small epochs that tell how many images fit the budget. */
const PROBE_BATCHES = 4;
/** A forward pass against a training step, which has two more products of the same size. */
const FORWARD_SHARE = 1 / 3;
const KEY = `epoch/momentum/batch=${FLAGSHIP_BATCH}/replicas=1`;

export const epoch: Suite = (context) => measureEpochs(context, flagshipSubject(IMAGES));

/** The suite on any network. */
export async function measureEpochs(context: SuiteContext, subject: Subject): Promise<void> {
  const found = await attempt(context, 'epoch', KEY, () => measure(context, subject));
  if (found !== undefined) context.emit(found);
}

function measure(context: SuiteContext, subject: Subject): Promise<Result> {
  const { options, signal } = context;
  context.progress('epoch');
  return withTrainer(context, configOf(context, subject, {}), async (trainer) => {
    const batch = trainer.config.batchSize!, all = syntheticImages(subject.images, subject.sizes[0], subject.sizes.at(-1));
    const images = Math.min(all.length, imagesThatFit(options, await costOf(trainer, all, signal), batch));
    const train = subset(all, { end: images }), validation = subset(all, { end: Math.ceil(images / RATIO) });
    const work = new EpochWork(trainer, train, validation, signal);
    const [samples, evaluations] = await alternate([work, evaluateWork(trainer, validation, signal)], { ...options, rounds: options.repetitions, signal });
    const whole = summarize(samples!).median, steps = summarize(work.stepsMilliseconds).median;
    return {
      key: KEY, suite: 'epoch', label: `${images} images, batch ${batch}`, unit: 'ms', better: 'lower', samples: samples!,
      meaning: `Milliseconds per epoch of fit with validation at its end${images < subject.images ? `, on as many of ${subject.images} images as fit the budget of ${options.budgetSeconds} s` : ''}. Overhead is what its steps do not take, validation included.`,
      parameters: { ...subjectParameters({ ...subject, images }), validation: validation.length, batch, replicas: 1, optimizer: FLAGSHIP_OPTIMIZER },
      derived: {
        'images/s': (images * 1000) / whole, 'steps, ms': steps, 'overhead, ms': whole - steps, 'validation, ms': summarize(evaluations!).median,
        'step, ms': steps / Math.ceil(images / batch),
      },
    };
  });
}

/** Epochs of one `fit`. */
class EpochWork implements Work {
  /** What the steps of each epoch took, as `fit` tells; the first epoch is not among them. */
  readonly stepsMilliseconds: number[] = [];
  readonly #trainer: Trainer;
  readonly #train: ClassDataset;
  readonly #validation: ClassDataset;
  readonly #signal: AbortSignal;
  #isWarm = false;

  constructor(trainer: Trainer, train: ClassDataset, validation: ClassDataset, signal: AbortSignal) {
    this.#trainer = trainer;
    this.#train = train;
    this.#validation = validation;
    this.#signal = signal;
  }

  async run(count: number): Promise<number> {
    const trainer = this.#trainer, signal = this.#signal;
    for await (const { seconds } of trainer.fit(this.#train, { epochs: trainer.epoch + count, validation: this.#validation, signal })) {
      if (this.#isWarm) this.stepsMilliseconds.push(1000 * seconds);
      this.#isWarm = true;
    }
    signal.throwIfAborted();
    return count;
  }
}

/** What an epoch is made of. */
export interface EpochCost {
  readonly stepMilliseconds: number;
  /** Beside the steps and the validation. */
  readonly endMilliseconds: number;
}

/** From two small epochs without validation, of which the first compiles and uploads. */
async function costOf(trainer: Trainer, data: ClassDataset, signal: AbortSignal): Promise<EpochCost> {
  const batch = trainer.config.batchSize!, few = subset(data, { end: Math.min(data.length, PROBE_BATCHES * batch) });
  let start = performance.now(), milliseconds = 0, steps = 0;
  for await (const { seconds } of trainer.fit(few, { epochs: 2, signal })) {
    const end = performance.now();
    [milliseconds, steps, start] = [end - start, 1000 * seconds, end];
  }
  signal.throwIfAborted();
  return { stepMilliseconds: steps / Math.ceil(few.length / batch), endMilliseconds: Math.max(0, milliseconds - steps) };
}

/**
 * How many images an epoch may have: its warm-up, its calibration and all rounds, each with evaluations of at least
 * `seconds`, shall fit the budget.
 * @throws InputError where not even one batch fits
 */
export function imagesThatFit(
  { budgetSeconds, seconds, repetitions }: SuiteContext['options'], { stepMilliseconds, endMilliseconds }: EpochCost, batch: number,
): number {
  const each = (1000 * budgetSeconds) / (repetitions + 2) - endMilliseconds - 1000 * seconds;
  const batches = Math.floor(each / (stepMilliseconds * (1 + FORWARD_SHARE / RATIO)));
  if (batches >= 1) return batches * batch;
  throw new InputError(`${repetitions} epochs of one batch would take more than the budget of ${budgetSeconds} s. Raise the budget.`);
}
