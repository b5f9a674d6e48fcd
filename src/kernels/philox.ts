import library from '../../shaders/lib/philox.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/philox.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface PhiloxShape extends DispatchShape {
  /** Counters, four u32 words each. */
  readonly length: number;
}

const WORKGROUP_X = 64;

export const philox: Kernel<PhiloxShape> = {
  name: 'philox',
  source,
  libraries: () => [row, library],
  bindings: [ROW_BINDING, { name: 'counters', access: 'read', type: 'u32' }, { name: 'words', access: 'read-write', type: 'u32' }],
  constants: (shape) => ({ LENGTH: shape.length, WORKGROUP_X }),
  grid: (shape) => [Math.ceil(shape.length / WORKGROUP_X), 1, 1],
  flops: () => 0,
  bytes: (shape) => 32 * shape.length,
};
