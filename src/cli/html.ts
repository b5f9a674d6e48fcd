/** Pieces of a page that loads nothing from elsewhere, as text; what is given as plain text is escaped here. Pure. */
import { STYLE } from './style.ts';

/** Plain text made safe inside HTML and its attributes. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export interface Figure {
  readonly label: string;
  readonly svg: string;
  /** Names of what is told apart by colour. */
  readonly legend?: readonly (readonly [name: string, color: string])[];
}

const legendOf = (entries: NonNullable<Figure['legend']>): string => `<ul class="legend">${entries.map(([name, color]) =>
  `<li><svg viewBox="0 0 28 10" aria-hidden="true"><rect width="28" height="10" rx="2" fill="${escape(color)}"/></svg>${escape(name)}</li>`).join('')}</ul>`;

const figure = ({ label, svg, legend }: Figure): string =>
  `<figure><h3>${escape(label)}</h3>${legend === undefined ? '' : legendOf(legend)}${svg}</figure>`;

/** Figures beside each other, as many as there is room for. */
export const grid = (figures: readonly Figure[], kind = ''): string => `<div class="grid${kind}">${figures.map(figure).join('\n')}</div>`;

/** A part of the page, which links find by its id; nothing where there is no body. */
export const section = (title: string, text: string, body: string, id?: string): string =>
  body === '' ? '' : `<section${id === undefined ? '' : ` id="${escape(id)}"`}><h2>${escape(title)}</h2>\n<p class="quiet">${escape(text)}</p>\n${body}</section>`;

/** What is seen when its title is clicked. */
export const folded = (title: string, body: string): string => `<details><summary>${escape(title)}</summary>${body}</details>`;

export const list = (lines: readonly string[]): string => `<ul class="notes">${lines.map((line) => `<li>${escape(line)}</li>`).join('\n')}</ul>`;

export const definitions = (entries: readonly (readonly [name: string, value: string])[]): string =>
  `<dl>${entries.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join('\n')}</dl>`;

export interface TableRow {
  /** The first one names the row. */
  readonly cells: readonly string[];
  readonly isChosen?: boolean;
}

/** A table of numbers that scrolls by itself where it is too wide. */
export function table(heading: readonly string[], rows: readonly TableRow[]): string {
  const cellOf = (cell: string, column: number): string =>
    column === 0 ? `<th scope="row">${escape(cell)}</th>` : `<td>${escape(cell)}</td>`;
  return `<div class="scroll" tabindex="0"><table><thead><tr>${
    heading.map((cell) => `<th scope="col">${escape(cell)}</th>`).join('')
  }</tr></thead><tbody>${
    rows.map(({ cells, isChosen }) => `<tr${isChosen ? ' class="chosen"' : ''}>${cells.map(cellOf).join('')}</tr>`).join('\n')
  }</tbody></table></div>`;
}

/** The whole page around a body. */
export const htmlPage = (title: string, body: string, style = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
