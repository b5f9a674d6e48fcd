/** Tables: named columns of numbers and texts, how they become a data set, and what was learned of them. */
import type { Dataset } from '../types.ts';

/** A value of a table. Absent ones are null or undefined, or a text that `missing` names. */
export type Cell = string | number | bigint | boolean | null | undefined;

/** A row of named values. */
export type Row = Readonly<Record<string, Cell>>;

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Those that a header gives no name, here called by their position: row numbers, mostly. */
  readonly unnamed?: readonly string[];
  readonly length: number;
  cell(row: number, column: number): Cell;
  /** The error of this kind of source, with the place where it is known. */
  error(reason: string, row?: number, column?: number): Error;
}

/**
 * What stands for a missing value. 'mean', 'median' and 'mode' (at a tie the smallest) of the column's training rows; in columns of
 * texts all three are the mode. A number fills columns of numbers, another text columns of texts, where it may be a new one.
 */
export type Fill = string | number;

/** Numbers beyond these bounds become the bounds. They are learned of the training rows that have a value. */
export type TableClip = (
  /** Quantiles in [0, 1], interpolated linearly between values as NumPy's default does. */
  | { readonly quantiles: readonly [low: number, high: number] }
  /** So many deviations (of the population) below and above the mean. */
  | { readonly deviations: number }
) & {
  /** Default: every column of numbers. */
  readonly columns?: readonly string[];
};

export interface ColumnOptions {
  /** What is to be predicted: one column, or several of numbers. `[]`: none, and each sample is its own target. */
  readonly target: string | readonly string[];
  /** Default: 'value' for numbers, 'class' for texts. Say 'class' where classes have numbers. */
  readonly targetKind?: 'class' | 'value';
  /** Of a class column, by index. Default: those that come, sorted (see `DatasetOptions.targets`). */
  readonly classNames?: readonly string[];
  /** What becomes inputs, in this order. Default: all but the targets. */
  readonly columns?: readonly string[];
  /** What does not. */
  readonly exclude?: readonly string[];
  /** Columns of numbers that are names: codes, years. Columns of texts always are. Each name becomes an input of 0 or 1 (one-hot). */
  readonly categorical?: readonly string[];
  /** Most different texts of a column, above which it is refused. Default 100. */
  readonly maxCategories?: number;
  /** Texts that stand for a missing value, in any case. Default '', 'NA', 'N/A', 'NaN', '?' and 'null'. */
  readonly missing?: readonly string[];
  /** What missing inputs become: the same for all columns, or by column. Default: they are refused. */
  readonly fill?: Fill | Readonly<Record<string, Fill>>;
  readonly clip?: TableClip;
  /** A text that no training table had, later on: refused (default), or 0 in every input of its column. */
  readonly unknown?: 'refuse' | 'zeros';
}

export interface TableOptions extends Partial<ColumnOptions> {
  /** What was learned of another table, which says all of `ColumnOptions` but `target: []`, for rows without targets. */
  readonly like?: Preparation;
  /** Only the first so many rows. */
  readonly limit?: number;
  /** Rows to hold out: see `split`. Nothing is learned of them but which texts and classes there are. */
  readonly validation?: number;
  /** Hold out as large a part of every class. Default: where there are classes. */
  readonly stratify?: boolean;
  /** See `balance`; of the training rows alone. */
  readonly balance?: 'weights' | 'resample';
  /** Of what is held out and drawn. Default 0. */
  readonly seed?: number;
  /** Used in messages. */
  readonly name?: string;
}

/** Numbers, each one input. */
export interface NumberColumn {
  readonly column: string;
  readonly kind: 'number';
  readonly fill?: number;
  readonly clip?: readonly [low: number, high: number];
}

/** Texts, each one input that is 1 where it stands and else 0. */
export interface CategoryColumn {
  readonly column: string;
  readonly kind: 'category';
  readonly categories: readonly string[];
  readonly fill?: string;
}

export type InputColumn = NumberColumn | CategoryColumn;

/** What was learned of a table: plain data, to be kept beside the model (JSON), so that later rows become the same inputs. */
export interface Preparation {
  readonly format: 1;
  readonly inputs: readonly InputColumn[];
  readonly targets: {
    /** 'none': each sample is its own target. */
    readonly kind: 'class' | 'value' | 'none';
    readonly columns: readonly string[];
    readonly classNames?: readonly string[];
  };
  readonly missing: readonly string[];
  readonly unknown: 'refuse' | 'zeros';
}

export interface TableData {
  /** The rows to train on, or all: f32 inputs, `scale` 1. */
  readonly data: Dataset;
  /** Those held out. */
  readonly validation?: Dataset;
  readonly preparation: Preparation;
  /** Of each input: the column, or 'column=text'. */
  readonly inputNames: readonly string[];
}
