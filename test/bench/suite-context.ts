/** A suite's surroundings, with all that it says kept; and a network small enough for tests. */
import type { Subject } from '../../src/bench/subject.ts';
import { DEFAULT_OPTIONS } from '../../src/bench/options.ts';
import type { SuiteContext, SuiteOptions } from '../../src/bench/suite.ts';
import type { Omission, Result } from '../../src/bench/types.ts';
import type { Device } from '../../src/device/index.ts';

export const smallSubject = (images: number): Subject => ({ sizes: [24, 20, 12, 5], dropout: [0.2, 0.5, 0.5], images });

export interface Recorded extends SuiteContext {
  readonly results: Result[];
  readonly omissions: Omission[];
  readonly said: string[];
  readonly stop: AbortController;
}

/** Samples of a hundredth of a second, three of each; `ceilings` are what was measured before. */
export function recorded(device: Device, options: Partial<SuiteOptions> = {}, ceilings: readonly Result[] = []): Recorded {
  const results: Result[] = [], omissions: Omission[] = [], said: string[] = [], stop = new AbortController();
  return {
    device, options: { ...DEFAULT_OPTIONS, seconds: 0.01, repetitions: 3, ...options }, signal: stop.signal, stop, results, omissions, said,
    emit: (result) => void results.push(result), omit: (omission) => void omissions.push(omission), progress: (text) => void said.push(text),
    ceilings: () => ceilings,
  };
}

/** Stops `context` a moment after its first word: in the middle of a measurement. */
export function stopInTheMiddle(context: Recorded, reason: Error): Recorded {
  const progress = (text: string): void => {
    context.progress(text);
    setTimeout(() => context.stop.abort(reason), 300);
  };
  return { ...context, progress };
}
