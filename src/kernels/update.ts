import arenaSource from '../../shaders/lib/arena.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/update.wgsl';
import { CHUNK, UPDATE_THREADS } from './chunk.ts';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';
import { ruleBytes, ruleFlops, updateConstants, updateLibraries, type Arena, type Rule } from './rule.ts';

export interface UpdateShape extends DispatchShape {
  /** Chunks of CHUNK vec4s in one replica's arena. */
  readonly chunks: number;
  readonly rule: Rule;
  readonly arena: Arena;
}

const parameterCount = (shape: UpdateShape): number => shape.row.replicas * shape.chunks * 4 * CHUNK;

export const update: Kernel<UpdateShape> = {
  name: 'update',
  source,
  libraries: (shape) => [row, arenaSource, ...updateLibraries(shape.rule)],
  bindings: [
    ROW_BINDING,
    { name: 'gradients', access: 'read' },
    { name: 'chunks', access: 'read', type: 'u32' },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'flags', access: 'read-write', type: 'u32' },
  ],
  constants: (shape) => ({
    CHUNK,
    THREADS: UPDATE_THREADS,
    CHUNKS: shape.chunks,
    GRID_X: spread(shape.chunks).x,
    GRADIENTS_STRIDE: shape.arena.stride / 4,
    PARAMETERS_STRIDE: shape.arena.stride / 4,
    ...updateConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => [spread(shape.chunks).x, spread(shape.chunks).y, shape.row.replicas],
  flops: (shape) => ruleFlops(shape.rule, parameterCount(shape)),
  bytes: (shape) => ruleBytes(shape.rule, parameterCount(shape)) + 4 * parameterCount(shape),
};
