/**
 * The choices of an experiment: the best epoch, the best strength. Pure, and what they are given holds nothing of the
 * test set, so that no choice can depend on it.
 */
import type { Evaluation } from '../../train/events.ts';
import { mean } from './statistics.ts';
import type { CompareSettings, ReplicaRecord, RunRecord } from './types.ts';

/** What a choice may see of an epoch. */
export interface Judged {
  readonly epoch: number;
  readonly validation?: Evaluation;
}

/** A figure of weights that overflow is none: NaN, and null out of a file. */
const isKnown = ({ accuracy }: Evaluation): boolean => Number.isFinite(accuracy);

const isBetter = (a: Evaluation, b: Evaluation): boolean =>
  a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss);

/** The evaluated epoch of the lowest validation error, where there is one; at a tie of the lowest validation loss, then the earliest. */
export function chooseEpoch(epochs: readonly Judged[]): number | undefined {
  let best: { epoch: number; validation: Evaluation } | undefined;
  for (const { epoch, validation } of epochs) {
    if (validation !== undefined && isKnown(validation) && (best === undefined || isBetter(validation, best.validation))) best = { epoch, validation };
  }
  return best?.epoch;
}

/** One strength, with the validation result of every replica that had it, over seeds and folds. */
export interface Candidate {
  readonly strength: number;
  readonly validations: readonly Evaluation[];
  /** Some replica of it diverged: it is no candidate. */
  readonly hasDiverged: boolean;
}

/**
 * The strength of the lowest mean validation error; at a tie of the lowest mean loss, then the larger one.
 * Undefined when every strength had a replica that diverged, or whose figure is not finite.
 */
export function chooseStrength(candidates: readonly Candidate[]): number | undefined {
  const judged = candidates
    .filter(({ validations, hasDiverged }) => validations.length > 0 && validations.every(isKnown) && !hasDiverged)
    .map(({ strength, validations }) => ({
      strength,
      accuracy: mean(validations.map(({ accuracy }) => accuracy)),
      loss: mean(validations.map(({ loss }) => loss)),
    }));
  return judged.toSorted((a, b) => b.accuracy - a.accuracy || a.loss - b.loss || b.strength - a.strength)[0]?.strength;
}

const judgedOf = ({ epochs }: ReplicaRecord): Judged[] =>
  epochs.map(({ epoch, validation }) => ({ epoch, ...(validation && { validation }) }));

/** The chosen epoch of a replica; undefined when it diverged or had no validation samples. */
export const chosenEpoch = (replica: ReplicaRecord): number | undefined =>
  replica.diverged === undefined ? chooseEpoch(judgedOf(replica)) : undefined;

/** The strengths of a path with what the last epoch's validation said, over all runs that held samples out. */
export function candidatesOf({ groups, epochs }: CompareSettings, runs: readonly RunRecord[]): Candidate[] {
  const replicas = runs.filter(({ stage }) => stage !== 'final').flatMap((run) => run.replicas);
  return groups.filter(({ strength }) => strength !== undefined).map(({ id, strength }) => {
    const own = replicas.filter(({ group }) => group === id);
    const validations = own.flatMap((replica) => judgedOf(replica).find(({ epoch }) => epoch === epochs)?.validation ?? []);
    return { strength: strength!, validations, hasDiverged: own.some(({ diverged }) => diverged !== undefined) };
  });
}

/** All that was chosen, as `compare.json` says it: it must be the same with shuffled test labels. */
export interface Choices {
  readonly epochs: readonly { readonly group: string; readonly seed: number; readonly epoch: number | null }[];
  /** On a path. */
  readonly strength?: number | null;
}

export function choicesOf(settings: CompareSettings, runs: readonly RunRecord[]): Choices {
  const replicas = runs.filter(({ stage }) => stage === 'compare').flatMap((run) => run.replicas);
  return {
    epochs: replicas.map((replica) => ({ group: replica.group, seed: replica.seed, epoch: chosenEpoch(replica) ?? null })),
    ...(settings.path && { strength: chooseStrength(candidatesOf(settings, runs)) ?? null }),
  };
}
