/** Each replica's last good weights and state, on the GPU beside the ones that are trained: what a divergence puts back. */

import { parameterArena, stateArena } from '../compile/build.ts';
import { mostLoss } from '../kernels/snapshot.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import { copyOf } from '../model/schedules/index.ts';
import type { CopyRange } from '../scheduler/executor.ts';
import { copyMarked } from './copies.ts';
import type { Engine } from './engine.ts';
import type { Evaluation } from './events.ts';
import type { Kept, TrainingState } from './training-state.ts';

/** Copies of weights and state of some replicas: into the snapshot, or out of it. */
export function copiesOf({ build }: Engine, replicas: readonly number[], way: (name: string) => Pick<CopyRange, 'from' | 'to'>): CopyRange[] {
  const arena = parameterArena(build), state = stateArena(build);
  return replicas.flatMap((replica) => [
    { ...way('parameters'), ...arena.range(replica) },
    ...(state.length > 0 ? [{ ...way('state'), ...state.range(replica) }] : []),
  ]);
}

/** Those of the replicas that are chosen. */
const copyIn = (engine: Engine, chosen: readonly boolean[]): void =>
  copyMarked(engine.program, copiesOf(engine, chosen.flatMap((isChosen, replica) => (isChosen ? [replica] : [])), (name) => ({ from: name, to: `snapshot.${name}` })));

/** Keeps what is there, good or not; from then on each submit keeps the weights that its first forward pass found good. */
export function keep(engine: Engine, state: Kept['state'], data: object, good: Kept['good'] = engine.settings.map(() => false)): void {
  copyIn(engine, good.map(() => true));
  engine.kept = { state, data, good };
}

/**
 * Keeps what a fit begins with. But good weights that an earlier fit over the same set left behind stay: those of now may
 * have gone bad in its last submit, and training that goes on with a set is one training, however often it is cut.
 */
export function keepBeginning(engine: Engine, state: Kept['state'], data: object): void {
  const { kept } = engine;
  if (kept?.data === data && kept.state.step < state.step && !kept.good.includes(false)) return;
  // Nothing was trained since then: what was found of these weights holds.
  keep(engine, state, data, kept?.state.step === state.step ? kept.good : undefined);
}

/** Keeps, at an epoch's end, what its evaluation found good. */
export function keepGood(engine: Engine, state: TrainingState, evaluations: readonly Evaluation[]): void {
  const { kept } = engine;
  if (kept === undefined) return;
  const most = mostLoss(lossTypeOf(engine.build.loss).hasHits);
  // Not where the loss is NaN. One that diverged holds what was kept of it.
  const found = evaluations.map(({ loss }, replica) => state.diverged[replica] === null && loss <= most);
  copyIn(engine, found);
  const isAll = found.every((isGood, replica) => isGood || state.diverged[replica] !== null);
  engine.kept = { ...kept, ...(isAll && { state: copyOf(state) }), good: kept.good.map((known, replica) => known || found[replica]!) };
}
