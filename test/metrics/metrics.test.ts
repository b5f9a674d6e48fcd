/** What metrics refuse, how they are named, and what becomes of numbers that are none. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { checkConfusion, checkTargets, metricsOf, nameOf, scorer, suitedMetrics, type Batch, type MetricName, type Scores, type Task } from '../../src/metrics/index.ts';
import { isFigure, isLowerBetter } from '../../src/metrics/figures.ts';
import { binaryAccuracy, f1, precision, recall, topK } from '../../src/metrics/makers.ts';

const any = (value: unknown): never => value as never;

const NAMES: readonly (readonly [MetricName, object])[] = [
  ['accuracy', { metric: 'accuracy' }], ['mae', { metric: 'mae' }], ['mse', { metric: 'mse' }], ['rmse', { metric: 'rmse' }], ['r2', { metric: 'r2' }],
  ['top5', topK(5)], ['top12', topK(12)], ['binaryAccuracy', binaryAccuracy()], ['binaryAccuracy@0.25', binaryAccuracy({ threshold: 0.25 })],
  ['precision', precision()], ['recallMicro', recall({ average: 'micro' })], ['f1Weighted', f1({ average: 'weighted' })], ['f1Binary', f1({ average: 'binary' })],
  ['f1@0.3', f1({ threshold: 0.3 })], ['precisionMicro@0.9', precision({ average: 'micro', threshold: 0.9 })], ['recall@1e-9', recall({ threshold: 1e-9 })], ['recall@1.5e-9', recall({ threshold: 1.5e-9 })],
  ['f1@0.000123', f1({ threshold: 0.000123 })],
];

test.each(NAMES)('%s is one metric, by its name and by its maker', (name, made) => {
  expect(metricsOf('metrics', [name])).toEqual([made]);
  expect(metricsOf('metrics', [made])).toEqual([made]);
  expect(nameOf(any(made))).toBe(name);
  expect(isFigure(name)).toBe(true);
  expect(isLowerBetter(name)).toBe(['mae', 'mse', 'rmse'].includes(name));
});

const WRONG: readonly (readonly [what: string, call: () => unknown, says: string])[] = [
  ['no list', () => metricsOf('metrics', any({ metric: 'f1' })), 'metrics must be a list of metrics'],
  ['a hole', () => metricsOf('metrics', Array(1)), 'there is no metric undefined'],
  ['a number', () => metricsOf('metrics', any([3])), 'there is no metric 3'],
  ['another case', () => metricsOf('metrics', any(['Accuracy'])), 'Did you mean accuracy?'],
  ['top0', () => metricsOf('metrics', any(['top0'])), 'there is no metric "top0"'],
  ['more than whole numbers hold', () => metricsOf('metrics', any([`top${'9'.repeat(20)}`])), 'a whole number of 1 or more'],
  ['a threshold of 1', () => metricsOf('metrics', any(['f1@1'])), 'there is no metric "f1@1"'],
  ['a threshold of nothing', () => metricsOf('metrics', any(['f1@1e-999'])), 'must be a probability between 0 and 1, got 0'],
  ['a threshold of 0', () => metricsOf('metrics', any(['f1@0.0'])), 'must be a probability between 0 and 1, got 0'],
  ['twice, once by its maker', () => metricsOf('metrics', ['top3', topK(3)]), 'top3 is there twice'],
  ['twice, in other words', () => metricsOf('metrics', any(['f1@0.3', 'f1@.3'])), 'f1@0.3 is there twice'],
  ['another metric by hand', () => metricsOf('metrics', any([{ metric: 'auc' }])), 'there is no metric {"metric":"auc"}'],
  ['one by hand without its number', () => metricsOf('metrics', any([{ metric: 'topK' }])), 'k must be a whole number'],
  ['one by hand with a name too many', () => metricsOf('metrics', any([{ ...f1(), beta: 2 }])), 'has no option "beta"'],
  ['one by hand with another average', () => metricsOf('metrics', any([{ ...f1(), average: 'samples' }])), "average must be 'macro', 'micro', 'weighted' or 'binary'"],
  ['topK of none', () => topK(any(undefined)), 'topK: k must be a whole number of 1 or more, got undefined'],
  ['topK of a half', () => topK(0.5), 'got 0.5'],
  ['binaryAccuracy of a number', () => binaryAccuracy(any(0.5)), 'binaryAccuracy takes an object with threshold'],
  ['a threshold of NaN', () => binaryAccuracy({ threshold: NaN }), 'a probability between 0 and 1, got NaN'],
  ['precision by another name', () => precision(any({ averages: 'micro' })), 'Did you mean average?'],
  ['recall of no average', () => recall({ average: any(null) }), 'average must be'],
  ['f1 of another threshold', () => f1({ threshold: 1 }), 'f1: threshold must be a probability between 0 and 1, got 1'],
];

test.each(WRONG)('%s is refused', (_, call, says) => {
  expect(call).toThrow(InputError);
  expect(call).toThrow(says);
});

describe('what suits what', () => {
  const classes: Task = { outputs: 'classes', width: 10 }, two: Task = { outputs: 'classes', width: 2 }, labels: Task = { outputs: 'labels', width: 4 }, one: Task = { outputs: 'labels', width: 1 }, values: Task = { outputs: 'values', width: 3 };
  const tasks = { classes, two, labels, one, values };
  const SUITS: Readonly<Record<string, readonly (keyof typeof tasks)[]>> = {
    accuracy: ['classes', 'two', 'labels', 'one'], top5: ['classes'], top1: ['classes', 'two'], binaryAccuracy: ['two', 'labels', 'one'], 'binaryAccuracy@0.3': ['two', 'labels', 'one'],
    f1: ['classes', 'two', 'labels', 'one'], f1Micro: ['classes', 'two', 'labels', 'one'], recallBinary: ['two', 'one'], 'precision@0.3': ['two', 'labels', 'one'],
    mae: ['labels', 'one', 'values'], mse: ['labels', 'one', 'values'], rmse: ['labels', 'one', 'values'], r2: ['labels', 'one', 'values'],
  };
  test.each(Object.entries(SUITS))('%s', (name, those) => {
    for (const [kind, task] of Object.entries(tasks)) {
      const call = (): unknown => suitedMetrics('metrics', [name], task);
      if (those.includes(kind as keyof typeof tasks)) expect(call, kind).not.toThrow();
      else expect(call, kind).toThrow(InputError);
    }
  });

  test('a matrix is of classes, or of one label', () => {
    for (const task of [classes, two, one]) expect(() => checkConfusion('evaluate', task)).not.toThrow();
    for (const task of [labels, values]) expect(() => checkConfusion('evaluate', task)).toThrow(InputError);
  });

  test('labels are 0 or 1 where they are counted', () => {
    const check = (metrics: readonly string[], targets: number[]) => () => checkTargets('data', metricsOf('metrics', metrics), labels, () => Float32Array.from(targets));
    expect(check(['mae', 'r2'], [0.5, 0, 0, 1])).not.toThrow();
    expect(check(['mae', 'f1'], [1, 0, 0, 1])).not.toThrow();
    expect(check(['mae', 'f1'], [1, 0, 0, 1, 1, 0.25, 0, 0])).toThrow('data: f1 wants labels of 0 and 1, and label 1 of sample 1 is 0.25.');
    expect(check(['accuracy'], [1, 0, 0, NaN])).toThrow('label 3 of sample 0 is NaN');
  });
});

describe('outputs that are not finite', () => {
  const scored = (task: Task, names: readonly string[], batch: Partial<Batch> & Pick<Batch, 'outputs' | 'targets'>, confusion = false): Scores => {
    const own = scorer(task, { metrics: suitedMetrics('metrics', names, task), confusion });
    own.add({ count: batch.outputs.length / task.width, stride: task.width, ...batch });
    return own.value();
  };
  const { NaN: nan } = Number, inf = Infinity;

  test('a sample without a class is a miss, and taken for none', () => {
    // Rows: right (0); NaN (0); infinite (1); -Infinity is an impossible class, and 1 is right; NaN first (1).
    const outputs = Float64Array.of(2, 1, 0, 3, nan, 0, 0, inf, 0, -inf, 4, 1, nan, 9, 1), targets = Uint32Array.of(0, 0, 1, 1, 1);
    const { metrics, confusion } = scored({ outputs: 'classes', width: 3 }, ['accuracy', 'top2', 'recall', 'precision', 'f1', 'f1Micro'], { outputs, targets }, true);
    expect(confusion).toEqual([[1, 0, 0], [0, 1, 0], [0, 0, 0]]);
    expect(metrics['accuracy']).toBe(2 / 5);
    expect(metrics['top2']).toBe(2 / 5);
    // Classes 0 and 1: recall 1/2 and 1/3, precision 1 and 1; 2 is neither there nor predicted.
    expect(metrics['recall']).toBeCloseTo((1 / 2 + 1 / 3) / 2, 15);
    expect(metrics['precision']).toBe(1);
    expect(metrics['f1']).toBeCloseTo((2 / 3 + 1 / 2) / 2, 15);
    expect(metrics['f1Micro']).toBeCloseTo((2 * 2) / (2 + 5), 15);
  });

  test('a label without a number is a miss, and not predicted', () => {
    const outputs = Float64Array.of(1, nan, nan, -1), targets = Float64Array.of(1, 1, 0, 0);
    const { metrics } = scored({ outputs: 'labels', width: 2 }, ['accuracy', 'binaryAccuracy', 'recallMicro', 'precisionMicro'], { outputs, targets });
    expect(metrics).toEqual({ accuracy: 0, binaryAccuracy: 0.5, recallMicro: 0.5, precisionMicro: 1 });
  });

  test.each([nan, inf, -inf])('errors of %f are NaN', (bad) => {
    const names = ['mae', 'mse', 'rmse', 'r2'], targets = Float64Array.of(1, 2, 3, 4);
    const { metrics } = scored({ outputs: 'values', width: 1 }, names, { outputs: Float64Array.of(1, bad, 3, 4), targets });
    expect(metrics).toEqual(Object.fromEntries(names.map((name) => [name, nan])));
    const of = scored({ outputs: 'values', width: 1 }, names, { outputs: targets, targets: Float64Array.of(1, bad, 3, 4) }).metrics;
    expect(of).toEqual(Object.fromEntries(names.map((name) => [name, nan])));
  });

  test('of no samples, and of samples without weight, nothing is known', () => {
    const task: Task = { outputs: 'values', width: 1 }, none = scored(task, ['mae', 'mse', 'rmse', 'r2'], { outputs: new Float64Array(0), targets: new Float64Array(0) }).metrics;
    expect(Object.values(none)).toEqual([nan, nan, nan, nan]);
    const empty = { outputs: new Float64Array(0), targets: new Uint32Array(0) };
    expect(Object.values(scored({ outputs: 'classes', width: 3 }, ['accuracy', 'top2', 'f1', 'f1Micro'], empty).metrics)).toEqual([nan, nan, nan, nan]);
    const weightless = { outputs: Float64Array.of(1, 2), targets: Float64Array.of(1, 1), weights: Float64Array.of(0, 0) };
    expect(scored(task, ['mae'], weightless).metrics['mae']).toBeNaN();
    expect(scored(task, ['r2'], { outputs: Float64Array.of(1), targets: Float64Array.of(1) }).metrics['r2']).toBeNaN();
  });

  test('equal targets that no sum represents have no spread: R^2 is 0, or 1 where all are met', () => {
    const task: Task = { outputs: 'values', width: 1 }, targets = new Float64Array(60).fill(0.1);
    expect(scored(task, ['r2'], { outputs: targets.map((y, i) => y + (i % 2 === 0 ? 0.1 : -0.1)), targets }).metrics['r2']).toBe(0);
    expect(scored(task, ['r2'], { outputs: targets, targets }).metrics['r2']).toBe(1);
  });
});
