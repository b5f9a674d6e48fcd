/** The makers of penalties and constraints, of clips, and what they refuse. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue } from '../../src/model/clip.ts';
import { dense } from '../../src/model/layers/index.ts';
import {
  activityL1, activityL2, elasticNet, flattenRegularizers, groupLasso, l1, l2, maxNorm, nonNegative, orthogonal, REGULARIZER_RULES,
  REGULARIZER_TYPES, unitNorm, type Regularizer,
} from '../../src/model/regularizers.ts';
import { cosine, type Schedule } from '../../src/model/schedules/index.ts';
import { expectFault } from '../data/helpers.ts';

const any = (value: unknown): never => value as never;

describe('defaults', () => {
  test.each<[Regularizer, object]>([
    [l1(0.1), { type: 'l1', strength: 0.1, rule: 'proximal', biases: false }],
    [l1(0.1, { rule: 'cumulative', biases: true }), { type: 'l1', strength: 0.1, rule: 'cumulative', biases: true }],
    [l2(0.1), { type: 'l2', strength: 0.1, rule: 'coupled', biases: false }],
    [l2(0.1, { rule: 'proximal' }), { type: 'l2', strength: 0.1, rule: 'proximal', biases: false }],
    [nonNegative(), { type: 'nonNegative', strength: 1, rule: 'projected', biases: false }],
    [nonNegative({ biases: true }), { type: 'nonNegative', strength: 1, rule: 'projected', biases: true }],
    [maxNorm(2), { type: 'maxNorm', strength: 2, rule: 'projected', biases: false }],
    [unitNorm(), { type: 'unitNorm', strength: 1, rule: 'projected', biases: false }],
    [groupLasso(0.1), { type: 'groupLasso', strength: 0.1, rule: 'proximal', biases: false, sqrtSize: true }],
    [groupLasso(0.1, { sqrtSize: false }), { type: 'groupLasso', strength: 0.1, rule: 'proximal', biases: false, sqrtSize: false }],
    [orthogonal(0.1), { type: 'orthogonal', strength: 0.1, rule: 'coupled', biases: false }],
    [activityL1(0.1), { type: 'activityL1', strength: 0.1, rule: 'coupled', biases: false }],
    [activityL2(cosine(0.1)), { type: 'activityL2', strength: cosine(0.1), rule: 'coupled', biases: false }],
  ])('%j', (made, want) => {
    expect(made).toEqual(want);
  });

  test('an elastic net is both, proximal, and may stand in a list as it is', () => {
    expect(elasticNet({ l1: 0.1, l2: 0.2, biases: true })).toEqual([l1(0.1, { biases: true }), l2(0.2, { rule: 'proximal', biases: true })]);
    expect(flattenRegularizers([elasticNet({ l1: 0.1, l2: 0.2 }), maxNorm(2)])).toEqual([l1(0.1), l2(0.2, { rule: 'proximal' }), maxNorm(2)]);
    expect(dense(3, { regularizers: [elasticNet({ l1: 0.1, l2: 0.2 })] }).regularizers).toHaveLength(2);
  });
});

describe('refused', () => {
  const makers: Readonly<Record<string, (strength: Schedule) => unknown>> = { l1, l2, maxNorm, groupLasso, orthogonal, activityL1, activityL2 };
  const strengths = [-1, NaN, Infinity, null, 'much', undefined, {}, cosine(0.1, { final: -1 })];
  test.each(Object.entries(makers).flatMap(([name, make]) => strengths.map((strength): [string, unknown, typeof make] => [name, strength, make])))(
    '%s(%j)', async (name, strength, make) => {
      await expectFault(() => make(any(strength)), InputError, name, 'a finite number of 0 or more, or a schedule');
    });

  test.each<[string, () => unknown, string[]]>([
    ['l1 of a rule it has not', () => l1(0.1, { rule: any('coupled') }), ["'proximal' or 'subgradient' or 'decoupled' or 'cumulative'", '"coupled"']],
    ['l2 of a rule it has not', () => l2(0.1, { rule: any('subgradient') }), ["'coupled' or 'proximal'", '"subgradient"']],
    ['half an elastic net', () => elasticNet(any({ l1: 0.1 })), ['l2', 'undefined']],
    ['two of a kind in a layer', () => dense(3, { regularizers: [maxNorm(1), maxNorm(2)] }), ['2 maxNorm penalties', 'one per layer']],
    ...(['maxNorm', 'unitNorm', 'groupLasso', 'orthogonal', 'activityL1', 'activityL2'] as const).map((type): [string, () => unknown, string[]] => [
      `${type} for biases`,
      () => flattenRegularizers([{ type, strength: 1, rule: REGULARIZER_RULES[type][0]!, biases: true }]),
      [type, 'not for biases'],
    ]),
    ['a flag of a half', () => flattenRegularizers([{ ...nonNegative(), strength: 0.5 }]), ['nonNegative', '1 (on) or 0 (off)', 'got 0.5']],
    ['a flag that changes', () => flattenRegularizers([{ ...unitNorm(), strength: cosine(1) }]), ['unitNorm', '1 (on) or 0 (off)']],
    ['a clip of 0', () => clipByValue(0), ['above 0', 'got 0']],
    ['a clip of NaN', () => clipByNorm(NaN), ['above 0', 'got NaN']],
    ['a clip that falls to 0', () => clipByGlobalNorm(cosine(1)), ['above 0', '"final":0']],
    ['a clip of nothing', () => clipByGlobalNorm(any(undefined)), ['undefined']],
  ])('%s', async (_, make, says) => {
    await expectFault(make, InputError, ...says);
  });

  test('flags 0 and 1 are taken', () => {
    for (const strength of [0, 1]) expect(flattenRegularizers([{ ...nonNegative(), strength }, { ...unitNorm(), strength }])).toHaveLength(2);
  });
});

test('every type has a default rule', () => {
  expect(REGULARIZER_TYPES.toSorted()).toEqual(['activityL1', 'activityL2', 'groupLasso', 'l1', 'l2', 'maxNorm', 'nonNegative', 'orthogonal', 'unitNorm']);
  for (const type of REGULARIZER_TYPES) expect(REGULARIZER_RULES[type].length).toBeGreaterThan(0);
});
