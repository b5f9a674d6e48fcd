/** What a self-test reports. Plain data: it can be sent. */

/** A number that is not what it must be. */
export interface WrongNumber {
  /** The plan's name, and which of the test's steps. */
  readonly plan: string;
  readonly step: number;
  /** The kernel that made it, and what it computes there: 'layers.1 forward'. */
  readonly kernel: string;
  readonly label: string;
  /** Where it lies: 'layers.0.weight', 'activations.2'; its replica where that is known, and its element there. */
  readonly where: string;
  readonly replica?: number;
  readonly element: number;
  readonly wanted: number;
  readonly got: number;
  /** Largest difference that rounding explains. */
  readonly allowed: number;
  /** Wrong numbers of that buffer in all. */
  readonly count: number;
}

export interface VerifiedKernel {
  readonly kernel: string;
  readonly dispatches: number;
  /** Largest error in parts of its bound: wrong above 1. */
  readonly worst: number;
  readonly milliseconds: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** For people: the network. */
  readonly about: string;
  readonly adapter: string;
  /** Of the library. */
  readonly version: string;
  readonly features: readonly string[];
  readonly kernels: readonly VerifiedKernel[];
  readonly wrong: readonly WrongNumber[];
  readonly milliseconds: number;
}
