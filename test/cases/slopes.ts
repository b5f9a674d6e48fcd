/** Slopes that are learned: what other kernels' cases read them from, and their gradient. */
import { slopeGradient, slopeTotal } from '../../src/kernels/index.ts';
import { partRows, partsOf } from '../../src/kernels/slope-gradient.ts';
import type { Slopes } from '../../src/kernels/slopes.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, pad4, place, type Place } from './contents.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

/** Drawn for each replica: of either sign, some of them beyond 1. */
const drawn = (length: number, replica: number): Float32Array => draw(length, 90 + replica, 1.5);

/** Where slopes lie in an arena of their own, and an arena with them. `value`: the same everywhere. */
export function slopeArena(replicas: number, width: number, isPerUnit: boolean, value?: number): { slopes: Slopes & { readonly parametersStride: number }; parameters: Contents } {
  const columns = isPerUnit ? width : 1, offset = 12, parametersStride = offset + pad4(columns) + 8;
  const at: Place = { rows: 1, columns, paddedRows: 1, offset, stride: parametersStride }, parameters = new Contents(replicas * parametersStride);
  for (let replica = 0; replica < replicas; replica++) parameters.put(at, replica, value === undefined ? drawn(columns, replica) : new Float32Array(columns).fill(value));
  return { slopes: { offset, isPerUnit, parametersStride }, parameters };
}

interface GradientOptions { readonly isPerUnit: boolean; readonly rows?: readonly Row[]; readonly workgroup?: number }

const plainRow: readonly Row[] = [{}];
const plainRows: readonly Row[] = [{}, { active: false }, {}];
const groupRows: readonly Row[] = [{}, { active: false }, { group: { count: 9, starts: false, ends: true } }];

/** Some z are 0, where the derivative is the slope. */
async function gradient(bench: Bench, batch: number, width: number, { isPerUnit, rows = plainRow, workgroup = 64 }: GradientOptions): Promise<Contents> {
  const at = place(batch, width), made = { ...place(partsOf(pad4(batch)), width), offset: 4 }, { slopes: { parametersStride, ...slopes }, parameters } = slopeArena(rows.length, width, isPerUnit);
  const contents = (id: number, change: (x: number, i: number) => number): Contents =>
    Contents.of(at, rows.length, rows.map((_, r) => draw(batch * width, 2 * r + id, 4).map(change)));
  const result = await expectTwin(bench, {
    kernel: withConstants(slopeGradient, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: { row: rowShape(rows.length), rows: pad4(batch), columns: pad4(width), width, slopes, parametersStride },
    rows, places: { delta: at, stored: at, output: at, parts: made },
    buffers: {
      parameters, delta: contents(0, (x) => x), stored: contents(1, (x, i) => (i % 7 === 3 ? 0 : x)), output: Contents.of(at, rows.length), parts: Contents.of(made, rows.length),
    },
    // A rounding of a product below 6; of sums of products below 16, one for each term.
  }, { output: { relative: 2 * EPSILON }, parts: { relative: EPSILON, absolute: 16 * partRows(pad4(batch)) * EPSILON } });
  return result['parts']!;
}

async function total(bench: Bench, vec4s: number, { rows = plainRow, accumulate = false }: { readonly rows?: readonly Row[]; readonly accumulate?: boolean } = {}): Promise<void> {
  const parts = { ...place(1, 4 * vec4s), paddedRows: 1 }, slope: Place = { rows: 1, columns: 1, paddedRows: 1, offset: 8, stride: 20 };
  const gradients = new Contents(rows.length * slope.stride);
  rows.forEach(({ group }, r) => { if (accumulate && group?.starts === false) gradients.put(slope, r, draw(1, 60 + r)); });
  await expectTwin(bench, {
    kernel: slopeTotal, shape: { row: rowShape(rows.length), length: 4 * vec4s, slope: slope.offset, gradientsStride: slope.stride, accumulate },
    rows, places: { parts }, buffers: { parts: Contents.of(parts, rows.length, rows.map((_, r) => draw(4 * vec4s, r))), gradients },
    // Of numbers below 1, each added on the way through its thread, the tree and the columns.
  }, { gradients: { relative: EPSILON, absolute: 4 * vec4s * EPSILON } });
}

/** NaN reaches what is made of it, and nothing else. */
async function passesNaN(bench: Bench): Promise<void> {
  const at = place(4, 4), made = { ...at, offset: 4 }, { slopes: { parametersStride, ...slopes }, parameters } = slopeArena(1, 4, true);
  const stored = new Float32Array(16).fill(-1);
  stored[5] = NaN;
  const result = await runKernel(bench, {
    kernel: slopeGradient, shape: { row: rowShape(1), rows: 4, columns: 4, width: 4, slopes, parametersStride },
    rows: plainRow, places: { delta: at, stored: at, output: at, parts: made },
    buffers: {
      parameters, delta: Contents.of(at, 1, [new Float32Array(16).fill(1)]), stored: Contents.of(at, 1, [stored]), output: Contents.of(at, 1, [new Float32Array(16)]), parts: Contents.of(made, 1, [new Float32Array(16)]),
    },
  });
  const isNaN = Array.from(result['parts']!.get(made, 0), (x) => Number(Number.isNaN(x)));
  // Row 1 is in the first part, of two rows.
  expectWords('NaN in column 1 of the first part', isNaN, Array.from({ length: 16 }, (_, i) => Number(i === 1)));
}

export const slopeCases: readonly KernelCase[] = [
  ...([[1, 1], [3, 3], [4, 5], [5, 257], [13, 1001], [37, 9]] as const).flatMap(([batch, width]) => [true, false].map((isPerUnit) =>
    kernelCase('slope-gradient', `${batch}-${width}, ${isPerUnit ? 'a slope for each column' : 'one for all'}`, async (bench) => { await gradient(bench, batch, width, { isPerUnit }); }))),
  kernelCase('slope-gradient', 'three replicas, one inactive', async (bench) => { await gradient(bench, 6, 29, { isPerUnit: true, rows: plainRows }); }),
  kernelCase('slope-gradient', 'one slope for all, three replicas, one inactive', async (bench) => { await gradient(bench, 6, 29, { isPerUnit: false, rows: plainRows }); }),
  kernelCase('slope-gradient', 'workgroup sizes agree bit for bit', async (bench) => {
    const made = (workgroup: number): Promise<Contents> => gradient(bench, 7, 270, { isPerUnit: true, workgroup });
    expectWords('workgroups of 4', (await made(4)).words, (await made(64)).words);
  }),
  kernelCase('slope-gradient', 'NaN passes', passesNaN),
  ...[1, 3, 127, 128, 129, 1001].map((vec4s) => kernelCase('slope-total', `${vec4s} vec4s`, (bench) => total(bench, vec4s))),
  kernelCase('slope-total', 'three replicas, one inactive', (bench) => total(bench, 37, { rows: plainRows })),
  kernelCase('slope-total', 'later batches of an update are added', (bench) => total(bench, 37, { rows: groupRows, accumulate: true })),
];
