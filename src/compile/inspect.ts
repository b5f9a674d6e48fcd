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
  /** Of the loss with respect to the preactivations; none where nothing below it is trained. */
  readonly gradient: string;
}

export const layerValues = (name: string): LayerValues =>
  ({ preactivations: `${name} preactivations`, outputs: `${name} outputs`, gradient: `${name} gradient` });

/**
 * Forward and backward through one batch, in the data set's own order. Gradients of parameters stay in `gradients`; those of
 * penalties are not in them.
 */
export function inspectGraph(build: Build, data: DataFormat): Graph {
  const { network, loss } = build, { emit, bounds, outputs } = sayForward(network, loss, true), deltas: (ValueId | undefined)[] = [], seen = new Set<string>();
  const nodes = bounds.flatMap((bound, at): Node[] => (outputs[at] === bound.inputs[0] ? [] : [{
    inputs: bound.inputs, output: outputs[at]!,
    backward: (delta) => {
      deltas[at] = delta;
      return layerTypeOf(bound.settings).backward(emit, delta, outputs[at]!, bound);
    },
  }]));
  differentiate(emit, nodes, sayLoss(emit, loss, outputs.at(-1)!), new Map());
  const results = network.nodes.flatMap(({ parameters }, at): [string, ValueId][] => {
    if (parameters === undefined || seen.has(parameters.name)) return []; // A layer used again is looked at where it is used first.
    seen.add(parameters.name);
    const names = layerValues(parameters.name), delta = deltas[at];
    return [[names.preactivations, outputs[at]!], [names.outputs, outputs[handsOn(network, at)]!], ...(delta === undefined ? [] : [[names.gradient, delta] as [string, ValueId]])];
  });
  const ops = [...emit.ops, ...emit.parameterOps()];
  return compile(
    { build, widths: emit.widths, data, training: false, weights: 'current' },
    { name: `inspection of ${data.name}`, widths: emit.widths, results: Object.fromEntries(results), ops },
  );
}
