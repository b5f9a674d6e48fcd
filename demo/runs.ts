/** The table of runs: one row each, the newest first, so that regularizers can be compared. */

import { formatMilliseconds, formatPercent } from './format.ts';
import { describe, type Settings } from './settings.ts';

export interface RunFigures {
  readonly epochs: number;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly zeros: number;
  readonly stepMilliseconds: number;
}

export class Runs {
  readonly #body: HTMLElement;
  readonly #section: HTMLElement;
  #row: HTMLTableRowElement | undefined;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#body = section.querySelector('tbody')!;
  }

  begin(settings: Settings): void {
    this.#row = undefined;
    this.#describe = describe(settings);
  }

  #describe = '';

  /** Rows appear with their first finished epoch. */
  update({ epochs, trainAccuracy, testAccuracy, zeros, stepMilliseconds }: RunFigures): void {
    this.#section.hidden = false;
    if (this.#row === undefined) {
      this.#row = document.createElement('tr');
      this.#body.prepend(this.#row);
    }
    const cells = [
      String(epochs), formatPercent(trainAccuracy), formatPercent(testAccuracy, 2), formatPercent(zeros), formatMilliseconds(stepMilliseconds),
    ];
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = this.#describe;
    this.#row.replaceChildren(head, ...cells.map((text) => {
      const cell = document.createElement('td');
      cell.textContent = text;
      return cell;
    }));
  }
}
