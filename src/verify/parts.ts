/**
 * Where in its buffers a dispatch may write: what is read back of it and compared. (That it wrote nothing elsewhere shows when
 * whole buffers are compared at the end.)
 */

import type { BiasGradientShape } from '../kernels/bias-gradient.ts';
import type { DenseWeightGradientShape } from '../kernels/dense-weight-gradient.ts';
import type { DenseWeightUpdateShape } from '../kernels/dense-weight-update.ts';
import { stateSlots } from '../kernels/rule.ts';
import type { SlopeTotalShape } from '../kernels/slope-total.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';

/** In elements. */
export interface Part {
  readonly at: number;
  readonly length: number;
}

type Parts<Shape> = (shape: Shape, binding: string) => Part[] | undefined;

const perReplica = (replicas: number, of: (replica: number) => Part[]): Part[] => Array.from({ length: replicas }, (_, replica) => of(replica)).flat();

const weightUpdate: Parts<DenseWeightUpdateShape> = ({ product: { rows, columns }, weight, bias, arena: { stride }, rule, row: { replicas } }, binding) => {
  const slots = binding === 'parameters' ? 1 : binding === 'state' ? stateSlots(rule).length : 0;
  if (slots === 0) return undefined;
  return perReplica(slots * replicas, (arena) => [{ at: arena * stride + weight, length: rows * columns }, { at: arena * stride + bias, length: columns }]);
};

const weightGradient: Parts<DenseWeightGradientShape> = ({ product: { rows, columns }, weight, gradientsStride, row: { replicas } }) =>
  perReplica(replicas, (replica) => [{ at: replica * gradientsStride + weight, length: rows * columns }]);

const biasGradient: Parts<BiasGradientShape> = ({ columns, bias, gradientsStride, row: { replicas } }) =>
  perReplica(replicas, (replica) => [{ at: replica * gradientsStride + bias, length: columns }]);

const slopeTotal: Parts<SlopeTotalShape> = ({ slope, gradientsStride, row: { replicas } }) =>
  perReplica(replicas, (replica) => [{ at: replica * gradientsStride + slope, length: 4 }]);

const parts: Readonly<Record<string, Parts<never>>> = { 'dense-weight-update': weightUpdate, 'dense-weight-gradient': weightGradient, 'bias-gradient': biasGradient, 'slope-total': slopeTotal };

/** @param length elements of the buffer, which is taken as a whole where nothing better is known */
export const partsOf = ({ kernel, shape }: Dispatch, binding: string, length: number): Part[] =>
  parts[kernel]?.(shape as never, binding) ?? [{ at: 0, length }];
