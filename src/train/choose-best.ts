/** The end of an epoch of a fit that chooses among epochs: which is the best, what is kept of it, who stops and gets it back. */

import { keepBest, putBest } from './best.ts';
import { figureOf, nextBest, stopAfter } from './early-stopping.ts';
import type { Engine } from './engine.ts';
import type { Evaluation } from './events.ts';
import type { bestAsked, FitOptions } from './fit-options.ts';
import { activeReplicas, type TrainingState } from './training-state.ts';

export async function chooseBest(
  { engine, state, options }: { readonly engine: Engine; readonly state: TrainingState; readonly options: FitOptions },
  { monitor, kept }: NonNullable<ReturnType<typeof bestAsked>>,
  monitored: readonly Evaluation[],
): Promise<void> {
  if (state.best === null) return;
  const active = activeReplicas(state);
  const { patience = Infinity, minimumChange = 0, restoreBest = true } = options.earlyStopping ?? {};
  const best = state.best.replicas.map((own, replica) =>
    (active[replica] ? nextBest(own, state.epoch, figureOf(monitored[replica]!, monitor), monitor, minimumChange) : own));
  state.best = { monitor, kept, replicas: best };
  const those = (holds: (replica: number) => boolean): number[] => best.map((_, replica) => replica).filter((replica) => active[replica]! && holds(replica));
  if (kept) keepBest(engine, those((replica) => best[replica]!.bad === 0));
  for (const replica of those(() => true)) state.stopped[replica] = stopAfter(state.epoch, best[replica]!, patience);
  if (options.earlyStopping === undefined || !restoreBest) return;
  const isLast = state.epoch >= options.epochs;
  const ended = those((replica) => (isLast || state.stopped[replica] !== null) && best[replica]!.epoch > 0);
  await putBest(engine, ended);
  if (ended.length === engine.settings.length) engine.kept = undefined;
  // FTRL's state says what the weights are.
  if (engine.build.rule.name === 'ftrl') await (await import('./arenas.ts')).restartState(engine, ended, state);
}
