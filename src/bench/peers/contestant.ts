/** What every library in the comparison is asked to do, in one shape, so that all are timed by the same code. */

import type { ClassDataset } from '../../data/dataset.ts';

/**
 * A multilayer perceptron with ReLU between its dense layers, softmax cross-entropy (mean over the batch), momentum
 * (v = momentum v + g, w -= learningRate v) and L2 on weights only (g = gradient + l2 w).
 */
export interface Task {
  /** Layer widths, input first. */
  readonly sizes: readonly number[];
  /** Drop probability of the input of each dense layer; 0: no dropout layer there. */
  readonly dropout: readonly number[];
  readonly batch: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly l2: number;
  /** Key of gradshader's dropout masks; the others draw their own. */
  readonly seed: number;
  /** Initial weight [in, out] and bias of each layer in turn, f32. */
  readonly parameters: readonly Float32Array[];
  /** u8 images. Training takes whole batches in turn, round and round; inference every image, the last batch shorter. */
  readonly data: ClassDataset;
}

/** A task made ready on a device: network, optimizer and data are resident. */
export interface Run {
  /** Trains and reads the loss of every step, as it was before that step's update. Batches in the order of the data. */
  losses(steps: number): Promise<number[]>;
  /** Trains without a wait in between and ends with the last loss read back. */
  train(steps: number): Promise<void>;
  /**
   * Classifies `batches` batches, round and round, and ends with the number of right answers read back.
   * @returns the images classified, which may be more than asked for, and the right answers among them
   */
  infer(batches: number): Promise<{ readonly images: number; readonly hits: number }>;
  dispose(): Promise<void>;
}

export interface Contestant {
  /** Library and backend, e.g. 'jax-js webgpu'. */
  readonly name: string;
  readonly library: string;
  readonly backend: string;
  readonly version: string;
  /** How its documentation says to train, where there is more than one way, e.g. 'trainOnBatch'. */
  readonly way: string;
  /** What else tells how it ran: threads, element type. Known once `prepare` was called. */
  notes(): Readonly<Record<string, string | number>>;
  /** @throws any error of the library; the caller leaves its rows out and says why */
  prepare(task: Task): Promise<Run>;
}

/** The contestants of one library and backend: its ways. `close` gives back what the backend holds. */
export interface Peer {
  readonly name: string;
  readonly ways: readonly Contestant[];
  close(): Promise<void>;
}

/** Where a batch lies in the data: rows first <= row < end. */
export interface BatchRange {
  readonly first: number;
  readonly end: number;
}

/** The batches of a data set in order; the last may be shorter, or is left out with `whole`. */
export function batchRanges(length: number, batch: number, { whole = false } = {}): BatchRange[] {
  const count = whole ? Math.floor(length / batch) : Math.ceil(length / batch);
  return Array.from({ length: count }, (_, i) => ({ first: i * batch, end: Math.min(length, (i + 1) * batch) }));
}

/** Inputs of some rows as the network sees them, and their targets one-hot: what libraries without a gather are given. */
export function batchArrays(
  { inputs, targets, width, classes, scale, offset }: ClassDataset, { first, end }: BatchRange,
): { readonly inputs: Float32Array<ArrayBuffer>; readonly oneHot: Float32Array<ArrayBuffer>; readonly targets: Int32Array<ArrayBuffer> } {
  const oneHot = new Float32Array((end - first) * classes), values = new Float32Array((end - first) * width);
  for (let row = first; row < end; row++) oneHot[(row - first) * classes + targets[row]!] = 1;
  for (let i = 0, from = first * width; i < values.length; i++) values[i] = inputs[from + i]! * scale + offset;
  return { inputs: values, oneHot, targets: Int32Array.from(targets.subarray(first, end)) };
}
