/** The options of tables, checked before any row is read. */
import { InputError } from '../../errors.ts';
import { checkOptions, demand, demandOneOf, demandWhole, isF32, isListOf, isObject } from '../../options.ts';
import { checkSeed } from '../dataset.ts';
import { checkPreparation } from './encode.ts';
import type { ColumnOptions, Fill, TableOptions } from './types.ts';

/** What a preparation says already. */
const LEARNED: readonly (keyof ColumnOptions)[] = ['target', 'targetKind', 'classNames', 'columns', 'exclude', 'categorical', 'maxCategories', 'missing', 'fill', 'clip', 'unknown'];

export const TABLE_NAMES: readonly (keyof TableOptions)[] = [...LEARNED, 'like', 'limit', 'validation', 'stratify', 'balance', 'seed', 'name'];

const isText = (one: unknown): boolean => typeof one === 'string';
const isFill = (one: unknown): one is Fill => isText(one) || isF32(one);

function demandTexts(what: string, list: unknown): void {
  demand(list === undefined || isListOf(list, isText), what, 'a list of texts', list);
}

function checkClip(where: string, { clip }: TableOptions): void {
  if (clip === undefined) return;
  demand(isObject(clip) && ('quantiles' in clip) !== ('deviations' in clip), `${where}: clip`, '{ quantiles: [low, high] } or { deviations: k }', clip);
  checkOptions<object>(`${where}: clip`, clip, ['quantiles', 'deviations', 'columns'] as never[]);
  demandTexts(`${where}: clip.columns`, clip.columns);
  if ('deviations' in clip) return demand(typeof clip.deviations === 'number' && clip.deviations > 0 && clip.deviations < Infinity, `${where}: clip.deviations`, 'a number above 0', clip.deviations);
  const { quantiles } = clip, [low, high] = isListOf(quantiles, (one) => typeof one === 'number') ? quantiles as readonly number[] : [];
  demand(quantiles.length === 2 && low! >= 0 && low! < high! && high! <= 1, `${where}: clip.quantiles`, 'two numbers in [0, 1], the smaller one first', quantiles);
}

/** @throws InputError */
export function checkTableOptions(where: string, options: TableOptions): void {
  const { like, target, targetKind, fill, limit, balance, seed = 0, name, unknown, maxCategories } = options;
  if (like !== undefined) {
    checkPreparation(`${where}: like`, like);
    const said = LEARNED.find((one) => options[one] !== undefined && !(one === 'target' && isListOf(target, () => false)));
    if (said !== undefined) throw new InputError(`${where}: like says ${said} already. Leave ${said} out.`);
  } else {
    demand(isText(target) || isListOf(target, isText), `${where}: target`, 'the name of a column, or a list of names', target);
  }
  for (const one of ['columns', 'exclude', 'categorical', 'classNames', 'missing'] as const) demandTexts(`${where}: ${one}`, options[one]);
  if (targetKind !== undefined) demandOneOf(`${where}: targetKind`, targetKind, ['class', 'value']);
  if (unknown !== undefined) demandOneOf(`${where}: unknown`, unknown, ['refuse', 'zeros']);
  if (balance !== undefined) demandOneOf(`${where}: balance`, balance, ['weights', 'resample']);
  if (maxCategories !== undefined) demandWhole(`${where}: maxCategories`, maxCategories);
  if (limit !== undefined) demandWhole(`${where}: limit`, limit);
  demand(name === undefined || isText(name), `${where}: name`, 'a text', name);
  demand(fill === undefined || isFill(fill) || (isObject(fill) && Object.values(fill).every(isFill)), `${where}: fill`, "'mean', 'median', 'mode', a number or a text, or such by column", fill);
  checkClip(where, options);
  checkSeed(seed);
}
