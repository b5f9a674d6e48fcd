/** Numbers as a visitor reads them. '–' stands for what is not known. */

const UNKNOWN = '–';

export const formatPercent = (fraction: number | undefined, digits = 1): string =>
  fraction === undefined || !Number.isFinite(fraction) ? UNKNOWN : `${(100 * fraction).toFixed(digits)} %`;

export const formatNumber = (value: number | undefined, digits = 0): string =>
  value === undefined || !Number.isFinite(value)
    ? UNKNOWN
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Three digits: 0.123 ms, 3.21 ms, 147 ms. */
export const formatMilliseconds = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : `${formatNumber(value, value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;

export function formatSeconds(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.round(seconds);
  if (whole < 1) return 'under 1 s';
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}
