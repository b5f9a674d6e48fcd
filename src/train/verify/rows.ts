/** Rows of the steps that a self-test trains: a batch, and one that is not whole, in the middle of a training. */

import { rowBytes } from '../../compile/buffers.ts';
import type { Build } from '../../compile/build.ts';
import { rowTable, writeRow, type Clock, type RowHeader } from '../../compile/rows.ts';
import type { ReplicaSettings } from '../../model/hyperparameters.ts';
import { testSettings } from '../../model/test-settings.ts';

/** Steps that are trained. */
export const STEPS = 2;

/** Updates done before: bias corrections are past their beginning. */
const DONE = 999;
const AVERAGE_WEIGHT = 0.25, CUMULATED = 0.005;

/** The next batch of one sample fewer, from another place of the order on. */
const batchAt = (step: number, count: number): Pick<RowHeader, 'position' | 'count'> =>
  (step === 0 || count === 1 ? { position: 0, count } : { position: 1, count: count - 1 });

export interface TestRows {
  /** One array per step. */
  readonly train: readonly Uint8Array<ArrayBuffer>[];
  /** Samples of each. */
  readonly counts: readonly number[];
  /** Of the first batch, by data set. */
  readonly evaluate: readonly Uint8Array<ArrayBuffer>[];
}

export function testRows(build: Build, settings: readonly ReplicaSettings[], orders: readonly number[], counts: readonly number[], stride: number): TestRows {
  const [count = 1] = counts, { rule, replicas, accumulate, capacity } = build, own = testSettings(rule.name, settings), entry = rowBytes(build) / replicas;
  const rowsOf = (header: (replica: number) => RowHeader, clock?: (replica: number) => Clock): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(stride), table = rowTable(bytes.buffer);
    own.forEach((one, replica) => writeRow(table, replica * entry, header(replica), one, rule.name, clock?.(replica)));
    return bytes;
  };
  const accumulates = accumulate > 1, whole = batchAt(0, count).count + batchAt(1, count).count;
  const train = Array.from({ length: STEPS }, (_, step) => {
    const updates = DONE + (accumulates ? 0 : step), batch = batchAt(step, count);
    const header = (replica: number): RowHeader => ({
      step: DONE * accumulate + step, ...batch, active: true, order: orders[replica] ?? 0, slot: step % capacity,
      group: accumulates ? { count: whole, starts: step === 0, ends: step === STEPS - 1 } : { count: batch.count, starts: true, ends: true },
      averageWeight: rule.average ? AVERAGE_WEIGHT : 0,
    });
    const clock = (replica: number): Clock => ({
      step: updates, steps: 2 * DONE, t: updates + 1, counted: rule.skip,
      ...(rule.l1Cumulative && { l1Totals: own[replica]!.tensors.map(() => CUMULATED) }),
      ...(rule.name === 'ftrl' && { lastRates: own[replica]!.tensors.map(({ values }) => values['learningRate'] as number) }),
    });
    return rowsOf(header, clock);
  });
  return {
    train, counts: train.map((_, step) => batchAt(step, count).count),
    evaluate: counts.map((own) => rowsOf(() => ({ step: 0, position: 0, count: own, active: true, order: 0, slot: 0 }))),
  };
}
