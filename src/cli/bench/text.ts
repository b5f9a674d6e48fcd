/** Text and tables that keep to a width. Pure. */

/** Breaks at spaces; later lines are indented. A word that is longer than the width stands alone. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) +/)) {
    const longer = line === '' ? `${' '.repeat(lines.length === 0 ? 0 : indent)}${word}` : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = `${' '.repeat(indent)}${word}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

export interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  /** May go where there is no room; the last ones first. */
  readonly isOptional?: boolean;
}

const GAP = 2;

interface Laid {
  readonly heading: readonly string[];
  readonly cells: readonly string[];
  readonly width: number;
}

/** As wide as its cells or the longest word of its heading, which is broken to that. */
function lay({ heading, cells }: Column): Laid {
  const width = Math.max(0, ...[...cells, ...heading.split(' ')].map(({ length }) => length));
  return { heading: wrap(heading, width).split('\n'), cells, width };
}

/** Aligned columns, the first to the left; optional ones go until the rest fits. */
export function fittedTable(columns: readonly Column[], width: number): string {
  let kept = columns;
  const widthOf = (): number => kept.reduce((sum, column) => sum + lay(column).width + GAP, -GAP);
  while (widthOf() > width) {
    const last = kept.findLastIndex(({ isOptional }) => isOptional);
    if (last < 0) break;
    kept = kept.toSpliced(last, 1);
  }
  const laid = kept.map(lay), depth = Math.max(...laid.map(({ heading }) => heading.length));
  // Headings stand on their columns.
  const headings = Array.from({ length: depth }, (_, i) => laid.map(({ heading }) => heading[i - depth + heading.length] ?? ''));
  const rows = laid[0]!.cells.map((_, i) => laid.map(({ cells }) => cells[i]!));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(laid[i]!.width) : cell.padStart(laid[i]!.width))).join(' '.repeat(GAP)).trimEnd();
  return [...headings, ...rows].map(line).join('\n');
}
