/** One update's row, as its kernels read it. */

import { InputError } from '../errors.ts';
import { groupingFrom, roomFor, type Grouping, type HandedOn } from '../compile/groups.ts';
import { writeRow, type Clock, type RowHeader, type RowTable } from '../compile/rows.ts';
import type { Rule } from '../kernels/rule.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { Progress } from './files.ts';
import type { OptimParts } from './parts.ts';
import type { Tensor } from './tensors.ts';

export interface UpdateRow {
  readonly step: number;
  /** All schedules as numbers. */
  readonly settings: ReplicaSettings;
  /** As in `Progress`, with this update. */
  readonly l1Totals: readonly number[];
  /** Learning rates of the update before. */
  readonly rates: readonly number[];
  readonly average: Pick<RowHeader, 'averageWeight' | 'averageStart' | 'averageEvery'>;
}

/** Whatever `encode` overrides, parameters of one group and role have the same numbers. */
const keyOf = ({ role, group }: Pick<Tensor, 'role' | 'group'>): string => `${role} ${group}`;

/** Only these rules look at what was handed on; a file may have other numbers for each tensor. */
const handedOn = ({ name, l1Cumulative }: Rule, l1Totals: readonly number[], lastRates: readonly number[]): HandedOn =>
  ({ ...(l1Cumulative && { l1Totals }), ...(name === 'ftrl' && { lastRates }) });

/** Which parameters share the numbers of a row. */
export const groupingOf = (tensors: readonly Tensor[], own: HandedOn = {}): Grouping => groupingFrom(tensors.map(keyOf), own);

/** Parameter groups that a row has room for. */
export const groupsFor = (tensors: readonly Tensor[]): number => roomFor(tensors.length, groupingOf(tensors).first.length);

/** @throws InputError where what a file hands on tells more parameters apart than a row has room for */
export function checkProgress({ tensors, rule, build: { groups } }: Pick<OptimParts, 'tensors' | 'rule' | 'build'>, { l1Totals, rates }: Progress): void {
  const needed = groupingOf(tensors, handedOn(rule, l1Totals, rates)).first.length;
  if (needed <= groups) return;
  throw new InputError(
    `load: the file's numbers tell ${needed} kinds of parameters apart, and a row of this optim has room for ${groups}. ` +
      'Make the optim with the groups that the state was saved with.',
  );
}

export function writeUpdate(
  table: RowTable, { rule, tensors, build: { groups } }: Pick<OptimParts, 'rule' | 'tensors' | 'build'>, { step, settings, l1Totals, rates, average }: UpdateRow,
): void {
  const own = handedOn(rule, l1Totals, rates), clock: Clock = { step, steps: step + 1, t: step + 1, counted: rule.skip, ...own };
  const header = { step, position: 0, count: 0, active: true, order: 0, slot: 0, ...average };
  writeRow(table, 0, header, { settings, rule: rule.name, groups }, clock, { grouping: groupingOf(tensors, own) });
}
