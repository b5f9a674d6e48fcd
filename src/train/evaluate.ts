/** Evaluation over a whole data set, dropout off, all samples counted. */

import type { Dataset } from '../data/dataset.ts';
import type { Loss } from '../model/losses/index.ts';
import type { Weights } from '../compile/graphs.ts';
import type { Pace } from '../scheduler/pace.ts';
import { clocksOf } from './clocks.ts';
import type { Engine } from './engine.ts';
import type { Evaluation } from './events.ts';
import { runPipeline } from './pipeline.ts';
import type { TrainingState } from './training-state.ts';
import { addSamples, meanOf, noTotals, type Totals } from './totals.ts';
import type { Verify } from './verify/once.ts';

/** One result per replica; undefined when `stopped` said so before all samples were seen. */
export async function evaluateResident(
  engine: Engine,
  state: TrainingState,
  data: Dataset,
  pace: Pace,
  { weights = 'current', stopped = () => false, verify }: { weights?: Weights; stopped?: () => boolean; verify?: Verify | undefined } = {},
): Promise<Evaluation[] | undefined> {
  const resident = await engine.residents.attach(data, weights);
  const canary = verify && engine.verified.get(resident[weights]!);
  if (canary === undefined) await verify?.({ residents: [resident], trains: false });
  const totals = engine.settings.map(noTotals), clocks = clocksOf(engine, state);
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
  await canary?.();
  return totals.some(({ count }) => count < resident.data.length) ? undefined : totals.map((own) => evaluationOf(own, engine.build.loss));
}

/** A mean without some of the samples would be no figure to compare epochs by. */
const evaluationOf = (totals: Totals, loss: Loss): Evaluation => ({ ...meanOf(totals, loss), ...(totals.nonFinite > 0 && { loss: NaN }) });
