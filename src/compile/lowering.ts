/** What lowering an operation needs to know. */

import { pad4 } from '../model/arena.ts';
import type { Slopes } from '../kernels/slopes.ts';
import type { Op, OpGraph, OpName, TensorId, ValueId } from '../ops/op.ts';
import type { Operation } from '../scheduler/graph.ts';
import { paddedBatch, stateArena, type Build, type DataFormat } from './build.ts';

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

/** Where a pass finds its weights: a buffer, floats to their arena, and floats from one replica's to the next. */
export function weightsAt({ build, weights }: Pick<Lowering, 'build' | 'weights'>): { buffer: string; offset: number; stride: number } {
  if (weights === 'current') return { buffer: 'parameters', offset: 0, stride: build.network.stride };
  const state = stateArena(build);
  return { buffer: 'state', offset: state.offset(0, 'average'), stride: state.replicaStride };
}

/** Where a pass finds the slopes of an activation, if it learns them. */
export function slopesAt(context: Pick<Lowering, 'build' | 'weights'>, activate: { readonly slopes?: TensorId } | undefined): Slopes | undefined {
  if (activate?.slopes === undefined) return undefined;
  const { offset, length } = context.build.network.tensors[activate.slopes]!;
  return { offset: weightsAt(context).offset + offset, isPerUnit: length > 1 };
}

/** How operations become dispatches to be, by their names. */
export type Lowerings = { readonly [Name in OpName]?: (context: Lowering, op: Extract<Op, { readonly op: Name }>) => Operation[] };

/** Bound where a fused kernel has nothing to write. */
export const UNUSED = 'unused';

/** Floats of a value, one replica. */
export const valueFloats = ({ build, widths }: Pick<Lowering, 'build' | 'widths'>, value: ValueId): number =>
  (value === UNUSED ? 4 : paddedBatch(build) * pad4(widths[value]!));
