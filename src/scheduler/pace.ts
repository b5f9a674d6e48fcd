/**
 * How many steps go into one submit: enough to keep the GPU busy, few enough that a page stays alive and no driver
 * watchdog fires. Starts at one step and follows the measured time per step.
 */
export class Pace {
  #steps = 1;
  #milliseconds = 0;
  /** The submit before this one; none while that was the first. */
  #last = { steps: 0, milliseconds: 0 };
  #isWarm = false;

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
    // Over two submits, as many as are in flight: where waits end on a timer, the second of a pair seems to take no
    // time and the first all of it.
    const perStep = (this.#last.milliseconds + milliseconds) / (this.#last.steps + steps);
    if (this.#isWarm) this.#last = { steps, milliseconds };
    this.#isWarm = true;
    // One slow submit (a busy machine) shall shorten the next; one fast one only counts in part.
    this.#milliseconds = perStep > this.#milliseconds ? perStep : 0.5 * (perStep + this.#milliseconds);
    // Rounded to the nearest: rounding down would keep a single step for ever where waits end as late as the target.
    const wanted = Math.round(this.target / Math.max(this.#milliseconds, 1e-3));
    this.#steps = Math.max(1, Math.min(wanted, 2 * this.#steps, this.capacity));
  }
}
