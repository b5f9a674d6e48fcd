/** Each replica's best weights, kept on the GPU beside the ones that are trained. */

import { stateSlots } from '../kernels/rule.ts';
import type { Build } from '../compile/build.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import type { Engine } from './engine.ts';

const BEST = 'best.parameters';

export const bestBuffer = ({ network, replicas }: Build): BufferSpec => ({
  name: BEST, bytes: 4 * replicas * network.stride, category: 'snapshot',
});

/** Makes the buffer unless it is there. @throws OutOfMemoryError */
export async function makeBestBuffer(engine: Engine): Promise<void> {
  if (engine.program.has(BEST)) return;
  const spec = bestBuffer(engine.build);
  engine.residents.makeRoom(spec.bytes, spec.category);
  await engine.program.addBuffers([spec]);
}

/** Where a replica's running average lies in `state`, in bytes. */
function averageOffset({ network, rule }: Build, replica: number): number {
  const slots = stateSlots(rule);
  return 4 * network.stride * (replica * slots.length + slots.indexOf('average'));
}

/** Keeps the present weights of some replicas, or their average where there is one. */
export function keepBest({ build, program }: Engine, replicas: readonly number[]): void {
  const bytes = 4 * build.network.stride;
  program.copy(replicas.map((replica) => (build.rule.average
    ? { from: 'state', to: BEST, offset: averageOffset(build, replica), target: replica * bytes, bytes }
    : { from: 'parameters', to: BEST, offset: replica * bytes, bytes })));
}

/** Puts the best weights of some replicas in the place of the present ones, and of their average. */
export function putBest({ build, program }: Engine, replicas: readonly number[]): void {
  const bytes = 4 * build.network.stride;
  program.copy(replicas.flatMap((replica) => [
    { from: BEST, to: 'parameters', offset: replica * bytes, bytes },
    ...(build.rule.average ? [{ from: BEST, to: 'state', offset: replica * bytes, target: averageOffset(build, replica), bytes }] : []),
  ]));
}

export const readBest = async ({ build, program }: Engine): Promise<Float32Array<ArrayBuffer>> =>
  new Float32Array(await program.read({ buffer: BEST, offset: 0, bytes: bestBuffer(build).bytes }));

export const writeBest = ({ program }: Engine, weights: Float32Array<ArrayBuffer>): void => program.write(BEST, weights);
