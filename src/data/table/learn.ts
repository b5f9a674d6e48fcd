/** What is learned of a column: bounds and fills of numbers, names and fills of texts. */
import { InputError } from '../../errors.ts';
import { textOf } from '../../options.ts';
import { sortedNames } from '../targets.ts';
import { isMissing, numberIn, wordIn } from './cells.ts';
import type { CategoryColumn, Cell, Fill, InputColumn, NumberColumn, Table, TableClip } from './types.ts';

/** Most texts of a column where nobody said. */
const MAX_CATEGORIES = 100;

/** How a column is to be learned. */
export interface Asked {
  readonly table: Table;
  /** Rows that kinds and texts are learned of, so that training on some of them knows every text. */
  readonly all: Uint32Array;
  /** Rows that numbers are learned of. */
  readonly train: Uint32Array;
  readonly missing: ReadonlySet<string>;
  readonly maxCategories?: number | undefined;
  readonly clip?: TableClip | undefined;
}

const meanOf = (values: Float64Array): number => {
  const first = values.reduce((sum, one) => sum + one, 0) / values.length;
  return first + values.reduce((sum, one) => sum + (one - first), 0) / values.length;
};

/** Of sorted values, interpolated linearly. */
function quantileOf(sorted: Float64Array, part: number): number {
  const at = part * (sorted.length - 1), low = Math.floor(at), below = sorted[low]!;
  return below + (at - low) * ((sorted[low + 1] ?? below) - below);
}

/** What comes most often; at a tie the first in order. */
function modeOf<Value>(values: Iterable<Value>, order: Iterable<Value> = values): Value {
  const counts = new Map<Value, number>(Array.from(order, (one) => [one, 0]));
  for (const one of values) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** The largest number of f32. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

function boundsOf(sorted: Float64Array, clip: TableClip): readonly [number, number] {
  if ('quantiles' in clip) return [quantileOf(sorted, clip.quantiles[0]), quantileOf(sorted, clip.quantiles[1])];
  const mean = meanOf(sorted), far = clip.deviations * Math.sqrt(meanOf(sorted.map((one) => (one - mean) ** 2)));
  return [Math.max(mean - far, -MOST), Math.min(mean + far, MOST)];
}

/** Of numbers within their bounds. */
function filled(sorted: Float64Array, fill: Fill): number {
  if (typeof fill === 'number') return fill;
  if (fill === 'mean') return meanOf(sorted);
  return fill === 'median' ? quantileOf(sorted, 0.5) : modeOf(sorted);
}

const isStatistic = (fill: Fill): boolean => fill === 'mean' || fill === 'median' || fill === 'mode';

/** Whether a fill, given for all columns, is for this kind. */
const fits = (fill: Fill, kind: InputColumn['kind']): boolean => isStatistic(fill) || (typeof fill === 'number') === (kind === 'number');

interface Seen {
  readonly numbers: number;
  readonly texts: number;
  /** First rows of each kind, or -1. */
  readonly firstText: number;
  readonly firstMissing: number;
}

/** What kinds of cells a column has. */
export function seenIn({ table, all, missing }: Pick<Asked, 'table' | 'all' | 'missing'>, column: number): Seen {
  let numbers = 0, texts = 0, firstText = -1, firstMissing = -1;
  for (const row of all) {
    const cell = table.cell(row, column);
    if (isMissing(cell, missing)) firstMissing = firstMissing < 0 ? row : firstMissing;
    else if (numberIn(cell) !== undefined) numbers++;
    else {
      texts++;
      if (firstText < 0) firstText = row;
    }
  }
  return { numbers, texts, firstText, firstMissing };
}

/** @throws the table's error where some cells are numbers and others texts */
export function checkAlike(table: Table, column: number, { numbers, texts, firstText }: Seen, advice: string): void {
  if (numbers === 0 || texts === 0) return;
  const cell = textOf(wordIn(table.cell(firstText, column)));
  throw table.error(`${cell} is no number, and ${numbers} other cells of the column are. Name it in missing where it stands for nothing, or ${advice}.`, firstText, column);
}

/** Cells of a column that say something. */
const givenIn = ({ table, missing }: Asked, rows: Uint32Array, at: number): Cell[] => Array.from(rows, (row) => table.cell(row, at)).filter((cell) => !isMissing(cell, missing));

const nothingToLearn = (table: Table, at: number): Error =>
  table.error('no training row has a value in this column: there is nothing to learn of it. Add it to exclude.', undefined, at);

function learnNumbers(asked: Asked, at: number, fill: Fill | undefined): NumberColumn {
  const { table, train, clip } = asked, column = table.columns[at]!;
  let sorted = Float64Array.from(givenIn(asked, train, at), (cell) => numberIn(cell)!).sort();
  const isBounded = clip !== undefined && (clip.columns?.includes(column) ?? true);
  if (sorted.length === 0 && (isBounded || (fill !== undefined && isStatistic(fill)))) throw nothingToLearn(table, at);
  const bounds = isBounded ? boundsOf(sorted, clip) : undefined;
  if (bounds !== undefined) sorted = sorted.map((one) => Math.min(Math.max(one, bounds[0]), bounds[1]));
  return { column, kind: 'number', ...(fill !== undefined && { fill: filled(sorted, fill) }), ...(bounds && { clip: bounds }) };
}

function learnTexts(asked: Asked, at: number, fill: Fill | undefined): CategoryColumn {
  const { table, all, train, maxCategories = MAX_CATEGORIES } = asked, column = table.columns[at]!;
  const categories = sortedNames(givenIn(asked, all, at).map(wordIn));
  if (categories.length > maxCategories) {
    throw table.error(`${categories.length} different texts are more inputs than the ${maxCategories} of maxCategories. Add it to exclude, or raise maxCategories.`, undefined, at);
  }
  if (fill === undefined) return { column, kind: 'category', categories };
  const words = isStatistic(fill) ? givenIn(asked, train, at).map(wordIn) : [];
  if (isStatistic(fill) && words.length === 0) throw nothingToLearn(table, at);
  const own = isStatistic(fill) ? modeOf(words, categories) : String(fill);
  return { column, kind: 'category', categories: sortedNames([...categories, own]), fill: own };
}

/** Numbers such as 1,5 would pass for names. */
function checkComma(table: Table, at: number, row: number): void {
  const word = wordIn(table.cell(row, at));
  if (/^[+-]?\d+,\d+$/.test(word)) throw table.error(`${textOf(word)} is a text here. Give decimal: ',' where that is a number, or name the column in categorical.`, row, at);
}

/** What becomes of a column as inputs. @throws the table's error, with row and column */
export function learnColumn(asked: Asked, at: number, isNamed: boolean, fill: Fill | undefined, isOwnFill: boolean): InputColumn {
  const { table } = asked, seen = seenIn(asked, at), kind = isNamed || seen.texts > 0 ? 'category' : 'number';
  if (seen.numbers + seen.texts === 0) throw table.error('it has no value in any row. Add it to exclude.', undefined, at);
  if (!isNamed && seen.numbers === 0 && seen.texts > 0) checkComma(table, at, seen.firstText);
  if (!isNamed) checkAlike(table, at, seen, 'the column in categorical, or in exclude');
  const own = fill !== undefined && (isOwnFill || fits(fill, kind)) ? fill : undefined;
  if (own !== undefined && isOwnFill && kind === 'number' && !fits(own, kind)) {
    throw new InputError(`fill of ${table.columns[at]!}, a column of numbers, must be 'mean', 'median', 'mode' or a number, got ${textOf(own)}.`);
  }
  if (seen.firstMissing >= 0 && own === undefined) {
    throw table.error(`there is no value. Fill it in, leave the row out, or give fill: ${kind === 'number' ? "'median'" : "'mode'"}.`, seen.firstMissing, at);
  }
  return kind === 'number' ? learnNumbers(asked, at, own) : learnTexts(asked, at, own);
}
