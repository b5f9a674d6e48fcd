/** One pass over a value: sums, activations, dropout, and what gradients take on their way down. */
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { activationNamed, type ActivationName } from '../../src/kernels/activations/index.ts';
import type { Below } from '../../src/kernels/below.ts';
import { map } from '../../src/kernels/index.ts';
import { activationOf, type ActivationReference } from '../../src/reference/index.ts';
import { slopeArena } from './slopes.ts';
import { activityStrengths } from './activity.ts';
import { belowActivation, maskBelow } from './below.ts';
import { EPSILON, expectClose, expectWords, Mismatch } from './compare.ts';
import { Contents, draw, pad4, place } from './contents.ts';
import { entryOf, LAYERS, numbered, numberOf } from './numbers.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

const DROPOUT = { index: 1, stream: 0x0400_0003 };

interface MapCase {
  readonly batch: number;
  readonly width: number;
  readonly add?: boolean;
  readonly activation?: ActivationName;
  readonly below?: Below;
  /** Whether each column has a slope of its own, where slopes are learned. Default true. */
  readonly isPerUnit?: boolean;
  readonly rows?: readonly Row[];
  readonly workgroup?: number;
  /** Of the input. Default 4. */
  readonly scale?: number;
}

/** A few roundings of numbers of this size, and those of an exponential. */
const toleranceOf = (scale: number): { relative: number; absolute: number } => ({ relative: 8 * EPSILON, absolute: 8 * scale * EPSILON });

async function run(bench: Bench, { batch, width, add = false, activation, below = {}, isPerUnit = true, rows = [{ count: batch }], workgroup = 64, scale = 4 }: MapCase): Promise<Contents> {
  const at = place(batch, width), learned = isLearned(activation) ? slopeArena(rows.length, width, isPerUnit) : undefined;
  const drawn = (id: number, by: number): Float32Array[] => rows.map((_, r) => draw(batch * width, 3 * r + id, by));
  // As an activation stores it; what a dropout left of it is still in its range.
  const own = activation ?? below.activation;
  const stored = drawn(2, 2).map((values, r) => {
    const { activate } = activationOf((below.activation ?? 'none') as ActivationName, numberOf(own, r));
    return values.map((z, i) => (i % 7 === 0 ? 0 : activate(z)));
  });
  const result = await expectTwin(bench, {
    kernel: withConstants(map, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: { row: rowShape(rows.length, 3, LAYERS), rows: pad4(batch), columns: pad4(width), width, add, activation, ...entryOf(activation), slopes: learned?.slopes, below: { ...below, ...entryOf(below.activation) } },
    rows: numbered(rows, own), places: { input: at, other: at, stored: at, output: at },
    buffers: {
      input: Contents.of(at, rows.length, drawn(0, scale)), other: Contents.of(at, rows.length, drawn(1, scale)),
      stored: Contents.of(at, rows.length, stored), output: Contents.of(at, rows.length),
      ...(learned && { parameters: learned.parameters }),
    },
  }, { output: toleranceOf(4 * scale) });
  return result['output']!;
}

/** Of the third tensor; those of the others would show. */
const strengths = (l1: number, l2: number): NonNullable<Row['tensors']> => activityStrengths([9, 7, 1], l1, l2);

const ROWS: readonly Row[] = [
  { step: 3, seed: 2 ** 40 + 17, count: 5, dropouts: [0.9, 0.5], tensors: strengths(3, 5) },
  { step: 3, seed: 1, count: 6, dropouts: [0.9, 0.5], active: false, tensors: strengths(1, 1) },
  { step: 4, seed: 1, count: 6, dropouts: [0.9, 0.2], tensors: strengths(0, 2) },
];
const THREE = 'three replicas, one inactive';

/** The activation, or its slope, of 12 numbers. */
async function made(bench: Bench, values: readonly number[], shape: Pick<MapCase, 'activation' | 'below'>): Promise<Float32Array> {
  const at = place(4, 3), stored = Contents.of(at, 1, [Float32Array.from(values)]), ones = Contents.of(at, 1, [new Float32Array(12).fill(1)]);
  const input = shape.activation === undefined ? ones : stored, learned = isLearned(shape.activation) ? slopeArena(1, 3, false, 0.25) : undefined;
  const result = await runKernel(bench, {
    kernel: map,
    shape: { row: rowShape(1, 1, LAYERS), rows: 4, columns: 4, width: 3, add: false, activation: shape.activation, ...entryOf(shape.activation), slopes: learned?.slopes, below: { ...shape.below, ...entryOf(shape.below?.activation) } },
    rows: numbered([{ count: 4 }], shape.activation ?? shape.below?.activation),
    places: { input: at, other: at, stored: at, output: at }, buffers: { input, other: input, stored, output: Contents.of(at, 1), ...(learned && { parameters: learned.parameters }) },
  });
  return result['output']!.get(at, 0);
}

/** Next to 0, where differences of numbers next to 1 would lose digits, and at the kinks. */
const SMALL = [1e-6, -1e-6, 1e-3, -1e-3, 0.05, -0.05, 0.29, -0.29, 0.36, -0.36, -3, 3];

/** Every result is as exact as its own size, whatever that is. */
async function small(bench: Bench, activation: ActivationName): Promise<void> {
  const { activate } = first(activation), exact = Float32Array.from(SMALL);
  expectClose('values', await made(bench, SMALL, { activation }), Float64Array.from(exact, activate), 16 * EPSILON, 0);
}

/** log(1 + x) of a small x: adding 1 first would lose its digits. */
async function softplusBelow(bench: Bench): Promise<void> {
  const values = Float32Array.from({ length: 12 }, (_, i) => -8.25 - 0.25 * i);
  expectClose('values', await made(bench, [...values], { activation: 'softplus' }), Float64Array.from(values, activationOf('softplus').activate), 32 * EPSILON, 0);
}

/** Slopes of what is far out are finite, and what they are. */
async function farSlopes(bench: Bench, activation: ActivationName): Promise<void> {
  const { activate, slope, stored = 'output' }: ActivationReference = first(activation);
  const values = Float32Array.from([0, 3, -3, 1e4, -1e4, 88, -88, 104, -104, 3e38, -3e38, -15.5], (z) => (stored === 'output' ? activate(z) : z));
  expectClose('slopes', await made(bench, [...values], { below: { activation } }), Float64Array.from(values, slope), 16 * EPSILON, 16 * EPSILON);
}

/** Where a value is NaN, and whether all others are finite. */
async function extremes(bench: Bench, activation: ActivationName): Promise<void> {
  const values = [NaN, 1e4, -1e4, 88, -88, 104, -104, 0, 3e38, -3e38, 1e-38, -1e-38];
  const got = await made(bench, values, { activation }), { activate } = first(activation);
  expectWords('NaN passes, and nothing else is one', Array.from(got, (x) => Number(Number.isNaN(x))), values.map((x) => Number(Number.isNaN(x))));
  values.slice(1).forEach((z, i) => {
    const error = Math.abs(got[i + 1]! - activate(z));
    if (!(error <= 8 * EPSILON * Math.max(1, Math.abs(activate(z))))) throw new Mismatch(`${activation}(${z}) is ${got[i + 1]} instead of ${activate(z)}`);
  });
}

/** As the first replica has it. */
const first = (activation: ActivationName): ActivationReference => activationOf(activation, numberOf(activation, 0));

/** Whether its slopes are parameters: then its gradient goes by a kernel of its own. */
const isLearned = (activation: ActivationName | undefined): boolean => activation !== undefined && activationNamed(activation).activated !== undefined;

const NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

/** Cases of 'map'. */
export const mapCases: readonly KernelCase[] = [
  ...([[1, 1], [3, 255], [4, 256], [5, 257], [13, 67]] as const).map(([batch, width]) =>
    kernelCase('map', `${batch}-${width}, a sum`, async (bench) => { await run(bench, { batch, width, add: true }); })),
  kernelCase('map', `${THREE}; workgroup sizes agree bit for bit`, async (bench) => {
    const made = (workgroup: number): Promise<Contents> => run(bench, { batch: 6, width: 131, add: true, rows: ROWS, workgroup });
    expectWords('workgroups of 4', (await made(4)).words, (await made(64)).words);
  }),
  ...[28, 29, 30, 31].map((width) => kernelCase('map', `dropout of width ${width}`, async (bench) => {
    await run(bench, { batch: 6, width, below: maskBelow('dropout', DROPOUT), rows: ROWS });
  })),
  kernelCase('map', `penalties on activations, a plain layer below`, async (bench) => {
    await run(bench, { batch: 6, width: 30, add: true, below: { activity: 2 }, rows: ROWS });
  }),
  kernelCase('map', 'softplus far below 0 keeps its digits', softplusBelow),
  ...NAMES.flatMap((activation) => [
    ...[1, 3, 5, 33].map((width) => kernelCase('map', `${activation} of width ${width}, a sum, pads stay zero`, async (bench) => {
      await run(bench, { batch: 3, width, add: true, activation });
    })),
    kernelCase('map', `${activation} and dropout, ${THREE}`, async (bench) => {
      await run(bench, { batch: 6, width: 29, activation, below: maskBelow('dropout', DROPOUT), rows: ROWS });
    }),
    kernelCase('map', `${activation} of huge numbers is finite, NaN passes`, (bench) => extremes(bench, activation)),
    kernelCase('map', `${activation} of small numbers keeps their digits`, (bench) => small(bench, activation)),
  ]),
  ...NAMES.filter((activation) => !isLearned(activation)).flatMap((activation) => [
    kernelCase('map', `slope of ${activation}`, async (bench) => { await run(bench, { batch: 5, width: 30, below: belowActivation(activation) }); }),
    kernelCase('map', `slope of ${activation} behind dropout, penalties, ${THREE}`, async (bench) => {
      await run(bench, { batch: 6, width: 29, add: true, below: { ...belowActivation(activation, DROPOUT), activity: 2 }, rows: ROWS });
    }),
    kernelCase('map', `slope of ${activation}, stored before the dropout that is drawn`, async (bench) => {
      await run(bench, { batch: 6, width: 29, below: { activation, draws: true, dropout: DROPOUT }, rows: ROWS });
    }),
    kernelCase('map', `slopes of ${activation}, far out and at kinks`, (bench) => farSlopes(bench, activation)),
  ]),
  kernelCase('map', 'prelu with one slope for all, three replicas, one inactive', async (bench) => {
    await run(bench, { batch: 6, width: 29, activation: 'prelu', isPerUnit: false, rows: ROWS });
  }),
];
