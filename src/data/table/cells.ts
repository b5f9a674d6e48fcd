/** What a cell of a table says. */
import type { Cell } from './types.ts';

/** As other programs write what is not there, in lower case. */
export const MISSING: readonly string[] = ['', 'na', 'n/a', 'nan', '?', 'null'];

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A cell as a text, without what stands around it. */
export const wordIn = (cell: Cell): string => String(cell).trim();

export const isMissing = (cell: Cell, missing: ReadonlySet<string>): boolean =>
  cell === null || cell === undefined || Number.isNaN(cell) || (typeof cell === 'string' && missing.has(cell.trim().toLowerCase()));

/** The number that a cell says, or undefined. */
export function numberIn(cell: Cell): number | undefined {
  if (typeof cell === 'string') return NUMBER.test(cell.trim()) ? Number(cell) : undefined;
  return typeof cell === 'number' ? cell : typeof cell === 'bigint' ? Number(cell) : undefined;
}
