/** Metrics over a whole data set: every sample's outputs come off the GPU, a batch after the other, and are scored in double precision. */

import type { Weights } from '../compile/graphs.ts';
import type { Clock } from '../compile/rows.ts';
import { checkTargets, scorer, type Batch, type Scores } from '../metrics/index.ts';
import { pad4 } from '../model/arena.ts';
import { IN_FLIGHT, type Pending } from '../scheduler/executor.ts';
import type { Engine } from './engine.ts';
import { seenBy } from './normalised.ts';
import type { Resident } from './residents.ts';
import { taskOf, type Wanted } from './wanted.ts';

type Targets = Batch['targets'];

/** The targets of samples, as they were uploaded; a sample that is its own target is what the network sees of it, in f32. */
function targetsOf({ data: { targetWidth, scale, offset }, format: { format, inputWords, target: { kind, labelWords } }, scored, normalize }: Resident): (first: number, count: number) => Targets {
  const memory = scored.targets!;
  if (kind === 'class') {
    const labels = new Uint32Array(memory);
    return (first, count) => (labelWords === 1 ? labels.subarray(first, first + count) : Uint32Array.from({ length: count }, (_, i) => labels[(first + i) * labelWords]!));
  }
  const values = kind === 'inputs' && format === 'u8' ? new Uint8Array(memory) : new Float32Array(memory), stride = kind === 'vector' ? labelWords : format === 'u8' ? 4 * inputWords : inputWords;
  const seen = kind === 'inputs' ? seenBy({ scale, offset }, normalize) : (value: number): number => value;
  return (first, count) => {
    const rows = new Float32Array(count * targetWidth);
    for (let i = 0; i < count; i++) for (let j = 0; j < targetWidth; j++) rows[i * targetWidth + j] = seen(values[(first + i) * stride + j]!, j);
    return rows;
  };
}

/** @throws InputError where labels are neither 0 nor 1, and a metric counts them */
export function checkScored({ build }: Engine, resident: Resident, { metrics }: Wanted): void {
  const { name, length } = resident.data, task = taskOf(build);
  if (task.outputs === 'labels') checkTargets(name, metrics, task, () => targetsOf(resident)(0, length));
}

/** One result per replica; undefined when `stopped` said so before all samples were seen. */
export async function scoreResident(
  engine: Engine, resident: Resident, wanted: Wanted, { weights, stopped, clocks }: { readonly weights: Weights; readonly stopped: () => boolean; readonly clocks: readonly Clock[] },
): Promise<Scores[] | undefined> {
  const { data: { length }, scored } = resident, targetsAt = targetsOf(resident);
  const { batchSize, network, replicas } = engine.build, stride = pad4(network.outputs);
  const scorers = Array.from({ length: replicas }, () => scorer(taskOf(engine.build), wanted));
  const flights: { readonly first: number; readonly count: number; readonly pending: Pending<Float32Array[]> }[] = [];
  const take = async (): Promise<void> => {
    const { first, count, pending } = flights.shift()!, targets = targetsAt(first, count);
    (await pending.collect()).forEach((outputs, replica) => scorers[replica]!.add({ count, outputs, stride, targets }));
  };
  for (let first = 0; first < length && !stopped(); first += batchSize) {
    const count = Math.min(batchSize, length - first);
    flights.push({ first, count, pending: engine.outputs(scored[weights]!, { position: first, count }, 'logits', clocks) });
    if (flights.length === IN_FLIGHT) await take();
  }
  while (flights.length > 0) await take();
  return stopped() ? undefined : scorers.map((own) => own.value());
}
