import type { ColumnSumOp, Op, OpGraph, TensorId, UpdateOp, WeightGradientOp, WeightUpdateOp } from '../op.ts';
import type { Facts, FusionRule } from './rule.ts';

/**
 * An update whose every gradient has one writer, and needs nothing that only all gradients together tell. It is fused as a
 * whole or not at all: the kernel of what would remain updates the whole arena. Its kernel updates a bias with each weight.
 */
export const updateInEpilogue: FusionRule = {
  name: 'update-in-epilogue',
  apply(graph, facts) {
    const update = graph.ops.find((op) => op.op === 'update');
    if (update === undefined) return { graph, notes: [] };
    const found = fusedUpdates(graph, update, facts);
    if (typeof found === 'string') return { graph, notes: [{ rule: 'update-in-epilogue', fired: false, on: update.label, why: found }] };
    const ops = graph.ops.flatMap((op): Op[] => {
      if (op.op === 'weightGradient') return [found.find(({ weight }) => weight === op.weight)!];
      return op === update || op.op === 'columnSum' ? [] : [op];
    });
    return { graph: { ...graph, ops }, notes: found.map(({ label }) => ({ rule: 'update-in-epilogue', fired: true, on: label })) };
  },
};

/** One fused update per weight; or why there cannot be. */
function fusedUpdates({ ops }: OpGraph, { tensors }: UpdateOp, { keptGradients }: Facts): WeightUpdateOp[] | string {
  if (keptGradients !== '') return `gradients are kept for ${keptGradients}`;
  const learned = ops.find((op) => op.op === 'slopeGradient');
  if (learned !== undefined) return `${learned.layer} has learned slopes, whose gradient is kept`;
  const gradients = ops.filter((op): op is WeightGradientOp | ColumnSumOp => op.op === 'weightGradient' || op.op === 'columnSum');
  const writers = new Map<TensorId, number>();
  for (const op of gradients) {
    const tensor = op.op === 'columnSum' ? op.bias : op.weight;
    writers.set(tensor, (writers.get(tensor) ?? 0) + 1);
  }
  const tied = tensors.find((tensor) => writers.get(tensor) !== 1);
  if (tied !== undefined) return `tensor ${tied} has ${writers.get(tied) ?? 0} gradients`;
  return pairs(gradients);
}

/** Each weight with the bias of the same product. Branches that join have one delta: it is no sign of a pair. */
function pairs(gradients: readonly (WeightGradientOp | ColumnSumOp)[]): WeightUpdateOp[] | string {
  const found: WeightUpdateOp[] = [];
  for (const op of gradients) {
    if (op.op === 'columnSum') continue;
    const own = gradients.find((other): other is ColumnSumOp => other.op === 'columnSum' && other.layer === op.layer && other.delta === op.delta);
    if (own === undefined) return `${op.label} has no bias beside it`;
    found.push({ op: 'weightUpdate', label: `${op.label} and update`, input: op.input, delta: op.delta, weight: op.weight, bias: own.bias });
  }
  return 2 * found.length === gradients.length ? found : 'a bias has no weight beside it';
}
