import row from '../../shaders/lib/row.wgsl';
import storeView from '../../shaders/lib/store-view.wgsl';
import views from '../../shaders/lib/views.wgsl';
import source from '../../shaders/view-update.wgsl';
import { CHUNK, UPDATE_THREADS } from './chunk.ts';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';
import {
  needsNorms, ruleBytes, ruleFlops, scaleConstants, scaledUpdateLibraries, updateConstants, type Arena, type Rule,
} from './rule.ts';

/** A tensor or a part of one, as `View` in `shaders/lib/views.wgsl`. */
export interface TensorView {
  readonly tensor: number;
  /** Floats into one slot of the state arena, a multiple of 4. */
  readonly state: number;
  /** Floats into the bound parameters, and into the bound gradients. */
  readonly weights: number;
  readonly gradients: number;
  readonly length: number;
}

export interface ViewUpdateShape extends DispatchShape {
  /** Entries of `chunks`, and the parameters in them. */
  readonly chunks: number;
  readonly parameters: number;
  /** Rows of the table: updates that may be encoded before the first of them is submitted. */
  readonly inFlight: number;
  readonly rule: Rule;
  readonly arena: Arena;
}

/** Contents of a table of views: five u32 each. */
export const viewTable = (views: readonly TensorView[]): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(views.flatMap(({ tensor, state, weights, gradients, length }) => [tensor, state / 4, weights, gradients, length]));

/** A view in pieces of one workgroup each: the entries of `chunks`. */
export function chunksOf({ tensor, state, weights, gradients, length }: TensorView): TensorView[] {
  const size = 4 * CHUNK;
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => ({
    tensor, state: state + i * size, weights: weights + i * size, gradients: gradients + i * size,
    length: Math.min(size, length - i * size),
  }));
}

export const viewUpdate: Kernel<ViewUpdateShape> = {
  name: 'view-update',
  source,
  libraries: (shape) => [row, views, storeView, ...scaledUpdateLibraries(shape.rule)],
  bindings: [
    ROW_BINDING,
    { name: 'gradients', access: 'read' },
    { name: 'chunks', access: 'read', type: 'u32' },
    { name: 'norms', access: 'read' },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'flags', access: 'read-write', type: 'u32' },
    { name: 'skips', access: 'read-write', type: 'u32' },
  ],
  constants: (shape) => ({
    THREADS: UPDATE_THREADS,
    IN_FLIGHT: shape.inFlight,
    CHUNKS: shape.chunks,
    GRID_X: spread(shape.chunks).x,
    NORMS: needsNorms(shape.rule),
    ...scaleConstants(shape.rule),
    ...updateConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => [spread(shape.chunks).x, spread(shape.chunks).y, 1],
  flops: (shape) => ruleFlops(shape.rule, shape.parameters),
  bytes: (shape) => ruleBytes(shape.rule, shape.parameters) + 4 * shape.parameters,
};
