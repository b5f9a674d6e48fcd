/** Metrics by name, and the checks of what says one. */

import { InputError } from '../errors.ts';
import { checkOptions, demand, demandOneOf, demandWhole, didYouMean, isObject, textOf } from '../options.ts';
import { FORM } from './figures.ts';
import { AVERAGES, COUNTED, HALF, PLAIN, type Average, type Counted, type CountedMetric, type Metric, type MetricName, type PlainMetric, type TopK } from './metric.ts';

/** Names as a message lists them, and as near ones are looked for. */
const EXAMPLES = ['accuracy', 'top5', 'binaryAccuracy', ...COUNTED, 'f1Micro', ...PLAIN.slice(1)];

const isPlain = (name: unknown): name is PlainMetric['metric'] => PLAIN.includes(name as PlainMetric['metric']);

export function demandThreshold(what: string, threshold: unknown): void {
  demand(typeof threshold === 'number' && threshold > 0 && threshold < 1, what, 'a probability between 0 and 1', threshold);
}

/** What a name says; undefined where it is none. */
function parsed(name: string): Metric | undefined {
  if (isPlain(name)) return { metric: name };
  const found = FORM.exec(name);
  if (found === null) return undefined;
  const [, k, , counted, average = 'Macro', given] = found;
  if (k !== undefined) return { metric: 'topK', k: Number(k) };
  const threshold = given === undefined ? HALF : Number(given);
  if (counted === undefined) return { metric: 'binaryAccuracy', threshold };
  return { metric: counted as CountedMetric, average: average.toLowerCase() as Average, threshold };
}

/** The name of a metric in results: two that differ in any setting have two. */
export function nameOf(metric: Metric): MetricName {
  if (metric.metric === 'topK') return `top${metric.k}`;
  if (!('threshold' in metric)) return metric.metric;
  const { metric: name, threshold } = metric, average = 'average' in metric ? metric.average : 'macro';
  const by = average === 'macro' ? '' : `${average[0]!.toUpperCase()}${average.slice(1)}`;
  return `${name}${by}${threshold === HALF ? '' : `@${threshold}`}` as MetricName;
}

const none = (where: string, given: unknown): InputError => {
  const named = isObject(given) ? given['metric'] : given;
  const near = typeof named === 'string' ? didYouMean(named, EXAMPLES) : '';
  return new InputError(`${where}: there is no metric ${textOf(given)}.${near} There are ${EXAMPLES.join(', ')}, and what topK, binaryAccuracy, precision, recall and f1 make.`);
};

/** A metric that a maker made, or a file brings. @throws InputError */
function checkMetric(where: string, given: Record<string, unknown>): Metric {
  const { metric } = given, what = `${where}: ${String(metric)}`;
  if (isPlain(metric)) return checkOptions(what, given as { metric: typeof metric }, ['metric']);
  if (metric === 'topK') {
    const own = checkOptions(what, given as unknown as TopK, ['metric', 'k']);
    demandWhole(`${what}: k`, own.k);
    return own;
  }
  const isCounted = COUNTED.includes(metric as CountedMetric);
  if (!isCounted && metric !== 'binaryAccuracy') throw none(where, given);
  const own = checkOptions(what, given as unknown as Counted, isCounted ? ['metric', 'average', 'threshold'] : ['metric', 'threshold']);
  if (isCounted) demandOneOf(`${what}: average`, own.average, AVERAGES);
  demandThreshold(`${what}: threshold`, own.threshold);
  return own;
}

/** @throws InputError */
function metricOf(where: string, given: unknown): Metric {
  if (isObject(given)) return { ...checkMetric(where, given) };
  const found = typeof given === 'string' ? parsed(given) : undefined;
  if (found === undefined) throw none(where, given);
  if ('threshold' in found) demandThreshold(`${where}: the threshold of ${String(given)}`, found.threshold);
  if ('k' in found) demandWhole(`${where}: the number of ${String(given)}`, found.k);
  return found;
}

/**
 * A list of metrics as it was given.
 * @param where what messages begin with, such as 'metrics'
 * @throws InputError naming the one that is none, or is there twice
 */
export function metricsOf(where: string, given: unknown): Metric[] {
  demand(Array.isArray(given), where, "a list of metrics such as ['f1', topK(3)]", given);
  const metrics = Array.from(given as unknown[], (one) => metricOf(where, one)), names = metrics.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`${where}: ${twice} is there twice. Name each metric once.`);
  return metrics;
}
