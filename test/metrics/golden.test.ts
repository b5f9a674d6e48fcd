/** Every metric against scikit-learn in double, in whatever batches. */
import { describe, expect, test } from 'vitest';
import { metricsOf, scorer, suitedMetrics, type Batch, type Scores, type Task } from '../../src/metrics/index.ts';
import { uniforms } from '../../src/random.ts';
import golden from '../golden/metrics.json' with { type: 'json' };

interface Case extends Task {
  readonly name: string;
  readonly logits: readonly number[];
  readonly targets: readonly number[];
  readonly weights?: readonly number[];
  readonly values: Readonly<Record<string, number>>;
  readonly confusion?: readonly (readonly number[])[];
}

const cases = golden.cases as unknown as readonly Case[];
/** Agreement that is asked for: relative, and absolute below 1. */
const CLOSE = 1e-10;
const PADDED = 3;

/** In batches of so many samples, rows of outputs with pads that are no numbers. */
function scored({ outputs, width, logits, targets, weights, values, confusion }: Case, size: number): Scores {
  const task: Task = { outputs, width }, own = scorer(task, { metrics: suitedMetrics('metrics', Object.keys(values), task), confusion: confusion !== undefined });
  const length = logits.length / width, stride = width + PADDED, rows = new Float64Array(length * stride).fill(NaN);
  for (let i = 0; i < length; i++) rows.set(logits.slice(i * width, (i + 1) * width), i * stride);
  const all = outputs === 'classes' ? Uint32Array.from(targets) : Float64Array.from(targets), per = outputs === 'classes' ? 1 : width;
  for (let first = 0; first < length; first += size) {
    const count = Math.min(size, length - first);
    own.add({
      count, stride, outputs: rows.subarray(first * stride), targets: all.subarray(first * per, (first + count) * per),
      ...(weights && { weights: Float64Array.from(weights.slice(first, first + count)) }),
    });
  }
  return own.value();
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test.each([1, 7, 1000])('in batches of %i', (size) => {
    const { metrics, confusion } = scored(one, size);
    expect(Object.keys(metrics)).toEqual(Object.keys(one.values));
    const apart = Object.entries(one.values).filter(([name, want]) => !(Math.abs(metrics[name]! - want) <= CLOSE * Math.max(1, Math.abs(want))));
    expect(apart.map(([name, want]) => `${name}: ${metrics[name]} instead of ${want}`)).toEqual([]);
    expect(confusion).toEqual(one.confusion);
  });
});

test('the file has every metric, and what it is for', () => {
  const names = new Set(cases.flatMap(({ values }) => Object.keys(values)));
  const plain = ['accuracy', 'mae', 'mse', 'rmse', 'r2', 'top1', 'top2', 'top3', 'binaryAccuracy', 'binaryAccuracy@0.3'];
  const counted = ['precision', 'recall', 'f1'].flatMap((name) => ['', 'Micro', 'Weighted', 'Binary'].flatMap((average) => [`${name}${average}`, `${name}${average}@0.3`]));
  expect([...plain, ...counted].filter((name) => !names.has(name))).toEqual([]);
  expect(metricsOf('metrics', [...names]).length).toBe(names.size);
  const isTied = ({ logits, width }: Case): boolean => logits.some((z, i) => i % width > 0 && z === logits[i - 1]);
  expect(cases.filter(({ outputs, ...one }) => outputs === 'classes' && isTied({ outputs, ...one })).length).toBeGreaterThan(3);
});

/** What class probabilities come to as targets: the first largest of them. */
test('targets that are probabilities of classes are of the first largest one', () => {
  const [one] = cases, soft = Float64Array.from({ length: one!.targets.length * 5 }, (_, at) => (at % 5 === one!.targets[Math.floor(at / 5)] ? 0.4 : 0.15));
  const task: Task = { outputs: 'classes', width: 5 }, metrics = suitedMetrics('metrics', Object.keys(one!.values), task);
  const values = (targets: Batch['targets']): Scores => {
    const own = scorer(task, { metrics, confusion: true });
    own.add({ count: one!.targets.length, outputs: Float64Array.from(one!.logits), stride: 5, targets });
    return own.value();
  };
  expect(values(soft)).toEqual(values(Uint32Array.from(one!.targets)));
});

const LONG = 1e7;

test('over ten million samples no metric drifts', { timeout: 120_000 }, () => {
  const batch = 1 << 16, task: Task = { outputs: 'values', width: 1 };
  const own = scorer(task, { metrics: metricsOf('metrics', ['mae', 'mse', 'rmse', 'r2']), confusion: false });
  // Targets 0.1 above and below 1e6, predictions 0.1 and 0.3 off: every figure is known.
  const exact = { high: 1e6 + 0.125, low: 1e6 - 0.125 };
  for (let done = 0; done < LONG; done += batch) {
    const count = Math.min(batch, LONG - done), targets = Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? exact.high : exact.low));
    own.add({ count, stride: 1, targets, outputs: targets.map((y, i) => y + (i % 2 === 0 ? 0.1 : 0.3)) });
  }
  const off = [exact.high + 0.1 - exact.high, exact.low + 0.3 - exact.low], mse = (off[0]! ** 2 + off[1]! ** 2) / 2;
  const want = { mae: (off[0]! + off[1]!) / 2, mse, rmse: Math.sqrt(mse), r2: 1 - mse / 0.125 ** 2 };
  for (const [name, value] of Object.entries(want)) expect(Math.abs(own.value().metrics[name]! - value) / Math.abs(value), name).toBeLessThan(1e-14);
});

test('sums of weights that are no binary fractions do not drift either', () => {
  const task: Task = { outputs: 'classes', width: 2 }, own = scorer(task, { metrics: metricsOf('metrics', ['accuracy', 'f1Micro']), confusion: true });
  const count = 1 << 16, weights = new Float64Array(count).fill(0.1), outputs = Float64Array.from({ length: 2 * count }, (_, i) => i % 2);
  const targets = Uint32Array.from(uniforms(count, 1, 1), (u) => Number(u < 0.5)), right = targets.reduce((sum, target) => sum + target, 0);
  for (let i = 0; i < 16; i++) own.add({ count, outputs, stride: 2, targets, weights });
  const { metrics, confusion } = own.value();
  expect(metrics['accuracy']).toBeCloseTo(right / count, 15);
  expect(metrics['f1Micro']).toBeCloseTo(right / count, 15);
  expect(confusion![1]![1]! / (16 * right * 0.1)).toBeCloseTo(1, 15);
});
