/** What is fixed for a Program, and the names and sizes that its operations share. */

import type { RowShape } from '../kernels/kernel.ts';
import type { Rule } from '../kernels/rule.ts';
import { pad4, type Network } from './network.ts';
import { dropoutEntries } from './rows.ts';
import type { Fusion, Tiles } from './tiles.ts';

/** Everything that is fixed for a Program. */
export interface Build {
  readonly network: Network;
  readonly replicas: number;
  readonly batchSize: number;
  /** Largest number of steps per submit. */
  readonly capacity: number;
  readonly rule: Rule;
  /** Layers with an orthogonal penalty. */
  readonly orthogonalLayers: readonly number[];
  /** Batches per update. */
  readonly accumulate: number;
  readonly fusion: Fusion;
  readonly tiles: Tiles;
}

/** How a resident data set is read. */
export interface DataFormat {
  /** Its buffers are NAME.inputs, NAME.labels and, for training, NAME.order. */
  readonly name: string;
  readonly format: 'u8' | 'f32';
  readonly inputWords: number;
  readonly scale: number;
  readonly offset: number;
}

export const rowShape = ({ network, replicas }: Build): RowShape => ({
  replicas,
  tensors: network.tensors.length,
  dropouts: dropoutEntries(network.dropouts.length),
});

/** Names of values. */
export const activation = (layer: number): string => (layer === 0 ? 'input' : `activation.${layer - 1}`);
export const delta = (layer: number): string => `delta.${layer}`;
/** Products of a layer's weight with itself. */
export const gramOf = (layer: number): string => `gram.${layer}`;
export const paddedBatch = ({ batchSize }: Build): number => pad4(batchSize);
export const samplesStride = ({ capacity, batchSize }: Build): number => capacity * batchSize;
