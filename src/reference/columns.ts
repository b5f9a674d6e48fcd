import { InputError } from '../errors.ts';
import { requireFields, requireLength } from './check.ts';

export interface ColumnsOptions {
  /** [batch, width] */
  readonly first: ArrayLike<number>;
  readonly batch: number;
  readonly width: number;
  /** Columns of it that are taken. Default all. */
  readonly from?: number | undefined;
  readonly count?: number | undefined;
  /** [batch, secondWidth], behind them. Default nothing. */
  readonly second?: ArrayLike<number> | undefined;
  readonly secondWidth?: number | undefined;
  /** Of the output: its width, and the first column that is not 0. Default no more than is taken, from 0. */
  readonly outputWidth?: number | undefined;
  readonly to?: number | undefined;
}

function requirePart(what: string, start: number, count: number, width: number): void {
  if (Number.isInteger(start) && Number.isInteger(count) && Number.isInteger(width) && start >= 0 && count >= 0 && start + count <= width) return;
  throw new InputError(`columns: ${what} must be such that ${width} columns hold ${count} from ${start} on.`);
}

/**
 * Columns `from` .. `from + count` of one value, and behind them all of another's, from column `to` of the output on, which is 0 elsewhere:
 * [batch, outputWidth]. Throws InputError on wrong lengths, and columns that there are not.
 */
export function columns(options: ColumnsOptions): Float64Array {
  const { first, batch, width, from = 0, count = width - from, second = [], secondWidth = 0, to = 0, outputWidth = to + count + secondWidth } =
    requireFields('columns', options, { first: 'values', batch: 'size', width: 'size', from: 'number?', count: 'number?', second: 'values?', secondWidth: 'number?', to: 'number?', outputWidth: 'number?' });
  requireLength('columns', 'first', first, batch * width);
  requireLength('columns', 'second', second, batch * secondWidth);
  requirePart('from and count', from, count, width);
  requirePart('to and outputWidth', to, count + secondWidth, outputWidth);
  return Float64Array.from({ length: batch * outputWidth }, (_, i) => {
    const row = Math.floor(i / outputWidth), column = i % outputWidth - to;
    if (column < 0 || column >= count + secondWidth) return 0;
    return column < count ? first[row * width + from + column]! : second[row * secondWidth + column - count]!;
  });
}
