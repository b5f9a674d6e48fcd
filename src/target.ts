/** How a data set's inputs and targets lie on a GPU. A leaf. */

/** Bytes, or floats. */
export type InputFormat = 'u8' | 'f32';

/** What inputs are multiplied by where nothing else is said. */
export const usualScaleOf = (format: InputFormat): number => (format === 'u8' ? 1 / 255 : 1);

/** How a data set's targets are read. */
export interface TargetFormat {
  /** The index of a class, a vector, or the sample's own inputs. */
  readonly kind: 'class' | 'vector' | 'inputs';
  /** Words of one sample's target in a batch, its weight included. */
  readonly words: number;
  /** Of these, words that come from the labels. */
  readonly labelWords: number;
  /** Whether samples have weights. */
  readonly isWeighted: boolean;
}

export const CLASS_FORMAT: TargetFormat = { kind: 'class', words: 1, labelWords: 1, isWeighted: false };
