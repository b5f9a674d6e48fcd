/** The rules of the contest, on a clock of our own. */
import { describe, expect, test } from 'vitest';
import { DeviceLostError, GradshaderError } from '../../src/errors.ts';
import { compete, MARGIN, median, winnerOf, type Contender, type ContestRules, type Result } from '../../src/train/tune/compete.ts';

interface Fake {
  readonly name: string;
  /** Milliseconds of one run, and to get ready. */
  readonly run: number;
  readonly prepare?: number;
  readonly error?: Error;
}

const LATENCY = 1;

/** Contenders that take what they say, and a clock that they turn. */
function contest(fakes: readonly Fake[], rules: Partial<ContestRules> = {}) {
  let time = 0;
  const calls: string[] = [];
  const contenders = fakes.map(({ name, run, prepare = 0, error }): Contender => ({
    name,
    prepare: async () => {
      time += prepare;
      calls.push(`${name}: prepare`);
      if (error !== undefined) throw error;
    },
    time: async (runs) => {
      calls.push(`${name}: ${runs}`);
      const took = LATENCY + runs * run;
      time += took;
      return took;
    },
  }));
  const outcome = compete(contenders, { milliseconds: 1e6, latency: LATENCY, sampleMilliseconds: 20, now: () => time, ...rules });
  return { calls, now: () => time, outcome };
}

const verdicts = (results: readonly Result[]): string[] => results.map(({ verdict }) => verdict);

describe('the winner', () => {
  test('is the fastest', async () => {
    const { results, winner } = await contest([{ name: 'a', run: 40 }, { name: 'b', run: 30 }, { name: 'c', run: 35 }]).outcome;
    expect(winner).toBe('b');
    expect(results.map(({ milliseconds }) => milliseconds)).toEqual([40, 30, 35]);
  });

  test('is the default where another is only a little faster', async () => {
    const fast = 100 * (1 - MARGIN);
    expect((await contest([{ name: 'a', run: 100 }, { name: 'b', run: fast }]).outcome).winner).toBe('a');
    // Two ticks of the clock besides.
    expect((await contest([{ name: 'a', run: 100 }, { name: 'b', run: fast - 2 * LATENCY }]).outcome).winner).toBe('a');
    expect((await contest([{ name: 'a', run: 100 }, { name: 'b', run: fast - 2 * LATENCY - 0.1 }]).outcome).winner).toBe('b');
  });

  test('is never one that was refused, however fast', async () => {
    const error = new GradshaderError('wrong-numbers', '7 of 9 numbers are wrong.');
    const { results, winner } = await contest([{ name: 'a', run: 40 }, { name: 'b', run: 1, error }, { name: 'c', run: 30 }]).outcome;
    expect(winner).toBe('c');
    expect(results[1]).toEqual({ name: 'b', verdict: 'refused', reason: error.message });
  });

  test('is another where the default was refused; the default where nothing ran at all', async () => {
    const error = new GradshaderError('shader', 'no');
    expect((await contest([{ name: 'a', run: 1, error }, { name: 'b', run: 30 }]).outcome).winner).toBe('b');
    expect((await contest([{ name: 'a', run: 1, error }, { name: 'b', run: 30, error }]).outcome).winner).toBe('a');
    expect(winnerOf([{ name: 'a', verdict: 'untried' }], 0)).toBe('a');
  });
});

describe('samples', () => {
  test('are long enough, of as many runs for each, taken in turns', async () => {
    const { calls, outcome } = contest([{ name: 'a', run: 0.5 }, { name: 'b', run: 0.4 }], { milliseconds: 1 });
    await outcome;
    const runs = Number(calls.filter((call) => /^a: \d/.test(call)).at(-1)!.split(' ')[1]);
    expect(LATENCY + 0.5 * runs).toBeGreaterThanOrEqual(20);
    const both = contest([{ name: 'a', run: 0.5 }, { name: 'b', run: 0.4 }]);
    const { results } = await both.outcome;
    expect(both.calls.slice(-6)).toEqual([`a: ${runs}`, `b: ${runs}`, `a: ${runs}`, `b: ${runs}`, `a: ${runs}`, `b: ${runs}`]);
    // The wait itself is no part of a run.
    expect(results[0]!.milliseconds).toBeCloseTo(0.5, 10);
  });

  test('end with one where there is no hope', async () => {
    const { calls, outcome } = contest([{ name: 'a', run: 30 }, { name: 'b', run: 60 }, { name: 'c', run: 31 }]);
    const { results } = await outcome;
    expect(verdicts(results)).toEqual(['timed', 'slower', 'timed']);
    expect(results[1]!.milliseconds).toBe(60);
    expect(calls.filter((call) => call.startsWith('b: 1'))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith('c: 1')).length).toBeGreaterThanOrEqual(3);
  });

  test('median of an odd and an even number', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('the budget', () => {
  const fakes = Array.from({ length: 6 }, (_, i): Fake => ({ name: `n${i}`, run: 100, prepare: 400 }));

  test.each([1500, 2500, 4000, 10_000])('of %d ms is kept, and no contender is begun that has no time to end', async (milliseconds) => {
    const { outcome, now } = contest(fakes, { milliseconds });
    const { results } = await outcome;
    const tried = verdicts(results).filter((verdict) => verdict !== 'untried').length;
    expect(tried).toBeGreaterThan(1);
    expect(now()).toBeLessThanOrEqual(milliseconds + tried * (100 + LATENCY));
    expect(verdicts(results).slice(tried).every((verdict) => verdict === 'untried')).toBe(true);
  });

  test('none at all: nothing is run', async () => {
    const { calls, outcome } = contest(fakes, { milliseconds: 0 });
    expect(new Set(verdicts((await outcome).results))).toEqual(new Set(['untried']));
    expect((await outcome).winner).toBe('n0');
    expect(calls).toEqual([]);
  });
});

describe('what ends the contest', () => {
  test('a lost device, and an error that is not the library\'s', async () => {
    for (const error of [new DeviceLostError('gone'), new GradshaderError('closed', 'closed'), new TypeError('a mistake')]) {
      await expect(contest([{ name: 'a', run: 30 }, { name: 'b', run: 30, error }]).outcome).rejects.toBe(error);
    }
  });

  test('the signal, with its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { calls, outcome } = contest([{ name: 'a', run: 30 }, { name: 'b', run: 30 }, { name: 'c', run: 30 }], {
      signal: stop.signal, onCandidate: (name) => { if (name === 'b') stop.abort(reason); },
    });
    await expect(outcome).rejects.toBe(reason);
    expect(calls.some((call) => call.startsWith('c'))).toBe(false);
  });
});
