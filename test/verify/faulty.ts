/** A device that computes in float64, stores f32, and makes one mistake. */
import { InputError } from '../../src/errors.ts';
import { Float64Executor, type ReadyTwin } from '../../src/float64/executor.ts';
import type { Storage } from '../../src/float64/storage.ts';
import type { ExecutorFactory, LoadedPlan, Pending, Results, Submit } from '../../src/scheduler/executor.ts';
import { Engine } from '../../src/train/engine.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';

/** What becomes of a dispatch. */
export type Fault = (run: () => void, written: readonly Storage[]) => void;

/** Which dispatches it befalls. */
export interface Faulty {
  readonly fault: Fault;
  readonly hits: (dispatch: ReadyTwin['dispatch'], submitted: number) => boolean;
}

/** A device does not look at what it is given: a twin that refuses it leaves everything as it was. */
function onDevice(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}

export class FaultyExecutor extends Float64Executor {
  faulty: Faulty | undefined;
  override precision = 'float32' as const;

  override submit<Name extends string>(submit: Submit<ReadyTwin, Name>): Pending<Results<Name>> {
    const change = (loaded: LoadedPlan<ReadyTwin>): LoadedPlan<ReadyTwin> => ({
      plan: loaded.plan,
      dispatches: loaded.dispatches.map((ready) => {
        const { faulty } = this;
        if (faulty === undefined) return ready;
        const run = faulty.hits(ready.dispatch, loaded.dispatches.length)
          ? (rows: Parameters<typeof ready.run>[0]) => faulty.fault(() => ready.run(rows), ready.written) : ready.run;
        return { ...ready, run: (rows) => onDevice(() => run(rows)) };
      }),
    });
    return super.submit({ ...submit, plan: change(submit.plan), ...(submit.once && { once: { ...submit.once, plan: change(submit.once.plan) } }) });
  }
}

export async function faultyEngine(config: TrainerConfig): Promise<{ engine: Engine; executor: FaultyExecutor }> {
  let executor: FaultyExecutor | undefined;
  const factory: ExecutorFactory = {
    limits: new Float64Executor({ owner: 'test', buffers: [], rowBytes: 0, capacity: 0, readBytes: 0 }).limits,
    create: async (options) => (executor = new FaultyExecutor(options)),
  };
  const engine = await Engine.create(factory, prepare(config, 'software'));
  return { engine, executor: executor! };
}

/** Rounds to 11 bits of significand. */
const half = (x: number): number => {
  const size = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  return x === 0 || !Number.isFinite(x) ? x : Math.round(x / size) * size;
};

/** What is done to some of the floats that a run changed, in the buffer where it changed most: no zeros, nor numbers of few digits. */
const onChanged = (those: (found: readonly number[], floats: Float64Array) => readonly number[], to: (x: number) => number): Fault => (run, written) => {
  const before = written.map(({ floats }) => floats.slice());
  run();
  const found = written.map(({ floats }, w) => Array.from(floats.keys()).filter((i) => floats[i] !== before[w]![i] && Number.isFinite(floats[i]!) && half(floats[i]!) !== floats[i]));
  const most = found.reduce((best, own, w) => (own.length > found[best]!.length ? w : best), 0), { floats } = written[most]!;
  for (const i of those(found[most]!, floats)) floats[i] = to(floats[i]!);
};

/** The one that f16 changes most. */
const coarsest = (found: readonly number[], floats: Float64Array): readonly number[] => {
  const change = (i: number): number => Math.abs(half(floats[i]!) / floats[i]! - 1);
  return found.length === 0 ? [] : [found.reduce((a, b) => (change(b) > change(a) ? b : a))];
};

const middle = (found: readonly number[]): readonly number[] => found.slice(Math.floor(found.length / 2), Math.floor(found.length / 2) + 4);

export const FAULTS: Readonly<Record<string, Fault>> = {
  dropped: () => {},
  'four results zeroed': onChanged(middle, () => 0),
  'all results zeroed': onChanged((found) => found, () => 0),
  'one result in f16': onChanged(coarsest, half),
  'all results in f16': onChanged((found) => found, half),
};
