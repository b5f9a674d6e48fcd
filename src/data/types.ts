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

export interface DatasetOptions {
  /** length * width values, row-major: u8 (a quarter of the GPU memory) or f32. */
  readonly inputs: Uint8Array | Float32Array;
  /**
   * One class index per sample, integers from 0; with `targetWidth`, so many numbers per sample, row-major, finite; or
   * 'inputs', where each sample is its own target, as the network sees it before noise and dropout.
   */
  readonly targets: ArrayLike<number> | 'inputs';
  /** Values of one target vector, 1 or more. Default 0: targets are class indices. */
  readonly targetWidth?: number;
  /** How much each sample counts in the loss, [length], finite and 0 or more, not all 0. Default all alike. */
  readonly weights?: ArrayLike<number>;
  /** Of the classes, by index. */
  readonly classNames?: readonly string[];
  /** Shape of one sample: positive integers. */
  readonly shape: readonly number[];
  /** Default: largest target + 1. Give it when some class may be absent. */
  readonly classes?: number;
  /** Default 1/255 for Uint8Array, 1 for Float32Array. Finite, not 0. */
  readonly scale?: number;
  /** Default 0. Finite. */
  readonly offset?: number;
  /** Used in messages. Default 'data'. */
  readonly name?: string;
}
