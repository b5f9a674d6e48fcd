/** A table made a data set: what is learned of it, or was learned of another. */
import { InputError } from '../../errors.ts';
import { isObject, textOf } from '../../options.ts';
import { balance } from '../balance.ts';
import { dataset, type Dataset } from '../dataset.ts';
import { heldOut } from '../held-out.ts';
import { sortedNames } from '../targets.ts';
import { isMissing, MISSING, wordIn } from './cells.ts';
import { encodeInputs, encodeTargets, inputNamesOf, placeOf } from './encode.ts';
import { checkAlike, learnColumn, seenIn } from './learn.ts';
import type { Fill, Preparation, Table, TableData, TableOptions } from './types.ts';

const range = (length: number): Uint32Array => Uint32Array.from({ length }, (_, row) => row);

/** A table's columns, targets first taken out. @throws where one is not there, is said twice, or none is left */
function inputColumns(table: Table, targets: readonly string[], { columns, exclude = [] }: TableOptions): string[] {
  for (const name of [...(columns ?? []), ...exclude]) placeOf(table, name);
  const both = columns?.find((name) => targets.includes(name) || exclude.includes(name));
  if (both !== undefined) throw table.error(`column ${both} is to be an input, and a target or excluded. Name it once.`);
  const own = (columns ?? table.columns).filter((name) => !targets.includes(name) && !exclude.includes(name));
  const unnamed = columns === undefined ? own.find((name) => table.unnamed?.includes(name)) : undefined;
  if (unnamed !== undefined) throw table.error(`its header names no column ${unnamed}, counted from 0: perhaps row numbers, or a delimiter too many. Name it there, or in exclude, or in columns.`);
  if (own.length === 0) throw table.error('no column is left to be an input. Leave some out of exclude.');
  return [...new Set(own)];
}

/** What is predicted. */
function learnTargets(table: Table, columns: readonly string[], missing: ReadonlySet<string>, all: Uint32Array, { targetKind, classNames }: TableOptions): Preparation['targets'] {
  if (columns.length === 0) return { kind: 'none', columns };
  const seen = columns.map((column) => ({ at: placeOf(table, column), ...seenIn({ table, all, missing }, placeOf(table, column)) }));
  const text = seen.find(({ texts }) => texts > 0), isClass = targetKind === undefined ? columns.length === 1 && text !== undefined : targetKind === 'class';
  for (const one of seen) if (targetKind === undefined || (targetKind === 'value' && one.numbers > 0)) checkAlike(table, one.at, one, "give targetKind: 'class'");
  if (isClass && columns.length > 1) throw new InputError(`${table.name}: classes are one column, got ${textOf(columns)}. Name one of them as target.`);
  if (!isClass && text !== undefined) throw table.error('this is a text, and a target of values has numbers. Exclude the column, or predict it alone.', text.firstText, text.at);
  if (!isClass) return { kind: 'value', columns };
  const words = Array.from(all, (row) => table.cell(row, seen[0]!.at)).filter((cell) => !isMissing(cell, missing)).map(wordIn);
  return { kind: 'class', columns, classNames: classNames ?? sortedNames(words) };
}

/** The fill of a column, and whether it is that column's own. */
function fillOf(table: Table, column: string, { fill }: TableOptions): [Fill | undefined, boolean] {
  if (!isObject(fill)) return [fill, false];
  for (const name of Object.keys(fill)) placeOf(table, name);
  return [Object.hasOwn(fill, column) ? (fill as Readonly<Record<string, Fill>>)[column] : undefined, true];
}

function learn(table: Table, options: TableOptions, all: Uint32Array, trainOf: (known: Preparation) => Uint32Array): Preparation {
  const targets = typeof options.target === 'string' ? [options.target] : [...options.target!];
  const missing = (options.missing ?? MISSING).map((text) => text.trim().toLowerCase()), absent = new Set(missing), { categorical = [], clip, maxCategories } = options;
  for (const name of [...categorical, ...(clip?.columns ?? [])]) placeOf(table, name);
  const columns = inputColumns(table, targets, options);
  const known: Preparation = { format: 1, inputs: [], targets: learnTargets(table, targets, absent, all, options), missing, unknown: options.unknown ?? 'refuse' };
  const asked = { table, all, train: trainOf(known), missing: absent, maxCategories, clip };
  return { ...known, inputs: columns.map((column) => learnColumn(asked, placeOf(table, column), categorical.includes(column), ...fillOf(table, column, options))) };
}

/**
 * The data set, or data sets, of a table.
 * @param where what messages begin with
 * @throws the table's error, with row and column; InputError for options that do not fit
 */
export function makeTable(where: string, table: Table, options: TableOptions): TableData {
  const { like, limit = Infinity, validation, stratify, seed = 0 } = options, all = range(Math.min(table.length, limit));
  if (all.length === 0) throw table.error('there are no rows. Give at least one.');
  const cut = (known: Preparation): { train: Uint32Array; validation?: Uint32Array } => {
    if (validation === undefined) return { train: all };
    const targets = known.targets.kind === 'class' ? encodeTargets(table, known, all) : '';
    return heldOut(where, { name: table.name, length: all.length, classes: known.targets.classNames?.length ?? 0, targets }, { validation, stratify: stratify ?? known.targets.kind === 'class', seed });
  };
  const learned = like ?? learn(table, options, all, (known) => cut(known).train);
  const used: Preparation = options.target !== undefined && options.target.length === 0 ? { ...learned, targets: { kind: 'none', columns: [] } } : learned;
  const rows = cut(used), inputNames = inputNamesOf(learned.inputs);
  const make = (own: Uint32Array, name: string): Dataset => dataset({
    name, inputs: encodeInputs(table, learned, own), targets: encodeTargets(table, used, own), shape: [inputNames.length],
    ...(used.targets.kind === 'value' && { targetWidth: used.targets.columns.length }), ...(used.targets.classNames && { classNames: used.targets.classNames }),
  });
  const data = make(rows.train, rows.validation === undefined ? table.name : `${table.name} train`);
  return {
    data: options.balance === undefined ? data : balance(data, { by: options.balance, seed }),
    ...(rows.validation && { validation: make(rows.validation, `${table.name} validation`) }), preparation: learned, inputNames,
  };
}
