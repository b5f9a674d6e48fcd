/** What an experiment is asked to do and what it finds, as plain data: `compare.json` keeps both. */
import type { Overrides } from '../../model/hyperparameters.ts';
import type { Evaluation } from '../../train/events.ts';
import type { Change } from '../layers.ts';
import type { Look } from './looks.ts';
import type { Settings } from '../settings.ts';

/** What is averaged over seeds: one way to train, such as 'dropout' or one strength of a path. */
export interface Group {
  /** e.g. 'dropout', 'l1=1e-5'. */
  readonly id: string;
  /** As people read it. */
  readonly label: string;
  readonly overrides: Overrides;
  /** Another network: what it has in the place of the activation and the init. */
  readonly change?: Change;
  /** Only on a path; the reference without any penalty has none. */
  readonly strength?: number;
}

export const PATH_KEYS = ['l1', 'l2', 'dropout', 'maxNorm'] as const;
export type PathKey = (typeof PATH_KEYS)[number];

export interface PathSettings {
  readonly key: PathKey;
  /** Ascending. */
  readonly strengths: readonly number[];
}

export interface CompareSettings {
  /** Data, network, optimizer, batch and first seed; no penalties, no dropout. `validation` is always set. */
  readonly base: Settings;
  readonly epochs: number;
  /** Every replica's, ascending. The first one also draws the validation samples and folds. */
  readonly seeds: readonly number[];
  readonly groups: readonly Group[];
  /** Where networks differ: steps done when their deviations are measured. Each group then has runs of its own. */
  readonly looks?: readonly number[];
  readonly path?: PathSettings;
  readonly folds?: number;
  /** Epochs from one evaluation to the next; default so that evaluating takes no longer than training. */
  readonly evaluateEvery?: number;
  /** Most replicas in one run. Default as many as fit. */
  readonly replicasPerRun?: number;
}

/** One network of a run. */
export interface Replica {
  readonly group: string;
  readonly seed: number;
  readonly overrides: Overrides;
}

/** 'compare': training samples less the validation samples; 'fold': less one fold; 'final': all of them. */
export type StageKind = 'compare' | 'fold' | 'final';

export interface EpochRecord {
  /** 1-based. */
  readonly epoch: number;
  /** Means over the epoch, before each update, dropout on. */
  readonly running: Evaluation;
  readonly penalty: number;
  /** Fraction of the weights that are exactly zero. */
  readonly zeros: number;
  /** At the epoch's last step; absent in the records of versions that did not write it down. */
  readonly learningRate?: number;
  /** After the epoch, dropout off; only where it was evaluated. */
  readonly train?: Evaluation;
  readonly validation?: Evaluation;
  readonly test?: Evaluation;
}

export interface Divergence {
  readonly step: number;
  readonly tensor: string;
}

/** Hidden units of the first layer as pictures. */
export interface Filters {
  readonly units: number;
  readonly height: number;
  readonly width: number;
  /** The largest |w| of them: 127. */
  readonly largest: number;
  /** Base64 of i8 [units, height, width]. */
  readonly values: string;
}

/** The weights at the end of a run, biases left out. */
export interface WeightsRecord {
  readonly layers: readonly { readonly name: string; readonly weights: number; readonly zeros: number }[];
  /** Weights that are not zero by log10 |w|: see weights.ts for the bins. */
  readonly histogram: readonly number[];
  /** Of the first seed only. */
  readonly filters?: Filters;
}

export interface ReplicaRecord extends Replica {
  /** Until it diverged, if it did. */
  readonly epochs: readonly EpochRecord[];
  readonly diverged?: Divergence;
  readonly weights?: WeightsRecord;
}

export interface RunRecord {
  readonly stage: StageKind;
  /** 1-based. */
  readonly fold?: number;
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  readonly evaluateEvery: number;
  /** Of training, all replicas together, evaluation left out. */
  readonly seconds: number;
  readonly isDone: boolean;
  /** In the order of their steps. */
  readonly looks?: readonly Look[];
  readonly replicas: readonly ReplicaRecord[];
}

/** What the data turned out to be. */
export interface DataFacts {
  /** Training samples there are, and those used, validation included. */
  readonly available: number;
  readonly used: number;
  /** Fewer are used because the adapter is software and nobody asked for a number. */
  readonly isReduced: boolean;
  readonly test: number;
  readonly shape: readonly number[];
  readonly classes: number;
  /** What the page's browser calls itself. */
  readonly browser?: string;
}

/** What happens in an experiment, in order: data once; then for each run: run, looks and epochs, end. */
export type CompareEvent =
  | { readonly type: 'data'; readonly facts: DataFacts }
  /** So many replicas did not fit; now at most `most` are tried. */
  | { readonly type: 'split'; readonly tried: number; readonly most: number; readonly reason: string }
  | { readonly type: 'run'; readonly run: RunRecord; readonly summary: string }
  /** A run that was stopped goes on after so many whole epochs. */
  | { readonly type: 'resumed'; readonly epoch: number; readonly summary: string }
  /** What was measured of activations and gradients. */
  | { readonly type: 'look'; readonly look: Look }
  /** One entry per replica; a diverged one has its divergence instead. */
  | { readonly type: 'epoch'; readonly seconds: number; readonly replicas: readonly (EpochRecord | Divergence)[] }
  /** All replicas have diverged. */
  | ({ readonly type: 'failed' } & Divergence)
  /** Stopped within an epoch; its seconds so far. */
  | { readonly type: 'stopped'; readonly seconds: number }
  | { readonly type: 'end'; readonly weights: readonly WeightsRecord[] };
