/** How a network becomes graphs of kernels: one per kind of run. */

import {
  denseForward, denseInputGradient, gather, head, parameterSums, snapshot, softmax, softmaxCrossEntropy,
} from '../kernels/index.ts';
import { gramSize } from '../kernels/gram.ts';
import { HEAD_MAX_CLASSES } from '../kernels/head.ts';
import type { Mask } from '../kernels/mask.ts';
import { stateSlots } from '../kernels/rule.ts';
import type { Product } from '../kernels/tile.ts';
import { operation, type Graph, type Operation } from '../scheduler/graph.ts';
import { activation, delta, gramOf, paddedBatch, rowShape, samplesStride, type Build, type DataFormat } from './build.ts';
import { tileFor } from './tiles.ts';
import { gramOperation, updateOperations } from './updates.ts';

const product = (rows: number, columns: number, depth: number): Product => ({ rows, columns, depth });

function gatherOperation(build: Build, data: DataFormat, training: boolean): Operation {
  const { inputs, paddedInputs, inputDropout } = build.network.layers[0]!;
  const { format, inputWords, scale, offset } = data;
  return operation({
    kernel: gather,
    label: training ? 'gather a batch' : 'gather samples',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: paddedInputs, width: inputs,
      format, inputWords, scale, offset, shuffled: training, dropout: training ? inputDropout : undefined,
    },
    bindings: {
      inputs: `${data.name}.inputs`, labels: `${data.name}.labels`,
      order: training ? `${data.name}.order` : `${data.name}.labels`,
      output: activation(0), targets: 'targets',
    },
  });
}

/** Which weights a pass reads: those that are trained, or their running average. */
export type Weights = 'current' | 'average';

/** Where a pass finds them: a buffer, floats to their arena, and floats from one replica's to the next. */
function weightsAt({ network, rule }: Build, weights: Weights): { buffer: string; offset: number; stride: number } {
  if (weights === 'current') return { buffer: 'parameters', offset: 0, stride: network.stride };
  const slots = stateSlots(rule);
  return { buffer: 'state', offset: slots.indexOf('average') * network.stride, stride: slots.length * network.stride };
}

function forwardOperation(build: Build, i: number, training: boolean, weights: Weights = 'current'): Operation {
  const { buffer, offset, stride } = weightsAt(build, weights);
  const layer = build.network.layers[i]!;
  const isLast = i === build.network.layers.length - 1;
  const made = product(paddedBatch(build), layer.paddedOutputs, layer.paddedInputs);
  return operation({
    kernel: denseForward,
    label: `layers.${i} forward`,
    shape: {
      row: rowShape(build),
      product: made,
      tile: tileFor(build.tiles.forward, made),
      width: layer.outputs,
      weight: offset + layer.weight.offset,
      bias: offset + layer.bias.offset,
      parametersStride: stride,
      relu: layer.relu,
      dropout: training ? layer.outputDropout : undefined,
    },
    bindings: { parameters: buffer, input: activation(i), output: isLast ? 'logits' : activation(i + 1) },
  });
}

/** What made the inputs of layer `i`. */
function maskBelow({ network, rule }: Build, i: number): Mask {
  const below = network.layers[i - 1];
  if (below === undefined) return { kind: 'none' };
  return {
    kind: below.relu ? 'positive' : below.outputDropout ? 'dropout' : 'none',
    dropout: below.outputDropout,
    activity: rule.activity ? 2 * (i - 1) : undefined,
  };
}

function lossOperation(build: Build): Operation {
  const last = build.network.layers.at(-1)!;
  return operation({
    kernel: softmaxCrossEntropy,
    label: 'loss and logits gradient',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: last.paddedOutputs, classes: last.outputs,
      batch: build.batchSize, samplesStride: samplesStride(build),
    },
    bindings: {
      logits: 'logits', targets: 'targets', gradient: delta(build.network.layers.length - 1), samples: 'samples',
    },
  });
}

function headOperation(build: Build): Operation {
  const i = build.network.layers.length - 1;
  const layer = build.network.layers[i]!;
  return operation({
    kernel: head,
    label: `layers.${i} forward, loss, gradients`,
    shape: {
      row: rowShape(build), rows: paddedBatch(build), inputs: layer.paddedInputs, columns: layer.paddedOutputs,
      width: layer.inputs, classes: layer.outputs, batch: build.batchSize, samplesStride: samplesStride(build),
      weight: layer.weight.offset, bias: layer.bias.offset, parametersStride: build.network.stride,
      inputGradient: i > 0, mask: maskBelow(build, i),
    },
    bindings: {
      parameters: 'parameters', input: activation(i), targets: 'targets', delta: delta(i),
      output: i > 0 ? delta(i - 1) : 'unused', samples: 'samples',
    },
  });
}

function inputGradientOperation(build: Build, i: number): Operation {
  const layer = build.network.layers[i]!;
  const made = product(paddedBatch(build), layer.paddedInputs, layer.paddedOutputs);
  return operation({
    kernel: denseInputGradient,
    label: `layers.${i} input gradient`,
    shape: {
      row: rowShape(build),
      product: made,
      tile: tileFor(build.tiles.inputGradient, made),
      width: layer.inputs,
      weight: layer.weight.offset,
      parametersStride: build.network.stride,
      mask: maskBelow(build, i),
    },
    bindings: { parameters: 'parameters', delta: delta(i), input: activation(i), output: delta(i - 1) },
  });
}

/** Floats of every intermediate value. */
function valueSizes(build: Build, operations: readonly Operation[]): Record<string, number> {
  const rows = paddedBatch(build);
  const { layers } = build.network;
  const last = layers.length - 1;
  const sizes: Record<string, number> = { unused: 4, logits: rows * layers[last]!.paddedOutputs };
  sizes['probabilities'] = sizes['logits']!;
  layers.forEach(({ paddedInputs, paddedOutputs }, i) => {
    sizes[activation(i)] = rows * paddedInputs;
    sizes[delta(i)] = rows * paddedOutputs;
    sizes[gramOf(i)] = gramSize({ inputs: paddedInputs, outputs: paddedOutputs }) ** 2;
  });
  const used = new Set(operations.flatMap(({ bindings }) => Object.values(bindings)));
  return Object.fromEntries(Object.entries(sizes).filter(([name]) => used.has(name)));
}

const graph = (build: Build, name: string, operations: Operation[], results: string[] = []): Graph => ({
  name, replicas: build.replicas, values: valueSizes(build, operations), results, operations,
});

/** Whether the fused head fits its workgroup memory. */
const hasHead = ({ fusion, network }: Build): boolean => fusion === 'full' && network.classes <= HEAD_MAX_CLASSES;

/** One training step. */
export function trainGraph(build: Build, data: DataFormat): Graph {
  const last = build.network.layers.length - 1;
  const fused = hasHead(build);
  const forwards = build.network.layers.slice(0, fused ? last : last + 1).map((_, i) => forwardOperation(build, i, true));
  const backwards = build.network.layers
    .map((_, i) => i)
    .filter((i) => i > 0 && !(fused && i === last))
    .reverse()
    .map((i) => inputGradientOperation(build, i));
  return graph(build, `train on ${data.name}`, [
    gatherOperation(build, data, true),
    ...forwards,
    fused ? headOperation(build) : lossOperation(build),
    ...backwards,
    ...updateOperations(build),
  ]);
}

const inference = (build: Build, data: DataFormat, weights: Weights): Operation[] => [
  gatherOperation(build, data, false),
  ...build.network.layers.map((_, i) => forwardOperation(build, i, false, weights)),
];

/** Loss and hits of one batch, dropout off. */
export const evaluateGraph = (build: Build, data: DataFormat, weights: Weights = 'current'): Graph =>
  graph(build, `evaluate on ${data.name}`, [...inference(build, data, weights), lossOperation(build)]);

/** Logits and probabilities of one batch, dropout off. */
export function predictGraph(build: Build, data: DataFormat, weights: Weights = 'current'): Graph {
  const last = build.network.layers.at(-1)!;
  const probabilities = operation({
    kernel: softmax,
    label: 'probabilities',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: last.paddedOutputs, classes: last.outputs,
    },
    bindings: { logits: 'logits', output: 'probabilities' },
  });
  return graph(build, `predict on ${data.name}`, [...inference(build, data, weights), probabilities], ['logits', 'probabilities']);
}

/** Sums behind penalties and counts of exact zeros. */
export const sumsGraph = (build: Build): Graph =>
  graph(build, 'parameter sums', [operation({
    kernel: parameterSums,
    label: 'sums over the parameters',
    shape: { row: rowShape(build), chunks: build.network.chunks },
    bindings: { parameters: 'parameters', sums: 'sums' },
  })]);

/** The products behind one layer's orthogonal penalty. */
export const gramGraph = (build: Build, layer: number): Graph =>
  graph(build, `layers.${layer} weight times itself`, [gramOperation(build, layer)], [gramOf(layer)]);

/** Keeps parameters and state of every replica that has only seen finite numbers. */
export function snapshotGraph(build: Build): Graph {
  const keep = (source: string, length: number): Operation => operation({
    kernel: snapshot,
    label: `snapshot of ${source}`,
    shape: { row: rowShape(build), length },
    bindings: { source, flags: 'flags', copy: `snapshot.${source}` },
  });
  const slots = stateSlots(build.rule).length;
  return graph(build, 'snapshot', [
    keep('parameters', build.network.stride),
    ...(slots > 0 ? [keep('state', slots * build.network.stride)] : []),
  ]);
}
