/** What is compiled into an update, when gradients must be kept for it, and what cannot be had together. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { bareRule, type Rule } from '../../src/kernels/rule.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue } from '../../src/model/clip.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { adagrad, adam, adamw, amsgrad, ftrl, lamb, lars, nadam, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import {
  activityL1, activityL2, elasticNet, groupLasso, l1, l2, maxNorm, nonNegative, orthogonal, unitNorm, type Regularizer,
} from '../../src/model/regularizers.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { expectFault } from '../data/helpers.ts';
import { MAKERS, RULES } from './support.ts';

const model: Model = sequential([6], [dense(5), relu(), dense(3)]);
const configOf = (optimizer: Optimizer, changes: Partial<TrainerConfig> = {}): TrainerConfig =>
  ({ model, loss: softmaxCrossEntropy(), optimizer, ...changes });
const ruleOf = (optimizer: Optimizer, changes: Partial<TrainerConfig> = {}): Rule => prepare(configOf(optimizer, changes), 'software').build.rule;
const sgdWith = (...regularizers: (Regularizer | Regularizer[])[]): Optimizer => sgd({ learningRate: 0.1, regularizers });

describe('ruleOf', () => {
  test.each(RULES)('%s alone is the bare rule', (rule) => {
    expect(ruleOf(MAKERS[rule]())).toEqual(bareRule(rule));
  });

  const bare = bareRule('sgd');
  test.each<[string, Regularizer[], Partial<Rule>]>([
    ['l1', [l1(0)], { l1Proximal: true }],
    ['l1, subgradient', [l1(0.1, { rule: 'subgradient' })], { l1Subgradient: true }],
    ['l1, decoupled', [l1(0, { rule: 'decoupled' })], { l1Decoupled: true }],
    ['l1, cumulative', [l1(0, { rule: 'cumulative' })], { l1Cumulative: true }],
    ['l2', [l2(0)], { l2Coupled: true }],
    ['l2, proximal', [l2(0, { rule: 'proximal' })], { l2Proximal: true }],
    ['elastic net', elasticNet({ l1: 0, l2: 0 }), { l1Proximal: true, l2Proximal: true }],
    ['non-negative', [nonNegative()], { nonNegative: true }],
    ['max-norm', [maxNorm(0)], { unitRules: true }],
    ['unit norm', [unitNorm()], { unitRules: true }],
    ['group lasso', [groupLasso(0)], { unitRules: true }],
    ['orthogonal', [orthogonal(0)], { orthogonal: true }],
    ['activity l1', [activityL1(0)], { activity: true }],
    ['activity l2', [activityL2(0)], { activity: true }],
  ])('%s is compiled in where it is declared, with strength 0 too, by the optimizer or a layer', (_, regularizers, want) => {
    expect(ruleOf(sgdWith(regularizers))).toEqual({ ...bare, ...want });
    const layered = sequential([6], [dense(5, { regularizers }), dense(3)]);
    expect(ruleOf(sgdWith(), { model: layered })).toEqual({ ...bare, ...want });
  });

  test.each<[Overrides, Partial<Rule>]>([
    [{ l1: 0.1 }, { l1Proximal: true }], [{ 'layers.1.l2': 0.1 }, { l2Coupled: true }], [{ nonNegative: 1 }, { nonNegative: true }],
    [{ maxNorm: cosine(2) }, { unitRules: true }], [{ activityL1: 0.1 }, { activity: true }], [{ weightDecay: cosine(0, { final: 0.1 }) }, { weightDecay: true }],
    [{ l1: 0, l2: 0, maxNorm: 0, weightDecay: 0 }, {}],
  ])('what any replica turns on: %j', (overrides, want) => {
    expect(ruleOf(sgdWith(), { replicas: [{}, overrides] })).toEqual({ ...bare, ...want });
  });

  test('decay, clipping, averages, skipping', () => {
    expect(ruleOf(adamw())).toEqual({ ...bareRule('adam'), weightDecay: true });
    expect(ruleOf(adamw({ weightDecay: 0 }))).toEqual(bareRule('adam'));
    expect([clipByValue(1), clipByNorm(1), clipByGlobalNorm(1)].map((clip) => ruleOf(sgd({ learningRate: 0.1, clip })).clip)).toEqual(['value', 'norm', 'globalNorm']);
    expect(ruleOf(sgdWith(), { averaging: ema() })).toEqual({ ...bare, average: true });
    expect(ruleOf(sgdWith(), { onNonFinite: 'skip' })).toEqual({ ...bare, skip: true });
    expect(ruleOf(sgdWith(), { onNonFinite: 'stop' })).toEqual(bare);
  });
});

describe('fusion', () => {
  const KEEPS: readonly [string, TrainerConfig, string][] = [
    ['clipping by norm', configOf(adam({ clip: clipByNorm(1) })), 'clipping'],
    ['clipping by global norm', configOf(adam({ clip: clipByGlobalNorm(1) })), 'clipping'],
    ['LAMB', configOf(lamb()), 'lamb'],
    ['LARS', configOf(lars({ learningRate: 0.1 })), 'lars'],
    ['accumulation', configOf(adam(), { accumulate: 2 }), 'accumulating'],
    ['skipping', configOf(adam(), { onNonFinite: 'skip' }), "onNonFinite: 'skip'"],
    ['the orthogonal penalty', configOf(adam({ regularizers: [orthogonal(0.1)] })), 'orthogonal'],
  ];

  test.each(KEEPS)('%s keeps gradients: another fusion is refused by name, the default gives way', async (_, config, why) => {
    for (const fusion of ['layer', 'full'] as const) {
      await expectFault(() => prepare({ ...config, fusion }, 'hardware'), InputError, `fusion '${fusion}' keeps no gradients`, why, "give 'none'");
    }
    for (const adapter of ['software', 'hardware'] as const) {
      expect(prepare(config, adapter).build.fusion).toBe('none');
      expect(prepare({ ...config, fusion: 'none' }, adapter).build.fusion).toBe('none');
    }
  });

  const regularizers = [elasticNet({ l1: 0.1, l2: 0.1 }), maxNorm(2), nonNegative(), activityL1(0.1)];
  test.each<[string, TrainerConfig]>([
    ['penalties and unit rules', configOf(adam({ regularizers }))],
    ['clipping by value', configOf(adam({ clip: clipByValue(1) }))],
    ['averaging', configOf(amsgrad(), { averaging: ema() })],
    ['one batch per update', configOf(adam(), { accumulate: 1 })],
  ])('%s leaves the choice', (_, config) => {
    expect([prepare(config, 'software'), prepare(config, 'hardware')].map(({ build }) => build.fusion)).toEqual(['layer', 'full']);
    for (const fusion of ['none', 'layer', 'full'] as const) expect(prepare({ ...config, fusion }, 'software').build.fusion).toBe(fusion);
  });
});

describe('what cannot be had together', () => {
  const skip = { onNonFinite: 'skip' } as const;
  const clips = [clipByNorm(1), clipByGlobalNorm(1)];

  test.each<[string, () => TrainerConfig, string[]]>([
    ...clips.flatMap((clip): [string, () => TrainerConfig, string[]][] => [
      [`LAMB and clip by ${clip.by}`, () => configOf(lamb({ clip })), ['lamb with clipping by norm', 'clipByValue']],
      [`LARS and clip by ${clip.by}`, () => configOf(lars({ learningRate: 0.1, clip })), ['lars with clipping by norm']],
    ]),
    ...[clipByValue(1), ...clips].map((clip): [string, () => TrainerConfig, string[]] =>
      [`the orthogonal penalty and clip by ${clip.by}`, () => configOf(adam({ clip, regularizers: [orthogonal(0.1)] })), ['clip cannot go with orthogonal']]),
    ['skipping and nadam', () => configOf(nadam(), skip), ["'skip'", 'nadam', 'product']],
    ['skipping and ftrl', () => configOf(ftrl({ learningRate: 0.1 }), skip), ["'skip'", 'ftrl', 'the update before']],
    ['skipping and cumulative l1', () => configOf(sgdWith(l1(0.1, { rule: 'cumulative' })), skip), ["'skip'", 'cumulative']],
    ['skipping and learningRateDecay', () => configOf(adagrad({ learningRateDecay: 0.1 }), skip), ["'skip'", 'learningRateDecay', 'schedule']],
    ['skipping and a replica\'s learningRateDecay', () => configOf(adagrad(), { ...skip, replicas: [{}, { 'layers.0.learningRateDecay': 0.1 }] }), ['learningRateDecay']],
    ['skipping and epsilonHat', () => configOf(adam({ epsilonHat: true }), skip), ["'skip'", 'epsilonHat']],
    ['skipping and a replica\'s epsilonHat', () => configOf(amsgrad(), { ...skip, replicas: [{ epsilonHat: 1 }] }), ['epsilonHat']],
    ['more batches per update than a submit holds', () => configOf(adam(), { accumulate: 9, maxStepsPerSubmit: 8 }), ['accumulate is 9', 'maxStepsPerSubmit 8']],
    ['accumulate 0', () => configOf(adam(), { accumulate: 0 }), ['accumulate', '1 or more', 'got 0']],
    ['accumulate 1.5', () => configOf(adam(), { accumulate: 1.5 }), ['accumulate', 'got 1.5']],
    ['another onNonFinite', () => configOf(adam(), { onNonFinite: 'ignore' as 'skip' }), ["'stop' or 'skip'", '"ignore"']],
    ['another averaging', () => configOf(adam(), { averaging: { type: 'polyak' } as never }), ['ema(...) or swa(...)', '"polyak"']],
  ])('%s', async (_, make, says) => {
    await expectFault(() => prepare(make(), 'software'), InputError, ...says);
  });

  test.each<[string, () => TrainerConfig]>([
    ['LAMB clipped by value', () => configOf(lamb({ clip: clipByValue(1) }))],
    ['skipping with what counts t', () => configOf(adam({ regularizers: [l1(0.1), maxNorm(2)] }), skip)],
    ['skipping, averaging and a unit rule', () => configOf(sgdWith(maxNorm(2)), { ...skip, averaging: ema() })],
    ['skipping and a group lasso, also a replica\'s own', () => configOf(sgdWith(groupLasso(0.1)), { ...skip, replicas: [{}, { groupLasso: 0.2 }] })],
    ['skipping and averaging', () => configOf(sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.1 }), { ...skip, averaging: ema() })],
    ['as many batches as a submit holds', () => configOf(adam(), { accumulate: 8, maxStepsPerSubmit: 8 })],
    ['nadam, averaging and a unit rule without skipping', () => configOf(nadam({ regularizers: [maxNorm(2)] }), { averaging: ema() })],
  ])('%s can', (_, make) => {
    expect(() => prepare(make(), 'software')).not.toThrow();
  });
});
