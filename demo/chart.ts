/** A small line chart in SVG: a training line, test points, a dashed line for pure chance. Colours come from the CSS. */

import type { Point } from './curves.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 360;
const HEIGHT = 200;
const MARGIN = { left: 40, right: 10, top: 10, bottom: 34 };

export interface ChartOptions {
  /** What a screen reader says first. */
  readonly title: string;
  readonly format: (value: number) => string;
  readonly ticks: readonly number[];
  readonly chance: { readonly value: number; readonly label: string; readonly place: 'above' | 'below' };
}

function draw(parent: SVGElement, name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** Whole epochs, at most six labels. */
const epochTicks = (epochs: number): number[] => {
  const step = Math.ceil(epochs / 6);
  return Array.from({ length: Math.floor(epochs / step) + 1 }, (_, i) => i * step);
};

export class Chart {
  readonly #options: ChartOptions;
  readonly #svg: SVGElement;
  readonly #axis: SVGElement;
  readonly #line: SVGElement;
  readonly #testLine: SVGElement;
  readonly #dots: SVGElement;
  readonly #top: number;
  #epochs = 0;

  constructor(parent: HTMLElement, options: ChartOptions) {
    this.#options = options;
    this.#top = Math.max(...options.ticks);
    this.#svg = document.createElementNS(SVG, 'svg');
    this.#svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.#svg.setAttribute('role', 'img');
    this.#svg.classList.add('chart');
    parent.append(this.#svg);
    this.#frame();
    this.#axis = draw(this.#svg, 'g', { class: 'axis' });
    this.#line = draw(this.#svg, 'polyline', { class: 'train' });
    this.#testLine = draw(this.#svg, 'polyline', { class: 'test' });
    this.#dots = draw(this.#svg, 'g', { class: 'test-points' });
    this.update([], [], 1);
  }

  #x(epochs: number): number {
    return MARGIN.left + (epochs / this.#epochs) * (WIDTH - MARGIN.left - MARGIN.right);
  }

  #y(value: number): number {
    const inside = Math.min(Math.max(value, 0), this.#top);
    return HEIGHT - MARGIN.bottom - (inside / this.#top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  /** What never changes: grid, labels on the left, the line of chance. */
  #frame(): void {
    const { ticks, format, chance } = this.#options;
    const right = WIDTH - MARGIN.right;
    for (const tick of ticks) {
      const y = this.#y(tick);
      draw(this.#svg, 'line', { class: tick === 0 ? 'base' : 'grid', x1: MARGIN.left, x2: right, y1: y, y2: y });
      draw(this.#svg, 'text', { x: MARGIN.left - 6, y: y + 4, 'text-anchor': 'end' }, format(tick));
    }
    const y = this.#y(chance.value);
    draw(this.#svg, 'line', { class: 'chance', x1: MARGIN.left, x2: right, y1: y, y2: y });
    draw(this.#svg, 'text', { class: 'chance-label', x: right, y: chance.place === 'above' ? y - 5 : y + 13, 'text-anchor': 'end' }, chance.label);
  }

  #drawAxis(epochs: number): void {
    this.#epochs = epochs;
    this.#axis.replaceChildren();
    for (const tick of epochTicks(epochs)) {
      draw(this.#axis, 'text', { x: this.#x(tick), y: HEIGHT - MARGIN.bottom + 15, 'text-anchor': 'middle' }, String(tick));
    }
    const middle = (MARGIN.left + WIDTH - MARGIN.right) / 2;
    draw(this.#axis, 'text', { x: middle, y: HEIGHT - 4, 'text-anchor': 'middle' }, 'epochs');
  }

  #points(points: readonly Point[]): string {
    return points.map(({ x, y }) => `${this.#x(x).toFixed(1)},${this.#y(y).toFixed(1)}`).join(' ');
  }

  update(train: readonly Point[], test: readonly Point[], epochs: number): void {
    if (epochs !== this.#epochs) this.#drawAxis(epochs);
    this.#line.setAttribute('points', this.#points(train));
    this.#testLine.setAttribute('points', this.#points(test));
    this.#dots.replaceChildren();
    for (const { x, y } of test) draw(this.#dots, 'circle', { cx: this.#x(x), cy: this.#y(y), r: 3.5 });
    const { title, format } = this.#options;
    const last = (name: string, points: readonly Point[]): string[] => {
      const point = points.at(-1);
      return point === undefined ? [] : [`${name} ${format(point.y)} after ${point.x.toFixed(1)} epochs`];
    };
    const words = [...last('training', train), ...last('test', test)].join(', ') || 'nothing yet';
    this.#svg.setAttribute('aria-label', `${title}: ${words}.`);
  }
}
