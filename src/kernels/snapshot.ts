import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/snapshot.wgsl';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';

/** What a flag holds while its tensor has always been finite; otherwise the first step at which it was not. */
export const NO_FLAG = 0xffffffff;

export interface SnapshotShape extends DispatchShape {
  /** Floats per replica, a multiple of 4. */
  readonly length: number;
}

const WORKGROUP_X = 64;

/** vec4s of one workgroup. */
const CHUNK = 16 * WORKGROUP_X;

const groups = (shape: SnapshotShape): { x: number; y: number } => spread(Math.ceil(shape.length / (4 * CHUNK)));

export const snapshot: Kernel<SnapshotShape> = {
  name: 'snapshot',
  source,
  libraries: () => [row],
  bindings: [
    ROW_BINDING,
    { name: 'source', access: 'read' },
    { name: 'flags', access: 'read', type: 'u32' },
    { name: 'copy', access: 'read-write' },
  ],
  constants: (shape) => ({ LENGTH4: shape.length / 4, GRID_X: groups(shape).x, NO_FLAG, WORKGROUP_X, CHUNK }),
  grid: (shape) => [groups(shape).x, groups(shape).y, shape.row.replicas],
  flops: () => 0,
  bytes: (shape) => 8 * shape.row.replicas * shape.length,
};
