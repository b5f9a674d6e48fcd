/** Rows of a table as inputs and targets, by what was learned. */
import { InputError } from '../../errors.ts';
import { isF32, isListOf, isObject, nearest, textOf } from '../../options.ts';
import { isMissing, numberIn, wordIn } from './cells.ts';
import type { CategoryColumn, InputColumn, NumberColumn, Preparation, Table } from './types.ts';

/** Where a column is. @throws the table's error where it is not */
export function placeOf(table: Table, column: string): number {
  const at = table.columns.indexOf(column);
  if (at >= 0) return at;
  const near = nearest(column, table.columns);
  throw table.error(`there is no column ${textOf(column)}.${near === undefined ? '' : ` Did you mean ${near}?`} It has ${table.columns.join(', ')}.`);
}

/** Of each input: its column, or 'column=text'. */
export const inputNamesOf = (inputs: readonly InputColumn[]): string[] =>
  inputs.flatMap((one) => (one.kind === 'number' ? [one.column] : one.categories.map((text) => `${one.column}=${text}`)));

/** Inputs that a column becomes. */
const widthOf = (column: InputColumn): number => (column.kind === 'number' ? 1 : column.categories.length);

/** Writes the inputs of one cell. */
type Write = (row: number, into: Float32Array, position: number) => void;

function absent(table: Table, row: number, at: number): Error {
  return table.error('there is no value. Fill it in, or leave the row out.', row, at);
}

function numberAt(table: Table, row: number, at: number): number {
  const value = numberIn(table.cell(row, at));
  if (isF32(value)) return value;
  throw table.error(`wanted a number that f32 holds, got ${textOf(table.cell(row, at))}. Write it as one, or leave the row out.`, row, at);
}

function writeNumber(table: Table, at: number, { fill, clip }: NumberColumn, missing: ReadonlySet<string>): Write {
  const [low, high] = clip ?? [-Infinity, Infinity];
  return (row, into, position) => {
    if (!isMissing(table.cell(row, at), missing)) into[position] = Math.min(Math.max(numberAt(table, row, at), low), high);
    else if (fill === undefined) throw absent(table, row, at);
    else into[position] = fill;
  };
}

function writeText(table: Table, at: number, { categories, fill }: CategoryColumn, missing: ReadonlySet<string>, unknown: Preparation['unknown']): Write {
  const places = new Map(categories.map((text, i) => [text, i]));
  return (row, into, position) => {
    const cell = table.cell(row, at);
    if (isMissing(cell, missing) && fill === undefined) throw absent(table, row, at);
    const word = isMissing(cell, missing) ? fill! : wordIn(cell), place = places.get(word);
    if (place !== undefined) into[position + place] = 1;
    else if (unknown === 'refuse') throw table.error(`${textOf(word)} is none of ${textOf(categories)}. Use one of them, or prepare with unknown: 'zeros'.`, row, at);
  };
}

/**
 * The inputs of some rows, [rows, width].
 * @throws the table's error, with row and column
 */
export function encodeInputs(table: Table, { inputs, missing, unknown }: Preparation, rows: Uint32Array): Float32Array<ArrayBuffer> {
  const absentTexts = new Set(missing), width = inputs.reduce((sum, one) => sum + widthOf(one), 0), out = new Float32Array(rows.length * width);
  let position = 0;
  for (const column of inputs) {
    const at = placeOf(table, column.column), write = column.kind === 'number' ? writeNumber(table, at, column, absentTexts) : writeText(table, at, column, absentTexts, unknown);
    rows.forEach((row, i) => write(row, out, i * width + position));
    position += widthOf(column);
  }
  return out;
}

/** Targets of some rows: class indices, [rows, columns] numbers, or 'inputs'. */
export function encodeTargets(table: Table, { targets: { kind, columns, classNames = [] }, missing }: Preparation, rows: Uint32Array): Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | 'inputs' {
  if (kind === 'none') return 'inputs';
  const places = columns.map((column) => placeOf(table, column)), absentTexts = new Set(missing), indices = new Map(classNames.map((name, i) => [name, i]));
  const present = (row: number, at: number): void => {
    if (isMissing(table.cell(row, at), absentTexts)) throw table.error('there is no value to be predicted. Leave the row out.', row, at);
  };
  if (kind === 'value') {
    return Float32Array.from({ length: rows.length * places.length }, (_, i) => {
      const row = rows[Math.floor(i / places.length)]!, at = places[i % places.length]!;
      present(row, at);
      return numberAt(table, row, at);
    });
  }
  return Uint32Array.from(rows, (row) => {
    present(row, places[0]!);
    const word = wordIn(table.cell(row, places[0]!)), index = indices.get(word);
    if (index === undefined) throw table.error(`${textOf(word)} is none of the classes ${textOf(classNames)}. Name all of them in classNames, or leave the row out.`, row, places[0]!);
    return index;
  });
}

/** @throws InputError unless it is what `TableData` calls so */
export function checkPreparation(what: string, given: unknown): Preparation {
  const { format, inputs, targets, missing, unknown } = (given ?? {}) as Partial<Preparation>;
  const isText = (one: unknown): boolean => typeof one === 'string', areTexts = (list: unknown): boolean => isListOf(list, isText);
  const isBound = (one: unknown): boolean => typeof one === 'number' && Number.isFinite(Math.fround(one));
  const isClip = (clip: unknown): boolean => clip === undefined || (isListOf(clip, isBound) && clip.length === 2 && (clip[0] as number) <= (clip[1] as number));
  const isColumn = (one: unknown): boolean => {
    if (!isObject(one) || !isText(one['column'])) return false;
    const { column: _, kind, fill, clip, categories, ...others } = one;
    return Object.keys(others).length === 0 && (kind === 'number' ? (fill === undefined || isF32(fill)) && isClip(clip) : kind === 'category' && areTexts(categories) && (fill === undefined || isText(fill)));
  };
  const isWhole = format === 1 && isListOf(inputs, isColumn) && inputs.length > 0 && areTexts(missing) && (unknown === 'refuse' || unknown === 'zeros')
    && areTexts(targets?.columns) && ['class', 'value', 'none'].includes(targets!.kind) && (targets!.classNames === undefined ? targets!.kind !== 'class' : areTexts(targets!.classNames));
  if (!isWhole) throw new InputError(`${what} must be the preparation that fromRows or loadCsv gave, of format 1, got ${textOf(given)}.`);
  return given as Preparation;
}
