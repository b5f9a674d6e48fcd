import row from '../../shaders/lib/row.wgsl';
import views from '../../shaders/lib/views.wgsl';
import source from '../../shaders/view-norms.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import {
  hasTrustRatio, NORM_GROUPS, NORM_THREADS, normConstants, normLibraries, optimizerConstants, optimizerSlots, skipsState, type Arena, type Rule,
} from './rule.ts';

export interface ViewNormsShape extends DispatchShape {
  /** Entries of `views`, and the parameters in them. */
  readonly views: number;
  readonly parameters: number;
  readonly rule: Rule;
  readonly arena: Arena;
}

export const viewNorms: Kernel<ViewNormsShape> = {
  name: 'view-norms',
  source,
  libraries: (shape) => [row, views, ...normLibraries(shape.rule)],
  bindings: [
    ROW_BINDING,
    { name: 'gradients', access: 'read' },
    { name: 'parameters', access: 'read' },
    { name: 'state', access: 'read' },
    { name: 'views', access: 'read', type: 'u32' },
    { name: 'skips', access: 'read', type: 'u32' },
    { name: 'norms', access: 'read-write' },
  ],
  constants: ({ rule, arena }) => ({
    THREADS: NORM_THREADS,
    ...normConstants(rule),
    ...optimizerConstants(rule, arena),
  }),
  grid: (shape) => [NORM_GROUPS, shape.views, 1],
  flops: (shape) => 4 * shape.parameters,
  // Weights and state only where a trust ratio or skipping needs them.
  bytes: ({ rule, parameters }) => 4 * parameters * (hasTrustRatio(rule.name) || skipsState(rule) ? 2 + optimizerSlots(rule.name).length : 1),
};
