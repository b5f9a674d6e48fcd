/** The probes do the work they are timed for, and their rates are what a pencil gives. */
import { NagaError, parseWgsl, validate } from 'naga-wasm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { alternate } from '../../src/bench/alternate.ts';
import { ceilings, giga, slopeMicroseconds } from '../../src/bench/ceilings.ts';
import {
  COPY_VARIANTS, copyPlan, countPlan, FACTOR_BYTES, FACTORS, FMA_VARIANTS, fmaBytes, fmaName, fmaPlan, fmaResult, type FmaVariant,
} from '../../src/bench/probes.ts';
import { repeat } from '../../src/bench/repeat.ts';
import { summarize } from '../../src/bench/statistics.ts';
import type { Result } from '../../src/bench/types.ts';
import type { Plan } from '../../src/scheduler/plan.ts';
import { Program } from '../../src/webgpu/program.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { useDevice } from '../train/device.ts';
import { recorded } from './suite-context.ts';

const device = useDevice();
afterEach(() => void vi.restoreAllMocks());

const steps = 4096, threads = 64;

/** What is in a buffer after so many runs of a plan. */
async function after(plan: Plan, runs: number, sizes: Record<string, number>, read: string, factors = FACTORS, source?: Uint32Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const buffers = Object.entries(sizes).map(([name, bytes]) => ({ name, bytes, category: 'data' as const }));
  const program = await Program.create(device(), { owner: 'bench', buffers, rowBytes: FACTOR_BYTES, capacity: 1, readBytes: 16 });
  const rows = new Uint8Array(program.rowStride);
  new Float32Array(rows.buffer).set(factors);
  if (source !== undefined) program.write('source', source);
  const work = repeat({
    program, plan: await program.load(plan), rows, read: { buffer: read, offset: 0, bytes: 4 }, device: device(), signal: new AbortController().signal,
  });
  expect(await work.run(runs)).toBe(runs);
  const result = await program.read({ buffer: read, offset: 0, bytes: sizes[read]! });
  program.destroy();
  return result;
}

/** A thread's result in float64: v = a v + b is a^n v0 + b (a^n - 1) / (a - 1) after n steps, and v0 + n b for a = 1. */
function closedForm({ lanes, accumulators }: FmaVariant, local: number, [a, b]: readonly [number, number]): number {
  let sum = 0;
  for (let i = 0; i < accumulators; i++) sum += a === 1 ? local + i + steps * b : a ** steps * (local + i) + (b * (a ** steps - 1)) / (a - 1);
  return lanes * sum;
}

describe.each(FMA_VARIANTS.map((variant) => ({ name: fmaName(variant), variant })))('multiply-adds, $name', ({ variant }) => {
  test('every thread counts every step, exactly', async () => {
    const got = new Float32Array(await after(fmaPlan(variant, 3), 1, { results: fmaBytes(3) }, 'results'));
    const want = Float64Array.from({ length: 3 * threads }, (_, i) => closedForm(variant, i % threads, [1, 1]));
    expect(Array.from(got)).toEqual(Array.from(want));
    expect(Array.from(want)).toEqual(Array.from(want, (_, i) => fmaResult(variant, i % threads)));
  });

  test('with other factors it is the recurrence too, so that nothing was computed before the factors were known', async () => {
    // 0.9995^4096 is 0.13: 64 steps less would be 4e-3 off. A step rounds twice at most, 2^-24 each, and 0.9995^k of it is
    // left k steps later: together below 2000 times as much.
    const a = Math.fround(0.9995), b = Math.fround(0.25), got = new Float32Array(await after(fmaPlan(variant, 1), 1, { results: fmaBytes(1) }, 'results', [a, b]));
    got.forEach((value, local) => {
      const want = closedForm(variant, local, [a, b]);
      expect(Math.abs(value - want) / want).toBeLessThan(2000 * 2 ** -23);
    });
  });

  test('two operations for each lane of each value, step and thread', () => {
    const numbers = variant.lanes * variant.accumulators;
    expect(fmaPlan(variant, 10).flops).toBe(2 * 10 * 64 * 4096 * numbers);
  });
});

test.each(COPY_VARIANTS)('%d vec4f a thread: every byte is copied, and counted twice', async (vec4s) => {
  const bytes = 2 ** 17, source = Uint32Array.from({ length: bytes / 4 }, (_, i) => i ^ 0x3f00_0000);
  const plan = copyPlan(vec4s, bytes), got = new Uint32Array(await after(plan, 1, { source: bytes, copy: bytes }, 'copy', FACTORS, source));
  expect(got.findIndex((value, i) => value !== source[i])).toBe(-1);
  expect(plan.bytes).toBe(2 * 131_072);
});

test('each dispatch of a pass runs, one after the other', async () => {
  expect(new Uint32Array(await after(countPlan(), 1000, { count: 16 }, 'count'))[0]).toBe(1000);
});

test("naga, Firefox's compiler, accepts every probe", () => {
  const plans = [...FMA_VARIANTS.map((variant) => fmaPlan(variant, 1)), ...COPY_VARIANTS.map((vec4s) => copyPlan(vec4s, 2 ** 15)), countPlan()];
  for (const dispatch of plans.flatMap(({ dispatches }) => dispatches)) {
    try {
      validate(parseWgsl(wgslOf(dispatch)));
    } catch (error) {
      throw error instanceof NagaError ? new Error(error.formatted) : error;
    }
  }
});

describe('arithmetic', () => {
  test('a rate is work by time', () => {
    expect(giga(2e9, 1000)).toBe(2);
    expect(giga(3e6, 0.5)).toBe(6);
  });

  test('by a clock that says 4 ms a dispatch, 8 million operations are 2 GFLOP/s', async () => {
    let milliseconds = 0;
    const [samples] = await alternate([{ run: async (count) => { milliseconds += 4 * count; return count; } }], {
      seconds: 0.1, rounds: 3, budgetSeconds: 1, signal: new AbortController().signal, now: () => milliseconds,
    });
    expect(samples!.map((sample) => giga(8e6, sample))).toEqual([2, 2, 2]);
  });

  test('the slope leaves out what a submit costs by itself', () => {
    const [submit, dispatch] = [0.4, 0.012]; // ms
    expect(slopeMicroseconds(submit / 256 + dispatch, submit / 4096 + dispatch)).toBeCloseTo(12, 9);
  });
});

const KEYS = ['ceilings/fma', 'ceilings/copy/bytes=67108864', 'ceilings/copy/bytes=1048576', 'ceilings/dispatch', 'ceilings/read'];

test('the suite: five ceilings, each of three samples above 0; the fastest variant is the one shown', async () => {
  const context = recorded(device()), { results, omissions, said } = context;
  await ceilings(context);
  expect(omissions).toEqual([]);
  expect(results.map(({ key }) => key)).toEqual(KEYS);
  expect(said.length).toBe(KEYS.length);
  for (const { samples, meaning } of results) {
    expect(samples.length).toBe(3);
    expect(Math.min(...samples)).toBeGreaterThan(0);
    expect(samples.every(Number.isFinite)).toBe(true);
    expect(meaning).toMatch(/^[A-Z\w].*\.$/);
  }
  const [fma] = results;
  expect(Object.keys(fma!.derived).length).toBe(FMA_VARIANTS.length);
  expect(Math.max(...Object.values(fma!.derived))).toBe(summarize(fma!.samples).median);
  expect(fma!.derived[`${fma!.parameters['variant']}, GFLOP/s`]).toBe(summarize(fma!.samples).median);
});

test('a probe whose numbers are wrong is left out, and says so', async () => {
  vi.spyOn(Program.prototype, 'read').mockImplementation(async ({ bytes }) => new ArrayBuffer(bytes));
  const context = recorded(device()), { results, omissions } = context;
  await ceilings(context);
  expect(results.map(({ key }) => key)).toEqual(['ceilings/read']);
  expect(omissions.map(({ key }) => key)).toEqual(KEYS.slice(0, 4));
  for (const { reason } of omissions) expect(reason).toMatch(/^The probe did not do its work: .* should be \d+, got 0\./);
});

test('what takes longer than the budget is left out with that reason', async () => {
  const context = recorded(device(), { budgetSeconds: 1e-6 }), { results, omissions } = context;
  await ceilings(context);
  expect(results).toEqual([]);
  expect(omissions.map(({ key }) => key)).toEqual(KEYS);
  for (const { reason } of omissions) expect(reason).toMatch(/more than the budget/);
});

test('an abort ends it with its reason, and nothing stays on the device', async () => {
  const context = recorded(device()), destroyed = vi.spyOn(Program.prototype, 'destroy'), made = vi.spyOn(Program, 'create');
  const emit = (result: Result): void => {
    context.emit(result);
    context.stop.abort(new Error('enough'));
  };
  await expect(ceilings({ ...context, emit })).rejects.toThrow('enough');
  expect(context.results.length).toBe(1);
  expect(destroyed).toHaveBeenCalledTimes(made.mock.calls.length);
});
