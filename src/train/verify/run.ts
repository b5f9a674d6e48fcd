/** The steps of a self-test, run as a training runs them, and what they must come to. */

import { sha256 } from '../../digest.ts';
import { GradshaderError } from '../../errors.ts';
import type { Weights } from '../../compile/graphs.ts';
import type { LoadedPlan, ReadRange } from '../../scheduler/executor.ts';
import type { Engine } from '../engine.ts';
import type { Resident } from '../residents.ts';
import { contentsOf, type Contents, type Write } from './contents.ts';
import { testRows, type TestRows } from './rows.ts';

/** One step of a plan. */
export interface Step {
  readonly loaded: LoadedPlan;
  readonly rows: Uint8Array<ArrayBuffer>;
  /** Samples whose losses it leaves, in the first slot. */
  readonly count?: number;
}

export interface SelfTest {
  readonly engine: Engine;
  /** Data sets with plans of their own; the first is trained on. */
  readonly residents: readonly Resident[];
  readonly contents: Contents;
  readonly rows: TestRows;
  /** Everything that is run after the training steps. */
  readonly after: readonly Step[];
}

const WEIGHTS = ['current', 'average'] as const satisfies readonly Weights[];

export function selfTestOf(engine: Engine, residents: readonly Resident[]): SelfTest {
  const { build, program, settings, readings } = engine, contents = contentsOf(build, residents);
  const rows = testRows(build, settings, residents[0]!.orders ?? [], contents.counts, program.rowStride);
  const evaluated = residents.flatMap((resident, i) => WEIGHTS.flatMap((weights): Step[] =>
    (resident[weights] === undefined ? [] : [{ loaded: resident[weights], rows: rows.evaluate[i]!, count: contents.counts[i]! }])));
  return { engine, residents, contents, rows, after: [...readings.plans.map((loaded): Step => ({ loaded, rows: rows.train.at(-1)! })), ...evaluated] };
}

/** The first training step as it is submitted: with what is kept in it. */
function firstOf({ engine, residents }: SelfTest): LoadedPlan {
  const train = residents[0]!.train!, { plan: { plan, dispatches }, behind } = engine.onceIn(residents[0]!);
  const within = <T>(all: readonly T[], more: readonly T[]): T[] => [...all.slice(0, behind), ...more, ...all.slice(behind)];
  return { plan: { ...train.plan, dispatches: within(train.plan.dispatches, plan.dispatches) }, dispatches: within(train.dispatches, dispatches) };
}

/** Everything, in its order. */
export function stepsOf(test: SelfTest): Step[] {
  const { residents, rows: { train }, after } = test;
  return [...train.map((rows, i): Step => ({ loaded: i === 0 ? firstOf(test) : residents[0]!.train!, rows })), ...after];
}

export const writeAll = ({ program }: Engine, writes: readonly Write[]): void =>
  writes.forEach(({ buffer, offset, data }) => program.write(buffer, data, offset));

/** Losses of so many samples in a slot, by replica. */
const losses = ({ engine: { build: { replicas, capacity, batchSize } } }: SelfTest, slot: number, count: number): ReadRange[] =>
  Array.from({ length: replicas }, (_, replica) => ({ buffer: 'samples', offset: 4 * batchSize * (replica * capacity + slot), bytes: 4 * count }));

/**
 * Runs all of it, training steps in as few submits as may be. SHA-256 of the losses and of the sums over the weights: what any
 * kernel of a step makes goes into the next step's, or into them.
 */
export const runTogether = (test: SelfTest): Promise<string> => written(() => digestOf(test));

/** A result that was never written is none. */
async function written(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GradshaderError && error.code === 'unwritten') return error.code;
    throw error;
  }
}

async function digestOf(test: SelfTest): Promise<string> {
  const { engine, residents, rows, after } = test, { program, build } = engine, all: Uint8Array[] = [];
  const take = async (submit: Omit<Parameters<typeof program.submit>[0], 'read' | 'fresh'>, ranges: readonly ReadRange[]): Promise<void> => {
    const { read } = await program.submit({ ...submit, read: { read: ranges }, fresh: ranges }).collect() as { read: readonly ArrayBuffer[] };
    all.push(...read.map((one) => new Uint8Array(one)));
  };
  for (let first = 0; first < rows.train.length; first += build.capacity) {
    const those = rows.train.slice(first, first + build.capacity), table = new Uint8Array(those.length * program.rowStride);
    those.forEach((row, i) => table.set(row, i * program.rowStride));
    await take(
      { ...(first === 0 && { once: engine.onceIn(residents[0]!) }), plan: residents[0]!.train!, steps: those.length, rows: table },
      those.flatMap((_, slot) => losses(test, slot, rows.counts[first + slot]!)));
  }
  for (const { loaded, rows: row, count } of after) {
    const [sums] = loaded.plan.dispatches, isSums = sums?.kernel === 'parameter-sums';
    const ranges = count !== undefined ? losses(test, 0, count) : isSums ? [{ buffer: 'sums', offset: 0, bytes: 16 * build.replicas * build.network.chunks }] : [];
    // Whatever else is run must leave the losses as they were.
    await take({ plan: loaded, steps: 1, rows: row }, ranges);
  }
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  all.reduce((at, one) => (bytes.set(one, at), at + one.length), 0);
  return sha256(bytes);
}

/**
 * What the trainer has in these is put aside; an epoch's order is written anew before it begins. Samples too are read from the
 * device: the arrays they came from are the caller's, who may have changed them since.
 */
const KEPT = /^(parameters|state|flags|skips|snapshot\.(parameters|state)|data\.\d+\.(inputs|labels))$/;

/** Runs `work`; the trainer is afterwards as it was. */
export async function aside<T>({ engine: { program }, contents }: SelfTest, work: () => Promise<T>): Promise<T> {
  const kept = await Promise.all(contents.buffers.filter(({ name, bytes }) => KEPT.test(name) && bytes > 0)
    .map(async ({ name, bytes }) => ({ name, bytes: new Uint8Array(await program.read({ buffer: name, offset: 0, bytes })) })));
  try {
    return await work();
  } finally {
    for (const { name, bytes } of kept) program.write(name, bytes);
  }
}

/** Sums over what the steps kept, read as weights. */
export const keptSums = (test: SelfTest): Promise<string> => written(() => sumsOfKept(test));

async function sumsOfKept({ engine: { program, build, readings }, contents, rows }: SelfTest): Promise<string> {
  const size = (name: string): number => contents.buffers.find((spec) => spec.name === name)?.bytes ?? 0, all: string[] = [];
  for (const from of ['snapshot.parameters', 'snapshot.state']) {
    for (let offset = 0; offset < size(from); offset += size('parameters')) {
      program.copy([{ from, to: 'parameters', offset, target: 0, bytes: size('parameters') }]);
      const sums = [{ buffer: 'sums', offset: 0, bytes: 16 * build.replicas * build.network.chunks }];
      const { read } = await program.submit({ plan: readings.plans[0]!, steps: 1, rows: rows.train.at(-1)!, read: { read: sums }, fresh: sums }).collect();
      all.push(await sha256(new Uint8Array(read[0]!)));
    }
  }
  return all.join();
}

/**
 * Runs the steps again, as they were run when they were looked at. Weights, state and what was kept of them are read, and
 * written back: once per epoch some megabytes.
 */
export const replay = (test: SelfTest): Promise<string> => aside(test, async () => {
  writeAll(test.engine, test.contents.writes);
  return `${await runTogether(test)} ${await keptSums(test)}`;
});
