/** How long training will take, and how long its steps took. Pure. */
import type { Progress } from '../train/events.ts';
import type { Started } from './session.ts';
import { formatCount, formatDuration } from './table.ts';

/**
 * Measured submits and milliseconds needed for a forecast. The very first submit does not count: drivers finish
 * compiling in it. On a GPU the next ones, of a few steps, are mostly waiting, so that time is asked for as well.
 */
const SUBMITS_NEEDED = 3, MILLISECONDS_NEEDED = 100;

/** Milliseconds: `131 ms`, `4.21 ms`, `0.342 ms`. */
export const formatMilliseconds = (value: number): string => `${value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)} ms`;

/** The measured steps of one run: one entry for each submit but the first. */
export class StepTimes {
  readonly #submits: { steps: number; milliseconds: number }[] = [];
  #isWarm = false;

  add({ stepsPerSubmit, stepMilliseconds }: Progress): void {
    if (this.#isWarm) this.#submits.push({ steps: stepsPerSubmit, milliseconds: stepMilliseconds });
    this.#isWarm = true;
  }

  /** True once a forecast is worth saying. */
  get isKnown(): boolean {
    const measured = this.#submits.reduce((sum, { steps, milliseconds }) => sum + steps * milliseconds, 0);
    return this.#submits.length >= SUBMITS_NEEDED && measured >= MILLISECONDS_NEEDED;
  }

  get steps(): number {
    return this.#submits.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** Milliseconds per step that a share of the steps stayed within; 0.5 is the median. NaN without a measurement. */
  within(share: number): number {
    const ordered = this.#submits.toSorted((a, b) => a.milliseconds - b.milliseconds);
    let left = share * this.steps;
    for (const { steps, milliseconds } of ordered) {
      left -= steps;
      if (left <= 0) return milliseconds;
    }
    return NaN;
  }
}

/**
 * `about 1 min 5 s per epoch on this adapter, 5 min 25 s in all`.
 * A forward pass is taken as a third of a training step: evaluation has no gradients of inputs and weights.
 */
export function forecast(times: StepTimes, { stepsPerEpoch, samples, step }: Started, epochs: number, batchSize: number): string {
  const stepSeconds = times.within(0.5) / 1000;
  const evaluated = Math.ceil(samples.test / batchSize) + Math.ceil(samples.validation / batchSize);
  const evaluation = (evaluated * stepSeconds) / 3;
  const left = epochs - step / stepsPerEpoch;
  const perEpoch = stepsPerEpoch * stepSeconds + evaluation;
  const whole = step > 0 ? 'for the rest' : 'in all';
  return `about ${formatDuration(perEpoch)} per epoch on this adapter, ${formatDuration(left * perEpoch)} ${whole}`;
}

/** `step time 131 ms (median of 2 340 steps; middle 80 %: 118 ms to 160 ms) at batch 128` */
export function stepTimeLine(times: StepTimes, batchSize: number): string {
  if (times.steps === 0) return `step time not measured: there were too few submits`;
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => formatMilliseconds(times.within(share)));
  return `step time ${middle} (median of ${formatCount(times.steps)} steps; middle 80 %: ${low} to ${high}) at batch ${batchSize}`;
}
