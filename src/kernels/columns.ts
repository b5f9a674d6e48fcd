import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/columns.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface ColumnsShape extends DispatchShape {
  /** Batch, padded to 4. */
  readonly rows: number;
  /** Of the first value: its width, the first column that is taken, and how many are. */
  readonly firstWidth: number;
  readonly from: number;
  readonly first: number;
  /** Columns behind them, all of the second value's; 0: there is none, and what is bound is not read. */
  readonly second: number;
  /** Of the output: its width, and the first column that is not 0. */
  readonly width: number;
  readonly to: number;
}

const WORKGROUP_X = 64;
const pad4 = (size: number): number => 4 * Math.ceil(size / 4);

const elements = ({ row: { replicas }, rows, width }: ColumnsShape): number => replicas * rows * pad4(width);

export const columns: Kernel<ColumnsShape> = {
  name: 'columns',
  source,
  libraries: () => [row],
  bindings: [
    ROW_BINDING,
    { name: 'first', access: 'read', element: 1 },
    { name: 'second', access: 'read', element: 1 },
    { name: 'output', access: 'read-write', element: 1 },
  ],
  constants: ({ firstWidth, from, first, second, width, to }) => ({
    COLUMNS: pad4(width), TO: to, FIRST: first, SECOND: second, FROM: from, FIRST_COLUMNS: pad4(firstWidth), SECOND_COLUMNS: pad4(second), WORKGROUP_X,
  }),
  grid: ({ width, rows, row: { replicas } }) => [Math.ceil(pad4(width) / WORKGROUP_X), rows, replicas],
  flops: () => 0,
  bytes: (shape) => 8 * elements(shape),
};
