/** A training step as it is looked at: nothing fused, nothing updated, what is looked at kept to the end. */

import { layerTypeOf } from '../model/layers/index.ts';
import { differentiate, type Node } from '../ops/differentiate.ts';
import type { ValueId } from '../ops/op.ts';
import type { Graph } from '../scheduler/graph.ts';
import type { Build, DataFormat } from './build.ts';
import { compile } from './graphs.ts';
import { handsOn, sayForward, sayLoss } from './ops.ts';

/** What a layer with parameters makes, by the names of the graph's results. */
export interface LayerValues {
  readonly preactivations: string;
  readonly outputs: string;
  /** Of the loss with respect to the preactivations. */
  readonly gradient: string;
}

export const layerValues = (name: string): LayerValues =>
  ({ preactivations: `${name} preactivations`, outputs: `${name} outputs`, gradient: `${name} gradient` });

/**
 * Forward and backward through one batch, in the data set's own order. Gradients of parameters stay in `gradients`; those of
 * penalties are not in them.
 */
export function inspectGraph(build: Build, data: DataFormat): Graph {
  const { network, loss } = build, { emit, bounds, outputs } = sayForward(network, true), deltas: ValueId[] = [];
  const nodes = bounds.map((bound, at): Node => ({
    inputs: bound.inputs, output: outputs[at]!,
    backward: (delta) => {
      deltas[at] = delta;
      return layerTypeOf(bound.settings).backward(emit, delta, outputs[at]!, bound);
    },
  }));
  differentiate(emit, nodes, sayLoss(emit, loss, outputs.at(-1)!), new Map());
  const results = network.nodes.flatMap(({ parameters }, at): [string, ValueId][] => {
    if (parameters === undefined) return [];
    const names = layerValues(parameters.name);
    return [[names.preactivations, outputs[at]!], [names.outputs, outputs[handsOn(network, at)]!], [names.gradient, deltas[at]!]];
  });
  const ops = [...emit.ops, ...emit.gradients.flat()];
  return compile(
    { build, widths: emit.widths, data, training: false, weights: 'current' },
    { name: `inspection of ${data.name}`, widths: emit.widths, results: Object.fromEntries(results), ops },
  );
}
