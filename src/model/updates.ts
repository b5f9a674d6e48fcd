/** The operations that end a training step: weight gradients and updates, by fusion. */

import {
  biasGradient, denseWeightGradient, denseWeightUpdate, gram, networkWeightUpdate, orthogonalGradient, scaledUpdate, tensorNorms,
  unitConstraint, update,
} from '../kernels/index.ts';
import { gramProduct, type GramShape } from '../kernels/gram.ts';
import { updateTiles } from '../kernels/network-weight-update.ts';
import { needsNorms } from '../kernels/rule.ts';
import { orthogonalProduct } from '../kernels/orthogonal-gradient.ts';
import type { Product, Tile } from '../kernels/tile.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { activation, delta, gramOf, paddedBatch, rowShape, type Build } from './build.ts';
import { unitWeights, type DenseLayer } from './network.ts';
import { tileFor } from './tiles.ts';

const weightProduct = (build: Build, { paddedInputs, paddedOutputs }: DenseLayer): Product => ({
  rows: paddedInputs, columns: paddedOutputs, depth: paddedBatch(build),
});

const weightTile = (build: Build, layer: DenseLayer): Tile => tileFor(build.tiles.weightGradient, weightProduct(build, layer));

const updateBindings = { parameters: 'parameters', state: 'state', flags: 'flags' };

function separateUpdates(build: Build): Operation[] {
  const { network } = build;
  const row = rowShape(build);
  const gradients = network.layers.flatMap((layer, i): Operation[] => [
    operation({
      kernel: denseWeightGradient,
      label: `layers.${i} weight gradient`,
      shape: {
        row, product: weightProduct(build, layer), tile: weightTile(build, layer),
        weight: layer.weight.offset, gradientsStride: network.stride, accumulate: build.accumulate > 1,
      },
      bindings: { input: activation(i), delta: delta(i), gradients: 'gradients' },
    }),
    operation({
      kernel: biasGradient,
      label: `layers.${i} bias gradient`,
      shape: {
        row, batch: paddedBatch(build), columns: layer.paddedOutputs,
        bias: layer.bias.offset, gradientsStride: network.stride, accumulate: build.accumulate > 1,
      },
      bindings: { delta: delta(i), gradients: 'gradients' },
    }),
  ]);
  return [...gradients, ...build.orthogonalLayers.flatMap((i) => orthogonalPenalty(build, i)), ...arenaUpdate(build)];
}

const gramShape = (build: Build, i: number): Omit<GramShape, 'tile'> => {
  const { inputs, outputs, paddedInputs, paddedOutputs, weight } = build.network.layers[i]!;
  return {
    row: rowShape(build), inputs: paddedInputs, outputs: paddedOutputs, wide: inputs < outputs,
    weight: weight.offset, parametersStride: build.network.stride, tensor: 2 * i,
  };
};

export function gramOperation(build: Build, i: number): Operation {
  const shape = gramShape(build, i);
  return operation({
    kernel: gram,
    label: `layers.${i} weight times itself`,
    shape: { ...shape, tile: tileFor(build.tiles.weightGradient, gramProduct(shape)) },
    bindings: { parameters: 'parameters', gram: gramOf(i) },
  });
}

/** Adds the gradient of a layer's orthogonal penalty to that of its weight. */
const orthogonalPenalty = (build: Build, i: number): Operation[] => [
  gramOperation(build, i),
  operation({
    kernel: orthogonalGradient,
    label: `layers.${i} orthogonal penalty`,
    shape: {
      ...gramShape(build, i), tile: tileFor(build.tiles.forward, orthogonalProduct(gramShape(build, i))),
      gradientsStride: build.network.stride,
    },
    bindings: { parameters: 'parameters', gram: gramOf(i), gradients: 'gradients' },
  }),
];

/** The update of the whole arena from stored gradients, with the norms it may need first. */
function arenaUpdate(build: Build): Operation[] {
  const { network, rule } = build;
  const shape = { row: rowShape(build), chunks: network.chunks, rule, arena: { stride: network.stride } };
  const bindings = { gradients: 'gradients', chunks: 'chunks', ...updateBindings };
  const label = 'update of all parameters';
  if (!needsNorms(rule)) return [operation({ kernel: update, label, shape, bindings })];
  return [
    operation({
      kernel: tensorNorms,
      label: 'norms of all tensors',
      shape,
      bindings: {
        gradients: 'gradients', parameters: 'parameters', state: 'state', tensors: 'tensors', skips: 'skips', norms: 'norms',
      },
    }),
    operation({ kernel: scaledUpdate, label, shape, bindings: { ...bindings, norms: 'norms', skips: 'skips' } }),
  ];
}

const unitRules = (build: Build): Operation[] => (build.rule.unitRules ? [operation({
  kernel: unitConstraint,
  label: 'norms of all units',
  shape: { row: rowShape(build), weights: unitWeights(build.network), rule: build.rule, arena: { stride: build.network.stride } },
  bindings: { units: 'units', parameters: 'parameters', state: 'state' },
})] : []);

const layerUpdates = (build: Build): Operation[] =>
  build.network.layers.map((layer, i) => operation({
    kernel: denseWeightUpdate,
    label: `layers.${i} weight gradient and update`,
    shape: {
      row: rowShape(build), product: weightProduct(build, layer), tile: weightTile(build, layer),
      rule: build.rule, arena: { stride: build.network.stride },
      weight: layer.weight.offset, bias: layer.bias.offset, tensor: 2 * i,
    },
    bindings: { input: activation(i), delta: delta(i), ...updateBindings },
  }));

function fullUpdate(build: Build): Operation[] {
  const { network, tiles, rule } = build;
  const products = network.layers.map((layer) => weightProduct(build, layer));
  const names = network.layers.flatMap((_, i) => [activation(i), delta(i)]);
  return [operation({
    kernel: networkWeightUpdate,
    label: 'all weight gradients and updates',
    shape: {
      row: rowShape(build), products, tile: tiles.weightGradient.wide, rule, arena: { stride: network.stride },
    },
    bindings: { tiles: 'update.tiles', layers: 'update.layers', ...updateBindings },
    reads: names,
    bind: (place) => {
      const buffers = [...new Set(names.map((name) => place(name).buffer))];
      const where = (name: string): number[] => {
        const { buffer, offset, stride } = place(name);
        return [buffers.indexOf(buffer), offset / 4, stride / 4];
      };
      if (buffers.length > 3) throw new Error(`${build.fusion}: the update reads ${buffers.length} activation buffers, it binds 3.`);
      const layers = network.layers.flatMap((layer, i) => [
        layer.paddedInputs, layer.paddedOutputs / 4, layer.weight.offset / 4, layer.bias.offset / 4,
        ...where(activation(i)), 2 * i,
        ...where(delta(i)), 2 * i + 1,
      ]);
      const [first, second = first, third = first] = buffers as [string, string?, string?];
      return {
        bindings: { first, second, third },
        tables: {
          'update.tiles': updateTiles({ products, tile: tiles.weightGradient.wide }),
          'update.layers': Uint32Array.from(layers),
        },
      };
    },
  })];
}

export function updateOperations(build: Build): Operation[] {
  const updates = { none: separateUpdates, layer: layerUpdates, full: fullUpdate }[build.fusion](build);
  return [...updates, ...unitRules(build)];
}
