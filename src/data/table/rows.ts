/** Data sets out of rows of objects, and rows as inputs. */
import { InputError } from '../../errors.ts';
import { checkOptions, isListOf, isObject, textOf } from '../../options.ts';
import { checkTableOptions, TABLE_NAMES } from './check.ts';
import { checkPreparation, encodeInputs } from './encode.ts';
import { makeTable } from './make.ts';
import type { Cell, Preparation, Row, Table, TableData, TableOptions } from './types.ts';

const KINDS: readonly string[] = ['string', 'number', 'bigint', 'boolean', 'undefined'];

/** Columns in the order in which rows name them first. @throws InputError unless it is a list of objects of plain values */
function rowsTable(where: string, rows: unknown, name: string): Table {
  if (!isListOf(rows, isObject) || rows.length === 0) throw new InputError(`${where}: rows must be a list of one or more objects such as { age: 31, city: 'Oslo' }, got ${textOf(rows)}.`);
  const own = rows as readonly Row[], columns = [...new Set(own.flatMap((row) => Object.keys(row)))];
  const error = (reason: string, row?: number, column?: number): Error =>
    new InputError(`${name}: ${row === undefined ? '' : `rows[${row}]`}${column === undefined ? '' : `${row === undefined ? 'column ' : '.'}${columns[column]!}`}${row === undefined && column === undefined ? '' : ': '}${reason}`);
  own.forEach((row, i) => columns.forEach((column, at) => {
    const cell: unknown = Object.hasOwn(row, column) ? row[column] : undefined;
    if (cell !== null && !KINDS.includes(typeof cell)) throw error(`wanted a number or a text, got ${textOf(cell)}. Give one, or null.`, i, at);
  }));
  return { name, columns, length: own.length, cell: (row, column): Cell => (Object.hasOwn(own[row]!, columns[column]!) ? own[row]![columns[column]!] : undefined), error };
}

/**
 * A data set of rows of objects, such as { age: 31, city: 'Oslo', price: 12.5 }: numbers become an input each, texts and booleans
 * one input per text, 1 where it stands (one-hot), in the order of the columns. What was learned to do so, `preparation`, is
 * plain data: keep it beside the model, and give it as `like`, or to `prepareRows`, for later rows.
 * @throws InputError naming row and column for missing values without `fill`, numbers among texts, unknown names
 */
export function fromRows(rows: readonly Row[], options: TableOptions): TableData {
  checkTableOptions('fromRows', checkOptions('fromRows', options, TABLE_NAMES));
  return makeTable('fromRows', rowsTable('fromRows', rows, options.name ?? 'data'), options);
}

/**
 * The inputs of rows of objects, [rows, width], as a model that was trained on such a preparation takes them: for `predict`.
 * @throws InputError naming row and column
 */
export function prepareRows(rows: readonly Row[], preparation: Preparation): Float32Array<ArrayBuffer> {
  const own = checkPreparation('prepareRows: preparation', preparation), table = rowsTable('prepareRows', rows, 'data');
  return encodeInputs(table, own, Uint32Array.from({ length: table.length }, (_, row) => row));
}
