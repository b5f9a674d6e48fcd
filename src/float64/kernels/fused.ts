/** Weight gradient and update in one: for a layer, and for a whole network. */

import type { DenseWeightUpdateShape } from '../../kernels/dense-weight-update.ts';
import type { NetworkWeightUpdateShape } from '../../kernels/network-weight-update.ts';
import { biasGradient } from '../../reference/index.ts';
import type { Row } from '../rows.ts';
import { eachActive, take, viewed, type Run, type Twin } from '../twin.ts';
import { applyUpdate, coefficientsOf, stateAt, type UpdatedShape } from './apply.ts';
import { weightGradient } from './layers.ts';

/** A layer's operands, with their pads, and where its tensors are. */
export interface Layer {
  /** [batch, inputs] and [batch, outputs] */
  readonly input: Float64Array;
  readonly delta: Float64Array;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  /** Floats into one replica's arena. */
  readonly weight: number;
  readonly bias: number;
  readonly weightTensor: number;
  readonly biasTensor: number;
}

function updateTensor(run: Run<UpdatedShape>, row: Row, replica: number, tensor: number, offset: number, gradient: Float64Array): void {
  const parameters = run.floats('parameters'), at = replica * run.shape.arena.stride + offset;
  run.onGradient?.(replica, tensor, gradient);
  parameters.set(applyUpdate(run, {
    row, replica, tensor, coefficients: coefficientsOf(run.shape.rule, row, tensor), gradient,
    weights: parameters.subarray(at, at + gradient.length), state: stateAt(run.shape, replica, offset),
  }), at);
}

function updateLayer(run: Run<UpdatedShape>, row: Row, replica: number, layer: Layer): void {
  updateTensor(run, row, replica, layer.weightTensor, layer.weight, weightGradient(layer));
  updateTensor(run, row, replica, layer.biasTensor, layer.bias, biasGradient(layer));
}

/** The layer that a dispatch of dense-weight-update updates. */
export function updatedLayer(run: Run<DenseWeightUpdateShape>, replica: number): Layer {
  const { product: { rows, columns, depth }, weight, bias, weightTensor, biasTensor } = run.shape;
  return {
    input: take(viewed(run, 'input', replica, { rows: depth, columns: rows })),
    delta: take(viewed(run, 'delta', replica, { rows: depth, columns })),
    batch: depth, inWidth: rows, outWidth: columns, weight, bias, weightTensor, biasTensor,
  };
}

export const denseWeightUpdate: Twin<DenseWeightUpdateShape> = (run) =>
  eachActive(run, (row, replica) => updateLayer(run, row, replica, updatedLayer(run, replica)));

const OPERANDS = ['first', 'second', 'third'] as const;

/** Layer `i` as the table has it: offsets and strides in vec4s. */
function layerAt({ shape: { products }, words, floats }: Run<NetworkWeightUpdateShape>, replica: number, i: number): Layer {
  const batch = products[0]!.depth, [rows, columns4, weight, bias, ...rest] = words('layers').subarray(12 * i, 12 * (i + 1));
  const operand = ([buffer, offset, stride]: readonly number[], columns: number): Float64Array =>
    take({ data: floats(OPERANDS[buffer!]!), at: 4 * (offset! + replica * stride!), rows: batch, columns });
  const inWidth = rows!, outWidth = 4 * columns4!;
  return {
    input: operand(rest.slice(0, 3), inWidth), delta: operand(rest.slice(4, 7), outWidth), batch, inWidth, outWidth,
    weight: 4 * weight!, bias: 4 * bias!, weightTensor: rest[3]!, biasTensor: rest[7]!,
  };
}

/** The layers that a dispatch of network-weight-update updates. */
export const updatedLayers = (run: Run<NetworkWeightUpdateShape>, replica: number): Layer[] =>
  run.shape.products.map((_, i) => layerAt(run, replica, i));

export const networkWeightUpdate: Twin<NetworkWeightUpdateShape> = (run) =>
  eachActive(run, (row, replica) => updatedLayers(run, replica).forEach((layer) => updateLayer(run, row, replica, layer)));
