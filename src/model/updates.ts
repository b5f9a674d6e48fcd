/** The operations that end a training step: weight gradients and updates, by fusion. */

import { biasGradient, denseWeightGradient, denseWeightUpdate, networkWeightUpdate, update } from '../kernels/index.ts';
import { updateTiles } from '../kernels/network-weight-update.ts';
import type { Product } from '../kernels/tile.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { activation, delta, paddedBatch, rowShape, type Build } from './build.ts';
import type { DenseLayer } from './network.ts';
import { tileFor } from './tiles.ts';

const weightProduct = (build: Build, { paddedInputs, paddedOutputs }: DenseLayer): Product => ({
  rows: paddedInputs, columns: paddedOutputs, depth: paddedBatch(build),
});

const updateBindings = { parameters: 'parameters', state: 'state', flags: 'flags' };

function separateUpdates(build: Build): Operation[] {
  const { network, rule } = build;
  const row = rowShape(build);
  const gradients = network.layers.flatMap((layer, i): Operation[] => [
    operation({
      kernel: denseWeightGradient,
      label: `layers.${i} weight gradient`,
      shape: {
        row, product: weightProduct(build, layer), tile: tileFor(build.tiles, layer.paddedOutputs),
        weight: layer.weight.offset, gradientsStride: network.stride,
      },
      bindings: { input: activation(i), delta: delta(i), gradients: 'gradients' },
    }),
    operation({
      kernel: biasGradient,
      label: `layers.${i} bias gradient`,
      shape: {
        row, batch: paddedBatch(build), columns: layer.paddedOutputs,
        bias: layer.bias.offset, gradientsStride: network.stride,
      },
      bindings: { delta: delta(i), gradients: 'gradients' },
    }),
  ]);
  const step = operation({
    kernel: update,
    label: 'update of all parameters',
    shape: { row, chunks: network.chunks, rule, arena: { stride: network.stride } },
    bindings: { gradients: 'gradients', chunks: 'chunks', ...updateBindings },
  });
  return [...gradients, step];
}

const layerUpdates = (build: Build): Operation[] =>
  build.network.layers.map((layer, i) => operation({
    kernel: denseWeightUpdate,
    label: `layers.${i} weight gradient and update`,
    shape: {
      row: rowShape(build), product: weightProduct(build, layer), tile: tileFor(build.tiles, layer.paddedOutputs),
      rule: build.rule, arena: { stride: build.network.stride },
      weight: layer.weight.offset, bias: layer.bias.offset, tensor: 2 * i,
    },
    bindings: { input: activation(i), delta: delta(i), ...updateBindings },
  }));

function fullUpdate(build: Build): Operation {
  const { network, tiles, rule } = build;
  const products = network.layers.map((layer) => weightProduct(build, layer));
  const names = network.layers.flatMap((_, i) => [activation(i), delta(i)]);
  return operation({
    kernel: networkWeightUpdate,
    label: 'all weight gradients and updates',
    shape: {
      row: rowShape(build), products, tile: tiles.wide, rule, arena: { stride: network.stride },
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
          'update.tiles': updateTiles({ products, tile: tiles.wide }),
          'update.layers': Uint32Array.from(layers),
        },
      };
    },
  });
}

export function updateOperations(build: Build): Operation[] {
  if (build.fusion === 'none') return separateUpdates(build);
  return build.fusion === 'layer' ? layerUpdates(build) : [fullUpdate(build)];
}
