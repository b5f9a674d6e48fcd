/** Rows of a table, step after step: what equal groups and steady rules make the same is computed once. */

import type { RuleName } from '../kernels/rule.ts';
import type { Penalty, ReplicaSettings, TensorSettings } from '../model/hyperparameters.ts';
import { modelOf } from '../model/rules/index.ts';
import type { Schedule } from '../model/schedules/index.ts';
import { groupingFrom, settingsKeys, type Grouping } from './groups.ts';
import { TENSOR_WORDS, tensorRow, writeRow, writeTensor, type Clock, type RowHeader, type RowTable } from './rows.ts';

const schedulesOf = ({ values, penalties }: TensorSettings): Schedule[] =>
  [...Object.values(values), ...Object.values(penalties).map((penalty: Penalty) => penalty.strength)];

/** The numbers of a group: the last ones made, and when they may be taken again. */
class GroupNumbers {
  readonly floats = new Float32Array(TENSOR_WORDS);
  readonly #table: RowTable = { floats: this.floats, words: new Uint32Array(this.floats.buffer) };
  readonly #rule: RuleName;
  readonly #settings: TensorSettings;
  /** From this t on nothing changes; Infinity: something always does. */
  readonly #steadyFrom: number;
  #made: { readonly step: number; readonly steps: number; readonly t: number } | undefined;

  constructor(rule: RuleName, settings: TensorSettings) {
    this.#rule = rule;
    this.#settings = settings;
    const isConstant = schedulesOf(settings).every((schedule) => typeof schedule === 'number');
    this.#steadyFrom = isConstant ? (modelOf(rule).steadyFrom ?? Infinity) : Infinity;
  }

  at(clock: Clock): Float32Array {
    const made = this.#made;
    const isSame = made !== undefined && made.t === clock.t && made.step === clock.step && made.steps === clock.steps;
    const isSteady = made !== undefined && Math.min(made.t, clock.t) >= this.#steadyFrom;
    if (!isSame && !isSteady) {
      writeTensor(this.#table, 0, tensorRow(this.#rule, this.#settings, clock));
      this.#made = { step: clock.step, steps: clock.steps, t: clock.t };
    }
    return this.floats;
  }
}

/** Writes what `writeRow` writes. Made anew when settings change. */
export class RowWriter {
  readonly #rule: RuleName;
  readonly #groups: number;
  readonly #settings: readonly ReplicaSettings[];
  /** Per replica. */
  readonly #keys: readonly (readonly string[])[];
  readonly #writers: readonly { readonly grouping: Grouping; readonly numbers: readonly GroupNumbers[] }[];

  /** @param groups that rows have room for */
  constructor(rule: RuleName, settings: readonly ReplicaSettings[], groups: number) {
    [this.#rule, this.#settings, this.#groups] = [rule, settings, groups];
    const keyOf = settingsKeys(), made = new Map<string, GroupNumbers>();
    this.#keys = settings.map(({ tensors }, replica) => tensors.map((tensor) => keyOf(tensor, replica)));
    this.#writers = this.#keys.map((keys, replica) => {
      const grouping = groupingFrom(keys);
      const numbers = grouping.first.map((tensor) => {
        const own = made.get(keys[tensor]!) ?? new GroupNumbers(rule, settings[replica]!.tensors[tensor]!);
        made.set(keys[tensor]!, own);
        return own;
      });
      return { grouping, numbers };
    });
  }

  write(table: RowTable, offset: number, replica: number, header: RowHeader, clock?: Clock): void {
    const source = { settings: this.#settings[replica]!, rule: this.#rule, groups: this.#groups };
    if (clock === undefined) return writeRow(table, offset, header, source);
    // What is handed on from update to update may differ within a group.
    const isCarried = clock.l1Totals !== undefined || clock.lastRates !== undefined;
    if (isCarried) return writeRow(table, offset, header, source, clock, { grouping: groupingFrom(this.#keys[replica]!, clock) });
    const { grouping, numbers } = this.#writers[replica]!;
    writeRow(table, offset, header, source, clock, { grouping, groupAt: (group, at, now) => table.floats.set(numbers[group]!.at(now), at) });
  }
}
