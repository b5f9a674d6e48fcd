/** Errors of values, and of labels' probabilities. With several outputs: the mean over the outputs of each one's figure. */

import { probabilityOf } from './decide.ts';
import type { Accumulator, Batch, Task } from './metric.ts';
import { Sums } from './sums.ts';

type Read = (batch: Batch, i: number, j: number) => number;

/** What is predicted of a target: the output, or a label's probability. */
function predictionOf({ outputs }: Task): Read {
  const read: Read = (batch, i, j) => batch.outputs[i * batch.stride + j]!;
  return outputs === 'labels' ? (batch, i, j) => probabilityOf(read(batch, i, j)) : read;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** By output: the weighted mean of a size of the errors. */
function errors(task: Task, size: (error: number) => number, figure: (mean: number) => number): Accumulator {
  const { width } = task, predicted = predictionOf(task), sums = new Sums(width), weights = new Sums(1);
  return {
    add: (batch) => {
      for (let i = 0; i < batch.count; i++) {
        const weight = batch.weights?.[i] ?? 1;
        weights.add(0, weight);
        for (let j = 0; j < width; j++) sums.add(j, weight * size(predicted(batch, i, j) - batch.targets[i * width + j]!));
      }
    },
    value: () => mean(sums.all().map((sum) => figure(sum / weights.of(0)))),
  };
}

const square = (x: number): number => x * x, same = (x: number): number => x;

/** Mean of |prediction - target|: scikit-learn's `mean_absolute_error`. */
export const mae = (task: Task): Accumulator => errors(task, Math.abs, same);
/** Mean of (prediction - target)^2: scikit-learn's `mean_squared_error`. */
export const mse = (task: Task): Accumulator => errors(task, square, same);
/** Its square root, of each output: scikit-learn's `root_mean_squared_error`. */
export const rmse = (task: Task): Accumulator => errors(task, square, Math.sqrt);

/**
 * Mean and sum of squared deviations of one column of targets, batch by batch: two passes over each, corrected, and merged by the
 * formula of Chan, Golub and LeVeque (1983). No difference of large sums is taken, wherever the mean lies; equal targets give 0.
 */
class Deviations {
  readonly #mean: Float64Array;
  readonly #squares: Sums;
  #weight = 0;

  constructor(readonly width: number) {
    this.#mean = new Float64Array(width);
    this.#squares = new Sums(width);
  }

  add({ count, targets, weights }: Batch): void {
    const { width } = this;
    let own = 0;
    for (let i = 0; i < count; i++) own += weights?.[i] ?? 1;
    if (own === 0) return;
    const all = this.#weight + own;
    for (let j = 0; j < width; j++) {
      const weighted = (of: (target: number) => number): number => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += (weights?.[i] ?? 1) * of(targets[i * width + j]!);
        return sum;
      };
      const first = targets[j]!, middle = first + weighted((y) => y - first) / own;
      const squares = weighted((y) => (y - middle) ** 2) - weighted((y) => y - middle) ** 2 / own;
      const apart = middle - this.#mean[j]!;
      this.#squares.add(j, squares);
      if (this.#weight > 0) this.#squares.add(j, apart * apart * ((this.#weight * own) / all));
      this.#mean[j] = this.#weight > 0 ? this.#mean[j]! + (apart * own) / all : middle;
    }
    this.#weight = all;
  }

  of(output: number): number {
    return this.#squares.of(output);
  }
}

/** 1 - sum w (y - f)^2 / sum w (y - mean)^2. Of equal targets 1 where all are met, else 0. */
function determination(residual: number, total: number): number {
  if (Number.isNaN(residual + total)) return NaN;
  if (total === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / total;
}

/** Coefficient of determination: scikit-learn's `r2_score`. NaN of fewer than two samples. */
export function r2(task: Task): Accumulator {
  const { width } = task, predicted = predictionOf(task), residuals = new Sums(width), total = new Deviations(width);
  let samples = 0;
  return {
    add: (batch) => {
      samples += batch.count;
      for (let i = 0; i < batch.count; i++) {
        const weight = batch.weights?.[i] ?? 1;
        for (let j = 0; j < width; j++) residuals.add(j, weight * square(predicted(batch, i, j) - batch.targets[i * width + j]!));
      }
      total.add(batch);
    },
    value: () => (samples < 2 ? NaN : mean(residuals.all().map((residual, j) => determination(residual, total.of(j))))),
  };
}
