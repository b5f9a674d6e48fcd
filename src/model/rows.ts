/**
 * The row table: one entry per step and replica, laid out as `StepRow` in `shaders/lib/row.wgsl`.
 * All values are computed in double precision and rounded to f32 once.
 */

import { hasTrustRatio, type RuleName } from '../kernels/rule.ts';
import { seedKey } from '../random.ts';
import type { Penalty, ReplicaSettings, TensorSettings } from './hyperparameters.ts';
import { modelOf } from './optimizers/index.ts';
import type { Moment } from './optimizers/optimizer.ts';
import type { RegularizerRule, RegularizerType } from './regularizers.ts';
import { valueAt, type PlateauSchedule, type Schedule } from './schedules/index.ts';

/** The f32 numbers of one tensor, in the order of `Hyperparameters`. */
export const TENSOR_FIELDS = [
  'stepSize', 'coefficient', 'momentum', 'gradientWeight', 'beta2', 'oneMinusBeta2', 'inverseC2', 'epsilon',
  'epsilonRoot', 'logBeta1', 'logBeta2', 'decay', 'l1Subgradient', 'l2Coupled', 'l1Threshold', 'l2Proximal',
  'l1Decoupled', 'l1Total', 'nonNegative', 'groupThreshold', 'normMinimum', 'normMaximum', 'activityL1', 'activityL2',
  'orthogonal', 'unused0', 'unused1', 'unused2',
] as const;

export type TensorRow = Readonly<Partial<Record<(typeof TENSOR_FIELDS)[number], number>>>;

const HEADER_WORDS = 16;
const TENSOR_WORDS = TENSOR_FIELDS.length;
const DROPOUT_WORDS = 4;

/** WGSL has no empty arrays, so a model without dropout still has one entry. */
export const dropoutEntries = (dropouts: number): number => Math.max(1, dropouts);

/** Bytes of one replica's entry. */
export const rowEntryBytes = (tensors: number, dropouts: number): number =>
  4 * (HEADER_WORDS + TENSOR_WORDS * tensors + DROPOUT_WORDS * dropoutEntries(dropouts));

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
  /** Of the new weights in the running average. Default 0. */
  readonly averageWeight?: number;
}

/** Where training stands: schedules see the update's index, bias corrections its number t, from 1. */
export interface Clock {
  /** Updates done before this one, and in the whole training. */
  readonly step: number;
  readonly steps: number;
  readonly t: number;
  /** Whether the GPU counts: bias corrections are then left to it. */
  readonly counted?: boolean;
  readonly reductions?: (schedule: PlateauSchedule) => number;
  /** Cumulative L1: sums of learning rate * l1 up to this update, by tensor. */
  readonly l1Totals?: readonly number[];
  /** Learning rates of the update before, by tensor, where something else than the step may have changed them. */
  readonly lastRates?: readonly number[] | undefined;
}

/** Drop iff a Philox word is below this; never past the largest word. */
export const dropThreshold = (rate: number): number => Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Bounds on the norm of a unit's incoming weights; a maximum of 0 says that there is no rule on units. */
function normBounds(maxNorm: number, unitNorm: number, groupLasso: number): Pick<TensorRow, 'normMinimum' | 'normMaximum'> {
  if (unitNorm > 0) return { normMinimum: 1, normMaximum: 1 };
  if (maxNorm > 0) return { normMaximum: maxNorm };
  return { normMaximum: groupLasso > 0 ? LARGEST : 0 };
}

/** All numbers of one tensor at one update; those left out are 0. */
export function tensorRow(rule: RuleName, settings: TensorSettings, clock: Clock, tensor = 0): TensorRow {
  const now = (value: Schedule): number => valueAt(value, clock.step, clock.steps, clock.reductions);
  const last = (value: Schedule): number => valueAt(value, Math.max(0, clock.step - 1), clock.steps, clock.reductions);
  const { values, penalties, isWeight, inputs } = settings;
  const moment: Moment = {
    at: (name) => now(values[name]!),
    before: (name) => (name === 'learningRate' ? clock.lastRates?.[tensor] : undefined) ?? last(values[name]!),
    t: clock.counted === true ? Infinity : clock.t,
    isWeight,
  };
  const of = (type: RegularizerType, by?: RegularizerRule): number => {
    const penalty: Penalty | undefined = penalties[type];
    return penalty === undefined || (by !== undefined && penalty.rule !== by) ? 0 : now(penalty.strength);
  };
  const rate = moment.at('learningRate');
  const decay = moment.at('weightDecay');
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
    groupThreshold: atRest * group * (penalties.groupLasso?.sqrtSize === false ? 1 : Math.sqrt(inputs)),
    ...normBounds(of('maxNorm'), of('unitNorm'), group),
    activityL1: of('activityL1'),
    activityL2: of('activityL2'),
    orthogonal: 4 * of('orthogonal'),
  };
}

/** Writes one replica's entry at byte `offset`. Without a clock (evaluation) hyperparameters stay zero. */
export function writeRow(view: DataView, offset: number, header: RowHeader, settings: ReplicaSettings, rule: RuleName, clock?: Clock): void {
  const { group = { count: header.count, starts: true, ends: true } } = header;
  const words = [
    header.step, header.position, header.count, Number(header.active),
    ...seedKey(settings.seed), header.order, header.slot,
    group.count, Number(group.starts), Number(group.ends), clock?.t ?? 0,
  ];
  words.forEach((word, i) => view.setUint32(offset + 4 * i, word, true));
  view.setFloat32(offset + 4 * words.length, header.averageWeight ?? 0, true);
  if (clock === undefined) return;
  view.setFloat32(offset + 4 * words.length + 4, valueAt(settings.clip, clock.step, clock.steps, clock.reductions), true);
  let at = offset + 4 * HEADER_WORDS;
  settings.tensors.forEach((tensor, i) => {
    const row = tensorRow(rule, tensor, clock, i);
    for (const field of TENSOR_FIELDS) {
      view.setFloat32(at, row[field] ?? 0, true);
      at += 4;
    }
  });
  for (const dropout of settings.dropouts) {
    const rate = valueAt(dropout, clock.step, clock.steps, clock.reductions);
    view.setUint32(at, dropThreshold(rate), true);
    view.setFloat32(at + 4, 1 / (1 - rate), true);
    at += 4 * DROPOUT_WORDS;
  }
}
