/** What the test page offers to the test. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly error?: string;
}

export interface ChromeHost {
  names(): string[];
  /** Opens the device; gives the adapter's name, its features, and the device's. */
  open(): Promise<{ name: string; offered: readonly string[]; features: readonly string[] }>;
  run(name: string): Promise<CaseResult>;
  close(): Promise<void>;
}
