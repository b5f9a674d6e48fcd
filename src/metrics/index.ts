/** Metrics over a whole set: which suit what, and what computes them. */

import { InputError } from '../errors.ts';
import { confusion, type Confusion } from './confusion.ts';
import { counted } from './counts.ts';
import { accuracy, binaryAccuracy, firstNoLabel, topK } from './fractions.ts';
import { HALF, type Accumulator, type Batch, type Metric, type MetricName, type Task } from './metric.ts';
import { metricsOf, nameOf } from './names.ts';
import { mae, mse, r2, rmse } from './regression.ts';

export type { Accumulator, Average, Batch, BinaryAccuracy, Counted, Metric, MetricName, Task, TopK } from './metric.ts';
export type { Confusion } from './confusion.ts';
export { metricsOf, nameOf } from './names.ts';

const REGRESSION: Readonly<Record<string, (task: Task) => Accumulator>> = { mae, mse, rmse, r2 };
const isRegression = ({ metric }: Metric): boolean => Object.hasOwn(REGRESSION, metric);

/** Whether one of two classes is chosen, or whether a label is there or not. */
const isBinary = ({ outputs, width }: Task): boolean => (outputs === 'classes' ? width === 2 : outputs === 'labels' && width === 1);

/** Why a metric does not suit; undefined where it does. */
function refusal(metric: Metric, task: Task): string | undefined {
  const { outputs, width } = task;
  if (outputs === 'values') return isRegression(metric) ? undefined : "is for classes and labels, and this loss is of values. Use 'mae', 'mse', 'rmse' or 'r2'.";
  if (isRegression(metric)) return outputs === 'labels' ? undefined : "is for values and probabilities of labels, and this loss is of classes. Use 'accuracy', 'top5' or 'f1'.";
  if (metric.metric === 'topK') {
    if (outputs === 'labels') return "is for classes, and this loss is of labels. Use 'binaryAccuracy' or 'f1'.";
    return metric.k < width ? undefined : `always holds, as there are ${width} classes. Give a smaller number.`;
  }
  if (metric.metric === 'binaryAccuracy' && outputs === 'classes' && width !== 2) return `is for labels and for two classes, and there are ${width}. Use 'accuracy'.`;
  if ('average' in metric && metric.average === 'binary' && !isBinary(task)) return `is of class 1 of two, or of one label, and there are ${width} ${outputs}. Use the average 'macro', 'micro' or 'weighted'.`;
  if ('threshold' in metric && metric.threshold !== HALF && outputs === 'classes' && width !== 2) return `has a threshold, and of ${width} classes the most probable is predicted. Leave it out.`;
  return undefined;
}

/**
 * The metrics that a list names, for what a network gives.
 * @throws InputError naming the one that is none, is there twice, or does not suit
 */
export function suitedMetrics(where: string, given: unknown, task: Task): Metric[] {
  const metrics = metricsOf(where, given);
  for (const metric of metrics) {
    const why = refusal(metric, task);
    if (why !== undefined) throw new InputError(`${where}: ${nameOf(metric)} ${why}`);
  }
  return metrics;
}

/** @throws InputError where no class is chosen */
export function checkConfusion(where: string, task: Task): void {
  if (task.outputs === 'classes' || isBinary(task)) return;
  throw new InputError(`${where}: confusion is for classes and for one label, and this loss is of ${task.width} ${task.outputs}. Leave it out.`);
}

/**
 * @param name of the data set
 * @throws InputError where labels are neither 0 nor 1, and a metric counts them
 */
export function checkTargets(name: string, metrics: readonly Metric[], { outputs, width }: Task, targets: () => Batch['targets']): void {
  const counts = metrics.find((metric) => !isRegression(metric));
  if (outputs !== 'labels' || counts === undefined) return;
  const all = targets(), at = firstNoLabel(all);
  if (at < 0) return;
  throw new InputError(`${name}: ${nameOf(counts)} wants labels of 0 and 1, and label ${at % width} of sample ${Math.floor(at / width)} is ${all[at]}. Leave that metric out.`);
}

function accumulatorOf(metric: Metric, task: Task): Accumulator {
  switch (metric.metric) {
    case 'accuracy': return accuracy(task);
    case 'topK': return topK(task, metric);
    case 'binaryAccuracy': return binaryAccuracy(task, metric);
    case 'precision': case 'recall': case 'f1': return counted(task, metric);
    default: return REGRESSION[metric.metric]!(task);
  }
}

/** What one pass over a set gave. */
export interface Scores {
  /** By the metrics' names, in their order. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly confusion?: Confusion;
}

/** All that is asked for, in one pass. */
export function scorer(task: Task, { metrics, confusion: isWanted }: { readonly metrics: readonly Metric[]; readonly confusion: boolean }): Accumulator<Scores> {
  const own = metrics.map((metric): [MetricName, Accumulator] => [nameOf(metric), accumulatorOf(metric, task)]);
  const matrix = isWanted ? confusion(task) : undefined;
  return {
    add: (batch) => {
      for (const [, accumulator] of own) accumulator.add(batch);
      matrix?.add(batch);
    },
    value: () => ({
      metrics: Object.fromEntries(own.map(([name, accumulator]) => [name, accumulator.value()])),
      ...(matrix && { confusion: matrix.value() }),
    }),
  };
}
