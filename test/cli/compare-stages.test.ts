/** What `compare` trains: methods, paths, replicas, stages, and how much work it is. */
import { describe, expect, it } from 'vitest';
import { compareConfig, declaredOf, methodGroup, METHODS, overridesText, replicasOf, shortNumber, STRENGTHS } from '../../src/cli/compare/methods.ts';
import { pathGroups, strengthsOf } from '../../src/cli/compare/path.ts';
import { chunkOf, evaluationInterval, isEvaluated, nextStage, waitingOf, workLeft, workOf } from '../../src/cli/compare/stages.ts';
import type { CompareSettings, Replica, RunRecord, StageKind } from '../../src/cli/compare/types.ts';
import { planOf } from '../../src/train/estimate.ts';

const base: CompareSettings['base'] = {
  data: { name: 'd', train: { images: '', labels: '' } }, validation: 0.2, hidden: [16, 8], inputDropout: 0, dropout: 0, optimizer: 'momentum',
  learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 10, seed: 1,
};
const settings = (more: Partial<CompareSettings> = {}): CompareSettings =>
  ({ base, epochs: 4, seeds: [1, 2, 3], groups: METHODS.map((method) => methodGroup(method, STRENGTHS)), ...more });

describe('methods', () => {
  it('are overrides of one network', () => {
    expect(settings().groups.map(({ id, overrides }) => [id, overrides])).toEqual([
      ['none', {}],
      ['l1', { l1: 1e-5 }],
      ['l2', { l2: 1e-4 }],
      ['elastic-net', { l1: 1e-5, l2: 1e-4 }],
      ['dropout', { dropout: 0.5, 'layers.0.dropout': 0.2 }],
      ['max-norm', { maxNorm: 2 }],
      ['dropout+max-norm', { dropout: 0.5, 'layers.0.dropout': 0.2, maxNorm: 2 }],
    ]);
  });

  it('by seeds are the replicas, one method after the other', () => {
    const replicas = replicasOf(settings().groups, [1, 2, 3]);
    expect(replicas).toHaveLength(21);
    expect(replicas.slice(3, 7)).toEqual([
      { group: 'l1', seed: 1, overrides: { l1: 1e-5 } }, { group: 'l1', seed: 2, overrides: { l1: 1e-5 } },
      { group: 'l1', seed: 3, overrides: { l1: 1e-5 } }, { group: 'l2', seed: 1, overrides: { l2: 1e-4 } }]);
  });

  it('declare what some of them need, with strength 0, and no more', () => {
    const { regularizers, hidden, input } = declaredOf(settings().groups);
    expect(regularizers.map(({ type, strength, rule }) => [type, strength, rule])).toEqual([['l1', 0, 'proximal'], ['l2', 0, 'proximal'], ['maxNorm', 0, 'projected']]);
    expect([hidden, input]).toEqual([true, true]);
    expect(declaredOf([methodGroup('none', STRENGTHS), methodGroup('l1', STRENGTHS)])).toMatchObject({ regularizers: [{ type: 'l1' }], hidden: false, input: false });
  });

  it('make one trainer that the library takes', () => {
    const config = compareConfig(settings(), replicasOf(settings().groups, [1, 2]), [8, 8], 4);
    expect(config.model.layers.map(({ type }) => type)).toEqual(['dropout', 'dense', 'relu', 'dropout', 'dense', 'relu', 'dropout', 'dense']);
    expect(config.replicas).toHaveLength(14);
    expect(config.replicas![13]).toEqual({ dropout: 0.5, 'layers.0.dropout': 0.2, maxNorm: 2, seed: 2 });
    expect(planOf(config).dispatches.every(({ grid }) => grid.every((size) => size > 0))).toBe(true);
  });

  it('keep their update when fewer replicas are trained at once', () => {
    const groups = replicasOf(settings().groups, [1]);
    const kernels = (replicas: readonly Replica[]): string[] => planOf(compareConfig(settings(), replicas, [8, 8], 4)).dispatches.map(({ kernel }) => kernel);
    expect(kernels(groups.slice(0, 1))).toEqual(kernels(groups));
  });

  it('are read by people', () => {
    expect(settings().groups.map(({ overrides }) => overridesText(overrides)).slice(0, 5))
      .toEqual(['no penalty, no dropout', 'L1 1e-5', 'L2 1e-4', 'L1 1e-5, L2 1e-4', 'dropout 0.5, input dropout 0.2']);
    expect([0, 1e-5, 3.16228e-5, 0.5, 0.01, 2, 12345].map(shortNumber)).toEqual(['0', '1e-5', '3.16e-5', '0.5', '0.01', '2', '1.23e4']);
  });
});

describe('a path', () => {
  it('has strengths at equal ratios, rates at equal distances, both ends exact', () => {
    expect(strengthsOf({ key: 'l1', from: 1e-6, to: 1e-3 }, 7)).toEqual([1e-6, 3.16228e-6, 1e-5, 3.16228e-5, 1e-4, 3.16228e-4, 1e-3]);
    expect(strengthsOf({ key: 'dropout', from: 0, to: 0.8 }, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(strengthsOf({ key: 'l2', from: 0.3, to: 0.7 }, 2)).toEqual([0.3, 0.7]);
  });

  it('becomes a reference and one group per strength', () => {
    expect(pathGroups('l1', [1e-5, 1e-4], { l2: 1e-3 })).toEqual([
      { id: 'none', label: 'no L1', overrides: { l2: 1e-3 } },
      { id: 'l1=1e-5', label: 'L1 1e-5', overrides: { l2: 1e-3, l1: 1e-5 }, strength: 1e-5 },
      { id: 'l1=1e-4', label: 'L1 1e-4', overrides: { l2: 1e-3, l1: 1e-4 }, strength: 1e-4 },
    ]);
  });
});

const runOf = (replicas: readonly Replica[], stage: StageKind, accuracy = 0.5, fold?: number): RunRecord => ({
  stage, ...(fold !== undefined && { fold }), samples: { train: 80, validation: 20, test: 0 }, evaluateEvery: 1, seconds: 1, isDone: true,
  replicas: replicas.map((replica) => ({
    ...replica, epochs: [{ epoch: 4, running: { loss: 1, accuracy }, penalty: 0, zeros: 0, validation: { loss: 1, accuracy: accuracy + (replica.overrides['l1'] === 2 ? 0.1 : 0) } }],
  })),
});

describe('stages', () => {
  it('are one for methods, its replicas in runs of about equal size', () => {
    const stage = nextStage(settings(), [])!;
    expect([stage.kind, stage.replicas.length]).toEqual(['compare', 21]);
    expect([chunkOf(stage.replicas, Infinity), chunkOf(stage.replicas, 20), chunkOf(stage.replicas, 8)].map(({ length }) => length)).toEqual([21, 11, 7]);
    const first = runOf(chunkOf(stage.replicas, 20), 'compare');
    expect(waitingOf(nextStage(settings(), [first])!, [first])).toEqual(stage.replicas.slice(11));
    expect(nextStage(settings(), [first, runOf(stage.replicas.slice(11), 'compare')])).toBeUndefined();
  });

  it('of a cross-validation are the folds, then the chosen strength and the reference on everything', () => {
    const path = settings({ seeds: [1, 2], folds: 2, path: { key: 'l1', strengths: [1, 2, 3] }, groups: pathGroups('l1', [1, 2, 3]) });
    const runs: RunRecord[] = [];
    for (const fold of [1, 2]) {
      const stage = nextStage(path, runs)!;
      expect(stage).toMatchObject({ kind: 'fold', fold });
      expect(stage.replicas).toHaveLength(6); // without the reference, which no choice needs
      runs.push(runOf(stage.replicas, 'fold', 0.5, fold));
    }
    const last = nextStage(path, runs)!;
    expect([last.kind, last.replicas.map(({ group, seed }) => `${group} ${seed}`)]).toEqual(['final', ['none 1', 'none 2', 'l1=2 1', 'l1=2 2']]);
    expect(nextStage(path, [...runs, runOf(last.replicas, 'final')])).toBeUndefined();
  });
});

describe('work', () => {
  it('evaluates as often as takes no longer than training', () => {
    // 469 steps, 469 + 79 forward passes of a third of a step each: 183 steps.
    expect(evaluationInterval({ train: 469, validation: 0, test: 79 }, 20)).toBe(1);
    // 8 steps, (8 + 2 + 79) / 3 = 29.7 steps: four epochs.
    expect(evaluationInterval({ train: 8, validation: 2, test: 79 }, 20)).toBe(4);
    expect(evaluationInterval({ train: 8, validation: 2, test: 79 }, 3)).toBe(3);
    expect([1, 2, 3, 4, 5].filter((epoch) => isEvaluated(epoch, 2, 5))).toEqual([2, 4, 5]);
  });

  it('counts training and evaluation', () => {
    // 5 epochs of 6 steps, evaluated after 2, 4 and 5: (6 + 3 + 9) / 3 = 6 steps each.
    expect(workOf({ train: 6, validation: 3, test: 9 }, 10, 2, 5)).toBe(10 * (30 + 18));
    expect(workOf({ train: 6, validation: 3, test: 9 }, 10, 2, 5, 4)).toBe(10 * (6 + 6));
  });

  it('counts what has not begun, the final run of a cross-validation too', () => {
    // 100 samples, 20 held out: 8 steps; (8 + 2 + 5) / 3 = 5 a evaluation, every epoch of 4.
    expect(workLeft(settings(), [], 100, 50)).toBe(21 * 4 * (8 + 5));
    expect(workLeft(settings(), [runOf(nextStage(settings(), [])!.replicas, 'compare')], 100, 50)).toBe(0);
    const path = settings({ seeds: [1, 2], folds: 2, path: { key: 'l1', strengths: [1, 2, 3] }, groups: pathGroups('l1', [1, 2, 3]) });
    // Two folds of 6 replicas: 4 epochs of 5 steps, (5 + 5) / 3 once; then 4 replicas: 4 epochs of 10 steps and (10 + 5) / 3.
    expect(workLeft(path, [], 100, 50)).toBeCloseTo(2 * 6 * (20 + 10 / 3) + 4 * 4 * (10 + 5), 9);
  });
});
