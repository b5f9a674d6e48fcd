/** What the test page offers to the test. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly error?: string;
}

export interface ChromeHost {
  names(): string[];
  /** Opens the device; gives the adapter's name. */
  open(): Promise<string>;
  run(name: string): Promise<CaseResult>;
  close(): Promise<void>;
}
