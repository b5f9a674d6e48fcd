/** Numbers and tables as a person reads them in a terminal. All functions are pure. */
import { isOfValues, metricsIn, type HistoryEntry } from './history.ts';
import type { RateUnit } from './settings.ts';

const finite = (value: number | null | undefined): value is number => Number.isFinite(value);

/** Seconds: `31 ms`, `4.2 s`, `42 s`, `2 min 10 s`, `1 h 05 min`; `?` where it is not known. */
export function formatDuration(seconds: number): string {
  if (!finite(seconds) || seconds < 0) return '?';
  if (seconds === 0) return '0 s';
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Bytes in binary units and three digits: `512 B`, `1.50 KiB`, `47.1 MiB`. */
export function formatBytes(bytes: number): string {
  if (!finite(bytes)) return '?';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes, unit = 0;
  // 1023.5 would be written as 1024.
  for (; Math.abs(value) >= (unit === 0 ? 1024 : 1023.5) && unit < units.length - 1; unit++) value /= 1024;
  const digits = unit === 0 || Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A whole number in groups of three: `1 103`, `1 234 568`. */
export function formatCount(value: number): string {
  if (!finite(value)) return '?';
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1 step`, `1 103 steps`. */
export const counted = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

/** A fraction as percent: 0.9741 is `97.41 %`. */
export const formatPercent = (fraction: number, digits = 2): string =>
  finite(fraction) ? `${(fraction * 100).toFixed(digits)} %` : '?';

/** A loss: four decimals, or three significant digits where those would say nothing. */
export function formatLoss(loss: number): string {
  if (!finite(loss)) return '?';
  const size = Math.abs(loss);
  return loss === 0 || (size >= 0.001 && size < 10_000) ? loss.toFixed(4) : loss.toExponential(2);
}

/** A learning rate in three significant digits: `0.05`, `4.92e-4`. */
export function formatRate(rate: number): string {
  if (!finite(rate)) return '?';
  return rate === 0 || rate >= 0.001 ? String(Number(rate.toPrecision(3))) : rate.toExponential(2);
}

/** Whether the learning rate is known, and not the same in all epochs. */
export const isChanging = (epochs: readonly HistoryEntry[]): boolean =>
  new Set(epochs.flatMap(({ learningRate }) => learningRate ?? [])).size > 1;

/**
 * The epochs of a run as aligned plain text, one line each under a heading, without a last line break.
 * The columns of the validation set, the test set, the average, updates left out and zero weights are there only if some
 * epoch has them, that of the learning rate if it changes.
 */
export function epochTable(epochs: readonly HistoryEntry[], unit: RateUnit = 'img/s'): string {
  const columns: [heading: string, cell: (epoch: HistoryEntry) => string][] = [
    ['epoch', (e) => String(e.epoch)],
    ['train loss', (e) => formatLoss(e.train.loss)],
  ];
  const isClassified = !epochs.some(({ train }) => isOfValues(train));
  if (isClassified) columns.push(['train acc', (e) => formatPercent(e.train.accuracy)]);
  for (const [name, short] of [['validation', 'val'], ['test', 'test']] as const) {
    if (!epochs.some((e) => e[name])) continue;
    columns.push([`${short} loss`, (e) => (e[name] ? formatLoss(e[name].loss) : '')]);
    if (isClassified) columns.push([`${short} acc`, (e) => (e[name] ? formatPercent(e[name].accuracy) : '')]);
    for (const metric of metricsIn(epochs)) columns.push([`${short} ${metric}`, (e) => (e[name] ? formatLoss(e[name].metrics?.[metric] ?? NaN) : '')]);
  }
  for (const [name, short] of [['validation', 'val'], ['test', 'test']] as const) {
    if (!epochs.some((e) => e.average?.[name])) continue;
    if (isClassified) columns.push([`avg ${short} acc`, (e) => (e.average?.[name] ? formatPercent(e.average[name].accuracy) : '')]);
    else columns.push([`avg ${short} loss`, (e) => (e.average?.[name] ? formatLoss(e.average[name].loss) : '')]);
  }
  if (isChanging(epochs)) columns.push(['learning rate', (e) => formatRate(e.learningRate ?? NaN)]);
  if (epochs.some((e) => e.skipped)) columns.push(['skipped', (e) => formatCount(e.skipped ?? 0)]);
  if (epochs.some((e) => e.zeros > 0)) columns.push(['zeros', (e) => formatPercent(e.zeros)]);
  columns.push(['time', (e) => formatDuration(e.seconds)], [unit, (e) => formatCount(e.imagesPerSecond)]);

  const rows = [columns.map(([heading]) => heading), ...epochs.map((e) => columns.map(([, cell]) => cell(e)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i]!)).join('  ').trimEnd()).join('\n');
}
