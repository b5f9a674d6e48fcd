/** The steps of a self-test, run as a training runs them, and what they must come to. */

import { sha256 } from '../../digest.ts';
import { GradshaderError } from '../../errors.ts';
import type { LoadedPlan, Submit } from '../../scheduler/executor.ts';
import type { Engine } from '../engine.ts';
import type { Write } from './places.ts';
import type { SelfTest, TestStep } from './steps.ts';

/** Called between parts of a test, with how much is done of one that looks at everything; what it throws ends the test. */
export type Onward = (done?: number, place?: string) => void;

/** The first training step as it is submitted: with what is kept in it. */
function withOnce({ plan, dispatches }: LoadedPlan, once: NonNullable<Submit['once']>): LoadedPlan {
  const within = <T>(all: readonly T[], more: readonly T[]): T[] => [...all.slice(0, once.behind), ...more, ...all.slice(once.behind)];
  return { plan: { ...plan, dispatches: within(plan.dispatches, once.plan.plan.dispatches) }, dispatches: within(dispatches, once.plan.dispatches) };
}

/** Everything step by step. */
export const stepsOf = (test: SelfTest): TestStep[] => test.submits().flatMap(({ once, steps }) =>
  steps.map((step, i) => (i === 0 && once !== undefined ? { ...step, loaded: withOnce(step.loaded, once) } : step)));

export const writeAll = ({ program }: Engine, writes: readonly Write[]): void =>
  writes.forEach(({ buffer, offset, data }) => program.write(buffer, data, offset));

/** What a step reads, on the device. */
export const writeContents = ({ engine, contents: { writes, deviceWrites } }: SelfTest): void => writeAll(engine, [...writes, ...deviceWrites]);

/** A result that was never written is none. */
async function written(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GradshaderError && error.code === 'unwritten') return error.code;
    throw error;
  }
}

/**
 * Runs all of it, steps in as few submits as may be. SHA-256 of the losses, the probabilities and the sums over the weights: what
 * any kernel of a step makes goes into the next step's, or into them.
 */
export const runTogether = (test: SelfTest, turn?: number, onward?: Onward): Promise<string> => written(() => digestOf(test, turn, onward));

async function digestOf(test: SelfTest, turn?: number, onward?: Onward): Promise<string> {
  const { program } = test.engine, found: Uint8Array[] = [];
  for (const { once, loaded, steps, results } of test.submits(turn)) {
    onward?.();
    const rows = new Uint8Array(steps.length * program.rowStride);
    steps.forEach((step, i) => rows.set(step.rows, i * program.rowStride));
    const { read } = await program.submit({
      ...(once && { once }), plan: loaded, steps: steps.length, rows, slots: steps.map(({ slot }) => slot), read: { read: results }, fresh: results,
    }).collect();
    found.push(...read.map((one) => new Uint8Array(one)));
  }
  const bytes = new Uint8Array(found.reduce((sum, { length }) => sum + length, 0));
  found.reduce((at, one) => (bytes.set(one, at), at + one.length), 0);
  return sha256(bytes);
}

/** Runs `work`; the trainer is afterwards as it was. */
export async function aside<T>({ engine: { program }, contents }: SelfTest, work: () => Promise<T>): Promise<T> {
  const kept = await Promise.all(contents.kept.map(async (range) => ({ range, bytes: new Uint8Array(await program.read(range)) })));
  try {
    return await work();
  } finally {
    for (const { range: { buffer, offset }, bytes } of kept) program.write(buffer, bytes, offset);
  }
}

/** SHA-256 of all that training steps leave: weights, state, flags, counts, and what was kept. */
export async function leftHash({ engine: { program }, subject, contents: { kept } }: SelfTest): Promise<string> {
  const left = kept.filter(({ buffer }) => subject.trains && !buffer.startsWith('data.'));
  return (await Promise.all(left.map(async (range) => sha256(new Uint8Array(await program.read(range)))))).join();
}

/**
 * Runs the steps again, as they were run when they were looked at. Weights, state and what was kept of them are read, and
 * written back: once per epoch some megabytes.
 */
export const replay = (test: SelfTest, { turn, onward }: { turn?: number; onward?: Onward | undefined } = {}): Promise<string> => aside(test, async () => {
  writeContents(test);
  return `${await runTogether(test, turn, onward)} ${await leftHash(test)}`;
});
