/** What lowering an operation needs to know. */

import { pad4 } from '../model/arena.ts';
import type { Op, OpGraph, OpName, ValueId } from '../ops/op.ts';
import type { Operation } from '../scheduler/graph.ts';
import { paddedBatch, type Build, type DataFormat } from './build.ts';

/** Which weights a pass reads: those that are trained, or their running average. */
export type Weights = 'current' | 'average';

/** What lowering needs to know. */
export interface Lowering {
  readonly build: Build;
  readonly widths: OpGraph['widths'];
  /** The data set, and whether through its permutation. */
  readonly data: DataFormat;
  readonly training: boolean;
  readonly weights: Weights;
}

/** How operations become dispatches to be, by their names. */
export type Lowerings = { readonly [Name in OpName]?: (context: Lowering, op: Extract<Op, { readonly op: Name }>) => Operation[] };

/** Bound where a fused kernel has nothing to write. */
export const UNUSED = 'unused';

/** Floats of a value, one replica. */
export const valueFloats = ({ build, widths }: Pick<Lowering, 'build' | 'widths'>, value: ValueId): number =>
  (value === UNUSED ? 4 : paddedBatch(build) * pad4(widths[value]!));
