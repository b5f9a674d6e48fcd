/** Reverse-mode differentiation: layers are asked for the gradients of their inputs, last one first. */

import { gradientOf, type Emitter } from './emit.ts';
import type { TensorId, ValueId } from './op.ts';

/** A layer that has said its forward operations. */
export interface Node {
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  /** Says the operations behind the gradient of each input; none for inputs that need no gradient. */
  backward(delta: ValueId): readonly (ValueId | undefined)[];
}

/**
 * Says the backward operations of `nodes`, which stand in the order of their forward ones.
 * @param delta gradient of the last node's output
 * @param penalised values with penalties on them, and the tensor in whose row their strengths are
 */
export function differentiate(emit: Emitter, nodes: readonly Node[], delta: ValueId, penalised: ReadonlyMap<ValueId, TensorId>): void {
  const found = new Map<ValueId, ValueId[]>([[nodes.at(-1)!.output, [delta]]]);
  for (const node of nodes.toReversed()) {
    const parts = found.get(node.output);
    if (parts === undefined || !emit.wantsGradient(node.output)) continue;
    const own = node.backward(wholeGradient(emit, node.output, parts, penalised.get(node.output)));
    node.inputs.forEach((input, i) => {
      if (own[i] !== undefined) found.set(input, [...(found.get(input) ?? []), own[i]]);
    });
  }
}

/** The sum over all that read a value, and the gradient of the penalties on it. */
function wholeGradient(emit: Emitter, value: ValueId, parts: readonly ValueId[], tensor: TensorId | undefined): ValueId {
  const sum = parts.reduce((a, b) => emit.add(a, b, gradientOf(value)));
  if (tensor === undefined) return sum;
  return emit.map(sum, { step: 'activity', tensor, stored: value }, gradientOf(value));
}
