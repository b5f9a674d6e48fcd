/** One update's row, as its kernels read it. */

import { writeRow, type Clock, type RowHeader, type RowTable } from '../compile/rows.ts';
import type { Rule } from '../kernels/rule.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';

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

export function writeUpdate(table: RowTable, rule: Rule, { step, settings, l1Totals, rates, average }: UpdateRow): void {
  const clock: Clock = { step, steps: step + 1, t: step + 1, counted: rule.skip, l1Totals, lastRates: rates };
  writeRow(table, 0, { step, position: 0, count: 0, active: true, order: 0, slot: 0, ...average }, settings, rule.name, clock);
}
