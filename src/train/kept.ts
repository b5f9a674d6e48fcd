/** Each replica's last good weights and state, on the GPU beside the ones that are trained: what a divergence puts back. */

import { parameterArena, stateArena } from '../compile/build.ts';
import type { CopyRange } from '../scheduler/executor.ts';
import type { Engine } from './engine.ts';
import { positionOf, type Position } from './training-state.ts';

function copy({ build, program }: Engine, replicas: readonly number[], way: (name: string) => Pick<CopyRange, 'from' | 'to'>): void {
  const arena = parameterArena(build), state = stateArena(build);
  program.copy(replicas.flatMap((replica) => [
    { ...way('parameters'), ...arena.range(replica) },
    ...(state.length > 0 ? [{ ...way('state'), ...state.range(replica) }] : []),
  ]));
}

/** Keeps what training begins with, good or not; from then on each submit keeps the weights that its first forward pass found good. */
export function keep(engine: Engine, position: Position): void {
  engine.kept = positionOf(position);
  engine.isKeptGood = engine.settings.map(() => false);
  copy(engine, engine.settings.map((_, replica) => replica), (name) => ({ from: name, to: `snapshot.${name}` }));
}

/** Puts the last good ones of some replicas back. */
export const putBack = (engine: Engine, replicas: readonly number[]): void =>
  copy(engine, replicas, (name) => ({ from: `snapshot.${name}`, to: name }));
