/** The buffers of a trainer and their exact bytes, known before any allocation. */

import { readBytes, residentBuffers, rowBytes } from '../compile/buffers.ts';
import { ANY_DATA, tableBytes, type Build } from '../compile/build.ts';
import { evaluateGraph, predictGraph, trainGraph } from '../compile/graphs.ts';
import { pad4 } from '../model/arena.ts';
import { addSizes, bufferBytes, rowTableBytes, type BufferSpec, type MemoryReport } from '../scheduler/buffers.ts';
import { placeValues } from '../scheduler/memory.ts';
import { resultBuffers } from '../scheduler/results.ts';

/** Buffers for intermediate values, large enough for every plan. */
export function activationBuffers(build: Build): BufferSpec[] {
  const sizes = new Map<string, number>();
  for (const graph of [trainGraph(build, ANY_DATA), evaluateGraph(build, ANY_DATA), predictGraph(build, ANY_DATA)]) {
    for (const [name, bytes] of Object.entries(placeValues(graph).buffers)) {
      sizes.set(name, Math.max(bytes, sizes.get(name) ?? 0));
    }
  }
  return [...sizes].map(([name, bytes]) => ({ name, bytes, category: 'activations' }));
}

/** Inputs of the samples to predict: one batch of f32 rows, uploaded by `predict`. */
const predictBuffers = ({ network, batchSize, normalised }: Build): BufferSpec[] => [
  { name: 'predict.inputs', bytes: 4 * pad4(network.inputs) * batchSize, category: 'data' },
  { name: 'predict.labels', bytes: 4 * batchSize, category: 'data' },
  ...(normalised ? [{ name: 'predict.normalisation', bytes: tableBytes({ network }, normalised), category: 'data' } as const] : []),
];

/** Every buffer a trainer makes at creation but the row table and the staging. */
export const allBuffers = (build: Build): BufferSpec[] => [
  ...residentBuffers(build), ...activationBuffers(build), ...predictBuffers(build),
];

type Size = Pick<BufferSpec, 'category' | 'bytes'>;

/** Exact bytes of a trainer, before any data set is attached. */
export const trainerMemory = (build: Build): MemoryReport => addSizes([
  ...[...allBuffers(build), ...resultBuffers(readBytes(build))].map(({ category, bytes }): Size => ({ category, bytes: bufferBytes({ bytes }) })),
  { category: 'tables', bytes: rowTableBytes({ rowBytes: rowBytes(build), capacity: build.capacity }) },
  ...tableSizes(build).map((bytes): Size => ({ category: 'tables', bytes: bufferBytes({ bytes }) })),
]);

/** Bytes of the tables that the training plan makes for itself. */
const tableSizes = (build: Build): number[] => trainGraph(build, ANY_DATA).operations.flatMap(({ tables = {} }) =>
  Object.values(tables).map((cells) => 4 * cells.length));
