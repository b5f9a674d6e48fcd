/**
 * Looks now and then at what the GPU counts, and waits for nothing: a loop that never asks for `flags` would train for hours
 * without moving. Each look is one small submit of our own, between the caller's.
 */

import type { Program, ReadyPlan } from '../webgpu/program.ts';
import { SKIP_BYTES } from './plan.ts';

/** Encodes from one look to the next. */
const EVERY = 64;

/** A count of updates by parity, and the mark of those that came out of turn. */
export const LOOK_BYTES = SKIP_BYTES + 4;

/** Updates that were done, by what lies in `skips`: of two counts, for even and odd ones, the later is the larger. */
export const doneOf = (counts: Uint32Array): number => Math.max(counts[2]!, counts[3]!);

export class Watch {
  readonly #program: Program;
  readonly #nothing: ReadyPlan;
  readonly #mark: number;
  #turn = 0;
  #encoded = 0;
  #isLooking = false;
  #refusedAt: number | undefined;

  /** @param mark bytes into `flags` */
  constructor(program: Program, { plan }: ReadyPlan, mark: number) {
    this.#program = program;
    this.#nothing = { plan, dispatches: [] };
    this.#mark = mark;
  }

  /** Updates done when one was refused, once that is known. */
  get refusedAt(): number | undefined {
    return this.#refusedAt;
  }

  /** What was seen belongs to a training that is over. */
  forget(): void {
    this.#turn++;
    this.#refusedAt = undefined;
  }

  /** Before update `step` is encoded. While an answer is awaited nothing else is asked. */
  look(step: number): void {
    if (this.#encoded++ < EVERY || this.#isLooking) return;
    this.#encoded = 1;
    this.#isLooking = true;
    void this.#ask(step, this.#turn);
  }

  async #ask(step: number, turn: number): Promise<void> {
    try {
      const counts = [{ buffer: 'skips', offset: 0, bytes: SKIP_BYTES }], mark = [{ buffer: 'flags', offset: this.#mark, bytes: 4 }];
      const seen = await this.#program.submit({ plan: this.#nothing, steps: 0, rows: new Uint8Array(0), read: { counts, mark } }).collect();
      if (turn !== this.#turn) return;
      const done = doneOf(new Uint32Array(seen.counts[0]!)), isAstray = new Uint32Array(seen.mark[0]!)[0] === 0;
      // Update `step` takes the row of one that was not submitted by then.
      if (isAstray || step - done >= this.#program.capacity) this.#refusedAt = done;
    } catch {
      // Lost or destroyed: the next call says so.
    } finally {
      this.#isLooking = false;
    }
  }
}
