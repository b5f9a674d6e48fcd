/** Rows of the steps that a self-test runs: training in the middle of a training, and evaluation. */

import { rowBytes } from '../../compile/buffers.ts';
import { groupingOf, toldApart } from '../../compile/groups.ts';
import type { Build } from '../../compile/build.ts';
import { rowTable, writeRow, type Clock, type RowHeader } from '../../compile/rows.ts';
import type { ReplicaSettings } from '../../model/hyperparameters.ts';
import { rateOf, testSettings, type TestTensor } from '../../model/test-settings.ts';
import { fewOf, partOf } from './places.ts';

/** Updates done before: bias corrections are past their beginning. */
const DONE = 999;
const AVERAGE_WEIGHT = 0.25, CUMULATED = 0.005;

/** Samples from a place on. */
export interface Batch {
  readonly position: number;
  readonly count: number;
}

/** A fraction in [0, 1), another one in each turn, 0 in the first: multiples of the golden ratio are nowhere dense. */
const fractionOf = (turn: number): number => (turn * 0.6180339887498949) % 1;

/**
 * A batch of the order, from another place in each turn, and most of one at its end. Where several make up an update, a few
 * samples between them, which neither start it nor end it.
 */
export function trainedBatches({ length, count, accumulate, turn }: { length: number; count: number; accumulate: number; turn: number }): Batch[] {
  const part = partOf(count), few = accumulate > 2 ? fewOf(count) : 0;
  // Each has places of its own, where there are as many.
  const position = Math.floor(fractionOf(turn) * Math.max(1, length - part - few - count + 1));
  const between = { position: Math.min(position + count, length - few), count: few };
  return [{ position, count }, ...(few > 0 ? [between] : []), { position: length - part, count: part }];
}

/** Where a step's batch stands in updates: with accumulation all are of one. */
interface Group {
  readonly updates: number;
  readonly group: NonNullable<RowHeader['group']>;
}

function groupAt(batches: readonly Batch[], step: number, accumulates: boolean): Group {
  if (!accumulates) return { updates: DONE + step, group: { count: batches[step]!.count, starts: true, ends: true } };
  return { updates: DONE, group: { count: batches.reduce((sum, { count }) => sum + count, 0), starts: step === 0, ends: step === batches.length - 1 } };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Tensors that are updated with another's numbers are seen: as many as the rows have room for are told apart. */
function settingsFor({ network: { tensors }, rule: { name }, groups }: Build, settings: readonly ReplicaSettings[], rms: number): ReplicaSettings[] {
  const sizes = tensors.map(({ layer, role }) => (layer === 0 && role === 'weight' ? Math.max(1, rms) : 1));
  const about = testSettings(name, settings).map((own): TestTensor[] => {
    const grouping = groupingOf(own), turns = toldApart(grouping, groups);
    // Where the first layer's weight has no group of its own, the others' steps are as small as its own must be.
    const sizeOf = (i: number): number => Math.max(...sizes.filter((_, j) => j === i || (turns[i] === 0 && turns[j] === 0 && grouping.of[j] === grouping.of[i])));
    return turns.map((turn, i) => ({ size: sizeOf(i), part: rateOf(turn, tensors.length) }));
  });
  return testSettings(name, settings, (replica, i) => about[replica]![i]!);
}

export class TestRows {
  readonly #build: Build;
  readonly #settings: readonly ReplicaSettings[];
  readonly #stride: number;

  /**
   * @param stride bytes from one step's rows to the next
   * @param rms of what the network's inputs are
   */
  constructor(build: Build, settings: readonly ReplicaSettings[], stride: number, rms: number) {
    this.#build = build;
    this.#settings = settingsFor(build, settings, rms);
    this.#stride = stride;
  }

  #rows(header: (replica: number) => RowHeader, clock?: (replica: number) => Clock): Bytes {
    const { replicas, rule: { name: rule }, groups } = this.#build, entry = rowBytes(this.#build) / replicas;
    const bytes = new Uint8Array(this.#stride), table = rowTable(bytes.buffer);
    this.#settings.forEach((own, replica) => writeRow(table, replica * entry, header(replica), { settings: own, rule, groups }, clock?.(replica)));
    return bytes;
  }

  /**
   * @param orders where each replica's permutation starts
   * @param isActive of a replica; the others must stay as they are
   */
  train(batches: readonly Batch[], step: number, slot: number, orders: readonly number[], isActive: (replica: number) => boolean): Bytes {
    const { accumulate, rule } = this.#build, { updates, group } = groupAt(batches, step, accumulate > 1);
    const header = (replica: number): RowHeader => ({
      step: DONE * accumulate + step, ...batches[step]!, active: isActive(replica), order: orders[replica]!, slot, group, averageWeight: rule.average ? AVERAGE_WEIGHT : 0,
    });
    return this.#rows(header, (replica) => ({
      step: updates, steps: 2 * DONE, t: updates + 1, counted: rule.skip,
      ...(rule.l1Cumulative && { l1Totals: this.#settings[replica]!.tensors.map(() => CUMULATED) }),
      ...(rule.name === 'ftrl' && { lastRates: this.#settings[replica]!.tensors.map(({ values }) => values['learningRate'] as number) }),
    }));
  }

  evaluate(batch: Batch, slot: number, active = true): Bytes {
    return this.#rows(() => ({ step: 0, ...batch, active, order: 0, slot, evaluated: { step: 0, steps: 1, t: 0 } }));
  }
}
