/** The text of a table: Papa Parse (MIT), asked for when it is needed. */
import { BadFileError } from '../../errors.ts';
import { numberIn } from './cells.ts';
import type { Table } from './types.ts';

export interface ParseOptions {
  /** Whether the first row names the columns. Default: unless one of its cells is a number. Without names they are '0', '1', ... */
  readonly header?: boolean;
  /** What stands between cells. Default: what fits the first rows best of comma, tab, semicolon and bar. */
  readonly delimiter?: string;
  /** The sign before decimals. Default '.'. */
  readonly decimal?: '.' | ',';
}

/** A row, and where it stands: the first of a file is 1, as in a spreadsheet. */
interface Line {
  readonly cells: readonly string[];
  readonly at: number;
}

const place = (line: Line | undefined, column: string | undefined): string =>
  `${line === undefined ? '' : `row ${line.at}, `}${column === undefined ? '' : `column ${column}, `}`.replace(/, $/, ': ');

/** @throws BadFileError for quotes that are not closed */
async function linesOf(text: string, file: string, delimiter: string | undefined, decimal: string): Promise<Line[]> {
  const { default: papa } = await import('papaparse');
  const { data, errors } = papa.parse<string[]>(text, { delimiter: delimiter ?? '', delimitersToGuess: [',', '\t', ';', '|'].filter((sign) => sign !== decimal) });
  const wrong = errors.find(({ type }) => type === 'Quotes');
  if (wrong !== undefined) throw new BadFileError(file, `row ${(wrong.row ?? 0) + 1}: a quotation mark is not closed, or something follows it (${wrong.message}). Write a quotation mark within a cell as two.`);
  return data.map((cells, i) => ({ cells, at: i + 1 })).filter(({ cells }) => cells.length > 1 || cells[0]!.trim() !== '');
}

/** @throws BadFileError for two columns of one name */
function columnsOf(head: readonly string[], file: string): { columns: string[]; unnamed: string[] } {
  const columns = head.map((name, i) => (name.trim() === '' ? String(i) : name.trim())), unnamed = columns.filter((_, i) => head[i]!.trim() === '');
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new BadFileError(file, `two columns are called ${twice}. Rename one of them.`);
  return { columns, unnamed };
}

/** '1.234,5' is 1234.5, where a comma is the sign before decimals. */
const withPoint = (cell: string): string => (/^\s*[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?(e[+-]?\d+)?\s*$/i.test(cell) ? cell.replaceAll('.', '').replace(',', '.') : cell);

/**
 * A table out of its text. Blank rows are left out.
 * @param file for messages
 * @throws BadFileError naming file and row for quotes that do not close, rows of other lengths, names that come twice
 */
export async function parseTable(text: string, name: string, file: string, { header, delimiter, decimal = '.' }: ParseOptions): Promise<Table> {
  const lines = await linesOf(text, file, delimiter, decimal), first = lines[0];
  if (first === undefined) throw new BadFileError(file, 'there are no rows. Give a table with at least one.');
  const own = (cell: string): string => (decimal === ',' ? withPoint(cell) : cell);
  const isHead = header ?? !first.cells.some((cell) => numberIn(own(cell)) !== undefined), rows = isHead ? lines.slice(1) : lines;
  const { columns, unnamed } = isHead ? columnsOf(first.cells, file) : { columns: first.cells.map((_, i) => String(i)), unnamed: [] };
  const odd = rows.find(({ cells }) => cells.length !== columns.length);
  if (odd !== undefined) {
    throw new BadFileError(file, `row ${odd.at}: it has ${odd.cells.length} cells, the first row ${columns.length}. Put texts that hold the delimiter in quotation marks, or give delimiter.`);
  }
  return {
    name, columns, unnamed, length: rows.length,
    cell: (row, column) => own(rows[row]!.cells[column]!),
    error: (reason, row, column) => new BadFileError(file, place(row === undefined ? undefined : rows[row], column === undefined ? undefined : columns[column]) + reason),
  };
}
