/** Precision, recall and F1, from counts by class or by label. */

import { choiceOf, logitOf, NO_CLASS } from './decide.ts';
import type { Accumulator, Average, Batch, Counted, CountedMetric, Task } from './metric.ts';
import { Sums } from './sums.ts';

/** True positives; what is taken for the class; what is of it. */
interface Counts {
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}

/** 0 / 0 is 0: scikit-learn's default for zero_division. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const FIGURES: Readonly<Record<CountedMetric, (counts: Counts) => number>> = {
  precision: ({ hits, predicted }) => ratio(hits, predicted),
  recall: ({ hits, actual }) => ratio(hits, actual),
  f1: ({ hits, predicted, actual }) => ratio(2 * hits, predicted + actual),
};

/** Counts by class, or by label: what some sample has or is taken for is there, whatever it weighs. */
class Tally {
  readonly there: Uint8Array;
  readonly #hits: Sums;
  readonly #predicted: Sums;
  readonly #actual: Sums;

  constructor(length: number, there: 0 | 1) {
    this.there = new Uint8Array(length).fill(there);
    [this.#hits, this.#predicted, this.#actual] = [new Sums(length), new Sums(length), new Sums(length)];
  }

  predict(at: number, weight: number): void {
    this.there[at] = 1;
    this.#predicted.add(at, weight);
  }

  have(at: number, weight: number): void {
    this.there[at] = 1;
    this.#actual.add(at, weight);
  }

  hit(at: number, weight: number): void {
    this.#hits.add(at, weight);
  }

  counts(): Counts[] {
    const [hits, predicted, actual] = [this.#hits.all(), this.#predicted.all(), this.#actual.all()];
    return hits.map((own, at) => ({ hits: own, predicted: predicted[at]!, actual: actual[at]! }));
  }
}

/** A sample is of one class, and taken for one; for none where its outputs are not finite, and then none is too often predicted. */
function byClass(task: Task, threshold: number): [Tally, (batch: Batch, i: number, weight: number) => void] {
  const choice = choiceOf(task, threshold), tally = new Tally(choice.classes, 0);
  return [tally, (batch, i, weight) => {
    const predicted = choice.predicted(batch, i), actual = choice.actual(batch, i);
    if (predicted !== NO_CLASS) tally.predict(predicted, weight);
    tally.have(actual, weight);
    if (predicted === actual) tally.hit(actual, weight);
  }];
}

/** A sample has any of the labels. */
function byLabel({ width }: Task, threshold: number): [Tally, (batch: Batch, i: number, weight: number) => void] {
  const cut = logitOf(threshold), tally = new Tally(width, 1);
  return [tally, ({ outputs, stride, targets }, i, weight) => {
    for (let j = 0; j < width; j++) {
      const z = outputs[i * stride + j]!, isPredicted = Number.isFinite(z) && z > cut, isActual = targets[i * width + j] === 1;
      if (isPredicted) tally.predict(j, weight);
      if (isActual) tally.have(j, weight);
      if (isPredicted && isActual) tally.hit(j, weight);
    }
  }];
}

const sum = (values: readonly number[]): number => {
  const sums = new Sums(1);
  values.forEach((value) => sums.add(0, value));
  return sums.of(0);
};

function averaged(average: Average, figure: (counts: Counts) => number, tally: Tally): number {
  const all = tally.counts();
  switch (average) {
    case 'binary': return figure(all.at(-1)!);
    case 'micro': return figure({ hits: sum(all.map(({ hits }) => hits)), predicted: sum(all.map(({ predicted }) => predicted)), actual: sum(all.map(({ actual }) => actual)) });
    case 'weighted': return ratio(sum(all.map((own) => own.actual * figure(own))), sum(all.map(({ actual }) => actual)));
    case 'macro': {
      const own = all.filter((_, at) => tally.there[at] === 1);
      return sum(own.map(figure)) / own.length;
    }
  }
}

export function counted(task: Task, { metric, average, threshold }: Counted): Accumulator {
  const [tally, take] = task.outputs === 'labels' ? byLabel(task, threshold) : byClass(task, threshold);
  let samples = 0;
  return {
    add: (batch) => {
      samples += batch.count;
      for (let i = 0; i < batch.count; i++) take(batch, i, batch.weights?.[i] ?? 1);
    },
    value: () => (samples === 0 ? NaN : averaged(average, FIGURES[metric], tally)),
  };
}
