import arenaSource from '../../shaders/lib/arena.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/scaled-update.wgsl';
import { CHUNK, UPDATE_THREADS } from './chunk.ts';
import { ROW_BINDING, spread, type Kernel } from './kernel.ts';
import { ruleBytes, ruleFlops, scaleConstants, scaledUpdateLibraries, updateConstants } from './rule.ts';
import type { UpdateShape } from './update.ts';

const parameterCount = (shape: UpdateShape): number => shape.row.replicas * shape.chunks * 4 * CHUNK;

export const scaledUpdate: Kernel<UpdateShape> = {
  name: 'scaled-update',
  source,
  libraries: (shape) => [row, arenaSource, ...scaledUpdateLibraries(shape.rule)],
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
    CHUNK,
    THREADS: UPDATE_THREADS,
    CHUNKS: shape.chunks,
    GRID_X: spread(shape.chunks).x,
    GRADIENTS_STRIDE: shape.arena.stride / 4,
    PARAMETERS_STRIDE: shape.arena.stride / 4,
    ...scaleConstants(shape.rule),
    ...updateConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => [spread(shape.chunks).x, spread(shape.chunks).y, shape.row.replicas],
  flops: (shape) => ruleFlops(shape.rule, parameterCount(shape)),
  bytes: (shape) => ruleBytes(shape.rule, parameterCount(shape)) + 4 * parameterCount(shape),
};
