/** A trainer's layers as a text table. */

import type { MemoryReport } from '../scheduler/buffers.ts';
import type { Prepared } from './config.ts';

const group = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export function summaryOf({ build, config }: Prepared, memory: MemoryReport): string {
  let dense = 0;
  let width = build.network.inputs;
  const rows = config.model.layers.map((layer): string[] => {
    if (layer.type === 'relu') return ['relu', `[${width}]`, '0'];
    if (layer.type === 'dropout') return [`dropout ${layer.rate}`, `[${width}]`, '0'];
    const parameters = (width + 1) * layer.units;
    const name = `dense (layers.${dense++})`;
    const shape = `[${width}] -> [${layer.units}]`;
    width = layer.units;
    return [name, shape, group(parameters)];
  });
  const table = [['layer', 'shape', 'parameters'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map(([name, shape, count]) =>
    `${name!.padEnd(widths[0]!)}  ${shape!.padEnd(widths[1]!)}  ${count!.padStart(widths[2]!)}`);
  const { accumulate, batchSize, rule } = build;
  const { averaging } = config;
  return [
    ...lines,
    `${group(build.network.parameters)} parameters, ${config.optimizer.rule}, batch ${batchSize}` +
      `${accumulate > 1 ? ` (${accumulate} to an update)` : ''}, ` +
      `${averaging === undefined ? '' : averaging.type === 'ema' ? `average with decay ${averaging.decay}, ` : `average from update ${averaging.start}, `}` +
      `${rule.skip ? 'updates that are not finite left out, ' : ''}` +
      `${build.replicas} ${build.replicas === 1 ? 'replica' : 'replicas'}, ${mebibytes(memory.total)} on the GPU`,
  ].join('\n');
}
