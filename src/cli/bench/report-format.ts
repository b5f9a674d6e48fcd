/** Numbers of a benchmark as a person reads them. Pure. */
import type { Result, Unit } from '../../bench/types.ts';
import { formatBytes, formatCount } from '../table.ts';

/** Three significant digits, or whole in groups of three where there are more: `0.0623`, `12.4`, `1 035`. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const size = Math.abs(value);
  if (size >= 99.95) return formatCount(value);
  return value === 0 ? '0' : size < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
}

const percent = (fraction: number): string => `${formatFigure(100 * fraction)} %`;

/** `µs`, where the data says `us`; nothing for what is counted or a fraction. */
export const unitText = (unit: Unit): string =>
  ({ us: 'µs', share: '', ratio: '', difference: '', bytes: '' } as Readonly<Record<string, string>>)[unit] ?? unit;

/** Without its unit, where that is said elsewhere: of an axis or a column. */
export function formatBare(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '?';
  if (unit === 'share') return percent(value);
  if (unit === 'ratio') return `${formatFigure(value)} ×`;
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'difference' && value !== 0 ? value.toExponential(1) : formatFigure(value);
}

export const formatValue = (value: number, unit: Unit): string => [formatBare(value, unit), unitText(unit)].filter((text) => text !== '').join(' ');

/** Derived figures that are fractions say so in their names. */
export const isShare = (name: string): boolean => /\b(share|fraction)\b/i.test(name);

/** Its name with `µs`, where the data says `us`. */
export const derivedText = (name: string): string => name.replace(/, us$/, ', µs');

/** A derived figure; its name says what it is and, after a comma or alone, in which unit. */
export const formatDerived = (name: string, value: number): string =>
  isShare(name) ? percent(value) : /\bbytes$/i.test(name) ? formatBytes(value) : formatFigure(value);

/** `batch 128, replicas 8` */
export const parametersText = (parameters: Result['parameters'], names: readonly string[] = Object.keys(parameters)): string =>
  names.filter((name) => parameters[name] !== undefined && parameters[name] !== '').map((name) => `${name} ${parameters[name]}`).join(', ');
