/**
 * Parameter groups: tensors whose hyperparameters are equal at every step share an entry of the row, so that a deep network's
 * row is no longer than a shallow one's. Each replica has groups of its own. Which group a tensor is in is data, and lies in the
 * row beside the numbers: `set` moves tensors between groups, and steps in flight keep theirs.
 */

import { InputError } from '../errors.ts';
import type { Penalty, ReplicaSettings, TensorSettings } from '../model/hyperparameters.ts';
import { plateausIn, type Schedule } from '../model/schedules/index.ts';

/** Groups that a row has room for beyond those of the settings it is built for: for what `set` tells apart. */
const SPARE_GROUPS = 4;

/** As many there are at least, if there are as many tensors: small networks have a group for each, and never run out of them. */
const LEAST_GROUPS = 8;

/** Which group each tensor is in. Groups count in the order of their first tensors. */
export interface Grouping {
  readonly of: readonly number[];
  /** Of each group, its first tensor. */
  readonly first: readonly number[];
}

/** What is handed on from update to update, by tensor. */
export interface HandedOn {
  /** Cumulative L1: sums of learning rate * l1 up to this update. */
  readonly l1Totals?: readonly number[] | undefined;
  /** Learning rates of the update before, where something else than the step may have changed them. */
  readonly lastRates?: readonly number[] | undefined;
}

/** Tensors with equal keys are together. */
function groupingBy(keys: readonly string[]): Grouping {
  const known = new Map<string, number>(), first: number[] = [];
  const of = keys.map((key, tensor) => {
    if (!known.has(key)) known.set(key, first.push(tensor) - 1);
    return known.get(key)!;
  });
  return { of, first };
}

/** Keys that tell settings apart: equal ones mean equal numbers at every step, but for what is handed on. */
export function settingsKeys(): (settings: TensorSettings, replica?: number) => string {
  const functions = new Map<unknown, number>(), known = new Map<Schedule, string>();
  const numberOf = (value: unknown): number => functions.get(value) ?? functions.set(value, functions.size).size - 1;
  const textOf = (schedule: Schedule): string => {
    const text = known.get(schedule) ?? JSON.stringify(schedule, (_, value: unknown) => (typeof value === 'function' ? numberOf(value) : value));
    known.set(schedule, text);
    return text;
  };
  const token = (schedule: Schedule, replica: number): string | number => {
    if (typeof schedule === 'number') return schedule;
    // How often a plateau was reduced differs from replica to replica.
    return textOf(schedule) + (plateausIn(schedule).length > 0 ? ` of ${replica}` : '');
  };
  return ({ values, penalties, role }, replica = 0) => JSON.stringify([
    role,
    Object.entries(values).map(([name, value]) => [name, token(value, replica)]),
    Object.entries(penalties).map(([type, { strength, rule }]: [string, Penalty]) => [type, rule, token(strength, replica)]),
  ]);
}

/** Tensors with equal keys that were handed on other numbers are apart. */
export const groupingFrom = (keys: readonly string[], { l1Totals, lastRates }: HandedOn = {}): Grouping =>
  groupingBy(l1Totals === undefined && lastRates === undefined ? keys : keys.map((key, i) => `${key} ${l1Totals?.[i]} ${lastRates?.[i]}`));

/**
 * Tells as many tensors apart as there is room for, the first ones first: those of 0 stay with the others of their group, every
 * other has a number of its own.
 */
export function toldApart({ of, first }: Grouping, room: number): number[] {
  const together = first.map((_, group) => of.filter((own) => own === group).length);
  let groups = first.length;
  return of.map((group, tensor) => {
    if (together[group] === 1 || groups >= room) return 0;
    together[group]!--;
    groups++;
    return tensor + 1;
  });
}

/** Of one replica. */
export function groupingOf({ tensors }: Pick<ReplicaSettings, 'tensors'>, handedOn?: HandedOn): Grouping {
  const keyOf = settingsKeys();
  return groupingFrom(tensors.map((tensor) => keyOf(tensor)), handedOn);
}

/** Groups that rows have room for, where `needed` are needed from the start. */
export const roomFor = (tensors: number, needed: number): number => Math.min(tensors, Math.max(LEAST_GROUPS, needed + SPARE_GROUPS));

/** Most groups that a replica needs. */
const neededBy = (settings: readonly Pick<ReplicaSettings, 'tensors'>[], handedOn: readonly HandedOn[]): number =>
  Math.max(...settings.map((own, replica) => groupingOf(own, handedOn[replica]).first.length));

/**
 * Groups that the rows of these replicas have room for: the most that one of them needs and 4 more, at least 8; never more than
 * there are tensors.
 */
export const groupsFor = (settings: readonly Pick<ReplicaSettings, 'tensors'>[], handedOn: readonly HandedOn[] = []): number =>
  roomFor(settings[0]!.tensors.length, neededBy(settings, handedOn));

/** @throws InputError where settings tell more tensors apart than rows have room for */
export function checkGroups(where: string, groups: number, settings: readonly Pick<ReplicaSettings, 'tensors'>[], handedOn: readonly HandedOn[] = []): void {
  const needed = neededBy(settings, handedOn);
  if (needed > groups) throw noRoom(where, needed, groups);
}

export const noRoom = (where: string, needed: number, groups: number): InputError => new InputError(
  `${where}: parameters would then have ${needed} different sets of hyperparameters, and the rows of this trainer have room for ${groups}. ` +
    `Give what differs at creation, in replicas or in the layers' own settings: there is room for that, and for ${SPARE_GROUPS} more. ` +
    'Or save, and load the file: the new trainer has room as if it were made so.',
);
