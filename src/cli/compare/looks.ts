/** When a run is looked at, and what is seen: deviations of activations and gradients by layer. */
import type { Dataset } from '../../data/dataset.ts';
import type { Inspection, LayerInspection } from '../../train/inspect.ts';
import type { Trainer } from '../../train/trainer.ts';

/** What `inspect` said of the replicas of a run. */
export interface Look {
  /** Training steps done. */
  readonly step: number;
  readonly samples: number;
  /** In the order of the run's. Numbers that are not finite are null in files. */
  readonly replicas: readonly (readonly LayerInspection[])[];
}

/** The steps of a training of so many, at which it is looked at. */
export const looksWithin = (looks: readonly number[] | undefined, steps: number): number[] => [...new Set((looks ?? []).map((step) => Math.min(step, steps)))];

/** With the first batch of the training samples, in the data set's own order. */
export async function lookAt(trainer: Trainer, data: Dataset): Promise<Look> {
  const found = await trainer.inspect(data), all: readonly Inspection[] = Array.isArray(found) ? found : [found as Inspection];
  return { step: trainer.step, samples: all[0]!.samples, replicas: all.map(({ layers }) => layers) };
}
