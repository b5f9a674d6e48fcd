/**
 * What runs plans: buffers by name, plans made ready, steps submitted, results read by name. WebGPU is one; whatever else
 * implements this trains the same networks.
 *
 * Everything is made when it is added or loaded. Work is done in the order in which it was asked for.
 */

import type { BufferSpec, Limits, MemoryReport } from './buffers.ts';
import type { Plan } from './plan.ts';

export type Bytes = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A range of a buffer. Bytes, multiples of 4. */
export interface ReadRange {
  readonly buffer: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A range of one buffer that goes into another one: to the same offset, or to `target`. */
export interface CopyRange {
  readonly from: string;
  readonly to: string;
  readonly offset: number;
  readonly target?: number;
  readonly bytes: number;
}

/**
 * A plan that is ready to run on the executor that loaded it. What it made of the dispatches is its own; they may be
 * left out or repeated.
 */
export interface LoadedPlan<Ready = unknown> {
  readonly plan: Plan;
  readonly dispatches: readonly Ready[];
}

/** Any number of ranges under each name. */
export type Reads<Name extends string = string> = Readonly<Record<Name, readonly ReadRange[]>>;

/** What was read, by the names it was asked for: one buffer per range, in their order. */
export type Results<Name extends string = string> = Readonly<Record<Name, readonly ArrayBuffer[]>>;

export interface Submit<Ready = unknown, Name extends string = string> {
  /** Run once, within the first step: behind that many of its dispatches. */
  readonly once?: { readonly plan: LoadedPlan<Ready>; readonly behind: number };
  readonly plan: LoadedPlan<Ready>;
  /** Times that the plan is run, each with a row of its own. */
  readonly steps: number;
  /** Row table: `steps` entries, each `rowStride` bytes. Used up when `submit` returns. */
  readonly rows: Uint8Array<ArrayBuffer>;
  /** Where in the table they go. Default 0, 1, ... */
  readonly slots?: readonly number[];
  /** What is to be read after the last step. */
  readonly read: Reads<Name>;
  /**
   * What the steps write in whole. Filled with POISON before the first of them, by copies on the device: where it is left in
   * what was read, `collect` throws.
   */
  readonly fresh?: readonly ReadRange[];
}

/** A step of the plan with what is run once in it. All its dispatches read the step's rows. */
export const withinStep = <Ready>({ plan, dispatches }: LoadedPlan<Ready>, once: NonNullable<Submit<Ready>['once']>): LoadedPlan<Ready> =>
  ({ plan, dispatches: [...dispatches.slice(0, once.behind), ...once.plan.dispatches, ...dispatches.slice(once.behind)] });

/** A result on its way. */
export interface Pending<Result> {
  /** Waits for it. Called once. @throws GradshaderError 'unwritten' where the device never wrote what was read */
  collect(): Promise<Result>;
}

export interface ExecutorOptions {
  /** Whose it is, for messages: 'trainer'. */
  readonly owner: string;
  readonly buffers: readonly BufferSpec[];
  /** Bytes of one step's rows, all replicas. */
  readonly rowBytes: number;
  /** Rows the table holds: the largest number of steps per submit. */
  readonly capacity: number;
  /** Largest number of bytes one submit reads. */
  readonly readBytes: number;
}

/** Submits whose results may be waited for at the same time. */
export const IN_FLIGHT = 2;

export interface Executor {
  readonly limits: Limits;
  /** Bytes from one step's rows to the next. */
  readonly rowStride: number;
  /** Rows the table holds. */
  readonly capacity: number;
  /** Makes more buffers, or none if one of them fails. @throws OutOfMemoryError */
  addBuffers(specs: readonly BufferSpec[]): Promise<void>;
  removeBuffers(names: readonly string[]): void;
  has(buffer: string): boolean;
  /** Exact bytes of the live buffers, by category. */
  memory(): MemoryReport;
  /** Makes the plan's buffers, where they are missing, and what its dispatches need. */
  load(plan: Plan): Promise<LoadedPlan>;
  /** Runs `steps` steps. The caller collects results in order, with at most IN_FLIGHT submits uncollected. */
  submit<Name extends string>(submit: Submit<unknown, Name>): Pending<Results<Name>>;
  /** Writes into a buffer, `offset` bytes from its beginning. */
  write(buffer: string, data: Bytes, offset?: number): void;
  copy(ranges: readonly CopyRange[]): void;
  /** Reads one range now. For results between runs, not for the step loop. */
  read(range: ReadRange): Promise<ArrayBuffer>;
  /** Reads several, as many at once as is reasonable. */
  readAll(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]>;
  /** @throws GradshaderError 'destroyed', naming the owner */
  check(): void;
  /** Frees all buffers. Twice is fine. */
  destroy(): void;
}

/** Where executors are made, a device say, and what one may hold there. */
export interface ExecutorFactory {
  readonly limits: Limits;
  /** @throws OutOfMemoryError; nothing stays */
  create(options: ExecutorOptions): Promise<Executor>;
}
