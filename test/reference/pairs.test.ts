/**
 * The verdict on every optimizer with every penalty, proven by training the float64 reference to rest, and the page of
 * the documentation that says so. After a change of a verdict write the page anew:
 *
 *     UPDATE_PAIRS=1 npx vitest run --config test/vitest.config.ts test/reference/pairs.test.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULE_NAMES, type RuleName } from '../../src/kernels/rule.ts';
import type { Verdict } from '../../src/model/pairs.ts';
import { REGULARIZER_RULES } from '../../src/model/regularizers.ts';
import { expectClose } from '../cases/compare.ts';
import { COLUMN_NAMES, columnOf, problemOf, verdictOf, type ColumnName } from './pairs/columns.ts';
import { pageOf } from './pairs/page.ts';
import { prove } from './pairs/proofs.ts';
import { rest, STEPS, TARGETS } from './pairs/toy.ts';

const PAGE = new URL('../../src/model/pairs.md', import.meta.url);

const proven = new Map<string, Verdict>();
const key = (optimizer: RuleName, column: ColumnName): string => `${optimizer}/${column}`;

it('has a column for every penalty there is', () => {
  const all = Object.entries(REGULARIZER_RULES).flatMap(([type, rules]) => rules.map((rule) => `${type} ${rule}`));
  const covered = new Set(COLUMN_NAMES.map((name) => Object.values(columnOf(name).penalty).join(' ')));
  expect([...covered].sort()).toEqual([...all, 'weightDecay decoupled'].sort());
});

describe.each(RULE_NAMES)('%s', (optimizer) => {
  it.each(COLUMN_NAMES)('%s', (column) => {
    const verdict = verdictOf(optimizer, column);
    prove(optimizer, column, verdict);
    proven.set(key(optimizer, column), verdict);
  });
});

const exact: Verdict = { kind: 'exact' };
const different = (objective: string): Verdict => ({ kind: 'different', objective });

it.each<readonly [RuleName, ColumnName, Verdict]>([
  ['momentum', 'l1Decoupled', exact],
  ['adam', 'weightDecay', exact],
  ['lamb', 'weightDecay', exact],
  ['adam', 'maxNorm', exact],
  ['ftrl', 'elasticNet', exact],
  ['adam', 'l1Subgradient', { kind: 'exact', note: 'zeros are exact' }],
  ['sgd', 'weightDecay', different('ridge with strength weightDecay * D / k')],
  ['lars', 'maxNorm', different('the loss alone')],
  ['adagrad', 'weightDecay', different('the loss within |w| <= k / weightDecay')],
  ['momentum', 'weightDecay', different('the loss alone')],
  ['adam', 'weightDecay', different('ridge')],
  ['lion', 'l1Proximal', { kind: 'refused', why: 'Use another.' }],
  ['lars', 'unitNorm', { kind: 'refused', why: 'Use another.' }],
])('a wrong verdict has no proof: %s, %s', (optimizer, column, verdict) => {
  expect(() => { prove(optimizer, column, verdict); }).toThrow();
});

it.each(RULE_NAMES.filter((optimizer) => verdictOf(optimizer, 'elasticNet').kind === 'exact'))(
  '%s: L1 proximal with L2 coupled is the elastic net too', (optimizer) => {
    const { weights } = rest(problemOf(optimizer, 'elasticNet', { l2Rule: 'coupled' }));
    const { minimum, zeros } = columnOf('elasticNet');
    expectClose('elastic net', weights, minimum!, 0, 1e-5);
    expect(Array.from(weights, (w) => w === 0)).toEqual(zeros);
  });

it('lion and lars rest beside the loss where gradients are noisy, penalty or not', () => {
  const beside = (optimizer: RuleName): number => {
    const { weights } = rest({ ...problemOf(optimizer, 'l2Coupled', { l2: 0 }), noise: TARGETS.map(() => 1) }, 3 * STEPS);
    return Math.max(...weights.map((w, i) => Math.abs(w - TARGETS[i]!)));
  };
  for (const optimizer of ['lion', 'lars'] as const) expect(beside(optimizer)).toBeGreaterThan(0.02);
  for (const optimizer of ['sgd', 'momentum', 'adam'] as const) expect(beside(optimizer)).toBeLessThan(0.005);
});

it('src/model/pairs.md says what was proven', () => {
  const text = pageOf((optimizer, column) => {
    const verdict = proven.get(key(optimizer, column));
    if (verdict === undefined) throw new Error(`${key(optimizer, column)} has no proof: run the whole file.`);
    return verdict;
  });
  if (process.env['UPDATE_PAIRS'] === '1') writeFileSync(PAGE, text);
  expect(readFileSync(PAGE, 'utf8')).toBe(text);
});
