import { describe, expect, it } from 'vitest';
import { forecast, formatMilliseconds, StepTimes, stepTimeLine } from '../../src/cli/timing.ts';
import type { Progress } from '../../src/train/events.ts';

const submit = (stepsPerSubmit: number, stepMilliseconds: number): Progress => ({
  epoch: 1, epochs: 5, stepInEpoch: 1, stepsPerEpoch: 469, step: 1, loss: 1, accuracy: 0.5, imagesPerSecond: 1, encodeMilliseconds: 1, secondsLeft: 1,
  stepsPerSubmit, stepMilliseconds,
});

function timesOf(...submits: [steps: number, milliseconds: number][]): StepTimes {
  const times = new StepTimes();
  for (const [steps, milliseconds] of [[1, 9999] as const, ...submits]) times.add(submit(steps, milliseconds));
  return times;
}

const started = { summary: '', step: 0, epoch: 0, stepsPerEpoch: 469, samples: { train: 60000, validation: 0, test: 10000 }, notes: [] };

describe('StepTimes', () => {
  it('leaves the first submit out and counts steps, not submits', () => {
    const times = timesOf([1, 500], [8, 100], [1, 10]);
    expect(times.steps).toBe(10);
    expect([0.1, 0.5, 0.9, 1].map((share) => times.within(share))).toEqual([10, 100, 100, 500]);
  });

  it('is known after three measured submits and a tenth of a second', () => {
    expect(timesOf([1, 100], [2, 100]).isKnown).toBe(false);
    expect(timesOf([1, 2], [2, 1], [4, 1]).isKnown).toBe(false);
    expect(timesOf([1, 2], [2, 1], [4, 24]).isKnown).toBe(true);
  });
});

describe('forecast', () => {
  // 469 steps of 120 ms are 56.28 s; 79 batches of tests at a third of that 3.16 s: 59.44 s.
  it('adds the evaluation to the steps', () => {
    expect(forecast(timesOf([4, 120]), started, 5, 128)).toBe('about 59 s per epoch on this adapter, 4 min 57 s in all');
  });

  it('counts only what is left of a resumed run', () => {
    const half = { ...started, step: 469 * 3, epoch: 3 };
    expect(forecast(timesOf([4, 120]), half, 5, 128)).toBe('about 59 s per epoch on this adapter, 1 min 59 s for the rest');
  });
});

describe('step times in words', () => {
  it.each([[131.4, '131 ms'], [99.96, '100 ms'], [31.25, '31.3 ms'], [4.207, '4.21 ms'], [0.3421, '0.342 ms']])('%d is %s', (value, text) => {
    expect(formatMilliseconds(value)).toBe(text);
  });

  it('gives median, spread, count and batch', () => {
    expect(stepTimeLine(timesOf([1, 100], [8, 120], [1, 140]), 128)).toBe(
      'step time 120 ms (median of 10 steps; middle 80 %: 100 ms to 120 ms) at batch 128');
    expect(stepTimeLine(new StepTimes(), 128)).toContain('not measured');
  });
});
