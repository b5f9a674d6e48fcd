/** A row is shown only for a library that computes the same thing: ten losses, from the same weights and batches. */

import type { Device } from '../../device/index.ts';
import type { Contestant, Task } from './contestant.ts';
import { gradshaderContestant } from './gradshader.ts';
import { referenceLosses } from './task.ts';

export const AGREEMENT = { steps: 10, tolerance: 1e-4 } as const;

/** The losses that others are held against. */
export interface Expected {
  readonly float64: readonly number[];
  readonly gradshader: readonly number[];
}

/** Absolute differences, step by step. NaN stays NaN: it agrees with nothing. */
export const differences = (losses: readonly number[], expected: readonly number[]): number[] =>
  expected.map((loss, i) => Math.abs((losses[i] ?? NaN) - loss));

/** False for NaN. */
export const isWithin = (values: readonly number[], tolerance: number): boolean => values.every((value) => value <= tolerance);

async function lossesOf(contestant: Contestant, task: Task): Promise<number[]> {
  const run = await contestant.prepare(task);
  try {
    return await run.losses(AGREEMENT.steps);
  } finally {
    await run.dispose();
  }
}

/** @param task without dropout */
export async function expectedLosses(device: Device, task: Task): Promise<Expected> {
  return { float64: await referenceLosses(task, AGREEMENT.steps), gradshader: await lossesOf(gradshaderContestant(device), task) };
}

/** What a contestant's losses are away from gradshader's and from float64, step by step, and whether that is little enough. */
export async function agreement(
  contestant: Contestant, task: Task, expected: Expected,
): Promise<{ readonly fromGradshader: number[]; readonly fromFloat64: number[]; readonly agrees: boolean }> {
  const losses = await lossesOf(contestant, task);
  const fromGradshader = differences(losses, expected.gradshader), fromFloat64 = differences(losses, expected.float64);
  return { fromGradshader, fromFloat64, agrees: isWithin([...fromGradshader, ...fromFloat64], AGREEMENT.tolerance) };
}
