/** What is fixed for a Program, and the sizes that its operations share. */

import { CLASS_FORMAT, type InputFormat, type TargetFormat } from '../target.ts';
import { tableVec4s } from '../kernels/gather.ts';
import type { RowShape } from '../kernels/kernel.ts';
import { stateSlots, type Rule } from '../kernels/rule.ts';
import { Arena, pad4 } from '../model/arena.ts';
import type { Loss } from '../model/losses/index.ts';
import { rowLayers, type Network } from '../model/network.ts';
import type { Fusion, Tiles } from './tiles.ts';

/** Everything that is fixed for a Program. */
export interface Build {
  readonly network: Network;
  readonly loss: Loss;
  readonly replicas: number;
  readonly batchSize: number;
  /** Largest number of steps per submit. */
  readonly capacity: number;
  readonly rule: Rule;
  /** Parameter groups that rows have room for: see `compile/groups.ts`. */
  readonly groups: number;
  /** By tensor: the group lasso's factor. */
  readonly lassoFactors: readonly number[];
  /** Layers with an orthogonal penalty. */
  readonly orthogonalLayers: readonly number[];
  /** Batches per update. */
  readonly accumulate: number;
  readonly fusion: Fusion;
  /** Names of the fusion rules that are applied; those of `fusion`, unless a test says otherwise. */
  readonly rules: readonly string[];
  readonly tiles: Tiles;
  /** Whether inputs are normalised, each feature by its own numbers or all by the same. */
  readonly normalised?: 'feature' | 'all' | undefined;
}

/** How a resident data set is read. */
export interface DataFormat {
  /** Its buffers are NAME.inputs, NAME.labels and, for training, NAME.order; NAME.normalisation where inputs are seen by a table. */
  readonly name: string;
  readonly format: InputFormat;
  readonly inputWords: number;
  /** As in `GatherShape`. */
  readonly normalised?: 'feature' | 'all' | undefined;
  readonly target: TargetFormat;
}

/** Where it does not matter how data is read, as for sizes. */
export const ANY_DATA: DataFormat = { name: 'data', format: 'u8', inputWords: 1, target: CLASS_FORMAT };

/** Bytes of a data set's table: centers, factors and shifts. 0 where it has none. */
export const tableBytes = ({ network }: Pick<Build, 'network'>, normalised: DataFormat['normalised']): number =>
  (normalised === undefined ? 0 : 48 * tableVec4s(normalised, pad4(network.inputs)));

export const rowShape = ({ network, replicas, groups }: Pick<Build, 'network' | 'replicas' | 'groups'>): RowShape => ({
  replicas,
  tensors: network.tensors.length,
  groups,
  layers: rowLayers(network),
});

/** How parameters lie, and gradients: one slot per replica. */
export const parameterArena = ({ network, replicas }: Pick<Build, 'network' | 'replicas'>): Arena => new Arena(network, replicas);

/** How optimizer state lies. */
export const stateArena = ({ network, replicas, rule }: Pick<Build, 'network' | 'replicas' | 'rule'>): Arena =>
  new Arena(network, replicas, stateSlots(rule));

export const paddedBatch = ({ batchSize }: Build): number => pad4(batchSize);
export const samplesStride = ({ capacity, batchSize }: Build): number => capacity * batchSize;
