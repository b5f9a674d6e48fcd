/**
 * The row table: one entry per step and replica, laid out as `StepRow` in `shaders/lib/row.wgsl`.
 * All values are computed in double precision and rounded to f32 once.
 */

import { hasTrustRatio, type RuleName } from '../kernels/rule.ts';
import type { RowShape } from '../kernels/kernel.ts';
import { groupPlace, groupVectors, LAYER_FIELDS, TENSOR_FIELDS } from '../kernels/row.ts';
import { seedKey } from '../random.ts';
import { groupingOf, noRoom, type Grouping, type HandedOn } from './groups.ts';
import { boundAt, checkDecay, type Penalty, type ReplicaSettings, type TensorSettings } from '../model/hyperparameters.ts';
import { modelOf } from '../model/rules/index.ts';
import type { Moment } from '../model/rules/rule.ts';
import type { RegularizerRule, RegularizerType } from '../model/regularizers.ts';
import { valueAt, type PlateauSchedule, type Schedule } from '../model/schedules/index.ts';

export type TensorRow = Readonly<Partial<Record<(typeof TENSOR_FIELDS)[number], number>>>;

const HEADER_WORDS = 16;
export const TENSOR_WORDS = TENSOR_FIELDS.length;
const LAYER_WORDS = LAYER_FIELDS.length;

/** Words that hold the tensors' groups. */
const indexWords = (tensors: number, groups: number): number => 4 * groupVectors(tensors, groups);

/** Bytes of one replica's entry. */
export const rowEntryBytes = ({ tensors, groups, layers }: Omit<RowShape, 'replicas'>): number =>
  4 * (HEADER_WORDS + indexWords(tensors, groups) + TENSOR_WORDS * groups + LAYER_WORDS * layers);

/** The part of a row that is not a hyperparameter. */
export interface RowHeader {
  /** Training step, 0-based. */
  readonly step: number;
  /** First sample of the batch in the epoch's order. */
  readonly position: number;
  readonly count: number;
  readonly active: boolean;
  /** Where the replica's permutation starts in the order buffer. */
  readonly order: number;
  /** Step within the submit. */
  readonly slot: number;
  /** The batches that make up one update: their samples, and whether this is the first and the last. Default: one. */
  readonly group?: { readonly count: number; readonly starts: boolean; readonly ends: boolean };
  /** Where training stands, in evaluation: numbers of activations and the loss may be schedules. */
  readonly evaluated?: Clock | undefined;
  /** What the loss's mean divides by. Default the samples of the group. */
  readonly divisor?: number;
  /** Of the new weights in the running average. Default 0. */
  readonly averageWeight?: number;
  /** For the GPU's own count of updates; see `averageRow`. Default 0. */
  readonly averageStart?: number;
  readonly averageEvery?: number;
}

/** Where training stands: schedules see the update's index, bias corrections its number t, from 1. */
export interface Clock extends HandedOn {
  /** Updates done before this one, and in the whole training. */
  readonly step: number;
  readonly steps: number;
  readonly t: number;
  /** Whether the GPU counts: bias corrections are then left to it. */
  readonly counted?: boolean;
  readonly reductions?: (schedule: PlateauSchedule) => number;
}

/** Drop iff a Philox word is below this; never past the largest word. */
export const dropThreshold = (rate: number): number => Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** The most that the norm of a unit's incoming weights may be; minus what it must be; 0 says that there is no rule on units. */
function normBound(maxNorm: number, unitNorm: number, groupLasso: number): number {
  if (unitNorm > 0) return -1;
  if (maxNorm > 0) return maxNorm;
  return groupLasso > 0 ? LARGEST : 0;
}

/** A hyperparameter's value now. Only here is it seen whether a function keeps within bounds. @throws InputError where it does not */
const valueOf = (rule: RuleName, key: string, value: Schedule, { step, steps, reductions }: Clock): number =>
  (typeof value === 'number' ? value : valueAt(value, step, steps, reductions, () => boundAt(rule, key)));

/** All numbers of one tensor at one update; those left out are 0. */
export function tensorRow(rule: RuleName, settings: TensorSettings, clock: Clock, tensor = 0): TensorRow {
  const last = (value: Schedule): number => valueAt(value, Math.max(0, clock.step - 1), clock.steps, clock.reductions);
  const { values, penalties, role } = settings;
  const moment: Moment = {
    at: (name) => valueOf(rule, name, values[name]!, clock),
    before: (name) => (name === 'learningRate' ? clock.lastRates?.[tensor] : undefined) ?? last(values[name]!),
    t: clock.counted === true ? Infinity : clock.t,
    role,
  };
  const of = (type: RegularizerType, by?: RegularizerRule): number => {
    const penalty: Penalty | undefined = penalties[type];
    return penalty === undefined || (by !== undefined && penalty.rule !== by) ? 0 : valueOf(rule, type, penalty.strength, clock);
  };
  const rate = moment.at('learningRate');
  const decay = moment.at('weightDecay');
  checkDecay(`Step ${clock.step}`, rate * decay, rule);
  const model = modelOf(rule);
  const atRest = rate * model.gain(moment);
  const group = of('groupLasso');
  return {
    ...model.coefficients(moment),
    decay: hasTrustRatio(rule) ? decay : 1 - rate * decay,
    l1Subgradient: of('l1', 'subgradient'),
    l2Coupled: of('l2', 'coupled'),
    l1Threshold: atRest * of('l1', 'proximal'),
    l2Proximal: atRest * of('l2', 'proximal'),
    l1Decoupled: rate * of('l1', 'decoupled'),
    l1Total: clock.l1Totals?.[tensor] ?? 0,
    nonNegative: of('nonNegative'),
    groupThreshold: atRest * group,
    normBound: normBound(of('maxNorm'), of('unitNorm'), group),
    activityL1: of('activityL1'),
    activityL2: of('activityL2'),
    orthogonal: 4 * of('orthogonal'),
  };
}

/** The bytes of a row table, as numbers of both kinds. WebGPU's hosts are little-endian, as its buffers are. */
export interface RowTable {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

export const rowTable = (buffer: ArrayBuffer): RowTable => ({ words: new Uint32Array(buffer), floats: new Float32Array(buffer) });

/** Writes an entry's header at word `at`. Without a clock (evaluation) what belongs to updates stays zero. */
function writeHeader({ words, floats }: RowTable, at: number, header: RowHeader, key: readonly [number, number], clip: number, t: number): void {
  const { group } = header;
  words[at] = header.step;
  words[at + 1] = header.position;
  words[at + 2] = header.count;
  words[at + 3] = Number(header.active);
  words[at + 4] = key[0];
  words[at + 5] = key[1];
  words[at + 6] = header.order;
  words[at + 7] = header.slot;
  words[at + 8] = group?.count ?? header.count;
  words[at + 9] = Number(group?.starts ?? true);
  words[at + 10] = Number(group?.ends ?? true);
  words[at + 11] = t;
  floats[at + 12] = header.averageWeight ?? 0;
  floats[at + 13] = clip;
  words[at + 14] = header.averageStart ?? 0;
  words[at + 15] = header.averageEvery ?? 0;
}

export function writeTensor({ floats }: RowTable, at: number, row: TensorRow): void {
  for (let i = 0; i < TENSOR_WORDS; i++) floats[at + i] = row[TENSOR_FIELDS[i]!] ?? 0;
}

function writeDropouts({ words, floats }: RowTable, at: number, { dropouts }: ReplicaSettings, rule: RuleName, clock: Clock): void {
  dropouts.forEach((dropout, i) => {
    const rate = valueOf(rule, 'dropout', dropout, clock);
    words[at + LAYER_WORDS * i] = dropThreshold(rate);
    floats[at + LAYER_WORDS * i + 1] = 1 / (1 - rate);
  });
}

/** Numbers of activations, and of the loss, which comes last. */
function writeNumbers({ floats }: RowTable, at: number, { numbers }: ReplicaSettings, rule: RuleName, clock: Clock, divisor: number): void {
  numbers.forEach(({ keys, values }, i) => values.forEach((value, j) => {
    floats[at + LAYER_WORDS * i + 2 + j] = valueOf(rule, keys[j]!, value, clock);
  }));
  if (numbers.length > 0) floats[at + LAYER_WORDS * (numbers.length - 1) + 1] = divisor;
}

/** Which group each tensor is in. */
function writeIndex({ words }: RowTable, at: number, { of }: Grouping, groups: number): void {
  words.fill(0, at, at + indexWords(of.length, groups));
  of.forEach((group, tensor) => {
    const { word, shift } = groupPlace(tensor, groups);
    words[at + word]! |= group << shift;
  });
}

/** What a replica's entry is written from. */
export interface RowSource {
  readonly settings: ReplicaSettings;
  readonly rule: RuleName;
  /** Groups that there is room for. */
  readonly groups: number;
}

/** Which tensors share a group, and what writes a group's numbers at a word. */
export interface GroupWriter {
  readonly grouping: Grouping;
  readonly groupAt?: (group: number, at: number, clock: Clock) => void;
}

/**
 * Writes one replica's entry at byte `offset`. Without a clock hyperparameters stay zero; of those the numbers of activations and
 * the loss are written in evaluation, which is no update.
 * @param own default the groups that the settings make, and their numbers; `RowWriter` gives its own
 */
export function writeRow(table: RowTable, offset: number, header: RowHeader, { settings, rule, groups }: RowSource, clock?: Clock, own?: GroupWriter): void {
  const tensors = settings.tensors.length, at = offset / 4, ofGroups = at + HEADER_WORDS + indexWords(tensors, groups);
  const ofLayers = ofGroups + TENSOR_WORDS * groups;
  const clip = clock === undefined ? 0 : valueOf(rule, 'clip', settings.clip, clock);
  writeHeader(table, at, header, seedKey(settings.seed), clip, clock?.t ?? 0);
  const now = clock ?? header.evaluated;
  if (now !== undefined) writeNumbers(table, ofLayers + LAYER_WORDS * settings.dropouts.length, settings, rule, now, header.divisor ?? header.group?.count ?? header.count);
  if (clock === undefined) return;
  const { grouping = groupingOf(settings, clock), groupAt } = own ?? {}, { first } = grouping;
  if (first.length > groups) throw noRoom(`Step ${header.step}`, first.length, groups);
  writeIndex(table, at + HEADER_WORDS, grouping, groups);
  first.forEach((tensor, group) => {
    const to = ofGroups + TENSOR_WORDS * group;
    if (groupAt === undefined) writeTensor(table, to, tensorRow(rule, settings.tensors[tensor]!, clock, tensor));
    else groupAt(group, to, clock);
  });
  writeDropouts(table, ofLayers, settings, rule, clock);
}
