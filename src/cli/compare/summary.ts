/** What an experiment found, group by group. Pure. */
import type { Evaluation } from '../../train/events.ts';
import { chosenEpoch, type Choices, candidatesOf } from './choices.ts';
import type { DeviationRow } from './deviations.ts';
import { spreadOf, type Spread } from './statistics.ts';
import type { CompareSettings, DataFacts, EpochRecord, Group, ReplicaRecord, RunRecord } from './types.ts';

/** The file `compare.json`. */
export interface CompareFile {
  readonly format: 1;
  readonly host: string;
  readonly adapter: { readonly name: string; readonly state: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: CompareSettings;
  readonly data?: DataFacts;
  /** Made from the validation results alone. */
  readonly choices: Choices;
  readonly summary: readonly Row[];
  readonly path?: readonly PathPoint[];
  /** Where networks differ. */
  readonly deviations?: readonly DeviationRow[];
  /** Every replica of every run, epoch by epoch. */
  readonly runs: readonly RunRecord[];
}

/** One group. Errors are fractions, over the seeds that did not diverge; of the last epoch unless said otherwise. */
export interface Row {
  readonly group: string;
  readonly label: string;
  readonly seeds: number;
  readonly diverged: number;
  readonly testError?: Spread;
  readonly trainError?: Spread;
  /** Test error less train error, seed by seed. */
  readonly gap?: Spread;
  readonly testLoss?: Spread;
  /** Fraction of the weights that are exactly zero. */
  readonly zeros?: Spread;
  /** What validation chose, seed by seed, and the test error there. */
  readonly chosenEpochs: readonly number[];
  readonly chosenTestError?: Spread;
  /** The group's share of the runs' training time: a run's seconds by the number of replicas in it. */
  readonly seconds: number;
}

/** Runs whose test error is reported: a fold has none. */
export const reportedRuns = (runs: readonly RunRecord[]): RunRecord[] => runs.filter(({ stage }) => stage !== 'fold');

export const replicasOfGroup = (runs: readonly RunRecord[], { id }: Group): ReplicaRecord[] =>
  runs.flatMap((run) => run.replicas).filter(({ group }) => group === id);

/** The groups that some run reports, in their order. */
export const reportedGroups = (settings: CompareSettings, runs: readonly RunRecord[]): Group[] =>
  settings.groups.filter((group) => replicasOfGroup(reportedRuns(runs), group).length > 0);

export const errorOf = ({ accuracy }: Evaluation): number => 1 - accuracy;

/** The last epoch that was evaluated: the last one, once the run is done. */
const lastOf = ({ epochs }: ReplicaRecord): EpochRecord | undefined => epochs.findLast(({ test }) => test !== undefined);

const finite = (values: readonly (number | undefined | null)[]): number[] => values.filter((value) => Number.isFinite(value)) as number[];

function rowOf(group: Group, runs: readonly RunRecord[]): Row {
  const all = replicasOfGroup(runs, group);
  const whole = all.filter(({ diverged }) => diverged === undefined);
  const last = whole.map(lastOf).filter((entry) => entry !== undefined);
  const spread = (value: (entry: EpochRecord) => number | undefined): Spread | undefined => spreadOf(finite(last.map(value)));
  const chosen = whole.flatMap((replica) => replica.epochs.filter(({ epoch }) => epoch === chosenEpoch(replica)));
  const seconds = runs.reduce((sum, run) => sum + (run.seconds * replicasOfGroup([run], group).length) / run.replicas.length, 0);
  return {
    group: group.id,
    label: group.label,
    seeds: all.length,
    diverged: all.length - whole.length,
    testError: spread(({ test }) => test && errorOf(test)),
    trainError: spread(({ train }) => train && errorOf(train)),
    gap: spread(({ train, test }) => train && test && errorOf(test) - errorOf(train)),
    testLoss: spread(({ test }) => test?.loss),
    zeros: spread(({ zeros }) => zeros),
    chosenEpochs: chosen.map(({ epoch }) => epoch),
    chosenTestError: spreadOf(finite(chosen.map(({ test }) => test && errorOf(test)))),
    seconds,
  };
}

export const summaryOf = (settings: CompareSettings, runs: readonly RunRecord[]): Row[] =>
  reportedGroups(settings, runs).map((group) => rowOf(group, reportedRuns(runs)));

/** Groups whose replicas have the very numbers of another's, as [group, the one it equals] by label: they never acted. */
export function identicalGroups(settings: CompareSettings, runs: readonly RunRecord[]): [string, string][] {
  const groups = reportedGroups(settings, runs);
  const numbers = groups.map((group) => JSON.stringify(replicasOfGroup(reportedRuns(runs), group)
    .map(({ seed, epochs }) => [seed, epochs.map(({ penalty: _, ...entry }) => entry)])));
  return groups.flatMap(({ label }, i): [string, string][] => {
    const first = numbers.indexOf(numbers[i]!);
    const hasNumbers = replicasOfGroup(reportedRuns(runs), groups[i]!).some(({ epochs }) => epochs.length > 0);
    return hasNumbers && first < i ? [[label, groups[first]!.label]] : [];
  });
}

/** One strength of a path, over seeds and folds, at the last epoch. */
export interface PathPoint {
  readonly strength: number;
  readonly train?: Spread;
  readonly validation?: Spread;
  readonly test?: Spread;
  readonly zeros?: Spread;
  readonly diverged: number;
}

export function pathPoints(settings: CompareSettings, runs: readonly RunRecord[]): PathPoint[] {
  const judged = runs.filter(({ stage }) => stage !== 'final');
  return candidatesOf(settings, runs).map(({ strength }) => {
    const group = settings.groups.find((one) => one.strength === strength)!;
    const all = replicasOfGroup(judged, group);
    const last = all.filter(({ diverged }) => diverged === undefined)
      .flatMap(({ epochs }) => epochs.filter(({ epoch }) => epoch === settings.epochs));
    const spread = (value: (entry: EpochRecord) => number | undefined): Spread | undefined => spreadOf(finite(last.map(value)));
    return {
      strength,
      train: spread(({ train }) => train && errorOf(train)),
      validation: spread(({ validation }) => validation && errorOf(validation)),
      test: spread(({ test }) => test && errorOf(test)),
      zeros: spread(({ zeros }) => zeros),
      diverged: all.filter(({ diverged }) => diverged !== undefined).length,
    };
  });
}
