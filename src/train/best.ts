/** Each replica's best weights, kept on the GPU beside the ones that are trained. */

import { parameterArena, stateArena, type Build } from '../compile/build.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import { checkCopied, copyBack, copyMarked } from './copies.ts';
import type { Engine } from './engine.ts';

const BEST = 'best.parameters';

export const bestBuffer = (build: Build): BufferSpec => ({ name: BEST, bytes: parameterArena(build).bytes, category: 'snapshot' });

/** Makes the buffer unless it is there. @throws OutOfMemoryError */
export async function makeBestBuffer(engine: Engine): Promise<void> {
  if (engine.program.has(BEST)) return;
  const spec = bestBuffer(engine.build);
  engine.residents.makeRoom(spec.bytes, spec.category);
  await engine.program.addBuffers([spec]);
}

/** Keeps the present weights of some replicas, or their average where there is one. */
export function keepBest({ build, program }: Engine, replicas: readonly number[]): void {
  const arena = parameterArena(build), state = stateArena(build);
  copyMarked(program, replicas.map((replica) => (build.rule.average
    ? { from: 'state', to: BEST, ...state.range(replica, 'average'), target: arena.range(replica).offset }
    : { from: 'parameters', to: BEST, ...arena.range(replica) })));
}

/** Puts the best weights of some replicas in the place of the present ones, and of their average. @throws GradshaderError 'unwritten' */
export function putBest({ build, program }: Engine, replicas: readonly number[]): Promise<void> {
  const arena = parameterArena(build), state = stateArena(build);
  return copyBack(program, replicas.flatMap((replica) => [
    { from: BEST, to: 'parameters', ...arena.range(replica) },
    ...(build.rule.average ? [{ from: BEST, to: 'state', ...arena.range(replica), target: state.range(replica, 'average').offset }] : []),
  ]));
}

/** @throws GradshaderError 'unwritten' */
export async function readBest({ build, program, settings }: Engine): Promise<Float32Array<ArrayBuffer>> {
  const arena = parameterArena(build);
  await checkCopied(program, settings.map((_, replica) => ({ buffer: BEST, ...arena.range(replica) })));
  return new Float32Array(await program.read({ buffer: BEST, offset: 0, bytes: bestBuffer(build).bytes }));
}

export const writeBest = ({ program }: Engine, weights: Float32Array<ArrayBuffer>): void => program.write(BEST, weights);
