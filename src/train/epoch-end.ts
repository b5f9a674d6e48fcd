/** The end of an epoch: what is measured and reported, what is kept, what stops. */

import { weightLayers } from '../model/network.ts';
import { valueAt } from '../model/schedules/index.ts';
import type { Pace } from '../scheduler/pace.ts';
import { clocksOf } from './clocks.ts';
import type { Engine } from './engine.ts';
import { evaluateResident } from './evaluate.ts';
import type { Evaluation, ReplicaEpoch } from './events.ts';
import { bestAsked, type FitOptions } from './fit-options.ts';
import { keepGood } from './kept.ts';
import { measurePenalties, type Penalties } from './penalties.ts';
import { advancePlateaus } from './plateaus.ts';
import { meanOf, noTotals } from './totals.ts';
import { activeReplicas, type TrainingState } from './training-state.ts';

/** A fit, for those who end its epochs. */
export interface FitContext {
  readonly engine: Engine;
  readonly state: TrainingState;
  readonly options: FitOptions;
  readonly evaluatePace: Pace;
  readonly aborted: () => boolean;
}

/** What is measured, one entry per replica. */
export interface Figures {
  readonly penalties: readonly Penalties[];
  readonly learningRates: readonly number[];
  readonly validation?: readonly Evaluation[];
  readonly averaged?: readonly Evaluation[];
}

/** Closes the epoch. Its replicas' results. Where it fails, weights and state may differ. */
export async function closeEpoch(context: FitContext, figures: Figures): Promise<ReplicaEpoch[]> {
  const { engine, state } = context;
  state.epoch++;
  // With an average, that is what the training is for.
  const monitored = figures.averaged ?? figures.validation;
  if (monitored !== undefined) await choose(context, monitored);
  const replicas = engine.settings.map((_, replica) => resultOf(context, figures, replica));
  const active = activeReplicas(state);
  state.batch = 0;
  state.skippedBefore = [...state.skipped];
  // What is frozen keeps the sums it was frozen with.
  state.totals = state.totals.map((totals, replica) => (active[replica] ? noTotals() : totals));
  if (figures.validation !== undefined) keepGood(engine, state, figures.validation);
  return replicas;
}

/** Changes nothing. Undefined where the evaluation was aborted. */
export async function measure({ engine, state, options: { validation }, evaluatePace, aborted }: FitContext): Promise<Figures | undefined> {
  const { step, horizon } = state, clocks = clocksOf(engine, state);
  const penalties = await measurePenalties(engine, clocks);
  const first = weightLayers(engine.build.network)[0]!.weight.index;
  const learningRates = engine.settings.map(({ tensors }, replica) =>
    valueAt(tensors[first]!.values['learningRate']!, step - 1, horizon, clocks[replica]!.reductions));
  if (validation === undefined) return { penalties, learningRates };
  const current = await evaluateResident(engine, state, validation, evaluatePace, { stopped: aborted });
  if (current === undefined) return undefined;
  if (!engine.build.rule.average) return { penalties, learningRates, validation: current };
  const averaged = await evaluateResident(engine, state, validation, evaluatePace, { weights: 'average', stopped: aborted });
  return averaged && { penalties, learningRates, validation: current, averaged };
}

/** Advances what follows the validation figures of replicas that still train. */
async function choose(context: FitContext, monitored: readonly Evaluation[]): Promise<void> {
  const { engine, state, options } = context;
  activeReplicas(state).forEach((isActive, replica) => {
    if (isActive) advancePlateaus(state, replica, engine.settings[replica]!, monitored[replica]!);
  });
  const asked = bestAsked(options);
  if (asked !== undefined) await (await import('./choose-best.ts')).chooseBest(context, asked, monitored);
}

function resultOf({ engine, state }: FitContext, figures: Figures, replica: number): ReplicaEpoch {
  const { loss, accuracy } = meanOf(state.totals[replica]!, engine.build.loss);
  const { penalty, zeros } = figures.penalties[replica]!;
  const [diverged, stopped] = [state.diverged[replica], state.stopped[replica]];
  return {
    loss, accuracy, penalty, objective: loss + penalty, zeros,
    learningRate: figures.learningRates[replica]!,
    ...(figures.validation !== undefined && { validation: figures.validation[replica]! }),
    ...(figures.averaged !== undefined && { averaged: figures.averaged[replica]! }),
    ...(engine.build.rule.skip && { skipped: state.skipped[replica]!, nonFinite: state.totals[replica]!.nonFinite }),
    ...(stopped && { stopped }),
    ...(diverged && { diverged }),
  };
}
