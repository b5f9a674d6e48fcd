/** Whether a value from a file is a training state. Only what reads checkpoints needs this. */

import { isFigure } from '../metrics/figures.ts';
import { isPlateauState, type PlateauState } from '../model/schedules/plateau.ts';
import { isF32 } from '../options.ts';
import type { BestSoFar } from './early-stopping.ts';
import type { Stopped } from './events.ts';
import type { Totals } from './totals.ts';
import type { TrainingState } from './training-state.ts';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFinite = (value: unknown): boolean => Number.isFinite(value);

/** A sample takes four bytes on a GPU at least, and a buffer has at most 2^32. */
const MOST_SAMPLES = 2 ** 30;

/** Sums over samples, of sizes. */
const areTotals = ({ loss, hits, count, nonFinite = 0, weight = 0 }: Partial<Totals>): boolean =>
  isFinite(loss) && loss! >= 0 && isFinite(weight) && weight >= 0 && isCount(count) && count! < Number.MAX_SAFE_INTEGER && isCount(hits) && isCount(nonFinite) && hits! + nonFinite <= count!;

/** Batches of an epoch that has begun: each is of a step that was done, and of a sample or more. */
const isPlace = ({ batch, step, samples }: Partial<TrainingState>): boolean =>
  [batch, step, samples].every(isCount) && batch! <= step! && batch! <= samples! && samples! <= MOST_SAMPLES;

type Loose<T> = T extends object ? { readonly [K in keyof T]?: Loose<T[K]> | null } : unknown;

function isList<T>(value: unknown, length: number, holds: (one: Loose<T>) => boolean): boolean {
  return Array.isArray(value) && value.length === length && value.every((one) => holds(one as Loose<T>));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const isBest = (best: Loose<BestSoFar> | null | undefined, replicas: number): boolean =>
  best === null ||
  (isFigure(best?.monitor) && best !== undefined && typeof best.kept === 'boolean' &&
    isList<BestSoFar['replicas'][number]>(best.replicas, replicas, (own) =>
      own !== null && (own.value === null || isFinite(own.value)) && isCount(own.epoch) && isCount(own.bad)));

const areInputs = ({ format, scale, offset }: { readonly format?: unknown; readonly scale?: unknown; readonly offset?: unknown }): boolean =>
  (format === 'u8' || format === 'f32') && isF32(scale) && scale !== 0 && isF32(offset);

/** Whether a value from a file is the state of a training of so many replicas and tensors. */
export function isTrainingState(value: unknown, replicas: number, tensors: number): value is TrainingState {
  if (!isObject(value)) return false;
  const state = value as Loose<TrainingState>;
  const perTensor = (rows: unknown): boolean =>
    isList<number[] | null>(rows, replicas, (row) => row === null || isList<number>(row, tensors, isFinite));
  return (
    isPlace(state as Partial<TrainingState>) && isCount(state.epoch) && isCount(state.horizon) &&
    (state.classNames === undefined || state.classNames === null || (Array.isArray(state.classNames) && state.classNames.every((name) => typeof name === 'string'))) &&
    (state.inputs === undefined || state.inputs === null || areInputs(state.inputs)) &&
    // Older files do not say; nor of `inputs`, `classNames`, `skippedBefore`, `missed` and the `nonFinite` of totals.
    (state.isHorizonSaid === undefined || typeof state.isHorizonSaid === 'boolean') &&
    isList<Totals>(state.totals, replicas, (own) => isObject(own) && areTotals(own as Partial<Totals>)) &&
    isList<{ step: number; tensor: string } | null>(state.diverged, replicas, (own) =>
      own === null || (isObject(own) && isCount((own as { step?: unknown }).step) && typeof (own as { tensor?: unknown }).tensor === 'string')) &&
    isList<Stopped | null>(state.stopped, replicas, (own) =>
      own === null || (isObject(own) && isCount((own as Partial<Stopped>).epoch) && isCount((own as Partial<Stopped>).best))) &&
    isBest(state.best as Loose<BestSoFar> | null | undefined, replicas) &&
    isList<number>(state.skipped, replicas, (left) => isCount(left) && (left as number) <= (state.step as number)) &&
    (state.skippedBefore === undefined || isList<number>(state.skippedBefore, replicas, isCount)) &&
    (state.missed === undefined || isList<number>(state.missed, replicas, (own) => isCount(own) && (own as number) <= (state.step as number))) &&
    perTensor(state.l1Totals) &&
    perTensor(state.lastRates) &&
    isList<Record<string, PlateauState>>(state.plateaus, replicas, (own) => isObject(own) && Object.values(own).every(isPlateauState))
  );
}
