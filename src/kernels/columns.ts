import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/columns.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface ColumnsShape extends DispatchShape {
  /** Batch, padded to 4. */
  readonly rows: number;
  /** Of the three values, padded to 4. */
  readonly columns: { readonly first: number; readonly second: number; readonly output: number };
  /** Of the first value: the first column that is taken, and how many are. */
  readonly from: number;
  readonly first: number;
  /** Columns behind them, all of the second value's; 0: there is none, and what is bound is not read. */
  readonly second: number;
  /** Of the output: the first column that is not 0. */
  readonly to: number;
}

const WORKGROUP_X = 64;

const elements = ({ row: { replicas }, rows, columns: { output } }: ColumnsShape): number => replicas * rows * output;

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
  constants: ({ columns: own, from, first, second, to }) => ({
    COLUMNS: own.output, TO: to, FIRST: first, SECOND: second, FROM: from, FIRST_COLUMNS: own.first, SECOND_COLUMNS: own.second, WORKGROUP_X,
  }),
  grid: ({ columns: { output }, rows, row: { replicas } }) => [Math.ceil(output / WORKGROUP_X), rows, replicas],
  flops: () => 0,
  bytes: (shape) => 8 * elements(shape),
};
