/** The resident buffers of a network's Program: pure sizes, so that memory is known before any allocation. */

import { NO_FLAG } from '../kernels/snapshot.ts';
import { needsNorms, NORM_GROUPS, type Rule } from '../kernels/rule.ts';
import { unitTable } from '../kernels/unit-constraint.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import type { ReadRange } from '../scheduler/executor.ts';
import { parameterArena, rowShape, stateArena, type Build } from './build.ts';
import { keepsGradients } from './graphs.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import { chunkTable, tensorTable, unitWeights, type Network } from '../model/network.ts';
import { pad4 } from '../model/arena.ts';
import { rowEntryBytes } from './rows.ts';

/** Every buffer but the data's, the intermediate values', the row table and the staging. */
export function residentBuffers(build: Build): BufferSpec[] {
  const { network, replicas, batchSize, capacity, rule } = build;
  const arena = parameterArena(build).bytes, state = stateArena(build).bytes;
  const flags = replicas * network.tensors.length;
  return [
    { name: 'parameters', bytes: arena, category: 'parameters' },
    { name: 'state', bytes: state, category: 'state' },
    ...(keepsGradients(build) ? [{ name: 'gradients', bytes: arena, category: 'gradients' } as const] : []),
    { name: 'snapshot.parameters', bytes: arena, category: 'snapshot' },
    ...(state > 0 ? [{ name: 'snapshot.state', bytes: state, category: 'snapshot' } as const] : []),
    { name: 'flags', bytes: 4 * flags, category: 'metrics', contents: new Uint32Array(flags).fill(NO_FLAG) },
    { name: 'samples', bytes: 4 * replicas * capacity * batchSize, category: 'metrics' },
    { name: 'sums', bytes: 16 * replicas * network.chunks, category: 'metrics' },
    // A vector's words and a weight at most.
    { name: 'targets', bytes: 4 * replicas * pad4(batchSize) * (network.outputs + 1), category: 'activations' },
    ...lossBuffers(build),
    { name: 'chunks', bytes: 4 * network.chunks, category: 'tables', contents: chunkTable(network) },
    ...(needsNorms(rule) ? normBuffers(network, replicas) : []),
    ...(rule.unitRules ? [unitBuffer(build)] : []),
    ...(needsNorms(rule) || rule.unitRules ? [skipBuffer(replicas)] : []),
  ];
}

/** What the loss reads besides. */
function lossBuffers({ loss }: Build): BufferSpec[] {
  const weights = lossTypeOf(loss).classWeights?.(loss);
  return weights === undefined ? [] : [{ name: 'classWeights', bytes: 4 * weights.length, category: 'tables', contents: new Uint32Array(Float32Array.from(weights).buffer) }];
}

/** Norms per tensor. */
const normBuffers = (network: Network, replicas: number): BufferSpec[] => [
  { name: 'tensors', bytes: 8 * network.tensors.length, category: 'tables', contents: tensorTable(network) },
  { name: 'norms', bytes: 16 * replicas * network.tensors.length * NORM_GROUPS, category: 'metrics' },
];

const unitBuffer = ({ network, lassoFactors }: Build): BufferSpec => {
  const contents = unitTable(unitWeights(network, lassoFactors));
  return { name: 'units', bytes: contents.byteLength, category: 'tables', contents };
};

const skipBytes = (replicas: number): number => 8 * replicas;

/** What is left out so far: two counts per replica, for even and odd updates. Bound even where nothing is. */
const skipBuffer = (replicas: number): BufferSpec => ({ name: 'skips', bytes: skipBytes(replicas), category: 'metrics' });

/** The counts of updates left out are read back with the samples where there are any. */
export const skipRange = (rule: Rule, replicas: number): ReadRange[] =>
  rule.skip ? [{ buffer: 'skips', offset: 0, bytes: skipBytes(replicas) }] : [];

/** Bytes of one step's rows, all replicas. */
export const rowBytes = (build: Pick<Build, 'network' | 'replicas' | 'groups'>): number => build.replicas * rowEntryBytes(rowShape(build));

/** Floats per replica that weights and their products are read in, for the reported penalties on units. */
const PIECE = 2 ** 18;

/** Bytes that the largest submit reads back: every sample's loss and all flags, or a batch of outputs, or weights. */
export const readBytes = ({ network, replicas, batchSize, capacity, rule }: Build): number =>
  4 * replicas * Math.max(
    capacity * batchSize + network.tensors.length + 2,
    pad4(batchSize) * pad4(network.outputs),
    4 * network.chunks,
    rule.unitRules || rule.orthogonal ? Math.min(network.stride, PIECE) : 0,
  );
