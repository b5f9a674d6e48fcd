/** What the tuner found, as text and as JSON. Pure. */
import type { AdapterReport } from '../device/index.ts';
import { PRODUCTS } from '../compile/tiles.ts';
import { tileName } from '../train/tune/candidates.ts';
import type { Result } from '../train/tune/compete.ts';
import type { TuneChoice, TuneReport } from '../train/tune/option.ts';
import { formatFlops } from './plan.ts';
import { formatDuration } from './table.ts';

export const WORDS = { forward: 'forward', inputGradient: 'input gradient', weightGradient: 'weight gradient' } as const;

const seconds = (report: TuneReport): string => formatDuration(report.milliseconds / 1000);

/** What a trainer was given, in short: a line on how, one per product. */
export function tunedLines(report: TuneReport): string {
  const how = report.skipped !== undefined ? `not tuned: ${report.skipped}`
    : report.cached ? 'from an earlier run' : `chosen in ${seconds(report)}`;
  const width = Math.max(...Object.values(WORDS).map(({ length }) => length));
  return [`Tiles of wide and narrow products, ${how}`, ...PRODUCTS.map((product) =>
    `  ${WORDS[product].padEnd(width)}  ${tileName(report.tiles[product].wide)}, ${tileName(report.tiles[product].narrow)}`)].join('\n');
}

const usualOf = ({ candidates }: TuneChoice): Result => candidates[0]!;
const wonBy = ({ candidates, winner }: TuneChoice): Result => candidates.find(({ name }) => name === winner)!;

/** Speed against the default's. */
const speedOf = (choice: TuneChoice, { milliseconds }: Result): number | undefined => {
  const usual = usualOf(choice).milliseconds;
  return usual === undefined || milliseconds === undefined ? undefined : usual / milliseconds;
};

function noteOf({ winner, candidates }: TuneChoice, { name, verdict, reason }: Result): string {
  const marks = [
    ...(name === candidates[0]!.name ? ['default'] : []),
    ...(name === winner && verdict === 'timed' ? ['taken'] : []),
    ...(verdict === 'slower' ? ['one sample'] : []),
    ...(verdict === 'untried' ? ['not tried'] : []),
    ...(verdict === 'refused' ? [`refused: ${reason!.split('\n')[0]}`] : []),
  ];
  return marks.join(', ');
}

const formatMilliseconds = (value: number): string => `${value >= 9.995 ? value.toFixed(1) : value.toFixed(3)} ms`;

/** One product: each candidate with its time in a step, speed in GFLOP/s and against the default. */
const rowsOf = (choice: TuneChoice): string[][] => [
  [`${WORDS[choice.product]}, ${choice.shape}`, 'time', 'GFLOP/s', 'speed', `${formatFlops(choice.flops)} a step`],
  ...choice.candidates.map((candidate) => {
    const { name, milliseconds } = candidate;
    const speed = speedOf(choice, candidate);
    const times = milliseconds === undefined ? ['', ''] : [formatMilliseconds(milliseconds), (choice.flops / milliseconds / 1e6).toFixed(2)];
    return [`  ${name}`, ...times, speed === undefined ? '' : `${speed.toFixed(2)} x`, noteOf(choice, candidate)];
  }),
];

/** The tables of all products, their columns in line. */
function tables(choices: readonly TuneChoice[]): string[] {
  const all = choices.map(rowsOf);
  const widths = all.flat().reduce((most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)), [] as number[]);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ').trimEnd();
  return all.flatMap((rows) => [...rows.map(line), '']);
}

/** Time of all these products in a step, by default and as chosen; undefined where some were not timed. */
export function gainOf(choices: readonly TuneChoice[]): { usual: number; tuned: number } | undefined {
  const pairs = choices.flatMap((choice) => {
    const [usual, tuned] = [usualOf(choice).milliseconds, wonBy(choice).milliseconds];
    return usual === undefined || tuned === undefined ? [] : [{ usual, tuned }];
  });
  if (pairs.length === 0) return undefined;
  return pairs.reduce((a, b) => ({ usual: a.usual + b.usual, tuned: a.tuned + b.tuned }));
}

function cacheLine({ cache }: TuneReport): string {
  if (cache === undefined) return 'Kept nowhere.';
  if (cache.problem !== undefined) return `Could not be kept in ${cache.place}: ${cache.problem}`;
  return `Kept in ${cache.place},\nwhere train --tune and trainers made with tune: true find it.`;
}

/** The whole report: a table per product and shape class, what was gained, where it is kept. */
export function formatTune(report: TuneReport): string {
  if (report.skipped !== undefined) return `Not tuned: ${report.skipped}.\n`;
  const gain = gainOf(report.choices);
  const untried = report.choices.some(({ candidates }) => candidates.some(({ verdict }) => verdict === 'untried'));
  return [
    ...tables(report.choices),
    ...(gain === undefined ? [] : [`All that was timed: ${formatMilliseconds(gain.usual)} a step by default, ${formatMilliseconds(gain.tuned)} as taken (${(gain.usual / gain.tuned).toFixed(2)} x).`]),
    `Tuned in ${seconds(report)}.${untried ? ' There was no time to try the rest: see --budget.' : ''}`,
    cacheLine(report), '',
  ].join('\n');
}

/** The same as plain data. */
export const tuneJson = (report: TuneReport, { name, state }: Pick<AdapterReport, 'name' | 'state'>): object => ({
  adapter: { name, state },
  ...report,
  choices: report.choices.map((choice) => ({
    ...choice,
    candidates: choice.candidates.map((candidate) => ({
      ...candidate,
      ...(candidate.milliseconds !== undefined && { gflops: choice.flops / candidate.milliseconds / 1e6 }),
      ...(speedOf(choice, candidate) !== undefined && { speed: speedOf(choice, candidate) }),
    })),
  })),
});
