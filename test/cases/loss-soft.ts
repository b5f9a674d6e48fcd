/** Softmax cross-entropy over distributions, smoothed, with weights of classes and rows. */
import { softmaxCrossEntropy } from '../../src/kernels/index.ts';
import { EPSILON, expectWords, Mismatch } from './compare.ts';
import { Contents, draw, pad4, place } from './contents.ts';
import { EXTREME } from './loss.ts';
import { classWeight, drawTargets, finite, LARGEST_WEIGHT, LOSS_LAYERS, lossRows, lossShape, targetWords, THREE_ROWS, type TargetOptions } from './loss-parts.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row, type Run } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

const SLOTS = 3;

interface Options extends TargetOptions {
  readonly size: readonly [batch: number, classes: number];
  readonly rows?: readonly Row[];
  readonly workgroup?: number;
  readonly logits?: Float32Array;
  readonly targets?: readonly number[];
  /** By replica. */
  readonly smoothing?: readonly number[];
}

function runOf(options: Options): Run<Parameters<typeof softmaxCrossEntropy.grid>[0]> {
  const { size, rows = [{ count: size[0], slot: 1 }], workgroup = 64, logits, targets, smoothing, hasClassWeights = false } = options;
  const [batch, classes] = size, at = place(batch, classes), type = 'softmax-cross-entropy', loss = lossShape(type, classes, options);
  const made = rows.map((_, r) => logits ?? draw(batch * classes, r, 5)), weights = new Contents(classes);
  weights.floats.forEach((_, c) => { weights.floats[c] = classWeight(c); });
  return {
    kernel: withConstants(softmaxCrossEntropy, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: { row: rowShape(rows.length, 1, LOSS_LAYERS), loss, rows: pad4(batch), columns: pad4(classes), classes, batch, samplesStride: SLOTS * batch },
    rows: lossRows(type, rows, smoothing), places: { logits: at, gradient: at },
    buffers: {
      logits: Contents.of(at, rows.length, made), gradient: Contents.of(at, rows.length), samples: new Contents(rows.length * SLOTS * batch),
      targets: targetWords(loss, batch, made.map((own, r) => targets ?? drawTargets(type, size, options, own, r))), ...(hasClassWeights && { classWeights: weights }),
    },
  };
}

/** What the weights and the targets of a row come to at most. */
const wholeOf = ({ isVector = false, isWeighted = false, hasClassWeights = false, size: [, classes] }: Options): number =>
  (isVector ? classes : 1) * (isWeighted ? LARGEST_WEIGHT : 1) * (hasClassWeights ? 1.5 : 1);

/** As without all this (test/cases/loss.ts), times what a row counts; divisors are 3.5 and more. */
async function run(bench: Bench, options: Options): Promise<Contents> {
  const result = await expectTwin(bench, runOf(options), {
    gradient: { relative: 32 * EPSILON, absolute: (wholeOf(options) * 8 * EPSILON) / 3.5 },
    samples: { relative: 32 * EPSILON, absolute: wholeOf(options) * 2 ** -20, exactly: 'signs' },
  });
  return result['gradient']!;
}

/** Losses and gradients by row: 'x' where they are not finite. */
async function expectFinite(bench: Bench, options: Options, wanted: string): Promise<void> {
  const own = runOf(options), got = await runKernel(bench, own), losses = got['samples']!.floats.subarray(options.size[0], 2 * options.size[0]);
  if (finite(losses) !== wanted) throw new Mismatch(`losses: ${losses}`);
  const gradient = finite(got['gradient']!.get(own.places!['gradient']!, 0));
  if (gradient !== Array.from(wanted, (one) => one.repeat(options.size[1])).join('')) throw new Mismatch(`gradients: ${gradient}`);
}

const HUGE = Float32Array.of(1, Infinity, 0, 1, 2, NaN, 0, -Infinity, 1, 3e38, 0, -3e38, 1, 2, 3, -3e38, 0, 1);

/** Every way for targets to lie. */
const KINDS: Readonly<Record<string, TargetOptions>> = {
  smoothed: {},
  'weights of classes': { hasClassWeights: true },
  'weights of rows': { isWeighted: true },
  vectors: { isVector: true },
  'vectors, all weights': { isVector: true, isWeighted: true, hasClassWeights: true },
};

/** More cases of 'softmax-cross-entropy'. */
export const softLossCases: readonly KernelCase[] = [
  ...Object.entries(KINDS).flatMap(([name, kind]) => [
    ...([[1, 1], [5, 2], [65, 5], [3, 101]] as const).map((size) => kernelCase('softmax-cross-entropy', `${name}, ${size.join('-')}`, async (bench) => {
      await run(bench, { ...kind, size });
    })),
    kernelCase('softmax-cross-entropy', `${name}, three replicas, one inactive; workgroup sizes agree bit for bit`, async (bench) => {
      const options: Options = { ...kind, size: [9, 7], rows: THREE_ROWS };
      expectWords('workgroups of 4', (await run(bench, { ...options, workgroup: 4 })).words, (await run(bench, options)).words);
    }),
    ...[0, 1, 5].map((count) => kernelCase('softmax-cross-entropy', `${name}, ${count} of 6 samples count`, async (bench) => {
      await run(bench, { ...kind, size: [6, 10], rows: [{ count, slot: 2 }] });
    })),
    kernelCase('softmax-cross-entropy', `${name}, a forward pass that is not finite has that for loss and gradient`, (bench) =>
      expectFinite(bench, { ...kind, size: [6, 3], logits: HUGE, targets: kind.isVector === true ? Array.from({ length: 18 }, (_, i) => (i === 12 ? 1 : 0.5)) : [1, 0, 0, 2, 0, 2] }, 'xxxx..')),
  ]),
  kernelCase('softmax-cross-entropy', 'smoothed by 0, logits of 1e4, all equal, ties: losses, and hits by the first largest', async (bench) => {
    for (const targets of [[0, 1, 0, 0, 1, 0], [1, 0, 2, 1, 2, 2]]) await run(bench, { size: [6, 3], logits: EXTREME, targets, smoothing: [0] });
  }),
  kernelCase('softmax-cross-entropy', 'vectors, logits of 1e4, ties of logits and of targets', async (bench) => {
    const targets = [1, 0, 0, 0, 1, 1, 0.5, 0.5, 0, 0, 0.25, 0.25, 0, 2, 2, 1, 1, 1];
    for (const smoothing of [0, 0.25]) await run(bench, { isVector: true, size: [6, 3], logits: EXTREME, targets, smoothing: [smoothing] });
  }),
];
