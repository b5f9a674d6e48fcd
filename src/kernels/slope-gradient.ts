import row from '../../shaders/lib/row.wgsl';
import slopesLibrary from '../../shaders/lib/slopes.wgsl';
import source from '../../shaders/slope-gradient.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { slopeConstants, type Slopes } from './slopes.ts';

export interface SlopeGradientShape extends DispatchShape {
  /** Batch and columns, padded to 4; `width` is the unpadded row length. */
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly slopes: Slopes;
  /** Floats from one replica's parameters to the next. */
  readonly parametersStride: number;
}

const WORKGROUP_X = 64;

/** As many rows to a part as there are parts: the sums within parts and over them are equally long. */
export const partRows = (rows: number): number => Math.ceil(Math.sqrt(rows));

/** Parts of a batch, padded to 4: those beyond the batch are 0. */
export const partsOf = (rows: number): number => 4 * Math.ceil(rows / partRows(rows) / 4);

const elements = ({ row: { replicas }, rows, columns }: SlopeGradientShape): number => replicas * rows * columns;

export const slopeGradient: Kernel<SlopeGradientShape> = {
  name: 'slope-gradient',
  source,
  libraries: () => [row, slopesLibrary],
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'delta', access: 'read', element: 4 },
    { name: 'stored', access: 'read', element: 4 },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'parts', access: 'read-write', element: 4 },
  ],
  constants: ({ rows, columns, slopes, parametersStride }) => ({
    ROWS: rows,
    COLUMNS4: columns / 4,
    PART_ROWS: partRows(rows),
    PARAMETERS_STRIDE: parametersStride / 4,
    ...slopeConstants(slopes),
    WORKGROUP_X,
  }),
  grid: ({ rows, columns, row: { replicas } }) => [Math.ceil(columns / (4 * WORKGROUP_X)), partsOf(rows), replicas],
  flops: (shape) => 3 * elements(shape),
  bytes: (shape) => 4 * (3 * elements(shape) + shape.row.replicas * (partsOf(shape.rows) + 1) * shape.columns),
};
