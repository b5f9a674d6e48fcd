/** The suite `ceilings`: the most this adapter gives a WebGPU program, each found by a kernel that does nothing else. */

import { GradshaderError } from '../errors.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import type { Plan } from '../scheduler/plan.ts';
import { Program } from '../webgpu/program.ts';
import { alternate } from './alternate.ts';
import { COPY_VARIANTS, copyPlan, countPlan, FACTOR_BYTES, FACTORS, FMA_VARIANTS, fmaBytes, fmaName, fmaPlan, fmaResult, type FmaVariant } from './probes.ts';
import { MOST_DISPATCHES, repeat, type RepeatOptions } from './repeat.ts';
import { summarize } from './statistics.ts';
import { attempt } from './subject.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { Result, Unit } from './types.ts';

export const FMA_KEY = 'ceilings/fma';
const DISPATCH_KEY = 'ceilings/dispatch';
const READ_KEY = 'ceilings/read';
const copyKey = (bytes: number): string => `ceilings/copy/bytes=${bytes}`;
/** Past every cache but the largest, and well inside most. */
const COPY_BYTES: readonly number[] = [2 ** 26, 2 ** 20];
export const COPY_KEYS: readonly string[] = COPY_BYTES.map(copyKey);

/** Many times what is resident at once on a big GPU; as little as lasts some milliseconds on two cores; between, what fills most GPUs and ends on a CPU. */
const FMA_WORKGROUPS = { hardware: 16384, unknown: 1024, software: 64 } as const;
/** Dispatches in one pass: the difference of two such passes is that many dispatches and nothing else. */
const FEW = 256;
const MANY = MOST_DISPATCHES;

/** Things per second, in units of 1e9, when `amount` of them take so many milliseconds. */
export const giga = (amount: number, milliseconds: number): number => amount / milliseconds / 1e6;

interface Measurement {
  readonly key: string;
  /** For the person who waits. */
  readonly text: string;
  make(): Promise<Result>;
}

export const ceilings: Suite = async (context) => {
  const measurements: Measurement[] = [
    { key: FMA_KEY, text: 'multiply-adds', make: () => fma(context) },
    ...COPY_BYTES.map((bytes) => ({ key: copyKey(bytes), text: `copies of ${bytes / 2 ** 20} MiB`, make: () => copy(context, bytes) })),
    { key: DISPATCH_KEY, text: 'dispatches in a pass', make: () => dispatch(context) },
    { key: READ_KEY, text: 'a submit and its readback', make: () => read(context) },
  ];
  for (const { key, text, make } of measurements) {
    context.progress(`ceilings: ${text}`);
    const result = await attempt(context, 'ceilings', key, make);
    if (result !== undefined) context.emit(result);
  }
};

/** A Program of one suite's probes, gone when they are done. */
interface Bench {
  readonly program: Program;
  readonly options: Omit<RepeatOptions, 'plan' | 'read'>;
}

async function withBuffers<T>({ device, signal }: SuiteContext, sizes: Readonly<Record<string, number>>, use: (bench: Bench) => Promise<T>): Promise<T> {
  const buffers = Object.entries(sizes).map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'data' }));
  const program = await Program.create(device, { owner: 'bench', buffers, rowBytes: FACTOR_BYTES, capacity: 1, readBytes: 16 });
  try {
    const rows = new Uint8Array(program.rowStride);
    new Float32Array(rows.buffer).set(FACTORS);
    return await use({ program, options: { program, rows, device, signal } });
  } finally {
    program.destroy();
  }
}

const pacingOf = ({ options: { seconds, repetitions, budgetSeconds }, signal }: SuiteContext) =>
  ({ seconds, rounds: repetitions, budgetSeconds, signal });

const wrong = (what: string, want: number, got: number): GradshaderError =>
  new GradshaderError('wrong-numbers', `The probe did not do its work: ${what} should be ${want}, got ${got}. Its time says nothing.`);

/** Plans in turns, as rates per second in units of 1e9; the fastest by its median, and what the others reached. */
async function fastest(
  context: SuiteContext, { program, options }: Bench, output: string,
  variants: readonly { readonly name: string; readonly plan: Plan; readonly amount: number; check(): Promise<void> }[],
): Promise<{ readonly name: string; readonly samples: number[]; readonly medians: Readonly<Record<string, number>> }> {
  const works = [];
  for (const { plan, check } of variants) {
    const work = repeat({ ...options, plan: await program.load(plan), read: { buffer: output, offset: 0, bytes: 4 } });
    await work.run(1);
    await check();
    works.push(work);
  }
  const times = await alternate(works, pacingOf(context));
  const rated = variants.map(({ name, amount }, i) => {
    const samples = times[i]!.map((milliseconds) => giga(amount, milliseconds));
    return { name, samples, median: summarize(samples).median };
  });
  const best = rated.reduce((a, b) => (b.median > a.median ? b : a));
  return { name: best.name, samples: best.samples, medians: Object.fromEntries(rated.map(({ name, median }) => [name, median])) };
}

const withUnit = (medians: Readonly<Record<string, number>>, unit: Unit): Record<string, number> =>
  Object.fromEntries(Object.entries(medians).map(([name, value]) => [`${name}, ${unit}`, value]));

async function fma(context: SuiteContext): Promise<Result> {
  const workgroups = FMA_WORKGROUPS[context.device.adapter.state];
  const best = await withBuffers(context, { results: fmaBytes(workgroups) }, (bench) => fastest(context, bench, 'results', FMA_VARIANTS.map((variant) => {
    const plan = fmaPlan(variant, workgroups);
    return { name: fmaName(variant), plan, amount: plan.flops, check: () => checkFma(bench.program, variant, fmaBytes(workgroups)) };
  })));
  return {
    key: FMA_KEY, suite: 'ceilings', label: 'FMA peak', unit: 'GFLOP/s', better: 'higher', samples: best.samples,
    meaning: 'f32 multiply-adds, two operations each, in registers only: the fastest of several ways to write them, by its median.',
    parameters: { variant: best.name, workgroups }, derived: withUnit(best.medians, 'GFLOP/s'),
  };
}

/** The last workgroup's results; then blanks them, so that the next probe has to write them. @throws GradshaderError 'wrong-numbers' */
async function checkFma(program: Program, variant: FmaVariant, bytes: number): Promise<void> {
  const last = fmaBytes(1);
  const results = new Float32Array(await program.read({ buffer: 'results', offset: bytes - last, bytes: last }));
  results.forEach((got, local) => {
    const want = fmaResult(variant, local);
    if (got !== want) throw wrong(`result ${local} of ${fmaName(variant)}`, want, got);
  });
  program.write('results', new Float32Array(last / 4), bytes - last);
}

/** The bits of an f32 in [1, 2): an adapter may take subnormal numbers for 0. */
const wordAt = (i: number): number => 0x3f80_0000 + (i % 2 ** 23);

async function copy(context: SuiteContext, bytes: number): Promise<Result> {
  const best = await withBuffers(context, { source: bytes, copy: bytes }, async (bench) => {
    const { program } = bench;
    const words = new Uint32Array(bytes / 4);
    for (let i = 0; i < words.length; i++) words[i] = wordAt(i);
    program.write('source', words);
    return fastest(context, bench, 'copy', COPY_VARIANTS.map((vec4s) => {
      const plan = copyPlan(vec4s, bytes);
      return { name: `${vec4s} vec4f a thread`, plan, amount: plan.bytes, check: () => checkCopy(program, bytes) };
    }));
  });
  const isLarge = bytes === COPY_BYTES[0];
  return {
    key: copyKey(bytes), suite: 'ceilings', label: `copy of ${bytes / 2 ** 20} MiB${isLarge ? '' : ', in cache'}`, unit: 'GB/s', better: 'higher', samples: best.samples,
    meaning: `Bytes read and written by a kernel that copies ${bytes / 2 ** 20} MiB of vec4f${isLarge ? '' : ', small enough for caches'}: the fastest of several ways to write it, by its median.`,
    parameters: { variant: best.name, bytes }, derived: withUnit(best.medians, 'GB/s'),
  };
}

/** The same of the last words of a copy, and blanks them. @throws GradshaderError 'wrong-numbers' */
async function checkCopy(program: Program, bytes: number): Promise<void> {
  const words = 1024, first = bytes / 4 - words;
  new Uint32Array(await program.read({ buffer: 'copy', offset: 4 * first, bytes: 4 * words })).forEach((got, i) => {
    if (got !== wordAt(first + i)) throw wrong(`word ${first + i} of the copy`, wordAt(first + i), got);
  });
  program.write('copy', new Uint32Array(words), 4 * first);
}

/** Microseconds of one dispatch in a pass, from the milliseconds per dispatch of short and long passes. */
export const slopeMicroseconds = (few: number, many: number): number => (1000 * (MANY * many - FEW * few)) / (MANY - FEW);

async function dispatch(context: SuiteContext): Promise<Result> {
  const [few, many] = await withBuffers(context, { count: 16 }, async ({ program, options }) => {
    const plan = await program.load(countPlan()), range = { buffer: 'count', offset: 0, bytes: 4 };
    const works = [FEW, MANY].map((perSubmit) => repeat({ ...options, plan, read: range, perSubmit }));
    for (const work of works) await work.run(1);
    const [counted] = new Uint32Array(await program.read(range));
    if (counted !== FEW + MANY) throw wrong('the count of dispatches', FEW + MANY, counted!);
    return alternate(works, pacingOf(context));
  });
  const samples = many!.map((milliseconds, i) => slopeMicroseconds(few![i]!, milliseconds));
  if (!(summarize(samples).median > 0)) throw new GradshaderError('too-fast', `${MANY} dispatches took no longer than ${FEW}: a dispatch is too short for this clock.`);
  return {
    key: DISPATCH_KEY, suite: 'ceilings', label: 'dispatch', unit: 'us', better: 'lower', samples,
    meaning: `One more dispatch in a pass, each needing the one before: encoded, submitted and run. The slope between passes of ${FEW} and ${MANY}.`,
    parameters: { few: FEW, many: MANY }, derived: {},
  };
}

async function read(context: SuiteContext): Promise<Result> {
  const [samples] = await withBuffers(context, { count: 16 }, async ({ program, options: { rows } }) => {
    const plan = await program.load(countPlan());
    return alternate([{
      async run(count) {
        for (let i = 0; i < count; i++) {
          context.signal.throwIfAborted();
          await program.submit({ plan, steps: 1, rows, read: { count: [{ buffer: 'count', offset: 0, bytes: 4 }] } }).collect();
        }
        return count;
      },
    }], pacingOf(context));
  });
  return {
    key: READ_KEY, suite: 'ceilings', label: 'submit to read', unit: 'us', better: 'lower', samples: samples!.map((milliseconds) => 1000 * milliseconds),
    meaning: 'From the submit of one tiny dispatch to its result on the CPU, one after the other, with the wait that fit uses.',
    parameters: {}, derived: {},
  };
}
