/** A chart as SVG text for a page: it scales with its column and takes its colours from the page's style. */
import * as Plot from '@observablehq/plot';
import { DOMParser } from 'linkedom';

/** The page's colours, as style.ts defines them for light and dark. */
export const COLOR = {
  train: 'var(--train)', validation: 'var(--validation)', test: 'var(--test)', ink: 'var(--ink)', quiet: 'var(--quiet)', rule: 'var(--rule)', accent: 'var(--accent)', panel: 'var(--panel)',
} as const;

/** Colours of series that are told apart by a legend, in this order. */
export const SERIES = [COLOR.train, COLOR.test, COLOR.validation, COLOR.accent, 'var(--violet)', COLOR.quiet] as const;

/** Width of a small chart in its own units, about the pixels it gets: text keeps a readable size. */
export const CHART_WIDTH = 340;

export interface ChartOptions extends Plot.PlotOptions {
  /** What it shows, for those who do not see it. */
  readonly title: string;
}

/** Draws a chart. Text in it is escaped by the serializer. */
export function chart({ title, ...options }: ChartOptions): string {
  const document = new DOMParser().parseFromString('<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml') as unknown as Document;
  const { width = CHART_WIDTH, height = 220 } = options;
  const svg = Plot.plot({ ...options, document, width, height });
  svg.querySelector('style')?.remove();
  for (const name of ['class', 'fill', 'font-family', 'font-size', 'text-anchor', 'width', 'height']) svg.removeAttribute(name);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  const titleElement = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  titleElement.textContent = title;
  svg.prepend(titleElement);
  return svg.outerHTML;
}

/** Horizontal lines, and the axis without ticks. */
export const gridY = (options: Plot.AxisYOptions = {}): Plot.Markish[] => [
  Plot.gridY({ stroke: COLOR.rule, strokeOpacity: 1, ticks: 5 }),
  Plot.axisY({ label: null, ticks: 5, tickSize: 0, tickPadding: 6, ...options }),
];
