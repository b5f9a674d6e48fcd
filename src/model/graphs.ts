/** How a network becomes graphs of kernels: one per kind of run. */

import {
  biasGradient, denseForward, denseInputGradient, denseWeightGradient, denseWeightUpdate, gather, head, networkWeightUpdate,
  parameterSums, snapshot, softmax, softmaxCrossEntropy, update,
} from '../kernels/index.ts';
import { HEAD_MAX_CLASSES } from '../kernels/head.ts';
import { updateTiles } from '../kernels/network-weight-update.ts';
import type { RowShape } from '../kernels/kernel.ts';
import type { Mask } from '../kernels/mask.ts';
import { STATE_SLOTS, type Rule } from '../kernels/rule.ts';
import type { Product } from '../kernels/tile.ts';
import type { Graph, Operation } from '../scheduler/graph.ts';
import { pad4, type DenseLayer, type Network } from './network.ts';
import { dropoutEntries } from './rows.ts';
import { tileFor, type Fusion, type Tiles } from './tiles.ts';

/** Everything that is fixed for a Program. */
export interface Build {
  readonly network: Network;
  readonly replicas: number;
  readonly batchSize: number;
  /** Largest number of steps per submit. */
  readonly capacity: number;
  readonly rule: Rule;
  readonly fusion: Fusion;
  readonly tiles: Tiles;
}

/** How a resident data set is read. */
export interface DataFormat {
  /** Its buffers are NAME.inputs, NAME.labels and, for training, NAME.order. */
  readonly name: string;
  readonly format: 'u8' | 'f32';
  readonly inputWords: number;
  readonly scale: number;
  readonly offset: number;
}

export const rowShape = ({ network, replicas }: Build): RowShape => ({
  replicas,
  tensors: network.tensors.length,
  dropouts: dropoutEntries(network.dropouts.length),
});

const activation = (layer: number): string => (layer === 0 ? 'input' : `activation.${layer - 1}`);
const delta = (layer: number): string => `delta.${layer}`;
const paddedBatch = ({ batchSize }: Build): number => pad4(batchSize);
const samplesStride = ({ capacity, batchSize }: Build): number => capacity * batchSize;

function gatherOperation(build: Build, data: DataFormat, training: boolean): Operation {
  const { inputs, paddedInputs, inputDropout } = build.network.layers[0]!;
  const { format, inputWords, scale, offset } = data;
  return {
    kernel: gather,
    label: training ? 'gather a batch' : 'gather samples',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: paddedInputs, width: inputs,
      format, inputWords, scale, offset, shuffled: training, dropout: training ? inputDropout : undefined,
    } as Operation['shape'],
    bindings: {
      inputs: `${data.name}.inputs`, labels: `${data.name}.labels`,
      order: training ? `${data.name}.order` : `${data.name}.labels`,
      output: activation(0), targets: 'targets',
    },
  };
}

const product = (rows: number, columns: number, depth: number): Product => ({ rows, columns, depth });

function forwardOperation(build: Build, i: number, training: boolean): Operation {
  const layer = build.network.layers[i]!;
  const isLast = i === build.network.layers.length - 1;
  return {
    kernel: denseForward,
    label: `layers.${i} forward`,
    shape: {
      row: rowShape(build),
      product: product(paddedBatch(build), layer.paddedOutputs, layer.paddedInputs),
      tile: tileFor(build.tiles, layer.paddedOutputs),
      width: layer.outputs,
      weight: layer.weight.offset,
      bias: layer.bias.offset,
      parametersStride: build.network.stride,
      relu: layer.relu,
      dropout: training ? layer.outputDropout : undefined,
    } as Operation['shape'],
    bindings: { parameters: 'parameters', input: activation(i), output: isLast ? 'logits' : activation(i + 1) },
  };
}

const maskBelow = (below: DenseLayer | undefined): Mask => ({
  kind: below === undefined ? 'none' : below.relu ? 'positive' : below.outputDropout ? 'dropout' : 'none',
  dropout: below?.outputDropout,
});

function lossOperation(build: Build): Operation {
  const last = build.network.layers.at(-1)!;
  return {
    kernel: softmaxCrossEntropy,
    label: 'loss and logits gradient',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: last.paddedOutputs, classes: last.outputs,
      batch: build.batchSize, samplesStride: samplesStride(build),
    } as Operation['shape'],
    bindings: {
      logits: 'logits', targets: 'targets', gradient: delta(build.network.layers.length - 1), samples: 'samples',
    },
  };
}

function headOperation(build: Build): Operation {
  const i = build.network.layers.length - 1;
  const layer = build.network.layers[i]!;
  return {
    kernel: head,
    label: `layers.${i} forward, loss, gradients`,
    shape: {
      row: rowShape(build), rows: paddedBatch(build), inputs: layer.paddedInputs, columns: layer.paddedOutputs,
      width: layer.inputs, classes: layer.outputs, batch: build.batchSize, samplesStride: samplesStride(build),
      weight: layer.weight.offset, bias: layer.bias.offset, parametersStride: build.network.stride,
      inputGradient: i > 0, mask: maskBelow(build.network.layers[i - 1]),
    } as Operation['shape'],
    bindings: {
      parameters: 'parameters', input: activation(i), targets: 'targets', delta: delta(i),
      output: i > 0 ? delta(i - 1) : 'unused', samples: 'samples',
    },
  };
}

function inputGradientOperation(build: Build, i: number): Operation {
  const layer = build.network.layers[i]!;
  return {
    kernel: denseInputGradient,
    label: `layers.${i} input gradient`,
    shape: {
      row: rowShape(build),
      product: product(paddedBatch(build), layer.paddedInputs, layer.paddedOutputs),
      tile: tileFor(build.tiles, layer.paddedInputs),
      width: layer.inputs,
      weight: layer.weight.offset,
      parametersStride: build.network.stride,
      mask: maskBelow(build.network.layers[i - 1]),
    } as Operation['shape'],
    bindings: { parameters: 'parameters', delta: delta(i), input: activation(i), output: delta(i - 1) },
  };
}

const weightProduct = (build: Build, { paddedInputs, paddedOutputs }: DenseLayer): Product =>
  product(paddedInputs, paddedOutputs, paddedBatch(build));

const updateBindings = { parameters: 'parameters', state: 'state', flags: 'flags' };

function separateUpdates(build: Build): Operation[] {
  const { network, rule } = build;
  const row = rowShape(build);
  const gradients = network.layers.flatMap((layer, i): Operation[] => [
    {
      kernel: denseWeightGradient,
      label: `layers.${i} weight gradient`,
      shape: {
        row, product: weightProduct(build, layer), tile: tileFor(build.tiles, layer.paddedOutputs),
        weight: layer.weight.offset, gradientsStride: network.stride,
      } as Operation['shape'],
      bindings: { input: activation(i), delta: delta(i), gradients: 'gradients' },
    },
    {
      kernel: biasGradient,
      label: `layers.${i} bias gradient`,
      shape: {
        row, batch: paddedBatch(build), columns: layer.paddedOutputs,
        bias: layer.bias.offset, gradientsStride: network.stride,
      } as Operation['shape'],
      bindings: { delta: delta(i), gradients: 'gradients' },
    },
  ]);
  const step: Operation = {
    kernel: update,
    label: 'update of all parameters',
    shape: { row, chunks: network.chunks, rule, arena: { stride: network.stride } } as Operation['shape'],
    bindings: { gradients: 'gradients', chunks: 'chunks', ...updateBindings },
  };
  return [...gradients, step];
}

const layerUpdates = (build: Build): Operation[] =>
  build.network.layers.map((layer, i) => ({
    kernel: denseWeightUpdate,
    label: `layers.${i} weight gradient and update`,
    shape: {
      row: rowShape(build), product: weightProduct(build, layer), tile: tileFor(build.tiles, layer.paddedOutputs),
      rule: build.rule, arena: { stride: build.network.stride },
      weight: layer.weight.offset, bias: layer.bias.offset, tensor: 2 * i,
    } as Operation['shape'],
    bindings: { input: activation(i), delta: delta(i), ...updateBindings },
  }));

function fullUpdate(build: Build): Operation {
  const { network, tiles, rule } = build;
  const products = network.layers.map((layer) => weightProduct(build, layer));
  const names = network.layers.flatMap((_, i) => [activation(i), delta(i)]);
  return {
    kernel: networkWeightUpdate,
    label: 'all weight gradients and updates',
    shape: {
      row: rowShape(build), products, tile: tiles.wide, rule, arena: { stride: network.stride },
    } as Operation['shape'],
    bindings: { tiles: 'update.tiles', layers: 'update.layers', ...updateBindings },
    reads: names,
    bind: (place) => {
      const buffers = [...new Set(names.map((name) => place(name).buffer))];
      const where = (name: string): number[] => {
        const { buffer, offset, stride } = place(name);
        return [buffers.indexOf(buffer), offset / 4, stride / 4];
      };
      const layers = network.layers.flatMap((layer, i) => [
        layer.paddedInputs, layer.paddedOutputs / 4, layer.weight.offset / 4, layer.bias.offset / 4,
        ...where(activation(i)), 2 * i,
        ...where(delta(i)), 2 * i + 1,
      ]);
      const [first, second = first, third = first] = buffers as [string, string?, string?];
      return {
        bindings: { first, second, third },
        tables: {
          'update.tiles': updateTiles({ products, tile: tiles.wide }),
          'update.layers': Uint32Array.from(layers),
        },
      };
    },
  };
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
  const updates =
    build.fusion === 'none' ? separateUpdates(build) : build.fusion === 'layer' ? layerUpdates(build) : [fullUpdate(build)];
  return graph(build, `train on ${data.name}`, [
    gatherOperation(build, data, true),
    ...forwards,
    fused ? headOperation(build) : lossOperation(build),
    ...backwards,
    ...updates,
  ]);
}

const inference = (build: Build, data: DataFormat): Operation[] => [
  gatherOperation(build, data, false),
  ...build.network.layers.map((_, i) => forwardOperation(build, i, false)),
];

/** Loss and hits of one batch, dropout off. */
export const evaluateGraph = (build: Build, data: DataFormat): Graph =>
  graph(build, `evaluate on ${data.name}`, [...inference(build, data), lossOperation(build)]);

/** Logits and probabilities of one batch, dropout off. */
export function predictGraph(build: Build, data: DataFormat): Graph {
  const last = build.network.layers.at(-1)!;
  const operation: Operation = {
    kernel: softmax,
    label: 'probabilities',
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: last.paddedOutputs, classes: last.outputs,
    } as Operation['shape'],
    bindings: { logits: 'logits', output: 'probabilities' },
  };
  return graph(build, `predict on ${data.name}`, [...inference(build, data), operation], ['logits', 'probabilities']);
}

/** Sums behind penalties and counts of exact zeros. */
export const sumsGraph = (build: Build): Graph =>
  graph(build, 'parameter sums', [{
    kernel: parameterSums,
    label: 'sums over the parameters',
    shape: { row: rowShape(build), chunks: build.network.chunks } as Operation['shape'],
    bindings: { parameters: 'parameters', sums: 'sums' },
  }]);

/** Keeps parameters and state of every replica that has only seen finite numbers. */
export function snapshotGraph(build: Build): Graph {
  const keep = (source: string, length: number): Operation => ({
    kernel: snapshot,
    label: `snapshot of ${source}`,
    shape: { row: rowShape(build), length } as Operation['shape'],
    bindings: { source, flags: 'flags', copy: `snapshot.${source}` },
  });
  const slots = STATE_SLOTS[build.rule.name];
  return graph(build, 'snapshot', [
    keep('parameters', build.network.stride),
    ...(slots > 0 ? [keep('state', slots * build.network.stride)] : []),
  ]);
}
