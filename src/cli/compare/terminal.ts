/** The results as plain text. Pure. */
import { formatCount, formatDuration, formatPercent } from '../table.ts';
import { deviationNotes, whenText } from './deviations.ts';
import { overridesText, shortNumber } from './methods.ts';
import { countingNoise, type Spread } from './statistics.ts';
import { identicalGroups, pathPoints, reportedRuns, type CompareFile, type Row } from './summary.ts';
import type { CompareSettings, EpochRecord, Divergence, RunRecord } from './types.ts';
import { networkOf } from './variants.ts';

/** `2.31 ± 0.12 %`, or `2.31 %` for one value. */
export function spreadText(spread: Spread | undefined, digits = 2): string {
  if (spread === undefined) return '-';
  const percent = (value: number): string => (100 * value).toFixed(digits);
  return Number.isFinite(spread.deviation) ? `${percent(spread.mean)} ± ${percent(spread.deviation)} %` : `${percent(spread.mean)} %`;
}

/** `8` when all seeds agree, else `4, 8, 8`. */
export const epochsText = (epochs: readonly number[]): string =>
  new Set(epochs).size === 1 ? String(epochs[0]) : epochs.join(', ') || '-';

/** Columns as wide as they need to be, the first aligned to the left. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ').trimEnd()).join('\n');
}

const labelOf = ({ label, diverged, seeds }: Row): string => (diverged === 0 ? label : `${label} (${diverged} of ${seeds} diverged)`);

/** The table of groups. */
export function groupTable(rows: readonly Row[]): string {
  const hasChoice = rows.some(({ chosenEpochs }) => chosenEpochs.length > 0);
  return aligned([
    ['', 'test error', 'train error', 'exact zeros', ...(hasChoice ? ['chosen epoch', 'test error there'] : []), 'seconds'],
    ...rows.map((row) => [
      labelOf(row), spreadText(row.testError), spreadText(row.trainError), spreadText(row.zeros),
      ...(hasChoice ? [epochsText(row.chosenEpochs), spreadText(row.chosenTestError)] : []),
      row.seconds.toFixed(row.seconds < 10 ? 1 : 0),
    ]),
  ]);
}

/** The table of a path, its chosen strength marked. */
export function pathTable({ settings, runs, choices }: CompareFile): string {
  const points = pathPoints(settings, runs);
  const hasTest = points.some(({ test }) => test !== undefined);
  const rows = points.map(({ strength, train, validation, test, zeros, diverged }) => [
    `${strength === choices.strength ? '>' : ' '} ${shortNumber(strength)}${diverged > 0 ? ` (${diverged} diverged)` : ''}`,
    spreadText(validation), spreadText(train), ...(hasTest ? [spreadText(test)] : []), spreadText(zeros),
  ]);
  return aligned([[`  ${settings.path!.key}`, 'validation error', 'train error', ...(hasTest ? ['test error'] : []), 'exact zeros'], ...rows]);
}

/** Rows of the table of groups: a path has its own table, so only its reference and chosen strength. */
export const shownRows = ({ settings, choices, summary }: CompareFile): readonly Row[] => {
  if (settings.path === undefined) return summary;
  const shown = settings.groups.filter(({ strength }) => strength === undefined || strength === choices.strength).map(({ id }) => id);
  return summary.filter(({ group }) => shown.includes(group));
};

/** The last epoch that has results, of the runs that are reported. */
function lastEpoch(runs: readonly RunRecord[]): number {
  const epochs = reportedRuns(runs).flatMap(({ replicas }) => replicas.flatMap((replica) => replica.epochs.filter(({ test }) => test)));
  return Math.max(0, ...epochs.map(({ epoch }) => epoch));
}

/** A strength at the end of the range says that a better one may lie beyond. */
function edgeNote({ settings: { path }, choices: { strength } }: CompareFile): string[] {
  if (path === undefined || (strength !== path.strengths[0] && strength !== path.strengths.at(-1))) return [];
  return [`The chosen strength is an end of the path: a better one may lie beyond it.`];
}

/** What the numbers of the tables mean, one sentence a line. */
export function notes(file: CompareFile): string[] {
  const { settings, data, runs, summary } = file;
  const [first] = summary;
  if (first === undefined) return ['No run has got far enough to be reported.'];
  const last = lastEpoch(runs);
  const when = `after ${last === settings.epochs ? 'the last' : `epoch ${last}`} of ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}`;
  const replicas = runs.reduce((sum, run) => sum + run.replicas.length, 0);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const several = settings.seeds.length > 1;
  const noise = first.testError && data ? countingNoise(first.testError.mean, data.test) : undefined;
  const hasChoice = summary.some(({ chosenEpochs }) => chosenEpochs.length > 0);
  return [
    last === 0 ? 'Nothing was evaluated.' : several ? `Mean ± sample standard deviation over ${settings.seeds.length} seeds, ${when}.` : `One seed, ${when}: no spread is known.`,
    ...(noise === undefined ? [] : [`A test set of ${formatCount(data!.test)} alone makes an error of ${formatPercent(first.testError!.mean)} uncertain by ${formatPercent(noise)} (one standard deviation).`]),
    ...(hasChoice ? ['The chosen epoch is the evaluated one with the lowest validation error; no choice reads the test set.'] : []),
    `Seconds: the share of the training time, evaluation left out; ${replicas} replicas took ${formatDuration(seconds)} ${runs.length === 1 ? 'side by side' : `in ${runs.length} runs`}.`,
    ...edgeNote(file),
    ...identicalGroups(settings, runs).map(([label, other]) => `${label} has exactly the numbers of ${other}: it never changed a weight.`),
    ...(summary.some(({ diverged }) => diverged > 0) ? ['Replicas that diverged are not in the averages.'] : []),
  ];
}

/** What a group is called. */
export const labelOfGroup = ({ groups }: CompareSettings, id: string): string => groups.find((group) => group.id === id)?.label ?? id;

/** How deviations were measured; none where none were. */
export const deviationNotesOf = ({ deviations = [], runs, settings: { seeds } }: CompareFile): string[] =>
  (deviations.length === 0 ? [] : deviationNotes(deviations, runs.flatMap(({ looks = [] }) => looks)[0]!.samples, seeds.length));

/** `epoch 3/20  validation error: none 2.31 %, L1 2.40 %, ...`: means over the seeds. */
export function epochLine(settings: CompareSettings, { replicas }: RunRecord, entries: readonly (EpochRecord | Divergence)[]): string {
  const numbered = entries.filter((entry) => 'epoch' in entry);
  const epoch = numbered[0]?.epoch ?? 0;
  const name = numbered.some(({ validation }) => validation) ? 'validation' : numbered.some(({ test }) => test) ? 'test' : 'running';
  const means = settings.groups.flatMap(({ id, label }) => {
    const own = replicas.flatMap(({ group }, i) => (group === id ? [entries[i]!] : []));
    const errors = own.flatMap((entry) => ('epoch' in entry && entry[name] ? [1 - entry[name].accuracy] : []));
    if (own.length === 0) return [];
    return [errors.length === 0 ? `${label} diverged` : `${label} ${formatPercent(errors.reduce((a, b) => a + b, 0) / errors.length)}`];
  });
  return `epoch ${epoch}/${settings.epochs}  ${name === 'running' ? 'training' : name} error: ${means.join(', ')}`;
}

/** What is about to happen, in words. */
export function planText({ groups, seeds, folds, path, epochs, looks, base }: CompareSettings): string {
  const seedsText = `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`;
  if (path !== undefined) {
    const range = `${path.strengths.length} strengths, ${path.key} = ${shortNumber(path.strengths[0]!)} .. ${shortNumber(path.strengths.at(-1)!)}`;
    return folds === undefined
      ? `${range}, and none, by ${seedsText}: ${groups.length * seeds.length} replicas, ${epochs} epochs`
      : `${range}, by ${seedsText}: ${path.strengths.length * seeds.length} replicas in each of ${folds} folds, ${epochs} epochs; then the chosen one on all training samples`;
  }
  if (looks !== undefined) return `${groups.length} ${groups.length === 1 ? 'network' : 'networks'} by ${seedsText}, ${networkOf({ base, groups })}, ${epochs} epochs; deviations ${looks.map(whenText).join(' and ')}\n${groups.map(({ label }) => `  ${label}`).join('\n')}`;
  const lines = groups.map(({ label, overrides }) => `  ${label.padEnd(20)}${overridesText(overrides)}`);
  return `${groups.length} ${groups.length === 1 ? 'method' : 'methods'} by ${seedsText}: ${groups.length * seeds.length} replicas, ${epochs} epochs\n${lines.join('\n')}`;
}
