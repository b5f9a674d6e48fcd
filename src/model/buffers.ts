/** The resident buffers of a network's Program: pure sizes, so that memory is known before any allocation. */

import { NO_FLAG } from '../kernels/snapshot.ts';
import { STATE_SLOTS } from '../kernels/rule.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import type { Build } from './build.ts';
import { chunkTable, pad4 } from './network.ts';
import { rowEntryBytes } from './rows.ts';

/** Every buffer but the data's, the intermediate values', the row table and the staging. */
export function residentBuffers(build: Build): BufferSpec[] {
  const { network, replicas, batchSize, capacity, rule, fusion } = build;
  const arena = 4 * replicas * network.stride;
  const state = arena * STATE_SLOTS[rule.name];
  const flags = replicas * network.tensors.length;
  return [
    { name: 'parameters', bytes: arena, category: 'parameters' },
    { name: 'state', bytes: state, category: 'state' },
    ...(fusion === 'none' ? [{ name: 'gradients', bytes: arena, category: 'gradients' } as const] : []),
    { name: 'snapshot.parameters', bytes: arena, category: 'snapshot' },
    ...(state > 0 ? [{ name: 'snapshot.state', bytes: state, category: 'snapshot' } as const] : []),
    { name: 'flags', bytes: 4 * flags, category: 'metrics', contents: new Uint32Array(flags).fill(NO_FLAG) },
    { name: 'samples', bytes: 4 * replicas * capacity * batchSize, category: 'metrics' },
    { name: 'sums', bytes: 16 * replicas * network.chunks, category: 'metrics' },
    { name: 'targets', bytes: 4 * replicas * pad4(batchSize), category: 'activations' },
    { name: 'chunks', bytes: 4 * network.chunks, category: 'tables', contents: chunkTable(network) },
  ];
}

/** Bytes of one step's rows, all replicas. */
export const rowBytes = ({ network, replicas }: Build): number =>
  replicas * rowEntryBytes(network.tensors.length, network.dropouts.length);

/** Bytes that the largest submit reads back: every sample's loss and all flags, or a batch of outputs. */
export const readBytes = ({ network, replicas, batchSize, capacity }: Build): number =>
  4 * replicas * Math.max(
    capacity * batchSize + network.tensors.length,
    pad4(batchSize) * pad4(network.classes),
    4 * network.chunks,
  );
