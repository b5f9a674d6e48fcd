/** The steps of a self-test, run as a training runs them, and what they must come to. */

import { sha256 } from '../../digest.ts';
import { GradshaderError } from '../../errors.ts';
import { IN_FLIGHT, type LoadedPlan, type Pending, type ReadRange, type Submit } from '../../scheduler/executor.ts';
import type { Engine } from '../engine.ts';
import type { Write } from './places.ts';
import type { SelfTest, TestStep, TestSubmit } from './steps.ts';

/** Called between parts of a test, with how much is done of one that looks at everything; what it throws ends the test. */
export type Onward = (done?: number, place?: string) => void;

/** The first training step as it is submitted: with what is kept in it. */
function withOnce({ plan, dispatches }: LoadedPlan, once: NonNullable<Submit['once']>): LoadedPlan {
  const within = <T>(all: readonly T[], more: readonly T[]): T[] => [...all.slice(0, once.behind), ...more, ...all.slice(once.behind)];
  return { plan: { ...plan, dispatches: within(plan.dispatches, once.plan.plan.dispatches) }, dispatches: within(dispatches, once.plan.dispatches) };
}

/** Everything step by step. */
export const stepsOf = (test: SelfTest): TestStep[] => test.submits().flatMap(({ once, steps }) =>
  steps.filter(({ isIdle }) => isIdle !== true).map((step, i) => (i === 0 && once !== undefined ? { ...step, loaded: withOnce(step.loaded, once) } : step)));

export const writeAll = ({ program }: Engine, writes: readonly Write[]): void =>
  writes.forEach(({ buffer, offset, data }) => program.write(buffer, data, offset));

/** What the steps of a turn read, on the device. */
export const writeContents = ({ engine, contents }: SelfTest, turn: number): void =>
  writeAll(engine, [...contents.writes, ...contents.deviceWrites, ...contents.orderWrites(turn)]);

type Bytes = Uint8Array<ArrayBuffer>;

/** What was never written is no result: then what lies there instead is. */
async function collected<T>(pending: Pending<T>, instead: () => Promise<T>): Promise<T> {
  try {
    return await pending.collect();
  } catch (error) {
    if (error instanceof GradshaderError && error.code === 'unwritten') return instead();
    throw error;
  }
}

/** Submits steps, with what they are to make. */
function submitted({ engine: { program } }: SelfTest, { once, loaded, steps }: TestSubmit): Promise<{ readonly made: readonly ArrayBuffer[] }> {
  const made = steps.flatMap(({ results }) => results), rows = new Uint8Array(steps.length * program.rowStride);
  steps.forEach((step, i) => rows.set(step.rows, i * program.rowStride));
  const pending = program.submit({ ...(once && { once }), plan: loaded, steps: steps.length, rows, slots: steps.map(({ slot }) => slot), read: { made }, fresh: made });
  return collected(pending, async () => ({ made: await program.readAll(made) }));
}

/** Runs submits, as many at a time as a training does, and gives what they make. */
async function resultsOf(test: SelfTest, submits: readonly TestSubmit[], onward?: Onward): Promise<Bytes> {
  const flights: ReturnType<typeof submitted>[] = [];
  for (const [i, submit] of submits.entries()) {
    onward?.();
    await flights[i - IN_FLIGHT];
    const flight = submitted(test, submit);
    flight.catch(() => {}); // Thrown where it is awaited.
    flights.push(flight);
  }
  const found = (await Promise.all(flights)).flatMap(({ made }) => made.map((one) => new Uint8Array(one)));
  const bytes = new Uint8Array(found.reduce((sum, { length }) => sum + length, 0));
  found.reduce((at, one) => (bytes.set(one, at), at + one.length), 0);
  return bytes;
}

/** Runs `work`; the trainer is afterwards as it was. */
export async function aside<T>({ engine: { program }, contents }: SelfTest, work: () => Promise<T>): Promise<T> {
  const { kept } = contents, bytes = await program.readAll(kept);
  try {
    return await work();
  } finally {
    kept.forEach(({ buffer, offset }, i) => program.write(buffer, new Uint8Array(bytes[i]!), offset));
  }
}

async function hashOf({ program }: Engine, ranges: readonly ReadRange[]): Promise<string> {
  return (await Promise.all((await program.readAll(ranges)).map((one) => sha256(new Uint8Array(one))))).join();
}

/** What one run of everything gives, by its bits. */
export interface Ran {
  /** The losses of training steps that come late in a submit. */
  readonly late: Bytes;
  /** The losses, the probabilities and the sums over the weights: what any kernel of a step makes goes into the next step's, or into them. */
  readonly results: Bytes;
  /** SHA-256 of both, and of what the training steps left each time. */
  readonly digest: string;
}

/**
 * Runs everything together, as a trainer does. Training steps are run twice: late in a submit, and early.
 * @param begin puts in place what the steps read
 * @param looks called behind either
 */
export async function runTogether(test: SelfTest, { turn = 0, begin, looks, onward }: {
  turn?: number; begin: () => void; looks?: (isLate: boolean) => Promise<void>; onward?: Onward | undefined;
}): Promise<Ran> {
  const { engine, contents: { trained, snapshot } } = test;
  const run = async (submits: readonly TestSubmit[], left: readonly ReadRange[], isLate: boolean): Promise<{ bytes: Bytes; hash: string }> => {
    if (submits.length === 0) return { bytes: new Uint8Array(0), hash: '' };
    begin();
    const bytes = await resultsOf(test, submits, onward);
    await looks?.(isLate);
    return { bytes, hash: await hashOf(engine, left) };
  };
  const late = await run(test.trainedLate(turn), trained, true), all = await run(test.submits(turn), [...trained, ...snapshot], false);
  return { late: late.bytes, results: all.bytes, digest: [await sha256(late.bytes), late.hash, await sha256(all.bytes), all.hash].join(' ') };
}

/**
 * Runs the steps again, as they were run when they were looked at. Weights, state and what was kept of them are read, and
 * written back: once per epoch some megabytes.
 */
export const replay = (test: SelfTest, { turn = 0, onward }: { turn?: number; onward?: Onward | undefined } = {}): Promise<string> =>
  aside(test, async () => (await runTogether(test, { turn, begin: () => writeContents(test, turn), onward })).digest);
