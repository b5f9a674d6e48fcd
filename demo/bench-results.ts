/** Draws a suite's results. */

import type { Omission, Result, SuiteName } from '../src/bench/types.ts';
import { tablesOf, type Table } from './bench-table.ts';

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name, text = '', attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** What the numbers say, and the numbers; a wide table scrolls by itself. */
function drawTable({ meaning, head, rows }: Table): HTMLElement[] {
  const table = element('table');
  const top = element('tr');
  top.append(...head.map((text) => element('th', text, { scope: 'col' })));
  const thead = element('thead');
  thead.append(top);
  const body = element('tbody');
  for (const [label = '', ...cells] of rows) {
    const row = element('tr');
    row.append(element('th', label, { scope: 'row' }), ...cells.map((text) => element('td', text)));
    body.append(row);
  }
  table.append(thead, body);
  const scroll = element('div', '', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': meaning });
  scroll.append(table);
  return [element('p', meaning, { class: 'small' }), scroll];
}

/** Draws the suite anew into its own card, which is made where there is none yet. */
export function drawSuite(
  parent: HTMLElement, suite: SuiteName, title: string, results: readonly Result[], omissions: readonly Omission[],
): void {
  const id = `suite-${suite}`;
  let card = parent.querySelector<HTMLElement>(`#${id}`);
  if (card === null) {
    card = element('section', '', { id, class: 'card', 'aria-labelledby': `${id}-title` });
    parent.append(card);
  }
  const parts: HTMLElement[] = [element('h2', title, { id: `${id}-title` }), ...tablesOf(results).flatMap(drawTable)];
  if (omissions.length > 0) {
    const list = element('dl');
    for (const { key, reason } of omissions) list.append(element('dt', `${key}: not measured`), element('dd', reason));
    parts.push(list);
  }
  card.replaceChildren(...parts);
}
