/** Data sets brought onto the GPU with all that evaluates them. */

import type { Weights } from '../compile/graphs.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from './engine.ts';
import type { Resident } from './residents.ts';
import type { Wanted } from './wanted.ts';

/** What loss and accuracy come from already. */
const FREE: readonly string[] = ['accuracy'];

/** Whether every sample's outputs are needed. */
export const isScored = (wanted: Wanted | undefined): wanted is Wanted =>
  wanted !== undefined && (wanted.confusion || wanted.names.some((name) => !FREE.includes(name)));

/** With what evaluates it and, where metrics are asked for, what gives its outputs. */
export async function attachEvaluated(engine: Engine, data: Dataset, weights: Weights, wanted = engine.wanted): Promise<Resident> {
  const resident = await engine.residents.attach(data, weights);
  if (!isScored(wanted)) return resident;
  await engine.residents.addScored(resident, weights);
  (await import('./score.ts')).checkScored(engine, resident, wanted);
  return resident;
}
