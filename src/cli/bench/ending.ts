/** What a page or runtime that measures says to the process that asked: plain data. This is the side that hears it. */
import type { BenchReport } from '../../bench/types.ts';
import { GradshaderError } from '../../errors.ts';
import type { BenchEvents } from './host.ts';

/** An error as it crosses. `code` is there for the library's own errors. */
export interface Failure {
  readonly code?: string;
  readonly message: string;
}

/** How a run ended. */
export type Ending = { readonly report: BenchReport } | { readonly failure: Failure };

/** Hands on the event of that name. */
export function hear(events: BenchEvents, name: string, value: unknown): void {
  const named = events as unknown as Readonly<Record<string, ((value: unknown) => void) | undefined>>;
  named[name]?.(value);
}

/** @throws the failure as an error of its own kind */
export function reportOf(ending: Ending): BenchReport {
  if ('report' in ending) return ending.report;
  const { code, message } = ending.failure;
  throw code === undefined ? new Error(message) : new GradshaderError(code, message);
}
