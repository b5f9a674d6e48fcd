/** Updates of the whole parameter arena from stored gradients. */

import type { TensorNormsShape } from '../../kernels/tensor-norms.ts';
import type { UpdateShape } from '../../kernels/update.ts';
import type { Row } from '../rows.ts';
import { eachUpdated, type Run, type Twin } from '../twin.ts';
import { applyUpdate, coefficientsOf, stateAt, type Piece, type UpdatedShape } from './apply.ts';
import { countedCoefficients, isSkipped, putNorms, scaled } from './norms.ts';

/** A stretch of one replica's arena, and the tensor it belongs to. */
interface Stretch {
  readonly tensor: number;
  readonly at: number;
  readonly length: number;
}

/** Neighbouring chunks of one tensor together. */
export function stretches({ shape: { chunks }, constants, words }: Run<UpdateShape>): Stretch[] {
  const table = words('chunks'), size = 4 * (constants['CHUNK'] as number), found: Stretch[] = [];
  for (let first = 0, end = 1; first < chunks; first = end++) {
    while (end < chunks && table[end] === table[first]) end++;
    found.push({ tensor: table[first]!, at: first * size, length: (end - first) * size });
  }
  return found;
}

type Operands = Pick<Piece, 'weights' | 'gradient' | 'state'>;

function operands({ shape, floats }: Run<UpdatedShape>, replica: number, { at, length }: Omit<Stretch, 'tensor'>): Operands {
  const from = replica * shape.arena.stride + at;
  return {
    weights: floats('parameters').subarray(from, from + length), gradient: floats('gradients').subarray(from, from + length),
    state: stateAt(shape, replica, at),
  };
}

const store = ({ shape, floats }: Run<UpdatedShape>, replica: number, { at }: Stretch, weights: Float64Array): void =>
  floats('parameters').set(weights, replica * shape.arena.stride + at);

export const update: Twin<UpdateShape> = (run) =>
  eachUpdated(run, (row, replica) => stretches(run).forEach((stretch) => {
    const { tensor } = stretch, coefficients = coefficientsOf(run.shape.rule, row, tensor);
    store(run, replica, stretch, applyUpdate(run, { row, replica, tensor, coefficients, ...operands(run, replica, stretch) }));
  }));

export const tensorNorms: Twin<TensorNormsShape> = (run) =>
  eachUpdated(run, (row, replica) => {
    for (let tensor = 0; tensor < run.shape.row.tensors; tensor++) {
      const [at, length] = run.words('tensors').subarray(2 * tensor, 2 * tensor + 2);
      const coefficients = countedCoefficients(run, row, replica, tensor);
      putNorms(run, { row, replica, tensor, coefficients, ...operands(run, replica, { at: 4 * at!, length: 4 * length! }) });
    }
  });

function scaledStretch(run: Run<UpdateShape>, row: Row, replica: number, stretch: Stretch): void {
  const { tensor } = stretch, { scale, coefficients } = scaled(run, row, replica, tensor);
  const { gradient, ...rest } = operands(run, replica, stretch);
  store(run, replica, stretch, applyUpdate(run, { row, replica, tensor, coefficients, ...rest, gradient: gradient.map((g) => scale * g) }));
}

export const scaledUpdate: Twin<UpdateShape> = (run) =>
  eachUpdated(run, (row, replica) => {
    if (isSkipped(run, row, replica)) return;
    stretches(run).forEach((stretch) => scaledStretch(run, row, replica, stretch));
  });
