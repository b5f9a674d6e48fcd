/**
 * The row table: one entry per step and replica, laid out as `StepRow` in `shaders/lib/row.wgsl`.
 * All values are computed in double precision and rounded to f32 once.
 */

import type { RuleName } from '../kernels/rule.ts';
import { seedKey } from '../random.ts';
import type { ReplicaSettings, TensorSettings } from './hyperparameters.ts';
import { valueAt, type Schedule } from './schedules.ts';

const HEADER_WORDS = 8;
const TENSOR_WORDS = 12;
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
}

/** Where training stands: schedules see the step, bias corrections the update count t (1-based). */
export interface Clock {
  readonly step: number;
  readonly steps: number;
  readonly t: number;
}

/** Drop iff a Philox word is below this; never past the largest word. */
export const dropThreshold = (rate: number): number => Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);

/** How much further than one gradient step the rule moves a weight at rest: the proximal threshold's factor. */
function restFactor(rule: RuleName, momentum: number, dampening: number): number {
  if (rule === 'momentum') return (1 - dampening) / (1 - momentum);
  return rule === 'nesterov' ? 1 / (1 - momentum) : 1;
}

/** The twelve numbers of `Hyperparameters`, in its order. */
export function hyperparameterRow(rule: RuleName, settings: TensorSettings, { step, steps, t }: Clock): number[] {
  const at = (value: Schedule): number => valueAt(value, step, steps);
  const rate = at(settings.learningRate);
  const momentum = at(settings.momentum);
  const dampening = at(settings.dampening);
  const beta2 = at(settings.beta2);
  const l1 = at(settings.l1);
  const l2 = at(settings.l2);
  const isAdam = rule === 'adam';
  const factor = rate * restFactor(rule, momentum, dampening);
  return [
    isAdam ? rate / (1 - momentum ** t) : rate,
    momentum,
    isAdam ? 1 - momentum : t === 1 ? 1 : 1 - dampening,
    at(settings.epsilon),
    beta2,
    1 - beta2,
    isAdam ? 1 / Math.sqrt(1 - beta2 ** t) : 1,
    1 - rate * at(settings.weightDecay),
    settings.l1Rule === 'subgradient' ? l1 : 0,
    settings.l2Rule === 'coupled' ? l2 : 0,
    settings.l1Rule === 'proximal' ? factor * l1 : 0,
    settings.l2Rule === 'proximal' ? factor * l2 : 0,
  ];
}

/** Writes one replica's entry at byte `offset`. Without a clock (evaluation) hyperparameters stay zero. */
export function writeRow(
  view: DataView,
  offset: number,
  header: RowHeader,
  settings: ReplicaSettings,
  rule: RuleName,
  clock?: Clock,
): void {
  const words = [
    header.step, header.position, header.count, header.active ? 1 : 0,
    ...seedKey(settings.seed), header.order, header.slot,
  ];
  words.forEach((word, i) => view.setUint32(offset + 4 * i, word, true));
  if (clock === undefined) return;
  let at = offset + 4 * HEADER_WORDS;
  for (const tensor of settings.tensors) {
    for (const value of hyperparameterRow(rule, tensor, clock)) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  for (const dropout of settings.dropouts) {
    const rate = valueAt(dropout, clock.step, clock.steps);
    view.setUint32(at, dropThreshold(rate), true);
    view.setFloat32(at + 4, 1 / (1 - rate), true);
    at += 4 * DROPOUT_WORDS;
  }
}
