/** The graphs of kernels of a Program: one per kind of run. */

import { activationNamed } from '../kernels/activations/index.ts';
import { parameterSums, snapshot } from '../kernels/index.ts';
import { mostLoss } from '../kernels/snapshot.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import type { Op, OpGraph } from '../ops/op.ts';
import { fuse, type Facts } from '../ops/rules/index.ts';
import { operation, type Graph, type Note, type Operation } from '../scheduler/graph.ts';
import { placeValues } from '../scheduler/memory.ts';
import { ANY_DATA, parameterArena, rowShape, stateArena, type Build, type DataFormat } from './build.ts';
import { loadLowerings } from './late.ts';
import { lower } from './lower.ts';
import { UNUSED, valueFloats, type Lowering, type Weights } from './lowering.ts';
import { UPDATE_BUFFERS } from './lower-update.ts';
import { evaluateOps, predictOps, trainOps } from './ops.ts';
import { gradientsFor } from './rule.ts';

export type { Weights } from './lowering.ts';

/** Floats of every intermediate value that the operations bind, per replica. */
function valueSizes({ build, widths }: Lowering, operations: readonly Operation[]): Record<string, number> {
  const bound = [...new Set(operations.flatMap(({ bindings }) => Object.values(bindings)))];
  const own = bound.filter((name) => name in widths || name === UNUSED).map((name) => [name, valueFloats({ build, widths }, name)]);
  return Object.assign(Object.fromEntries(own) as Record<string, number>, ...operations.map(({ values }) => values));
}

function lowerAll(context: Lowering, { name, ops, results }: OpGraph, notes: readonly Note[] = []): Graph {
  const operations = ops.flatMap((op) => lower(context, op));
  return { name, replicas: context.build.replicas, values: valueSizes(context, operations), results, operations, notes };
}

/** What fusion rules may know of this build. */
const factsOf = (context: Lowering): Facts => ({
  keptGradients: gradientsFor(context.build.rule, context.build.accumulate),
  activation: activationNamed,
  headOutputs: lossTypeOf(context.build.loss).headOutputs(context.build.loss),
  updateBuffers: UPDATE_BUFFERS,
  buffersRead: (graph, op) => buffersRead(context, graph, op),
});

function buffersRead(context: Lowering, graph: OpGraph, op: Op): number {
  const { placements } = placeValues(lowerAll(context, graph));
  const read = lower(context, op).flatMap(({ reads = [] }) => reads);
  return new Set(read.map((value) => placements[value]!.buffer)).size;
}

/** Operations fused as the build says, and lowered. */
export const compile = (context: Lowering, graph: OpGraph): Graph => {
  const fused = fuse(graph, context.build.rules, factsOf(context));
  return lowerAll(context, fused.graph, fused.notes);
};

/** Loads what the plans of this build are lowered with: they must be there before any of its graphs is asked for. */
export async function loadLoweringsOf(build: Build): Promise<void> {
  const passes = [trainOps(build, 'train'), evaluateOps(build, 'evaluate'), predictOps(build, 'predict')];
  const load = (change: Partial<Facts>): Promise<void> => loadLowerings(passes.flatMap((ops) => {
    const facts = factsOf({ build, widths: ops.widths, data: ANY_DATA, training: false, weights: 'current' });
    return fuse(ops, build.rules, { ...facts, ...change }).graph.ops.map(({ op }) => op);
  }));
  await load({ buffersRead: () => 0 }); // That is known once everything else can be lowered.
  await load({});
}

/** One training step. */
export function trainGraph(build: Build, data: DataFormat): Graph {
  const ops = trainOps(build, `train on ${data.name}`);
  return compile({ build, widths: ops.widths, data, training: true, weights: 'current' }, ops);
}

/** Whether a training step keeps gradients in memory: a rule may have found that it cannot do without. */
export const keepsGradients = (build: Build): boolean =>
  trainGraph(build, ANY_DATA).operations.some(({ bindings }) => Object.values(bindings).includes('gradients'));

/** Loss and hits of one batch, dropout off. */
export function evaluateGraph(build: Build, data: DataFormat, weights: Weights = 'current'): Graph {
  const ops = evaluateOps(build, `evaluate on ${data.name}`);
  return compile({ build, widths: ops.widths, data, training: false, weights }, ops);
}

/** Logits and probabilities of one batch, dropout off. */
export function predictGraph(build: Build, data: DataFormat, weights: Weights = 'current'): Graph {
  const ops = predictOps(build, `predict on ${data.name}`);
  return compile({ build, widths: ops.widths, data, training: false, weights }, ops);
}

/** Sums behind penalties and counts of exact zeros. */
export const sumsGraph = (build: Build): Graph => plainGraph(build, 'parameter sums', [operation({
  kernel: parameterSums,
  label: 'sums over the parameters',
  shape: { row: rowShape(build), chunks: build.network.chunks },
  bindings: { parameters: 'parameters', sums: 'sums' },
})]);

/** Keeps parameters and state of every replica that has only seen finite numbers, also in the forward pass of the step it is in. */
export function snapshotGraph(build: Build): Graph {
  const keep = (source: string, length: number): Operation => operation({
    kernel: snapshot,
    label: `snapshot of ${source}`,
    shape: { row: rowShape(build), length, batch: build.batchSize, samplesStride: build.capacity * build.batchSize, mostLoss: mostLoss(lossTypeOf(build.loss).hasHits) },
    bindings: { source, flags: 'flags', samples: 'samples', copy: `snapshot.${source}` },
  });
  return plainGraph(build, 'snapshot', [
    keep('parameters', parameterArena(build).replicaStride),
    ...(stateArena(build).length > 0 ? [keep('state', stateArena(build).replicaStride)] : []),
  ]);
}

const plainGraph = ({ replicas }: Build, name: string, operations: Operation[]): Graph => ({ name, replicas, values: {}, results: {}, operations });
