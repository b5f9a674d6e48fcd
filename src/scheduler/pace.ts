/**
 * How many steps go into one submit: enough to keep the GPU busy, few enough that a page stays alive and no driver
 * watchdog fires. Starts at one step and follows the measured time per step.
 */
export class Pace {
  #steps = 1;
  #milliseconds = 0;

  /**
   * @param target milliseconds of GPU time per submit
   * @param capacity largest number of steps
   */
  constructor(readonly target: number, readonly capacity: number) {}

  get steps(): number {
    return this.#steps;
  }

  /** Measured milliseconds per step, 0 before the first measurement. */
  get stepMilliseconds(): number {
    return this.#milliseconds;
  }

  /** Tells how long a submit of `steps` steps took. Grows at most twofold at a time, shrinks at once. */
  measured(steps: number, milliseconds: number): void {
    const perStep = milliseconds / steps;
    // One slow submit (a busy machine) shall shorten the next; one fast one only counts in part.
    this.#milliseconds = perStep > this.#milliseconds ? perStep : 0.5 * (perStep + this.#milliseconds);
    const wanted = Math.floor(this.target / Math.max(this.#milliseconds, 1e-3));
    this.#steps = Math.max(1, Math.min(wanted, 2 * this.#steps, this.capacity));
  }
}
