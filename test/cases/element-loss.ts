/** Losses that go element by element: over labels, and over values. */
import { elementLoss } from '../../src/kernels/index.ts';
import { elementLosses, type ElementLoss } from '../../src/reference/index.ts';
import { EPSILON, expectWords, Mismatch } from './compare.ts';
import { Contents, draw, pad4, place } from './contents.ts';
import { drawTargets, finite, LARGEST_WEIGHT, LOSS_LAYERS, lossRows, lossShape, targetWords, THREE_ROWS } from './loss-parts.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row, type Run } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

const SLOTS = 3;
const NAMES = Object.keys(elementLosses) as ElementLoss[];

interface Options {
  readonly type: ElementLoss;
  readonly size: readonly [batch: number, width: number];
  readonly rows?: readonly Row[];
  readonly isWeighted?: boolean;
  readonly threads?: number;
  /** Of all replicas. Default drawn. */
  readonly outputs?: Float32Array;
  readonly targets?: readonly number[];
  /** The loss's own number, by replica. */
  readonly numbers?: readonly number[];
}

function runOf({ type, size, rows = [{ count: size[0], slot: 1 }], isWeighted = false, threads, outputs, targets, numbers }: Options): Run<Parameters<typeof elementLoss.grid>[0]> {
  const [batch, width] = size, at = place(batch, width), loss = lossShape(type, width, { isWeighted });
  const made = rows.map((_, r) => outputs ?? draw(batch * width, r, 5));
  return {
    kernel: threads === undefined ? elementLoss : withConstants(elementLoss, { THREADS: threads }, (grid) => grid),
    shape: { row: rowShape(rows.length, 1, LOSS_LAYERS), loss, rows: pad4(batch), columns: pad4(width), classes: width, batch, samplesStride: SLOTS * batch },
    rows: lossRows(type, rows, numbers), places: { outputs: at, gradient: at },
    buffers: {
      outputs: Contents.of(at, rows.length, made), gradient: Contents.of(at, rows.length), samples: new Contents(rows.length * SLOTS * batch),
      targets: targetWords(loss, batch, made.map((own, r) => targets ?? drawTargets(type, size, {}, own, r))),
    },
  };
}

/** Slopes below 9, with the largest weight; a difference of two of them cancels. A sum of losses, none below 0, as many roundings. */
async function run(bench: Bench, options: Options): Promise<Contents> {
  const [, width] = options.size, ofLabels = options.type === 'binary-cross-entropy';
  const result = await expectTwin(bench, runOf(options), {
    gradient: { relative: 16 * EPSILON, absolute: ofLabels ? (LARGEST_WEIGHT * 32 * EPSILON) / width : 1e-37 },
    samples: { relative: (32 + Math.sqrt(width)) * EPSILON, absolute: 1e-37, exactly: 'signs' },
  });
  return result['gradient']!;
}

/** Where losses and gradients of six rows of three outputs are finite. */
async function expectFinite(bench: Bench, options: Omit<Options, 'size'>, wanted: string): Promise<void> {
  const own = runOf({ ...options, size: [6, 3], rows: [{ count: 6 }] }), got = await runKernel(bench, own), at = own.places!['gradient']!;
  const losses = got['samples']!.floats.subarray(0, 6);
  if (finite(losses) !== wanted) throw new Mismatch(`losses: ${losses}`);
  const gradient = finite(got['gradient']!.get(at, 0)), rows = Array.from(wanted, (one) => one.repeat(3)).join('');
  if (gradient !== rows) throw new Mismatch(`gradients: ${gradient}`);
}

/** Rows 0 to 2 have outputs that are not finite; the square of the third row's is not, and four is large. */
const HUGE = Float32Array.of(1, Infinity, 0, 1, 2, NaN, 0, -Infinity, 1, 1e30, 0, 1, 1e10, 2, 3, -1e4, 0, 1e4);

/** Far out, at 0, and at the kinks of differences of 0.5. */
const EXTREME = Float32Array.of(1e4, -1e4, 0, 88, -88, 104, -104, 0.5, -0.5, 1e-6, -1e-6, 1, 15.5, -15.5, 30, -30, 0, 0);
/** The first and the third row are hits: by an output of 0, and by a label of a half, which are not there. */
const LABELS = [1, 0, 0, 1, 0, 0, 0, 1, 0.5, 1, 1, 0.25, 1, 0, 1, 0, 1, 0];

/** Cases of 'element-loss'. */
export const elementLossCases: readonly KernelCase[] = [
  ...NAMES.flatMap((type) => [
    ...([[5, 1], [3, 3], [4, 4], [7, 5], [2, 65], [3, 101], [2, 784]] as const).map((size) => kernelCase('element-loss', `${type} of ${size.join('-')}`, async (bench) => {
      await run(bench, { type, size });
    })),
    ...[0, 1, 5].map((count) => kernelCase('element-loss', `${type}, ${count} of 6 samples count`, async (bench) => {
      await run(bench, { type, size: [6, 10], rows: [{ count, slot: 2 }] });
    })),
    kernelCase('element-loss', `${type}, weights of rows, three replicas, one inactive`, async (bench) => {
      await run(bench, { type, size: [9, 7], rows: THREE_ROWS, isWeighted: true });
    }),
    kernelCase('element-loss', `${type} of outputs far out, at 0 and at kinks`, async (bench) => {
      for (const number of [0.5, 2]) await run(bench, { type, size: [6, 3], outputs: EXTREME, targets: LABELS, numbers: [number] });
    }),
    kernelCase('element-loss', `${type} of a forward pass that is not finite has that for loss and gradient`, (bench) =>
      expectFinite(bench, { type, outputs: HUGE }, type === 'mean-squared-error' ? 'xxxx..' : 'xxx...')),
  ]),
  kernelCase('element-loss', 'workgroup sizes agree bit for bit', async (bench) => {
    const [want, ...others] = [undefined, 1, 4, 49];
    const made = (threads: number | undefined): Promise<Contents> => run(bench, { type: 'huber', size: [9, 197], rows: THREE_ROWS, isWeighted: true, ...(threads !== undefined && { threads }) });
    const { words } = await made(want);
    for (const threads of others) expectWords(`workgroups of ${threads}`, (await made(threads)).words, words);
  }),
  kernelCase('element-loss', 'a label is wrong, and nothing is lost: still a miss', async (bench) => {
    // Of weight 0 in the second row, whose loss is 0.
    await run(bench, { type: 'binary-cross-entropy', size: [2, 3], isWeighted: true, outputs: Float32Array.of(3, -2, 1, 3, -2, 1), targets: [1, 0, 1, 1, 1, 1] });
  }),
];
