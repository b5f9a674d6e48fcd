/** The options that say what the columns of a table are: the same on every command that has data. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../errors.ts';
import type { TableOptions } from '../data/table/types.ts';

/** As commander keeps them. */
export interface TableWords {
  readonly target?: readonly string[];
  readonly targetKind?: 'class' | 'value';
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
  readonly categorical?: readonly string[];
  readonly fill?: string | number;
  readonly clipInputs?: readonly [low: number, high: number];
  readonly balance?: 'weights' | 'resample';
}

export const TABLE_OPTIONS = ['target', 'targetKind', 'columns', 'exclude', 'categorical', 'fill', 'clipInputs', 'balance'] as const satisfies readonly (keyof TableWords)[];

/** What is to become of a table, as plain data: see `TableOptions`. */
export type TablePlan = Pick<TableOptions, 'targetKind' | 'columns' | 'exclude' | 'categorical' | 'fill' | 'clip' | 'balance'> & { readonly target: readonly string[] };

const TABLE = 'Tables (CSV):';

const parseNames = (text: string): string[] => {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Wanted the names of columns, with commas between them.');
  return names;
};

function parseQuantiles(text: string): [number, number] {
  const [low = NaN, high = NaN, ...rest] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!(low >= 0 && low < high && high <= 1) || rest.length > 0) throw new InvalidArgumentError('Wanted two quantiles in [0, 1], the smaller one first, e.g. 0.01,0.99.');
  return [low, high];
}

const parseFill = (text: string): string | number => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);

export function addTableOptions(command: Command): Command {
  const add = (flags: string, description: string, parse?: (text: string) => unknown, choices?: readonly string[]): void => {
    const option = new Option(flags, description).helpGroup(TABLE);
    if (parse !== undefined) option.argParser(parse);
    if (choices !== undefined) option.choices(choices);
    command.addOption(option);
  };
  add('--target <columns>', 'what is predicted: a column of --data, or several of numbers, with commas', parseNames);
  add('--target-kind <kind>', 'classes or values (default: classes for texts, values for numbers)', undefined, ['class', 'value']);
  add('--columns <names>', 'what becomes inputs (default: all other columns)', parseNames);
  add('--exclude <names>', 'what does not', parseNames);
  add('--categorical <names>', 'columns of numbers that are names, such as codes', parseNames);
  add('--fill <how>', "what missing inputs become: mean, median, mode, a number or a text (default: they are refused)", parseFill);
  add('--clip-inputs <low,high>', 'quantiles of each column of numbers, beyond which they are clipped, e.g. 0.01,0.99', parseQuantiles);
  add('--balance <how>', 'make classes count alike: by weights of samples, or by repeating them', undefined, ['weights', 'resample']);
  return command;
}

/** An option's name, as it is typed. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Undefined where nothing of a table was said. @throws InputError where the target was not */
export function tablePlanOf(words: TableWords): TablePlan | undefined {
  const { target, clipInputs, targetKind, columns, exclude, categorical, fill, balance } = words;
  const said = TABLE_OPTIONS.find((name) => words[name] !== undefined);
  if (said === undefined) return undefined;
  if (target === undefined) throw new InputError(`${flagOf(said)} is of a table. Say what is predicted, too, with --target.`);
  return {
    target,
    ...Object.fromEntries(Object.entries({ targetKind, columns, exclude, categorical, fill, balance }).filter(([, value]) => value !== undefined)),
    ...(clipInputs && { clip: { quantiles: clipInputs } }),
  };
}
