/** What a fusion rule is. */

import type { Note } from '../../scheduler/graph.ts';
import type { Op, OpGraph, ValueId } from '../op.ts';
import { readsOf } from '../op.ts';

/** What rules may know beside the operations. */
export interface Facts {
  /** Why gradients must be kept in memory; '' where nothing needs them. */
  readonly keptGradients: string;
  /** What backward needs to know of an activation. */
  activation(name: string): { readonly keepsMask: boolean };
  /** Outputs that the fused head of the loss has room for; 0 where there is none. */
  readonly headOutputs: number;
  /** Buffers of activations that one operation of the graph reads, once values are placed. */
  buffersRead(graph: OpGraph, op: Op): number;
  /** Buffers of activations that a fused update of several layers can read. */
  readonly updateBuffers: number;
}

export interface Applied {
  readonly graph: OpGraph;
  readonly notes: readonly Note[];
}

/** Operations in, operations out. Where it does not fit it gives its input back and says why; it never throws. */
export interface FusionRule {
  readonly name: string;
  apply(graph: OpGraph, facts: Facts): Applied;
}

/** Place of the loss, or of the prediction: what stands before it goes forward. All does where there is neither. */
export function endOfForward({ ops }: OpGraph): number {
  const end = ops.findIndex(({ op }) => op === 'loss' || op === 'prediction');
  return end < 0 ? ops.length : end;
}

/** How often each value is read; what is read after the last operation counts too. */
export function readings({ ops, results }: OpGraph): ReadonlyMap<ValueId, number> {
  const counts = new Map<ValueId, number>();
  for (const value of [...ops.flatMap(readsOf), ...Object.values(results)]) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
