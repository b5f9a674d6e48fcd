/** The table's columns, and the problem that each states on the toy. */
import { pairOf, type Penalty, type Verdict } from '../../../src/model/pairs.ts';
import type { Hyperparameters, RuleName } from '../../../src/reference/index.ts';
import { boxMinimum, groupMinimum, normMinimum, penalisedMinimum } from './minima.ts';
import { settingsOf } from './settings.ts';
import { INPUTS, type Penalised } from './toy.ts';

export const L1 = 0.1, L2 = 0.25;
/** Between the norms 1.00 and 1.54 of the two units' targets, so that one of them is bound. */
export const BOUND = 1.25;
export const GROUP = 0.635, ORTHOGONAL = 0.1;

export interface Column {
  /** Its head in the table. */
  readonly title: string;
  /** The elastic net's is that of its L1. */
  readonly penalty: Penalty;
  readonly hyperparameters?: Partial<Hyperparameters>;
  readonly problem?: Omit<Penalised, 'hyperparameters'>;
  /** The answer; the orthogonal penalty has none in closed form. */
  readonly minimum?: readonly number[];
  /** Which weights are exactly 0 at rest; 'none' if there must be none although the answer has some. */
  readonly zeros?: readonly boolean[] | 'none';
}

const LASSO = penalisedMinimum(L1), RIDGE = penalisedMinimum(0, L2), ELASTIC = penalisedMinimum(L1, L2);
const zerosOf = (minimum: readonly number[]): boolean[] => minimum.map((w) => w === 0);
const exactLasso = { minimum: LASSO, zeros: zerosOf(LASSO) };
const ANY_PLAIN = 'L1 decoupled or cumulative', ANY_NORM = 'max-norm or unit-norm', ANY_ACTIVITY = 'activity L1 or L2';

export const COLUMNS = {
  l1Proximal: { title: 'L1 proximal', penalty: { type: 'l1', rule: 'proximal' }, hyperparameters: { l1: L1 }, ...exactLasso },
  l1Subgradient: {
    title: 'L1 subgradient', penalty: { type: 'l1', rule: 'subgradient' },
    hyperparameters: { l1: L1, l1Rule: 'subgradient' }, minimum: LASSO, zeros: 'none',
  },
  l1Decoupled: {
    title: ANY_PLAIN, penalty: { type: 'l1', rule: 'decoupled' }, hyperparameters: { l1: L1, l1Rule: 'decoupled' }, ...exactLasso,
  },
  l1Cumulative: {
    title: ANY_PLAIN, penalty: { type: 'l1', rule: 'cumulative' }, hyperparameters: { l1: L1, l1Rule: 'cumulative' }, ...exactLasso,
  },
  l2Coupled: { title: 'L2 coupled', penalty: { type: 'l2', rule: 'coupled' }, hyperparameters: { l2: L2 }, minimum: RIDGE },
  l2Proximal: {
    title: 'L2 proximal', penalty: { type: 'l2', rule: 'proximal' }, hyperparameters: { l2: L2, l2Rule: 'proximal' }, minimum: RIDGE,
  },
  elasticNet: {
    title: 'elastic net', penalty: { type: 'l1', rule: 'proximal' },
    hyperparameters: { l1: L1, l2: L2, l2Rule: 'proximal' }, minimum: ELASTIC, zeros: zerosOf(ELASTIC),
  },
  weightDecay: {
    title: 'weight decay', penalty: { type: 'weightDecay', rule: 'decoupled' }, hyperparameters: { weightDecay: L2 }, minimum: RIDGE,
  },
  nonNegative: {
    title: 'non-negative', penalty: { type: 'nonNegative', rule: 'projected' }, hyperparameters: { nonNegative: true },
    minimum: boxMinimum(0, Infinity), zeros: zerosOf(boxMinimum(0, Infinity)),
  },
  maxNorm: {
    title: ANY_NORM, penalty: { type: 'maxNorm', rule: 'projected' }, minimum: normMinimum({ most: BOUND }),
    // Beyond the bound from the first update on.
    problem: { units: { maxNorm: BOUND }, start: [0.4375, 0.375, 0.5625, -0.5625, 0.4375, -1.5] },
  },
  unitNorm: {
    title: ANY_NORM, penalty: { type: 'unitNorm', rule: 'projected' }, minimum: normMinimum({ all: 1 }),
    // The sphere is not convex: from here each optimizer finds the global minimum.
    problem: { units: { unitNorm: true }, start: [0.9, 0.2, 0.3, -0.4, 0.2, -0.9] },
  },
  groupLasso: {
    title: 'group lasso', penalty: { type: 'groupLasso', rule: 'proximal' }, problem: { units: { groupLasso: GROUP } },
    minimum: groupMinimum(GROUP * Math.sqrt(INPUTS)), zeros: [true, false, true, false, true, false],
  },
  orthogonal: { title: 'orthogonal', penalty: { type: 'orthogonal', rule: 'coupled' }, problem: { units: { orthogonal: ORTHOGONAL } } },
  // The mean over the three samples takes a third.
  activityL1: { title: ANY_ACTIVITY, penalty: { type: 'activityL1', rule: 'coupled' }, problem: { activity: { l1: INPUTS * L1 } }, minimum: LASSO },
  activityL2: { title: ANY_ACTIVITY, penalty: { type: 'activityL2', rule: 'coupled' }, problem: { activity: { l2: INPUTS * L2 } }, minimum: RIDGE },
} satisfies Record<string, Column>;

export type ColumnName = keyof typeof COLUMNS;
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];
export const columnOf = (name: ColumnName): Column => COLUMNS[name];
export const verdictOf = (optimizer: RuleName, name: ColumnName): Verdict => pairOf(optimizer, COLUMNS[name].penalty);

/** LARS holds older learning rates in its momentum, so its proximal maps need a constant one, and then small steps. */
const STEADY: readonly ColumnName[] = ['l1Proximal', 'l2Proximal', 'elasticNet'];

/** The column's problem under one optimizer; `more` replaces hyperparameters. */
export function problemOf(optimizer: RuleName, name: ColumnName, more: Partial<Hyperparameters> = {}): Penalised {
  const { hyperparameters, problem } = columnOf(name);
  const steady = optimizer === 'lars' && STEADY.includes(name);
  return {
    ...problem, ...(steady && { schedule: () => 1 }),
    hyperparameters: { ...settingsOf(optimizer), ...(steady && { trustCoefficient: 1e-3 }), ...hyperparameters, ...more },
  };
}
