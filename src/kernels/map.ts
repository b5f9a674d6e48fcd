import mapParameters from '../../shaders/lib/map-parameters.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/map.wgsl';
import { activateConstants, activateLibraries } from './activations/index.ts';
import { belowConstants, belowLibraries, readsStored, type Below } from './below.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { slopeConstants, type Slopes } from './slopes.ts';

export interface MapShape extends DispatchShape {
  /** Batch and columns, padded to 4; `width` is the unpadded row length. */
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  /** Whether another value is added. */
  readonly add: boolean;
  /** Of the sum. Absent: none. Not together with a slope, which needs its own library. */
  readonly activation?: string | undefined;
  /** Its entry in the row's `layers`, where it has a number. */
  readonly entry?: number | undefined;
  /** Its slopes, where it learns them, and floats from one replica's parameters to the next. */
  readonly slopes?: (Slopes & { readonly parametersStride: number }) | undefined;
  /** What the gradient takes on its way down; a forward dropout is one that draws. */
  readonly below: Below;
}

const WORKGROUP_X = 64;

const elements = ({ row: { replicas }, rows, columns }: MapShape): number => replicas * rows * columns;

export const map: Kernel<MapShape> = {
  name: 'map',
  source,
  libraries: ({ activation, slopes, below }) => [row, ...activateLibraries(activation ?? below.activation), ...belowLibraries, ...(slopes === undefined ? [] : [mapParameters])],
  bindings: [
    ROW_BINDING,
    { name: 'input', access: 'read', element: 4 },
    { name: 'other', access: 'read', element: 4 },
    { name: 'stored', access: 'read', element: 4 },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'parameters', access: 'read', isOptional: true },
  ],
  constants: ({ columns, width, add, activation, entry, slopes, below }) => ({
    COLUMNS4: columns / 4,
    WIDTH: width,
    ADD: add,
    ...activateConstants(activation, entry),
    ...slopeConstants(slopes),
    ...(slopes !== undefined && { PARAMETERS_STRIDE: slopes.parametersStride / 4 }),
    ...belowConstants(below),
    WORKGROUP_X,
  }),
  grid: ({ columns, rows, row: { replicas } }) => [Math.ceil(columns / (4 * WORKGROUP_X)), rows, replicas],
  // A sum, an activation of about four operations, and as many behind it.
  flops: (shape) => elements(shape) * (Number(shape.add) + 4 * Number(shape.activation !== undefined) + 4),
  bytes: (shape) => 4 * elements(shape) * (2 + Number(shape.add) + Number(readsStored(shape.below))),
};
