/** A comparison of two benchmark reports as plain text. Pure. */
import type { BenchReport } from '../../bench/types.ts';
import { mediansOf, slowerThan, type Change, type Comparison } from './compare.ts';
import { formatFigure, formatValue } from './report-format.ts';
import { fittedTable, wrap } from './text.ts';

/** With fewer samples the bootstrap's intervals are too narrow. */
const FEW = 5;

const listText = (title: string, lines: readonly string[], width: number): string[] =>
  lines.length === 0 ? [] : [[`${title} (${lines.length})`, ...lines.map((line) => wrap(`  ${line}`, width, 4))].join('\n')];

function tableOf(changes: readonly Change[], failed: readonly Change[], width: number): string {
  const medians = changes.map(mediansOf);
  return fittedTable([
    { heading: '', cells: changes.map(({ now }) => now.key) },
    { heading: 'then', cells: changes.map(({ now }, i) => formatValue(medians[i]!.before, now.unit)), isOptional: true },
    { heading: 'now', cells: changes.map(({ now }, i) => formatValue(medians[i]!.now, now.unit)), isOptional: true },
    { heading: 'slowdown', cells: changes.map(({ slowdown }) => `${formatFigure(slowdown.ratio)} ×`) },
    { heading: '95 % interval', cells: changes.map(({ slowdown: { low, high } }) => `${formatFigure(low)} to ${formatFigure(high)}`) },
    { heading: '', cells: changes.map((change) => (failed.includes(change) ? 'FAILED' : change.decides ? '' : 'no verdict')) },
  ], width);
}

/** The verdict of --fail-above in one line. */
function verdict(failed: readonly Change[], judged: number, ratio: number): string {
  if (failed.length > 0) return `FAILED: ${failed.length} of ${judged} ${failed.length === 1 ? 'is' : 'are'} slower by more than ${formatFigure(ratio)} times: ${failed.map(({ now }) => now.key).join(', ')}.`;
  return judged === 0 ? 'Nothing to judge: the two runs share no speed of gradshader.' : `Passed: none of ${judged} is certainly slower by more than ${formatFigure(ratio)} times.`;
}

/** Each key's slowdown, the worst first, with what cannot be compared and why. */
export function comparisonText(comparison: Comparison, before: Pick<BenchReport, 'date' | 'version'>, width: number, failAbove?: number): string {
  const { changes, missing, added, unlike, warnings } = comparison, failed = failAbove === undefined ? [] : slowerThan(comparison, failAbove);
  const title = `Against ${before.version} of ${before.date.slice(0, 10)}`;
  const few = changes.some(({ now, before: then }) => Math.min(now.samples.length, then.samples.length) < FEW);
  return [
    [`${title}\n${'='.repeat(title.length)}`, ...warnings.map((warning) => wrap(`WARNING: ${warning}`, width, 2))].join('\n'),
    changes.length === 0 ? 'The two runs have nothing in common that can be compared.' : [
      tableOf(changes, failed, width),
      wrap('Slowdown: how many times as slow as then; above 1 is slower, for rates too. Where the interval holds 1, the difference may be chance.', width),
      ...(few ? [wrap(`Some have fewer than ${FEW} samples: their intervals are too narrow.`, width)] : []),
    ].join('\n'),
    ...listText('Not the same work', unlike, width), ...listText('Measured then, not now', missing, width), ...listText('Measured now, not then', added, width),
    ...(failAbove === undefined ? [] : [wrap(verdict(failed, changes.filter(({ decides }) => decides).length, failAbove), width)]),
  ].join('\n\n');
}
