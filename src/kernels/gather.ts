import dropoutLibrary from '../../shaders/lib/dropout.wgsl';
import philox from '../../shaders/lib/philox.wgsl';
import row from '../../shaders/lib/row.wgsl';
import usualScale from '../../shaders/lib/usual-scale.wgsl';
import source from '../../shaders/gather.wgsl';
import { usualScaleOf, type InputFormat } from '../target.ts';
import { dropoutConstants, type Dropout } from './dropout.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface GatherShape extends DispatchShape {
  /** Batch rows and columns, padded to 4; `width` is the unpadded row length. */
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly format: InputFormat;
  /** u32 words per sample of the resident data. */
  readonly inputWords: number;
  /** Whether inputs are seen by a table, of each feature or one for all; else by the scale that goes with their format. */
  readonly normalised?: 'feature' | 'all' | undefined;
  /** Through the epoch's permutation, or in order. */
  readonly shuffled: boolean;
  readonly dropout?: Dropout | undefined;
  /** Words of a batch's targets, per sample. */
  readonly targetWords: number;
  /** Words of these that come from the labels: the last ones. */
  readonly labelWords: number;
}

/** vec4s of centers, of factors, or of shifts. */
export const tableVec4s = (normalised: 'feature' | 'all', columns: number): number => (normalised === 'feature' ? columns / 4 : 1);

/** How a table is read: known once a data set has one. */
let table: string | undefined;

export const knowTable = (library: string): void => { table = library; };

const WORKGROUP_X = 64;

/** vec4s of one workgroup. */
const CHUNK = 4 * WORKGROUP_X;

export const gather: Kernel<GatherShape> = {
  name: 'gather',
  source,
  libraries: (shape) => [row, dropoutLibrary, philox, shape.normalised === undefined ? usualScale : table!],
  bindings: [
    ROW_BINDING,
    { name: 'inputs', access: 'read', type: 'u32' },
    { name: 'labels', access: 'read', type: 'u32' },
    { name: 'order', access: 'read', type: 'u32' },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'targets', access: 'read-write', type: 'u32' },
    { name: 'normalisation', access: 'read', isOptional: true },
  ],
  constants: (shape) => ({
    COLUMNS4: shape.columns / 4,
    WIDTH: shape.width,
    INPUTS_U8: shape.format === 'u8',
    INPUT_WORDS: shape.inputWords,
    ...(shape.normalised === undefined ? { SCALE: { f32: usualScaleOf(shape.format) } } : { TABLE4: tableVec4s(shape.normalised, shape.columns) }),
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
