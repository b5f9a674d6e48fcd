import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/tensor-norms.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import {
  hasTrustRatio, NORM_GROUPS, NORM_THREADS, normConstants, normLibraries, optimizerConstants, optimizerSlots, skipsState, type Arena, type Rule,
} from './rule.ts';

export interface TensorNormsShape extends DispatchShape {
  readonly rule: Rule;
  readonly arena: Arena;
}

const elements = ({ row: { replicas }, arena }: TensorNormsShape): number => replicas * arena.stride;

export const tensorNorms: Kernel<TensorNormsShape> = {
  name: 'tensor-norms',
  source,
  libraries: (shape) => [row, ...normLibraries(shape.rule)],
  bindings: [
    ROW_BINDING,
    { name: 'gradients', access: 'read' },
    { name: 'parameters', access: 'read' },
    { name: 'state', access: 'read' },
    { name: 'tensors', access: 'read', type: 'u32' },
    { name: 'skips', access: 'read', type: 'u32' },
    { name: 'norms', access: 'read-write' },
  ],
  constants: (shape) => ({
    THREADS: NORM_THREADS,
    GRADIENTS_STRIDE: shape.arena.stride / 4,
    PARAMETERS_STRIDE: shape.arena.stride / 4,
    ...normConstants(shape.rule),
    ...optimizerConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => [NORM_GROUPS, shape.row.tensors, shape.row.replicas],
  flops: (shape) => 4 * elements(shape),
  // Weights and state only where a trust ratio or skipping needs them; clipping looks at the gradient alone.
  bytes: (shape) =>
    4 * elements(shape) * (hasTrustRatio(shape.rule.name) || skipsState(shape.rule) ? 2 + optimizerSlots(shape.rule.name).length : 1),
};
