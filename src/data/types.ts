/** What data sets are, and what makes one. */

/** Samples and their targets. The arrays are kept, not copied: do not write to them afterwards. */
export interface Dataset {
  readonly name: string;
  /** [length, width], row-major. The network sees input * scale + offset. */
  readonly inputs: Uint8Array | Float32Array;
  /**
   * Class indices, [length], each below `classes`; or vectors, [length, targetWidth], row-major; or 'inputs', where each
   * sample is its own target, as the network sees it.
   */
  readonly targets: Uint32Array | Float32Array | 'inputs';
  readonly length: number;
  /** Shape of one sample, for example [28, 28]. */
  readonly shape: readonly number[];
  /** Product of `shape`. */
  readonly width: number;
  /** 0 where targets are vectors. */
  readonly classes: number;
  /** Values of one target vector; 0 where targets are class indices. */
  readonly targetWidth: number;
  /** How much each sample counts, [length]. Absent: all alike. */
  readonly weights?: Float32Array;
  /** Of classes, by index, where they are known. */
  readonly classNames?: readonly string[];
  readonly scale: number;
  readonly offset: number;
}

/** One whose targets are class indices. */
export interface ClassDataset extends Dataset {
  readonly targets: Uint32Array;
  readonly targetWidth: 0;
}

/**
 * One that was checked: arrays of this realm, on memory that is theirs and keeps its size. What is counted, cut or sent to a GPU
 * is one of these, never what a caller holds.
 */
export interface OwnDataset extends Dataset {
  readonly inputs: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | 'inputs';
  readonly weights?: Float32Array<ArrayBuffer>;
}

/** Numbers as callers have them: a typed array of any kind and realm, a list, or lists within lists. */
export type Numbers = ArrayLike<number | bigint> | readonly Numbers[];

/** One label per sample: class indices, or what classes are called. */
export type Labels = ArrayLike<number | bigint | boolean> | readonly (number | bigint | string | boolean)[];

export interface DatasetOptions {
  /**
   * length * width values, row-major: Uint8Array (a quarter of the GPU memory; Uint8ClampedArray is taken as one) or Float32Array.
   * Typed arrays of other kinds and lists are converted to f32, which rounds whole numbers beyond 2^24. Lists within lists,
   * [length, ...shape], say the shape too.
   */
  readonly inputs: Numbers;
  /**
   * One label per sample: class indices, integers from 0 (BigInt too); or texts or booleans, which become class names, in the
   * order of `classNames`, or sorted (as numbers where all are numbers, else by code units). With `targetWidth`, so many
   * numbers per sample, row-major, finite; lists within lists, [length, targetWidth], are such. Or 'inputs', where each sample
   * is its own target, as the network sees it before noise and dropout.
   */
  readonly targets: Labels | readonly Numbers[] | 'inputs';
  /** Values of one target vector, 1 or more. Default 0: targets are labels; of lists within lists what they hold. */
  readonly targetWidth?: number;
  /** How much each sample counts in the loss, [length], finite and 0 or more, not all 0. Default all alike. */
  readonly weights?: ArrayLike<number>;
  /** Of the classes, by index, no two alike. */
  readonly classNames?: readonly string[];
  /** Shape of one sample: positive integers. Default: that of lists within lists. */
  readonly shape?: readonly number[];
  /** Default: as many as there are classNames, or the largest index + 1. Give it when some class may be absent: else that is refused. */
  readonly classes?: number;
  /** Default 1/255 for Uint8Array, else 1. Finite, not 0. */
  readonly scale?: number;
  /** Default 0. Finite. */
  readonly offset?: number;
  /** Used in messages. Default 'data'. */
  readonly name?: string;
}
