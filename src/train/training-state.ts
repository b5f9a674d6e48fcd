/** Where training stands, as plain data: what a checkpoint holds beside the tensors. */

import { isPlateauState, type PlateauState } from '../model/schedules/index.ts';
import type { BestSoFar } from './early-stopping.ts';
import type { Stopped } from './events.ts';
import { noTotals, type Totals } from './totals.ts';

export interface TrainingState {
  /** Steps done. */
  step: number;
  /** Current epoch, 0-based, and steps done in it. */
  epoch: number;
  batch: number;
  /** Steps that schedules count to; set by the first fit. */
  horizon: number;
  /** Samples of the training set, once there was one. */
  samples: number;
  /** Per replica: sums over the current epoch, and the divergence that froze it. */
  totals: Totals[];
  diverged: ({ step: number; tensor: string } | null)[];
  /** Per replica: the epoch after which early stopping froze it. */
  stopped: (Stopped | null)[];
  /** The best epochs so far, once a fit asked for them. */
  best: BestSoFar | null;
  /** Per replica: updates left out because a gradient was not finite. */
  skipped: number[];
  /** Per replica and tensor: what cumulative L1 could have taken so far; null before the first update. */
  l1Totals: readonly (readonly number[] | null)[];
  /** The same: learning rates of the last update, for a rule that looks back at them. */
  lastRates: readonly (readonly number[] | null)[];
  /** Per replica: its plateau schedules, by their JSON. */
  plateaus: Record<string, PlateauState>[];
}

const perReplica = <T>(replicas: number, of: () => T): T[] => Array.from({ length: replicas }, of);

export const initialState = (replicas: number): TrainingState => ({
  step: 0, epoch: 0, batch: 0, horizon: 0, samples: 0,
  totals: perReplica(replicas, noTotals),
  diverged: perReplica(replicas, () => null),
  stopped: perReplica(replicas, () => null),
  best: null,
  skipped: perReplica(replicas, () => 0),
  l1Totals: perReplica(replicas, () => null),
  lastRates: perReplica(replicas, () => null),
  plateaus: perReplica(replicas, () => ({})),
});

/** Per replica: whether it trains at all. */
export const activeReplicas = ({ diverged, stopped }: TrainingState): boolean[] =>
  diverged.map((found, replica) => found === null && stopped[replica] === null);

/** Whether the best weights of at least one epoch were kept. */
export const hasBestWeights = ({ best }: TrainingState): boolean =>
  best !== null && best.kept && best.replicas.some(({ epoch }) => epoch > 0);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFinite = (value: unknown): boolean => Number.isFinite(value);

type Loose<T> = T extends object ? { readonly [K in keyof T]?: Loose<T[K]> | null } : unknown;

function isList<T>(value: unknown, length: number, holds: (one: Loose<T>) => boolean): boolean {
  return Array.isArray(value) && value.length === length && value.every((one) => holds(one as Loose<T>));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const isBest = (best: Loose<BestSoFar> | null | undefined, replicas: number): boolean =>
  best === null ||
  ((best?.monitor === 'loss' || best?.monitor === 'accuracy') && typeof best.kept === 'boolean' &&
    isList<BestSoFar['replicas'][number]>(best.replicas, replicas, (own) =>
      own !== null && (own.value === null || isFinite(own.value)) && isCount(own.epoch) && isCount(own.bad)));

/** Whether a value from a file is the state of a training of so many replicas and tensors. */
export function isTrainingState(value: unknown, replicas: number, tensors: number): value is TrainingState {
  if (!isObject(value)) return false;
  const state = value as Loose<TrainingState>;
  const perTensor = (rows: unknown): boolean =>
    isList<number[] | null>(rows, replicas, (row) => row === null || isList<number>(row, tensors, isFinite));
  return (
    [state.step, state.epoch, state.batch, state.horizon, state.samples].every(isCount) &&
    isList<Totals>(state.totals, replicas, (own) => [own?.loss, own?.hits, own?.count].every(isFinite)) &&
    isList<{ step: number; tensor: string } | null>(state.diverged, replicas, (own) =>
      own === null || (isObject(own) && isCount((own as { step?: unknown }).step) && typeof (own as { tensor?: unknown }).tensor === 'string')) &&
    isList<Stopped | null>(state.stopped, replicas, (own) =>
      own === null || (isObject(own) && isCount((own as Partial<Stopped>).epoch) && isCount((own as Partial<Stopped>).best))) &&
    isBest(state.best as Loose<BestSoFar> | null | undefined, replicas) &&
    isList<number>(state.skipped, replicas, isCount) &&
    perTensor(state.l1Totals) &&
    perTensor(state.lastRates) &&
    isList<Record<string, PlateauState>>(state.plateaus, replicas, (own) => isObject(own) && Object.values(own).every(isPlateauState))
  );
}
