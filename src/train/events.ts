/** What `fit` reports. Losses are per sample; accuracies are fractions in [0, 1]. */

import type { Confusion } from '../metrics/index.ts';

/**
 * Mean loss and fraction of hits over a whole data set. Where the loss is not finite the accuracy is NaN: weights that overflow know
 * no class. But with onNonFinite: 'skip', unless all samples are so, one whose own loss is not finite is a miss, and the mean loss NaN.
 */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  /**
   * The metrics that were asked for, by their names: over the whole set, in double precision, from what the network gave for
   * each sample. NaN all, where the accuracy is.
   */
  readonly metrics?: Readonly<Record<string, number>>;
  /** [classes][classes], by `confusion: true`: samples of the row's class that were taken for the column's. */
  readonly confusion?: Confusion;
}

/** When early stopping froze a replica, and the best of its epochs: both 1-based, 0 where no epoch had a finite figure. */
export interface Stopped {
  readonly epoch: number;
  readonly best: number;
}

/** One replica's results at the end of an epoch. */
export interface ReplicaEpoch {
  /** Mean training loss over the epoch's samples but those that `nonFinite` counts, as seen before each step's update. */
  readonly loss: number;
  /** Fraction of all training samples classified right, as seen before each step's update (dropout on). */
  readonly accuracy: number;
  /**
   * Sum of the penalties on weights at the end of the epoch: l1 * sum |w|, l2 / 2 * sum w^2, group lassos, orthogonal
   * penalties. The last two take reading the weights, or two matrix products, once per epoch. Penalties on activations
   * are not in it: they are means over data, and `loss` does not have them either.
   */
  readonly penalty: number;
  /** loss + penalty. */
  readonly objective: number;
  /** Fraction of the weights (biases excluded) that are exactly zero at the end of the epoch. */
  readonly zeros: number;
  /** The first layer's learning rate at the epoch's last step. */
  readonly learningRate: number;
  /** On the whole validation set, dropout off; absent when `fit` got none. */
  readonly validation?: Evaluation;
  /** The same of the running average of the weights; present with `averaging` and a validation set. */
  readonly averaged?: Evaluation;
  /** Updates left out so far because a gradient was not finite; present with onNonFinite: 'skip'. */
  readonly skipped?: number;
  /**
   * Samples of the epoch whose loss was not finite, NaN inputs perhaps: misses in `accuracy`, and not in `loss`, which is NaN
   * where there were no others. Present with onNonFinite: 'skip'.
   */
  readonly nonFinite?: number;
  /**
   * Set from the epoch on after which early stopping froze this replica. That epoch's numbers are those before its
   * best weights were put back; later ones show the frozen replica, its training loss that of its last epoch.
   */
  readonly stopped?: Stopped;
  /**
   * Set when this replica diverged: it is frozen at its last good weights, or those it began with where none are known, its
   * sums at that point. `tensor` is empty where every update of an epoch was left out.
   */
  readonly diverged?: { readonly step: number; readonly tensor: string };
}

/** An epoch event. The top level repeats replica 0; `replicas` has one entry per replica. */
export interface Epoch extends ReplicaEpoch {
  /** 1-based. */
  readonly epoch: number;
  /** Training steps done since the start of training. */
  readonly step: number;
  /** Steps that schedules count to: see `FitOptions.horizon`. */
  readonly horizon: number;
  /** Wall-clock seconds of training in this epoch, evaluation excluded. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly replicas: readonly ReplicaEpoch[];
}

/** The self-test before a training on a device, or with a plan, that nothing is known of. */
export interface Verifying {
  /** How much of it is done, in [0, 1]: 1 once all was found right. */
  readonly done: number;
  readonly milliseconds: number;
  /** Where that is remembered, once it is. */
  readonly place?: string;
}

/** A progress event, about once per submit. May be dropped; epoch events never are. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done in this epoch, and in all. */
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  readonly step: number;
  /** Running means over this epoch so far, of the first replica that still trains. */
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Measured milliseconds per step in the newest submit, and its number of steps. */
  readonly stepMilliseconds: number;
  readonly stepsPerSubmit: number;
  /**
   * Milliseconds for which that submit held the thread that called `fit`: writing its rows, encoding and submitting it.
   * Where submitting waits for the adapter (Deno), that wait is in it.
   */
  readonly encodeMilliseconds: number;
  /** Estimated seconds until the last epoch ends. */
  readonly secondsLeft: number;
}
