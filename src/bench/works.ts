/** Training steps through `fit` and passes through `evaluate`, as work that can be timed. */

import type { ClassDataset } from '../data/dataset.ts';
import type { Progress } from '../train/events.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Work } from './alternate.ts';
import { watchLongTasks, type LongTasks } from './long-tasks.ts';

/** A number of epochs that no measurement reaches: `steps` ends the work. */
export const MANY_EPOCHS = 1_000_000;

export interface MainThread {
  /** Per step. */
  readonly encodeMilliseconds: number;
  /** Of one submit. */
  readonly longestEncodeMilliseconds: number;
  /** Tasks over 50 ms, where the host tells. */
  readonly longTasks: number | undefined;
}

export class FitWork implements Work {
  readonly #trainer: Trainer;
  readonly #data: ClassDataset;
  readonly #signal: AbortSignal;
  /** Since the first call ended; undefined where the host does not tell. */
  #longTasks: LongTasks | undefined;
  #isWarm = false;
  #steps = 0;
  #encodeMilliseconds = 0;
  #longestEncodeMilliseconds = 0;

  constructor(trainer: Trainer, data: ClassDataset, signal: AbortSignal) {
    this.#trainer = trainer;
    this.#data = data;
    this.#signal = signal;
  }

  /** Training goes on where the last call ended. @throws the signal's reason, soon after it aborts */
  async run(count: number): Promise<number> {
    const trainer = this.#trainer, signal = this.#signal;
    const epochs = trainer.fit(this.#data, {
      epochs: MANY_EPOCHS, steps: trainer.step + count, signal, onProgress: (progress) => this.#take(progress),
    });
    while (!(await epochs.next()).done);
    signal.throwIfAborted();
    if (!this.#isWarm) this.#longTasks = watchLongTasks();
    this.#isWarm = true;
    return count;
  }

  #take({ stepsPerSubmit, encodeMilliseconds }: Progress): void {
    if (!this.#isWarm) return;
    this.#steps += stepsPerSubmit;
    this.#encodeMilliseconds += encodeMilliseconds;
    this.#longestEncodeMilliseconds = Math.max(this.#longestEncodeMilliseconds, encodeMilliseconds);
  }

  /** What was seen of the main thread since the first call ended. Ends watching it. */
  mainThread(): MainThread {
    return {
      encodeMilliseconds: this.#encodeMilliseconds / this.#steps, longestEncodeMilliseconds: this.#longestEncodeMilliseconds,
      longTasks: this.#longTasks?.end(),
    };
  }
}

/** Whole passes over the data: `evaluate` has no smaller unit. */
export const evaluateWork = (trainer: Trainer, data: ClassDataset, signal: AbortSignal): Work => ({
  run: async (count) => {
    for (let pass = 0; pass < count; pass++) {
      signal.throwIfAborted();
      await trainer.evaluate(data);
    }
    return count;
  },
});
