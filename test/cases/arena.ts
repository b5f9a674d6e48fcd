/** Kernels over a whole buffer: sums over the parameters, the snapshot, and the random words. */
import { CHUNK, UPDATE_THREADS } from '../../src/kernels/chunk.ts';
import { parameterSums, philox, snapshot } from '../../src/kernels/index.ts';
import { spread } from '../../src/kernels/kernel.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import { seedKey } from '../../src/random.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, words } from './contents.ts';
import { kernelCase, rowShape, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

/** Draws with every fifth weight an exact zero, some of them -0. */
const sparse = (length: number, id: number): Float32Array =>
  draw(length, id).map((w, i) => (i % 5 === 0 ? (i % 2 === 0 ? 0 : -0) : w));

/** `chunk` vec4s per workgroup; the descriptor's own number is CHUNK. */
async function sums(bench: Bench, chunks: number, replicas: number, chunk = CHUNK, fill = sparse): Promise<void> {
  const length = 4 * chunk * chunks, threads = Math.min(chunk, UPDATE_THREADS);
  const arenas = Array.from({ length: replicas }, (_, r) => fill(length, r));
  const parameters = new Contents(replicas * length);
  arenas.forEach((arena, r) => parameters.floats.set(arena, r * length));
  // Positive terms: no cancellation. A thread adds its vec4s, a tree is log2 deep, and a vec4's sum has four terms.
  const relative = (chunk / threads - 1 + Math.log2(threads) + 4) * EPSILON;
  await expectTwin(bench, {
    kernel: withConstants(parameterSums, { CHUNK: chunk, THREADS: threads, PARAMETERS_STRIDE: chunks * chunk }, (grid) => grid),
    shape: { row: rowShape(replicas), chunks },
    rows: Array.from({ length: replicas }, () => ({})),
    buffers: { parameters, sums: new Contents(4 * replicas * chunks) },
  }, { sums: { absolute: (value, i) => (i % 4 < 2 ? relative * value : 0) } });
}

interface SnapshotOptions {
  readonly length: number; readonly rows: readonly Row[]; readonly flags: readonly (readonly number[])[]; readonly chunk?: number;
  /** Of three slots with `BATCH` samples, by replica. */
  readonly losses?: readonly (readonly number[])[];
}

const BATCH = 70;

async function keep(bench: Bench, { length, rows, flags, chunk, losses = [] }: SnapshotOptions): Promise<void> {
  const source = new Contents(rows.length * length), copy = new Contents(rows.length * length);
  rows.forEach((_, r) => {
    source.floats.set(draw(length, r), r * length);
    copy.floats.set(draw(length, 100 + r), r * length);
  });
  const samples = new Contents(rows.length * 3 * BATCH);
  samples.floats.fill(-2.3);
  losses.forEach((own, r) => samples.floats.set(own, r * 3 * BATCH));
  const groups = spread(Math.ceil(length / 4 / (chunk ?? 1)));
  await expectTwin(bench, {
    kernel: chunk === undefined
      ? snapshot
      : withConstants(snapshot, { WORKGROUP_X: 1, CHUNK: chunk, GRID_X: groups.x }, ([, , z]) => [groups.x, groups.y, z]),
    shape: { row: rowShape(rows.length, flags[0]!.length), length, batch: BATCH, samplesStride: 3 * BATCH },
    rows: rows.map((row) => ({ count: BATCH, ...row })), buffers: { source, copy, samples, flags: words(flags.flat()) },
  });
}

const hex = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

/** Random123's known answers (kat_vectors, philox4x32 10): counter, key, words. */
const KNOWN_ANSWERS = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const;

async function random(bench: Bench, counters: readonly number[], key: readonly [number, number], workgroup = 64): Promise<Uint32Array> {
  const length = counters.length / 4;
  const result = await expectTwin(bench, {
    kernel: withConstants(philox, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: { row: rowShape(1), length }, rows: [{ key }],
    buffers: { counters: words(counters), words: new Contents(4 * length) },
  });
  return result['words']!.words;
}

const counters = (length: number, stream: number, step: number): number[] =>
  Array.from({ length }, (_, i) => [i, step, stream, 0]).flat();

export const arenaCases: readonly KernelCase[] = [
  ...[1, 2, 7].map((chunks) => kernelCase('parameter-sums', `${chunks} chunks, three replicas`, (bench) => sums(bench, chunks, 3))),
  kernelCase('parameter-sums', 'another workgroup size', (bench) => sums(bench, 5, 1, 16)),
  ...[1e25, 1e-30].map((size) => kernelCase('parameter-sums', `weights of ${size}`, (bench) =>
    sums(bench, 3, 1, CHUNK, (length, id) => draw(length, id, size)))),
  kernelCase('parameter-sums', 'all zeros', async (bench) => {
    await sums(bench, 2, 1, CHUNK, (length) => new Float32Array(length));
  }),
  // More workgroups than one dimension holds; chunks of one vec4 keep the buffers small.
  kernelCase('parameter-sums', '65540 workgroups', (bench) => sums(bench, 65540, 1, 1)),
  // Around a workgroup's threads, and around the 1024 vec4s that it copies.
  ...[4, 252, 256, 260, 4092, 4096, 4100, 8196].map((length) => kernelCase('snapshot', `${length} floats`, (bench) =>
    keep(bench, { length, rows: [{}], flags: [[NO_FLAG]] }))),
  kernelCase('snapshot', 'flagged and inactive replicas keep the older copy', (bench) => keep(bench, {
    length: 36, rows: [{}, {}, { active: false }, {}, {}],
    flags: [[NO_FLAG, NO_FLAG, NO_FLAG], [NO_FLAG, NO_FLAG, 0], [NO_FLAG, NO_FLAG, NO_FLAG], [7, NO_FLAG, NO_FLAG], [NO_FLAG, NO_FLAG, NO_FLAG]],
  })),
  kernelCase('snapshot', 'a loss that is not finite keeps the older copy; those of other steps and past the count do not', (bench) => {
    const at = (index: number, value: number): number[] => Array.from({ length: 3 * BATCH }, (_, i) => (i === index ? value : 0.5));
    return keep(bench, {
      length: 8200, rows: [{ slot: 1 }, { slot: 1 }, { slot: 1 }, { slot: 1 }, { slot: 2, count: 9 }, { slot: 2, count: 9 }],
      flags: Array.from({ length: 6 }, () => [NO_FLAG, NO_FLAG]),
      losses: [at(BATCH + 69, NaN), at(BATCH, -Infinity), at(BATCH - 1, NaN), at(2 * BATCH, Infinity), at(2 * BATCH + 9, NaN), at(2 * BATCH + 8, Infinity)],
    });
  }),
  kernelCase('snapshot', 'a loss above 2^24 keeps the older copy, one of 2^24 does not', (bench) => {
    const of = (value: number): number[] => Array.from({ length: 3 * BATCH }, (_, i) => (i === 67 ? value : 0.5));
    const losses = [2 ** 24, 2 ** 24 + 2, -(2 ** 24), -(2 ** 24) - 2, 3e38, -5e28].map(of);
    return keep(bench, { length: 8, rows: losses.map(() => ({})), flags: losses.map(() => [NO_FLAG]), losses });
  }),
  kernelCase('snapshot', '65540 workgroups', (bench) => keep(bench, { length: 4 * 65540, rows: [{}], flags: [[NO_FLAG]], chunk: 1 })),
  ...KNOWN_ANSWERS.map(([counter, key, answer]) => kernelCase('philox', `known answer ${answer}`, async (bench) => {
    expectWords('words', await random(bench, hex(counter), hex(key) as [number, number]), hex(answer));
  })),
  ...[1, 63, 65, 130].map((length) => kernelCase('philox', `${length} blocks equal the CPU's bit for bit, in workgroups of 64 and 16`, async (bench) => {
    for (const workgroup of [64, 16]) await random(bench, counters(length, 0x0400_0002, 99), seedKey(2 ** 52 + 12345), workgroup);
  })),
];
