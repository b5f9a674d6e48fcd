/** What is told of an evaluation beside loss and accuracy. The code of metrics is loaded where some are asked for. */

import type { Build } from '../compile/build.ts';
import type { Metric, Task } from '../metrics/index.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import { FIGURES } from './early-stopping.ts';
import type { Prepared } from './prepare.ts';
import type { Metrics } from './trainer-config.ts';

export interface Wanted {
  readonly metrics: readonly Metric[];
  readonly names: readonly string[];
  readonly confusion: boolean;
}

/** Names of what is told of an evaluation: what can be followed. With a loss of values there is no accuracy. */
export const figuresOf = ({ loss }: Pick<Build, 'loss'>, wanted: Wanted | undefined): readonly string[] =>
  [...new Set([...FIGURES.filter((name) => name !== 'accuracy' || lossTypeOf(loss).hasHits), ...wanted?.names ?? []])];

/** What the network's outputs are, for those who score them. */
export function taskOf({ network: { outputs: width }, loss }: Pick<Build, 'network' | 'loss'>): Task {
  const { prediction } = lossTypeOf(loss);
  return { outputs: prediction === 'outputs' ? 'values' : 'kernel' in prediction ? 'classes' : 'labels', width };
}

export async function wantedBy(build: Build, metrics: Metrics, confusion = false): Promise<Wanted> {
  const { checkConfusion, nameOf, suitedMetrics } = await import('../metrics/index.ts'), task = taskOf(build);
  const own = suitedMetrics('metrics', metrics, task);
  if (confusion) checkConfusion('evaluate', task);
  return { metrics: own, names: own.map(nameOf), confusion };
}

export const wantedOf = async ({ build, config: { metrics } }: Prepared): Promise<Wanted | undefined> =>
  (metrics === undefined ? undefined : wantedBy(build, metrics));

/** A configuration whose metrics were looked at: wrong ones are refused before tiles are timed. @throws InputError naming the metric */
export async function withMetrics(prepared: Prepared): Promise<Prepared> {
  await wantedOf(prepared);
  return prepared;
}
