/** A trainer's layers as a text table. */

import { layerTypeOf } from '../model/layers/index.ts';
import { INPUT } from '../model/model.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import type { Prepared } from './prepare.ts';

const group = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export function summaryOf({ build, config }: Prepared, memory: MemoryReport): string {
  const { nodes, inputs } = build.network;
  const widthOf = (node: number): number => (node === INPUT ? inputs : nodes[node]!.width);
  const placeOf = (node: number): string => (node === INPUT ? 'input' : String(node));
  const rows = nodes.map(({ layer, inputs: from, width, parameters }, at): string[] => {
    // Where one layer follows the other the order says it.
    const reads = from.length === 1 && from[0] === at - 1 ? '' : ` of ${from.map(placeOf).join(', ')}`;
    const title = `${layerTypeOf(layer).title(layer)}${reads}`;
    if (parameters === undefined) return [title, `[${width}]`, '0'];
    const { name } = parameters, tensors = layer.type === 'tied' && !layer.transposed ? [] : parameters.tensors; // Another layer's are counted there.
    return [`${title} (${name}${parameters.isFrozen ? ', frozen' : ''})`, `[${widthOf(from[0]!)}] -> [${width}]`, group(tensors.reduce((sum, { length }) => sum + length, 0))];
  });
  const table = [['layer', 'shape', 'parameters'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map(([name, shape, count]) =>
    `${name!.padEnd(widths[0]!)}  ${shape!.padEnd(widths[1]!)}  ${count!.padStart(widths[2]!)}`);
  const { accumulate, batchSize, rule } = build;
  const { averaging } = config;
  return [
    ...lines,
    `${group(build.network.parameters)} parameters, ${build.loss.type}, ${config.optimizer.rule}, batch ${batchSize}` +
      `${accumulate > 1 ? ` (${accumulate} to an update)` : ''}, ` +
      `${averaging === undefined ? '' : averaging.type === 'ema' ? `average with decay ${averaging.decay}, ` : `average from update ${averaging.start}, `}` +
      `${rule.skip ? 'updates that are not finite left out, ' : ''}` +
      `${build.replicas} ${build.replicas === 1 ? 'replica' : 'replicas'}, ${mebibytes(memory.total)} on the GPU`,
  ].join('\n');
}
