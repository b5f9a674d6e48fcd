/** Where training stands, as plain data: what a checkpoint holds beside the tensors. */

import type { PlateauState } from '../model/schedules/plateau.ts';
import type { BestSoFar } from './early-stopping.ts';
import type { Stopped } from './events.ts';
import type { InputFormat } from '../target.ts';
import { noTotals, type Totals } from './totals.ts';

/** The version of the files that hold it: from 3 on they hold checksums; 4 is one that normalises, which earlier versions do not. */
export const CHECKPOINT_FORMAT = '3', NORMALISED_FORMAT = '4';

/** Whether a file of this version holds checksums. */
export const isSummed = (format: string | undefined): boolean => format === CHECKPOINT_FORMAT || format === NORMALISED_FORMAT;

export interface TrainingState {
  /** Steps done. */
  step: number;
  /** Current epoch, 0-based, and steps done in it. */
  epoch: number;
  batch: number;
  /** Names of the classes of the newest training set, where it has some. */
  classNames: readonly string[] | null;
  /** How the newest training set's inputs are stored, and what they stand for: arrays of this kind that are predicted from mean the same. */
  inputs: { readonly format: InputFormat; readonly scale: number; readonly offset: number } | null;
  /** Steps that schedules count to; 0 before the first step. */
  horizon: number;
  /** Whether a fit said that horizon; otherwise it followed from its `epochs`. */
  isHorizonSaid: boolean;
  /** Samples of the newest training set; 0 before the first step. */
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
  /** The same before the current epoch. */
  skippedBefore: number[];
  /** Per replica: steps that passed while it was frozen. They are no updates of its own, so no t counts them. */
  missed: number[];
  /** Per replica and tensor: what cumulative L1 could have taken so far; null before the first update. */
  l1Totals: readonly (readonly number[] | null)[];
  /** The same: learning rates of the last update, for a rule that looks back at them. */
  lastRates: readonly (readonly number[] | null)[];
  /** Per replica: its plateau schedules, by their JSON. */
  plateaus: Record<string, PlateauState>[];
}

/** What the snapshot on the GPU holds. */
export interface Kept {
  /** Where training stood with those weights. Nothing changes it. */
  readonly state: Readonly<TrainingState>;
  /** What identifies the training set, as it was uploaded, that steps were done on from there. */
  readonly data: object;
  /** Per replica: whether some forward pass, or an epoch's evaluation, found them good. */
  readonly good: readonly boolean[];
}

const perReplica = <T>(replicas: number, of: () => T): T[] => Array.from({ length: replicas }, of);

export const initialState = (replicas: number): TrainingState => ({
  step: 0, epoch: 0, batch: 0, horizon: 0, isHorizonSaid: false, samples: 0, classNames: null, inputs: null,
  totals: perReplica(replicas, noTotals),
  diverged: perReplica(replicas, () => null),
  stopped: perReplica(replicas, () => null),
  best: null,
  skipped: perReplica(replicas, () => 0),
  skippedBefore: perReplica(replicas, () => 0),
  missed: perReplica(replicas, () => 0),
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
