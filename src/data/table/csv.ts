/** Data sets out of tables of text (CSV). What reads them is asked for when it is needed: pages without tables do not pay for it. */
import { checkOptions, demand, demandBoolean, demandOneOf } from '../../options.ts';
import { checkReadOptions, type ReadOptions } from '../load.ts';
import { checkTableOptions, TABLE_NAMES } from './check.ts';
import type { ParseOptions } from './parse.ts';
import type { TableSource } from './read.ts';
import type { TableData, TableOptions } from './types.ts';

/** `maxBytes`: default 256 MiB. */
export interface CsvOptions extends TableOptions, ParseOptions, ReadOptions {}

const NAMES: readonly (keyof CsvOptions)[] = [...TABLE_NAMES, 'header', 'delimiter', 'decimal', 'maxBytes', 'timeoutMilliseconds', 'signal'];

/**
 * A data set of a table of text, UTF-8, raw or gzip: by path (in Node) or URL, or given as Blob, bytes or text. Columns become
 * inputs as by `fromRows`: numbers one each, texts one per text. What was learned to do so, `preparation`, is plain data: keep it
 * beside the model, and give it as `like` for later files of the same columns, in any order.
 * Quoted cells may hold delimiters, quotation marks and line ends (RFC 4180); blank rows are left out.
 * @throws BadFileError naming file, row and column for what the file does wrong: missing values without `fill`, texts among
 *   numbers, rows of other lengths; InputError; the reason of `signal`
 */
export async function loadCsv(source: TableSource, options: CsvOptions): Promise<TableData> {
  const { header, delimiter, decimal, maxBytes, timeoutMilliseconds, signal, ...table } = checkOptions('loadCsv', options, NAMES);
  checkTableOptions('loadCsv', table);
  if (header !== undefined) demandBoolean('loadCsv: header', header);
  demand(delimiter === undefined || (typeof delimiter === 'string' && /^[^\r\n"]$/.test(delimiter)), 'loadCsv: delimiter', 'one sign, no quotation mark', delimiter);
  if (decimal !== undefined) demandOneOf('loadCsv: decimal', decimal, ['.', ',']);
  const reading = { ...(maxBytes !== undefined && { maxBytes }), ...(timeoutMilliseconds !== undefined && { timeoutMilliseconds }), ...(signal && { signal }) };
  checkReadOptions(reading, 'loadCsv: ');
  const [{ readTable }, { parseTable }, { makeTable }] = await Promise.all([import('./read.ts'), import('./parse.ts'), import('./make.ts')]);
  const read = await readTable(source, reading);
  const parse = { ...(header !== undefined && { header }), ...(delimiter !== undefined && { delimiter }), ...(decimal !== undefined && { decimal }) };
  return makeTable('loadCsv', await parseTable(read.text, table.name ?? read.name, read.file, parse), table);
}
