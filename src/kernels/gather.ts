import dropoutLibrary from '../../shaders/lib/dropout.wgsl';
import philox from '../../shaders/lib/philox.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/gather.wgsl';
import { dropoutConstants, type Dropout } from './dropout.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface GatherShape extends DispatchShape {
  /** Batch rows and columns, padded to 4; `width` is the unpadded row length. */
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly format: 'u8' | 'f32';
  /** u32 words per sample of the resident data. */
  readonly inputWords: number;
  readonly scale: number;
  readonly offset: number;
  /** Through the epoch's permutation, or in order. */
  readonly shuffled: boolean;
  readonly dropout?: Dropout | undefined;
  /** Words of a batch's targets, per sample. */
  readonly targetWords: number;
  /** Words of these that come from the labels: the last ones. */
  readonly labelWords: number;
}

const WORKGROUP_X = 64;

/** vec4s of one workgroup. */
const CHUNK = 4 * WORKGROUP_X;

export const gather: Kernel<GatherShape> = {
  name: 'gather',
  source,
  libraries: () => [row, dropoutLibrary, philox],
  bindings: [
    ROW_BINDING,
    { name: 'inputs', access: 'read', type: 'u32' },
    { name: 'labels', access: 'read', type: 'u32' },
    { name: 'order', access: 'read', type: 'u32' },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'targets', access: 'read-write', type: 'u32' },
  ],
  constants: (shape) => ({
    COLUMNS4: shape.columns / 4,
    WIDTH: shape.width,
    INPUTS_U8: shape.format === 'u8',
    INPUT_WORDS: shape.inputWords,
    SCALE: { f32: shape.scale },
    OFFSET: { f32: shape.offset },
    SHUFFLED: shape.shuffled,
    TARGETS_STRIDE: shape.rows * shape.targetWords,
    TARGET_WORDS: shape.targetWords,
    LABEL_WORDS: shape.labelWords,
    OWN_TARGETS: shape.targetWords - shape.labelWords > 0,
    WORKGROUP_X,
    CHUNK,
    ...dropoutConstants(shape.dropout),
  }),
  grid: (shape) => [Math.ceil(shape.columns / (4 * CHUNK)), shape.rows, shape.row.replicas],
  flops: (shape) => 2 * shape.row.replicas * shape.rows * shape.columns,
  bytes: (shape) => shape.row.replicas * shape.rows * (4 * shape.inputWords + 4 * shape.columns + 4 * (shape.targetWords + shape.labelWords)),
};
