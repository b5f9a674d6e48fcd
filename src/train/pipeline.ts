/** Keeps submits in flight, measures them, and hands their results on in order. */

import { now } from '../host.ts';
import { IN_FLIGHT, type Pending } from '../scheduler/executor.ts';
import type { Pace } from '../scheduler/pace.ts';

/** Some of an epoch's training steps, or of a data set's batches: the first, and how many. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

export interface PipelineOptions<Result> {
  /** The first step or batch, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly pace: Pace;
  /** A fixed number of them per submit, in place of the pace's. */
  readonly stepsPerSubmit?: number | undefined;
  /** None where it could not be: what is in flight is then waited for and taken. */
  submit(span: Span): Pending<Result> | undefined;
  /**
   * Takes a result, with the milliseconds of the work and of the call of `submit`; false ends the run: what is still in
   * flight is waited for and dropped.
   */
  take(result: Result, span: Span, milliseconds: number, encodeMilliseconds: number): boolean;
  /** Asked before each submit: true to submit no more. */
  stopped(): boolean;
}

interface Flight<Result> {
  readonly span: Span;
  readonly pending: Pending<Result>;
  readonly submitted: number;
  readonly encodeMilliseconds: number;
}

/** Runs `from` to `to`; resolves when nothing is in flight any more. */
export async function runPipeline<Result>(options: PipelineOptions<Result>): Promise<void> {
  const { pace, to } = options;
  const flights: Flight<Result>[] = [];
  let next = options.from;
  let running = true;
  let lastDone = 0;
  while (true) {
    while (running && flights.length < IN_FLIGHT && next < to && !options.stopped()) {
      const span = { first: next, count: Math.min(options.stepsPerSubmit ?? pace.steps, to - next, pace.capacity) };
      // Looked at before the call: where submitting waits for the adapter (Deno), its time is the work's time.
      const submitted = now(), pending = options.submit(span);
      if (pending === undefined) {
        next = to;
        break;
      }
      flights.push({ span, pending, submitted, encodeMilliseconds: now() - submitted });
      next += span.count;
    }
    const flight = flights.shift();
    if (flight === undefined) return;
    const { span, pending, submitted, encodeMilliseconds } = flight;
    const began = Math.max(lastDone, submitted);
    const result = await pending.collect();
    lastDone = now();
    const milliseconds = lastDone - began;
    pace.measured(span.count, milliseconds);
    if (running) running = options.take(result, span, milliseconds, encodeMilliseconds);
  }
}
