/** The form of a case: something to prove on a GPU, in any host. */
import type { Device } from '../../src/device/index.ts';

/** Runs in Node and in the browser alike, so it imports no Node module and no test framework. */
export interface Case {
  /** Unique; both hosts report it. */
  readonly name: string;
  /** Throws when the device's answer is wrong. `log` lines are shown with the result. */
  run(device: Device, log: (line: string) => void): Promise<void>;
}
