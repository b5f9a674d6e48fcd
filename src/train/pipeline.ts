/** Keeps submits in flight, measures them, and hands their results on in order. */

import { IN_FLIGHT, type Pending } from '../scheduler/buffers.ts';
import type { Pace } from '../scheduler/pace.ts';

export interface Batch {
  /** First batch of the submit, and how many. */
  readonly first: number;
  readonly steps: number;
}

export interface PipelineOptions {
  /** Next batch, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly pace: Pace;
  /** A fixed number of steps per submit, in place of the pace's. */
  readonly stepsPerSubmit?: number | undefined;
  submit(batch: Batch): Pending;
  /**
   * Takes a result, with the milliseconds of the work and of the call of `submit`; false ends the run: what is still in
   * flight is waited for and dropped.
   */
  take(result: ArrayBuffer, batch: Batch, milliseconds: number, encodeMilliseconds: number): boolean;
  /** Asked before each submit: true to submit no more. */
  stopped(): boolean;
}

interface Flight {
  readonly batch: Batch;
  readonly pending: Pending;
  readonly submitted: number;
  readonly encodeMilliseconds: number;
}

/** Runs batches `from` to `to`; resolves when nothing is in flight any more. */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { pace, to } = options;
  const flights: Flight[] = [];
  let next = options.from;
  let running = true;
  let lastDone = 0;
  while (true) {
    while (running && flights.length < IN_FLIGHT && next < to && !options.stopped()) {
      const steps = Math.min(options.stepsPerSubmit ?? pace.steps, to - next, pace.capacity);
      const batch = { first: next, steps };
      // Looked at before the call: where submitting waits for the adapter (Deno), its time is the work's time.
      const submitted = performance.now(), pending = options.submit(batch);
      flights.push({ batch, pending, submitted, encodeMilliseconds: performance.now() - submitted });
      next += steps;
    }
    const flight = flights.shift();
    if (flight === undefined) return;
    const { batch, pending, submitted, encodeMilliseconds } = flight;
    const began = Math.max(lastDone, submitted);
    const result = await pending.collect();
    lastDone = performance.now();
    const milliseconds = lastDone - began;
    pace.measured(batch.steps, milliseconds);
    if (running) running = options.take(result, batch, milliseconds, encodeMilliseconds);
  }
}
