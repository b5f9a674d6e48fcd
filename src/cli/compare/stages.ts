/** Which replicas are trained on what, in which order, and how much work that is. Pure. */
import { candidatesOf, chooseStrength } from './choices.ts';
import { replicasOf } from './methods.ts';
import type { CompareSettings, Replica, RunRecord, StageKind } from './types.ts';

export interface Stage {
  readonly kind: StageKind;
  /** 1-based. */
  readonly fold?: number;
  readonly replicas: readonly Replica[];
}

/** Stages but the last of a cross-validation, which needs their results. */
function firstStages({ groups, seeds, folds, looks }: CompareSettings): Stage[] {
  if (looks !== undefined) return groups.map((group) => ({ kind: 'compare', replicas: replicasOf([group], seeds) })); // Replicas are of one network.
  if (folds === undefined) return [{ kind: 'compare', replicas: replicasOf(groups, seeds) }];
  const candidates = replicasOf(groups.filter(({ strength }) => strength !== undefined), seeds);
  return Array.from({ length: folds }, (_, i) => ({ kind: 'fold', fold: i + 1, replicas: candidates }));
}

/** The chosen strength, and the reference without it, on all training samples. */
function finalStage(settings: CompareSettings, runs: readonly RunRecord[]): Stage {
  const strength = chooseStrength(candidatesOf(settings, runs));
  const groups = settings.groups.filter((group) => group.strength === undefined || group.strength === strength);
  return { kind: 'final', replicas: replicasOf(groups, settings.seeds) };
}

const isOf = ({ kind, fold }: Stage, run: RunRecord): boolean => run.stage === kind && run.fold === fold;

/** Replicas of the stage that are in no run yet. */
export const waitingOf = (stage: Stage, runs: readonly RunRecord[]): Replica[] => {
  const taken = runs.filter((run) => isOf(stage, run)).flatMap((run) => run.replicas);
  return stage.replicas.filter(({ group, seed }) => !taken.some((other) => other.group === group && other.seed === seed));
};

/** The next stage with replicas that are in no run; undefined at the end. */
export function nextStage(settings: CompareSettings, runs: readonly RunRecord[]): Stage | undefined {
  const open = firstStages(settings).find((stage) => waitingOf(stage, runs).length > 0);
  if (open !== undefined || settings.folds === undefined) return open;
  const last = finalStage(settings, runs);
  return waitingOf(last, runs).length > 0 ? last : undefined;
}

/** The first of the waiting replicas: as many as `most` allows, runs of about equal size. */
export function chunkOf(waiting: readonly Replica[], most: number): readonly Replica[] {
  const runs = Math.ceil(waiting.length / most);
  return waiting.slice(0, Math.ceil(waiting.length / runs));
}

/** Batches of each data set of a run. */
export interface Batches {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export const batchesOf = ({ train, validation, test }: RunRecord['samples'], batchSize: number): Batches => ({
  train: Math.ceil(train / batchSize), validation: Math.ceil(validation / batchSize), test: Math.ceil(test / batchSize),
});

/** A forward pass is taken as a third of a training step: it has no gradients of inputs and weights. */
const FORWARD = 1 / 3;

const evaluationSteps = ({ train, validation, test }: Batches): number => FORWARD * (train + validation + test);

/** The fewest epochs between evaluations with which evaluating takes no longer than training. */
export const evaluationInterval = (batches: Batches, epochs: number): number =>
  Math.min(epochs, Math.max(1, Math.ceil(evaluationSteps(batches) / batches.train)));

/** The last epoch is always evaluated. */
export const isEvaluated = (epoch: number, every: number, epochs: number): boolean => epoch % every === 0 || epoch === epochs;

/** Work from `epoch` (whole epochs done) to the end of a run, in training steps of one replica. */
export function workOf(batches: Batches, replicas: number, every: number, epochs: number, epoch = 0): number {
  const evaluations = Array.from({ length: epochs - epoch }, (_, i) => epoch + 1 + i).filter((one) => isEvaluated(one, every, epochs)).length;
  return replicas * ((epochs - epoch) * batches.train + evaluations * evaluationSteps(batches));
}

/** Work of the runs that have not begun, in training steps of one replica. */
export function workLeft(settings: CompareSettings, runs: readonly RunRecord[], used: number, test: number): number {
  const { epochs, folds, seeds, base } = settings;
  const batches = (train: number, validation: number, tested: number): Batches => batchesOf({ train, validation, test: tested }, base.batchSize);
  const stages = firstStages(settings).map((stage) => {
    const waiting = waitingOf(stage, runs).length;
    const heldOut = stage.kind === 'fold' ? used / folds! : Math.round((base.validation ?? 0) * used);
    const sizes = batches(used - heldOut, heldOut, stage.kind === 'fold' ? 0 : test);
    const every = stage.kind === 'fold' ? epochs : (settings.evaluateEvery ?? evaluationInterval(sizes, epochs));
    return workOf(sizes, waiting, every, epochs);
  });
  const isFinalAhead = folds !== undefined && !runs.some(({ stage }) => stage === 'final');
  const whole = batches(used, 0, test);
  const last = isFinalAhead ? workOf(whole, 2 * seeds.length, settings.evaluateEvery ?? evaluationInterval(whole, epochs), epochs) : 0;
  return stages.reduce((sum, work) => sum + work, last);
}
