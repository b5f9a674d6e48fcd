/** What `compare` computes from results: statistics, choices, folds, summaries. */
import { describe, expect, it, test } from 'vitest';
import { candidatesOf, chooseEpoch, chooseStrength, choicesOf, chosenEpoch } from '../../src/cli/compare/choices.ts';
import { foldIndices, foldOf } from '../../src/cli/compare/folds.ts';
import { recorded, truncated } from '../../src/cli/compare/record.ts';
import { countingNoise, mean, spreadOf, standardDeviation } from '../../src/cli/compare/statistics.ts';
import { identicalGroups, pathPoints, summaryOf } from '../../src/cli/compare/summary.ts';
import type { CompareSettings, EpochRecord, ReplicaRecord, RunRecord, StageKind } from '../../src/cli/compare/types.ts';
import { dataset } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';

describe('statistics', () => {
  it('has the mean and the sample standard deviation', () => {
    // Deviations from 5: -3 -1 -1 -1 0 0 2 4, squares 32, over n - 1 = 7.
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBe(5);
    expect(standardDeviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 14);
    expect(spreadOf(values)).toEqual({ mean: 5, deviation: standardDeviation(values), low: 2, high: 9, count: 8 });
  });

  it('knows no spread of one value, and nothing of none', () => {
    expect(spreadOf([3])).toEqual({ mean: 3, deviation: NaN, low: 3, high: 3, count: 1 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('says how uncertain counting makes an error', () => {
    expect(countingNoise(0.02, 10_000)).toBeCloseTo(0.0014, 12);
  });
});

const on = (accuracy: number, loss = 1): { accuracy: number; loss: number } => ({ accuracy, loss });

describe('the chosen epoch', () => {
  it('has the highest validation accuracy, then the lowest loss, then is the earliest', () => {
    const epochs = [on(0.9, 0.1), on(0.95, 0.5), on(0.95, 0.4), on(0.95, 0.4), on(0.7, 0)].map((validation, i) => ({ epoch: i + 1, validation }));
    expect(chooseEpoch(epochs)).toBe(3);
  });

  it('is among the evaluated ones', () => {
    expect(chooseEpoch([{ epoch: 1 }, { epoch: 2, validation: on(0.1) }, { epoch: 3 }])).toBe(2);
    expect(chooseEpoch([{ epoch: 1 }])).toBeUndefined();
    for (const none of [NaN, null as unknown as number]) {
      const overflown = { epoch: 1, validation: { accuracy: none, loss: none } };
      expect(chooseEpoch([overflown, { epoch: 2, validation: on(0.1) }])).toBe(2);
      expect(chooseEpoch([overflown])).toBeUndefined();
    }
  });
});

describe('the chosen strength', () => {
  const candidate = (strength: number, accuracies: number[], hasDiverged = false, loss = 1) =>
    ({ strength, validations: accuracies.map((accuracy) => on(accuracy, loss)), hasDiverged });

  it('has the lowest mean validation error', () => {
    expect(chooseStrength([candidate(1, [0.9, 0.7]), candidate(2, [0.8, 0.85]), candidate(3, [0.99, 0.5])])).toBe(2);
  });

  it('at a tie has the lowest loss, then is the larger one', () => {
    expect(chooseStrength([candidate(1, [0.5], false, 0.2), candidate(2, [0.5], false, 0.3)])).toBe(1);
    expect(chooseStrength([candidate(1, [0.5]), candidate(2, [0.5])])).toBe(2);
  });

  it('is none that diverged for some seed, and undefined when all did', () => {
    expect(chooseStrength([candidate(1, [0.9], true), candidate(2, [0.5])])).toBe(2);
    expect(chooseStrength([candidate(1, [0.9], true), candidate(2, [])])).toBeUndefined();
    expect(chooseStrength([candidate(1, [NaN, 0.99], false, NaN), candidate(2, [0.1])])).toBe(2);
  });
});

describe('folds', () => {
  it.each([[10, 5], [11, 3], [7, 7], [1000, 4]])('of %d samples into %d are a partition of about equal parts', (length, folds) => {
    const parts = foldIndices(length, folds, 1);
    expect(parts).toHaveLength(folds);
    expect(parts.flatMap((part) => [...part]).toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    const sizes = parts.map((part) => part.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const part of parts) expect([...part]).toEqual([...part].toSorted((a, b) => a - b));
  });

  it('are drawn by the seed', () => {
    expect(foldIndices(100, 5, 1)).toEqual(foldIndices(100, 5, 1));
    expect(foldIndices(100, 5, 1)).not.toEqual(foldIndices(100, 5, 2));
  });

  it.each([[1], [11], [2.5]])('refuses %d folds of 10 samples', (folds) => {
    expect(() => foldIndices(10, folds, 1)).toThrow(InputError);
  });

  it('split a data set: every sample is held out once, and never trained on then', () => {
    const all = dataset({ inputs: Uint8Array.from({ length: 10 }, (_, i) => i), targets: Array.from({ length: 10 }, (_, i) => i % 2), shape: [1] });
    const parts = [1, 2, 3].map((fold) => foldOf(all, 3, fold, 1));
    expect(parts.flatMap(({ validation }) => [...validation.inputs]).toSorted((a, b) => a - b)).toEqual([...all.inputs]);
    for (const { train, validation } of parts) {
      expect([...train.inputs, ...validation.inputs].toSorted((a, b) => a - b)).toEqual([...all.inputs]);
      expect([...train.targets]).toEqual([...train.inputs].map((i) => i % 2));
    }
  });
});

const settings = (more: Partial<CompareSettings> = {}): CompareSettings => ({
  base: { data: { name: 'd', train: { images: '', labels: '' } }, validation: 0.2, hidden: [4], inputDropout: 0, dropout: 0, optimizer: 'momentum',
    learningRate: 0.1, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 10, seed: 1 },
  epochs: 2, seeds: [1, 2], groups: [{ id: 'none', label: 'none', overrides: {} }, { id: 'l1', label: 'L1', overrides: { l1: 1 } }], ...more,
});

interface Results { readonly test?: number; readonly train?: number; readonly validation?: number; readonly zeros?: number }
const epoch = (number: number, { test, train, validation, zeros = 0 }: Results): EpochRecord => ({
  epoch: number, running: on(0.5), penalty: 0, zeros,
  ...(train !== undefined && { train: on(train) }), ...(validation !== undefined && { validation: on(validation) }), ...(test !== undefined && { test: on(test) }),
});
const replica = (group: string, seed: number, epochs: EpochRecord[], more: Partial<ReplicaRecord> = {}): ReplicaRecord =>
  ({ group, seed, overrides: {}, epochs, ...more });
const run = (replicas: ReplicaRecord[], stage: StageKind = 'compare', seconds = 8): RunRecord =>
  ({ stage, samples: { train: 80, validation: 20, test: 50 }, evaluateEvery: 1, seconds, isDone: true, replicas });

describe('the summary', () => {
  const runs = [run([
    replica('none', 1, [epoch(1, { test: 0.9, train: 1, validation: 0.8 }), epoch(2, { test: 0.8, train: 1, validation: 0.7 })]),
    replica('none', 2, [epoch(1, { test: 0.7, train: 1, validation: 0.5 }), epoch(2, { test: 0.9, train: 0.9, validation: 0.6 })]),
    replica('l1', 1, [epoch(1, { test: 0.5, train: 0.5, validation: 0.5, zeros: 0.5 })], { diverged: { step: 12, tensor: 'layers.0.weight' } }),
    replica('l1', 2, [epoch(1, { test: 0.6, train: 0.8, validation: 0.6 }), epoch(2, { test: 0.6, train: 0.8, validation: 0.6, zeros: 0.25 })]),
  ])];
  const [none, l1] = summaryOf(settings(), runs);

  it('has test error, train error and their gap at the last epoch, over the seeds', () => {
    expect(none!.testError!.mean).toBeCloseTo(0.15, 12);
    expect(none!.testError!.deviation).toBeCloseTo(Math.sqrt(0.005), 12); // 0.2 and 0.1
    expect(none!.trainError!.mean).toBeCloseTo(0.05, 12);
    expect(none!.gap!.mean).toBeCloseTo(0.1, 12); // 0.2 - 0 and 0.1 - 0.1
    expect(none).toMatchObject({ seeds: 2, diverged: 0 });
  });

  it('has the test error at the epoch that validation chose', () => {
    expect(none!.chosenEpochs).toEqual([1, 2]);
    expect(none!.chosenTestError!.mean).toBeCloseTo(0.1, 12);
  });

  it('shows a replica that diverged, and leaves it out of the averages', () => {
    expect(l1).toMatchObject({ seeds: 2, diverged: 1, zeros: { mean: 0.25, count: 1 } });
    expect(l1!.testError!.mean).toBeCloseTo(0.4, 12);
    expect(chosenEpoch(runs[0]!.replicas[2]!)).toBeUndefined();
  });

  it('shares the seconds of a run out among its replicas', () => {
    expect([none!.seconds, l1!.seconds]).toEqual([4, 4]);
  });

  it('names groups with the very same numbers', () => {
    const same = [run(runs[0]!.replicas.map((one) => ({ ...one, group: one.seed === 1 ? 'none' : 'l1', seed: 1, epochs: runs[0]!.replicas[0]!.epochs })))];
    expect(identicalGroups(settings(), same)).toEqual([['L1', 'none']]);
    expect(identicalGroups(settings(), runs)).toEqual([]);
    expect(identicalGroups(settings(), [run([replica('none', 1, []), replica('l1', 1, [])])])).toEqual([]);
  });
});

describe('a path', () => {
  const path = settings({
    path: { key: 'l1', strengths: [1, 2] },
    groups: [{ id: 'none', label: 'none', overrides: {} }, ...[1, 2].map((strength) => ({ id: `l1=${strength}`, label: `L1 ${strength}`, overrides: { l1: strength }, strength }))],
  });
  const folds = [0.5, 0.7].map((validation) => run([
    replica('l1=1', 1, [epoch(1, { validation: 1 }), epoch(2, { validation, train: 1, zeros: 0.1 })]),
    replica('l1=2', 1, [epoch(1, { validation: 1 }), epoch(2, { validation: 0.65, train: 0.9, zeros: 0.4 })]),
  ], 'fold'));

  it('is judged at the last epoch, over seeds and folds', () => {
    expect(candidatesOf(path, folds).map(({ strength, validations }) => [strength, validations.map(({ accuracy }) => accuracy)]))
      .toEqual([[1, [0.5, 0.7]], [2, [0.65, 0.65]]]);
    expect(choicesOf(path, folds)).toEqual({ epochs: [], strength: 2 });
    const [weak, strong] = pathPoints(path, folds);
    expect(weak!.validation!.mean).toBeCloseTo(0.4, 12);
    expect(strong).toMatchObject({ strength: 2, zeros: { mean: 0.4, count: 2 }, test: undefined, diverged: 0 });
  });

  it('does not look at the final run', () => {
    const final = run([replica('l1=2', 1, [epoch(2, { test: 0, train: 0, validation: 0 })])], 'final');
    expect(candidatesOf(path, [...folds, final])).toEqual(candidatesOf(path, folds));
    expect(summaryOf(path, [...folds, final]).map(({ group }) => group)).toEqual(['l1=2']);
  });
});

test('events become records', () => {
  const begun = { ...run([replica('none', 1, []), replica('l1', 1, [])], 'compare', 0), isDone: false };
  const weights = { layers: [], histogram: [] };
  const runs = [
    { type: 'data', facts: { available: 1, used: 1, isReduced: false, test: 1, shape: [1], classes: 2 } } as const,
    { type: 'run', run: begun, summary: '' } as const,
    { type: 'epoch', seconds: 2, replicas: [epoch(1, {}), epoch(1, {})] } as const,
    { type: 'epoch', seconds: 3, replicas: [epoch(2, {}), { step: 7, tensor: 'layers.0.bias' }] } as const,
    { type: 'epoch', seconds: 1, replicas: [epoch(3, {}), { step: 7, tensor: 'layers.0.bias' }] } as const,
    { type: 'stopped', seconds: 0.5 } as const,
    { type: 'end', weights: [weights, weights] } as const,
  ].reduce(recorded, []);
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ seconds: 6.5, isDone: true });
  expect(runs[0]!.replicas.map(({ epochs, diverged, weights: own }) => [epochs.length, diverged?.step, own !== undefined]))
    .toEqual([[3, undefined, true], [1, 7, false]]);
  expect(truncated(runs[0]!, 2).replicas.map(({ epochs }) => epochs.length)).toEqual([2, 1]);
  expect(recorded(runs, { type: 'failed', step: 9, tensor: 't' })[0]!.replicas.map(({ diverged }) => diverged?.step)).toEqual([9, 7]);
});
