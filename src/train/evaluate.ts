/** Evaluation over a whole data set, dropout off, all samples counted. */

import type { Dataset } from '../data/dataset.ts';
import { lossTypeOf, type Loss } from '../model/losses/index.ts';
import type { Weights } from '../compile/graphs.ts';
import { checkOptions, demandBoolean } from '../options.ts';
import type { Scores } from '../metrics/index.ts';
import type { Pace } from '../scheduler/pace.ts';
import { evaluationClocks } from './clocks.ts';
import type { Engine } from './engine.ts';
import type { Evaluation } from './events.ts';
import { optionsAtCall } from './at-call.ts';
import { attachEvaluated, isScored } from './attach.ts';
import { runPipeline } from './pipeline.ts';
import type { TrainingState } from './training-state.ts';
import { addSamples, meanOf, noTotals, type Totals } from './totals.ts';
import type { EvaluateOptions } from './trainer-options.ts';
import type { Verify } from './verify/once.ts';
import { wantedBy, type Wanted } from './wanted.ts';

interface EvaluateRun {
  readonly weights?: Weights;
  /** Default what the trainer's configuration asks of every evaluation. */
  readonly wanted?: Wanted | undefined;
  readonly stopped?: () => boolean;
  readonly verify?: Verify | undefined;
}

/** One result per replica; undefined when `stopped` said so before all samples were seen. */
export async function evaluateResident(
  engine: Engine,
  state: TrainingState,
  data: Dataset,
  pace: Pace,
  { weights = 'current', wanted = engine.wanted, stopped = () => false, verify }: EvaluateRun = {},
): Promise<Evaluation[] | undefined> {
  const resident = await attachEvaluated(engine, data, weights, wanted);
  const canary = verify && engine.verified.get((isScored(wanted) ? resident.scored : resident)[weights]!);
  if (canary === undefined) await verify?.({ residents: [resident], trains: false });
  const totals = engine.settings.map(noTotals), clocks = evaluationClocks(engine, state);
  await runPipeline({
    from: 0,
    to: engine.batches(resident),
    pace,
    submit: (batches) => engine.evaluate(resident, batches, weights, clocks),
    take: (samples) => {
      totals.forEach((own, replica) => addSamples(own, samples[replica]!, engine.build.rule.skip));
      return true;
    },
    stopped,
  });
  const isWhole = totals.every(({ count }) => count === resident.data.length);
  const scores = isWhole && isScored(wanted) ? await (await import('./score.ts')).scoreResident(engine, resident, wanted, { weights, stopped, clocks }) : undefined;
  await canary?.();
  if (!isWhole || (isScored(wanted) && scores === undefined)) return undefined;
  return totals.map((own, replica) => withScores(evaluationOf(own, engine.build.loss), wanted, engine.build.loss, scores?.[replica]));
}

/** A mean without some of the samples would be no figure to compare epochs by. */
const evaluationOf = (totals: Totals, loss: Loss): Evaluation => ({ ...meanOf(totals, loss), ...(totals.nonFinite > 0 && { loss: NaN }) });

/** The accuracy is the one of the losses. Where a loss that has one has none, as weights overflowed, no other figure says anything either. */
function withScores(evaluation: Evaluation, wanted: Wanted | undefined, loss: Loss, scores: Scores | undefined): Evaluation {
  if (wanted === undefined || (wanted.names.length === 0 && !wanted.confusion)) return evaluation;
  const { accuracy } = evaluation, isKnown = !lossTypeOf(loss).hasHits || !Number.isNaN(accuracy);
  const of = (name: string): number => (name === 'accuracy' ? accuracy : isKnown ? scores!.metrics[name]! : NaN);
  return {
    ...evaluation,
    ...(wanted.names.length > 0 && { metrics: Object.fromEntries(wanted.names.map((name) => [name, of(name)])) }),
    ...(scores?.confusion && { confusion: scores.confusion }),
  };
}

/** The options of an evaluation, as they are at its call. @throws InputError */
export function askedAtCall(options: EvaluateOptions): EvaluateOptions & { readonly weights: Weights } {
  const { weights = 'current', confusion = false, metrics } = checkOptions('evaluate', options, ['weights', 'metrics', 'confusion']);
  demandBoolean('evaluate: confusion', confusion);
  return { weights, confusion, ...(metrics !== undefined && { metrics: Array.isArray(metrics) ? Array.from(metrics, optionsAtCall) : metrics }) };
}

/** @throws InputError naming the metric */
export async function evaluateAsked(
  engine: Engine, state: TrainingState, data: Dataset, pace: Pace, { weights, metrics, confusion = false }: ReturnType<typeof askedAtCall>, verify: Verify | undefined,
): Promise<Evaluation[] | undefined> {
  const isOwn = metrics === undefined && !confusion;
  const wanted = isOwn ? engine.wanted : await wantedBy(engine.build, metrics ?? engine.wanted?.metrics ?? [], confusion);
  return evaluateResident(engine, state, data, pace, { weights, wanted, verify });
}
