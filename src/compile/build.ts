/** What is fixed for a Program, and the sizes that its operations share. */

import { CLASS_FORMAT, type TargetFormat } from '../target.ts';
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
}

/** How a resident data set is read. */
export interface DataFormat {
  /** Its buffers are NAME.inputs, NAME.labels and, for training, NAME.order. */
  readonly name: string;
  readonly format: 'u8' | 'f32';
  readonly inputWords: number;
  readonly scale: number;
  readonly offset: number;
  readonly target: TargetFormat;
}

/** Where it does not matter how data is read, as for sizes. */
export const ANY_DATA: DataFormat = { name: 'data', format: 'u8', inputWords: 1, scale: 1, offset: 0, target: CLASS_FORMAT };

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
