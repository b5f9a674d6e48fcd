/** A plan on the device, over and over. */

import type { Device } from '../device/index.ts';
import type { Executor, LoadedPlan, ReadRange } from '../scheduler/executor.ts';
import { Pace } from '../scheduler/pace.ts';
import { defaultSubmitMilliseconds } from '../train/fit.ts';
import { runPipeline } from '../train/pipeline.ts';
import type { Work } from './alternate.ts';

/** Dispatches in one submit at most. */
export const MOST_DISPATCHES = 4096;

export interface RepeatOptions {
  readonly program: Executor;
  readonly plan: LoadedPlan;
  /** The one entry of the row table. */
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly read: ReadRange;
  readonly device: Device;
  readonly signal: AbortSignal;
  /** So many times the plan in every submit; default as many as last as long as a submit of `fit`. */
  readonly perSubmit?: number;
}

/** The same plan n times in one pass. */
const times = (plan: LoadedPlan, n: number): LoadedPlan =>
  ({ ...plan, dispatches: Array.from({ length: n }, () => plan.dispatches).flat() });

/** Two submits in flight, as in `fit`; each is ended by a readback. One thing done is the plan run once. */
export function repeat({ program, plan, rows, read, device, signal, perSubmit }: RepeatOptions): Work {
  const most = Math.max(1, Math.floor(MOST_DISPATCHES / plan.dispatches.length));
  const pace = new Pace(defaultSubmitMilliseconds(device.adapter.state), most);
  return {
    async run(count) {
      const to = count * (perSubmit ?? 1);
      await runPipeline({
        from: 0, to, pace,
        ...(perSubmit !== undefined && { stepsPerSubmit: perSubmit }),
        submit: ({ count: n }) => program.submit({ plan: times(plan, n), steps: 1, rows, read: { last: [read] } }),
        take: () => true,
        stopped: () => signal.aborted,
      });
      signal.throwIfAborted();
      return to;
    },
  };
}
