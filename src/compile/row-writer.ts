/** Rows of a table, step after step: what equal tensors and steady rules make the same is computed once. */

import type { RuleName } from '../kernels/rule.ts';
import type { Penalty, ReplicaSettings, TensorSettings } from '../model/hyperparameters.ts';
import { modelOf } from '../model/rules/index.ts';
import { TENSOR_WORDS, tensorRow, writeRow, writeTensor, type Clock, type RowHeader, type RowTable } from './rows.ts';
import { plateausIn, type Schedule } from '../model/schedules/index.ts';

const schedulesOf = ({ values, penalties }: TensorSettings): Schedule[] =>
  [...Object.values(values), ...Object.values(penalties).map((penalty: Penalty) => penalty.strength)];

/** The numbers of tensors with equal settings: the last ones made, and when they may be taken again. */
class TensorNumbers {
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

/** Tells settings apart: equal keys mean equal numbers at every step. */
function keys(): (settings: TensorSettings, replica: number) => string {
  const known = new Map<Schedule, number>();
  const token = (schedule: Schedule, replica: number): string | number => {
    if (typeof schedule === 'number') return schedule;
    if (!known.has(schedule)) known.set(schedule, known.size);
    // How often a plateau was reduced differs from replica to replica.
    return `schedule ${known.get(schedule)}${plateausIn(schedule).length > 0 ? ` of ${replica}` : ''}`;
  };
  return ({ values, penalties, role, inputs }, replica) => JSON.stringify([
    role, inputs,
    Object.entries(values).map(([name, value]) => [name, token(value, replica)]),
    Object.entries(penalties).map(([type, { strength, rule, sqrtSize }]) => [type, rule, sqrtSize, token(strength, replica)]),
  ]);
}

/** Writes what `writeRow` writes. Made anew when settings change. */
export class RowWriter {
  readonly #rule: RuleName;
  readonly #settings: readonly ReplicaSettings[];
  /** Per replica and tensor. */
  readonly #numbers: readonly (readonly TensorNumbers[])[];

  constructor(rule: RuleName, settings: readonly ReplicaSettings[]) {
    this.#rule = rule;
    this.#settings = settings;
    const keyOf = keys();
    const made = new Map<string, TensorNumbers>();
    this.#numbers = settings.map(({ tensors }, replica) => tensors.map((tensor) => {
      const key = keyOf(tensor, replica);
      const numbers = made.get(key) ?? new TensorNumbers(rule, tensor);
      made.set(key, numbers);
      return numbers;
    }));
  }

  write(table: RowTable, offset: number, replica: number, header: RowHeader, clock?: Clock): void {
    const settings = this.#settings[replica]!;
    // What is handed on from update to update differs by tensor.
    const isCarried = clock?.l1Totals !== undefined || clock?.lastRates !== undefined;
    if (clock === undefined || isCarried) return writeRow(table, offset, header, settings, this.#rule, clock);
    const numbers = this.#numbers[replica]!;
    writeRow(table, offset, header, settings, this.#rule, clock, (i, at, now) => table.floats.set(numbers[i]!.at(now), at));
  }
}
