/** The points of the curves, from the events of training. Pure. */

import type { Epoch, Progress } from '../src/index.ts';

/** x in epochs. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Curves {
  readonly trainLoss: Point[];
  readonly trainAccuracy: Point[];
  readonly testLoss: Point[];
  readonly testAccuracy: Point[];
}

export class CurveRecorder {
  readonly curves: Curves = { trainLoss: [], trainAccuracy: [], testLoss: [], testAccuracy: [] };
  readonly #samples: number;
  readonly #batchSize: number;
  #last: { epoch: number; count: number; loss: number; hits: number } = { epoch: 0, count: 0, loss: 0, hits: 0 };

  constructor(samples: number, batchSize: number) {
    this.#samples = samples;
    this.#batchSize = batchSize;
  }

  /**
   * Progress carries running means over the epoch so far; the difference of two gives the mean over the steps
   * between them, which is what a live curve should show.
   */
  progress({ epoch, stepInEpoch, stepsPerEpoch, loss, accuracy }: Progress): void {
    const count = Math.min(stepInEpoch * this.#batchSize, this.#samples);
    const sums = { epoch, count, loss: loss * count, hits: accuracy * count };
    const before = this.#last.epoch === epoch ? this.#last : { count: 0, loss: 0, hits: 0 };
    const fresh = count - before.count;
    this.#last = sums;
    if (fresh <= 0) return;
    const x = epoch - 1 + stepInEpoch / stepsPerEpoch;
    // A difference of sums may fall below zero by rounding.
    this.curves.trainLoss.push({ x, y: Math.max(0, (sums.loss - before.loss) / fresh) });
    this.curves.trainAccuracy.push({ x, y: Math.max(0, (sums.hits - before.hits) / fresh) });
  }

  epoch({ epoch, validation }: Pick<Epoch, 'epoch' | 'validation'>): void {
    if (validation === undefined) return;
    this.curves.testLoss.push({ x: epoch, y: validation.loss });
    this.curves.testAccuracy.push({ x: epoch, y: validation.accuracy });
  }
}
