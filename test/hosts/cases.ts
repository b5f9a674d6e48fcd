/** The form of a case: something to prove on a GPU, in any host. */
import type { Device } from '../../src/device/index.ts';

/** Runs in Node and in the browser alike, so it imports no Node module and no test framework. */
export interface Case {
  /** Unique; both hosts report it. */
  readonly name: string;
  /** Device features without which it cannot run; each host runs it on the devices that have them. Default none. */
  readonly features?: readonly string[];
  /** Throws when the device's answer is wrong. `log` lines are shown with the result. */
  run(device: Device, log: (line: string) => void): Promise<void>;
}

/** The cases that a device with these features runs. */
export const casesWith = <One extends Case>(cases: readonly One[], features: ReadonlySet<string>): One[] =>
  cases.filter((one) => (one.features ?? []).every((feature) => features.has(feature)));
