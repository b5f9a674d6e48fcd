/** Softmax, its cross-entropy, and the head that fuses the last layer with both. */
import { head, softmax, softmaxCrossEntropy } from '../../src/kernels/index.ts';
import { PLAIN_LOSS } from './plain-loss.ts';
import { maskBelow, type MaskKind } from './below.ts';
import { EPSILON, expectWords, Mismatch } from './compare.ts';
import { Contents, draw, pad4, place, words, type Place } from './contents.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin, type Tolerance } from './twin.ts';

/** WGSL allows exp(x) an error of 3 + 2 |x| roundings; logits here lie within 5, so |x| within 10. */
const PROBABILITY = { relative: 32 * EPSILON, absolute: 1e-37 };
/** WGSL allows log an absolute error of 2^-21 near 1, besides the sum's own error. */
const LOSS = { relative: 32 * EPSILON, absolute: 2 ** -20 };
/** A product of k terms below 5 before the softmax moves every logit, and so every probability, by k roundings. */
const headTolerance = (terms: number): number => (5 * terms + 40) * EPSILON;

const CLASS_SIZES = [[1, 1], [5, 2], [64, 10], [65, 65], [3, 101]] as const;

const scaleWorkgroup = (workgroup: number) => ([x, y, z]: readonly [number, number, number]) => [x * (64 / workgroup), y, z] as const;

/** Logits whose softmax is known: far apart, equal, or a tie for the largest. */
export const EXTREME = Float32Array.of(
  1e4, -1e4, 0, -1e4, 1e4, 0, 7, 7, 7, -1e4, -1e4, -1e4, 3, 5, 5, 1e4, 1e4, 1e4 - 2,
);

async function softmaxRows(bench: Bench, batch: number, classes: number, rows: readonly Row[], logits: readonly Float32Array[], workgroup = 64): Promise<Contents> {
  const at = place(batch, classes);
  const result = await expectTwin(bench, {
    kernel: withConstants(softmax, { WORKGROUP_X: workgroup }, scaleWorkgroup(workgroup)),
    shape: { row: rowShape(rows.length), rows: pad4(batch), columns: pad4(classes), classes },
    rows, places: { logits: at, output: at }, buffers: { logits: Contents.of(at, rows.length, logits), output: Contents.of(at, rows.length) },
  }, { output: PROBABILITY });
  return result['output']!;
}

/** Slots of samples: the row says which one is written. */
const SLOTS = 3;

interface Batch { readonly batch: number; readonly classes: number; readonly rows: readonly Row[]; readonly targets: readonly (readonly number[])[] }

const targetsBuffer = (batch: number, targets: Batch['targets']): Contents =>
  words(targets.flatMap((one) => Array.from({ length: pad4(batch) }, (_, i) => one[i] ?? 0xffffff)));

async function crossEntropy(bench: Bench, options: Batch & { readonly logits: readonly Float32Array[]; readonly workgroup?: number }): Promise<Contents> {
  const { batch, classes, rows, targets, logits, workgroup = 64 } = options;
  const at = place(batch, classes);
  const result = await expectTwin(bench, {
    kernel: withConstants(softmaxCrossEntropy, { WORKGROUP_X: workgroup }, scaleWorkgroup(workgroup)),
    shape: {
      row: rowShape(rows.length), rows: pad4(batch), columns: pad4(classes), classes, batch, samplesStride: SLOTS * batch, loss: PLAIN_LOSS,
    },
    rows, places: { logits: at, gradient: at },
    buffers: {
      logits: Contents.of(at, rows.length, logits), targets: targetsBuffer(batch, targets),
      gradient: Contents.of(at, rows.length), samples: new Contents(rows.length * SLOTS * batch),
    },
  }, {
    // The largest probability less 1 cancels, so one rounding of 1 stays, divided by count like the rest.
    gradient: { relative: PROBABILITY.relative, absolute: (_, i) => (4 * EPSILON) / countAt(at, rows, i) },
    samples: { ...LOSS, exactly: 'signs' },
  });
  return result['gradient']!;
}

/** The number of samples of the replica whose matrix holds element `i`. */
const countAt = ({ offset, stride }: Place, rows: readonly Row[], i: number): number =>
  Math.max(1, rows[Math.floor((i - offset) / stride)]!.count!);

const drawTargets = (count: number, classes: number, id: number): number[] =>
  Array.from(draw(count, 900 + id), (x) => Math.min(classes - 1, Math.floor((x + 1) / 2 * classes)));

const randomBatch = (batch: number, classes: number, rows: readonly Row[]): Batch & { logits: Float32Array[] } => ({
  batch, classes, rows, logits: rows.map((_, r) => draw(batch * classes, r, 5)),
  targets: rows.map((_, r) => drawTargets(batch, classes, r)),
});

const DROPOUT = { index: 0, stream: 0x0400_0001 };

interface HeadOptions {
  readonly batch: number; readonly inputs: number; readonly classes: number; readonly rows: readonly Row[];
  readonly kind?: MaskKind; readonly dropout?: boolean; readonly inputGradient?: boolean; readonly threads?: number;
}

/** What the head reads, per replica. */
const headData = ({ batch, inputs, classes, rows }: HeadOptions): { input: Float32Array; weight: Float32Array; bias: Float32Array; targets: number[] }[] =>
  rows.map((_, r) => ({
    input: draw(batch * inputs, 4 * r).map((x) => Math.max(x, 0)), weight: draw(inputs * classes, 4 * r + 1, 0.5),
    bias: draw(classes, 4 * r + 2), targets: drawTargets(batch, classes, r),
  }));

async function runHead(bench: Bench, options: HeadOptions): Promise<void> {
  const { batch, inputs, classes, rows, kind = 'positive', dropout = false, inputGradient = true, threads = 64 } = options;
  const data = headData(options);
  const input = place(batch, inputs), delta = place(batch, classes), output = place(batch, inputs);
  const bias = { ...place(1, classes), paddedRows: 1, stride: 24 + pad4(classes) * (1 + pad4(inputs)) };
  const weight = { ...place(inputs, classes), offset: 16 + pad4(classes), stride: bias.stride };
  const parameters = new Contents(rows.length * bias.stride);
  data.forEach((one, r) => parameters.put(weight, r, one.weight).put(bias, r, one.bias));
  const tolerance = (at: Place): Tolerance => ({ absolute: (_, i) => headTolerance(inputs) / countAt(at, rows, i) });
  await expectTwin(bench, {
    kernel: withConstants(head, { THREADS: threads }, (grid) => grid),
    shape: {
      row: rowShape(rows.length), rows: pad4(batch), inputs: pad4(inputs), columns: pad4(classes), width: inputs, classes, batch,
      samplesStride: SLOTS * batch, loss: PLAIN_LOSS, weight: weight.offset, bias: bias.offset, parametersStride: bias.stride,
      inputGradient, below: maskBelow(kind, dropout ? DROPOUT : undefined),
    },
    rows, places: { input, delta, output },
    buffers: {
      parameters, input: Contents.of(input, rows.length, data.map((one) => one.input)),
      targets: targetsBuffer(batch, data.map(({ targets }) => targets)),
      delta: Contents.of(delta, rows.length), output: Contents.of(output, rows.length), samples: new Contents(rows.length * SLOTS * batch),
    },
  }, {
    delta: tolerance(delta), output: tolerance(output),
    samples: { relative: LOSS.relative, absolute: headTolerance(inputs) + LOSS.absolute, exactly: 'signs' },
  });
}

const headRows: readonly Row[] = [
  { count: 5, slot: 2, step: 3, seed: 2 ** 35 + 1, dropouts: [0.5] },
  { count: 6, slot: 0, step: 3, seed: 5, dropouts: [0.5], active: false },
  { count: 6, slot: 1, step: 4, seed: 5, dropouts: [0.2] },
];

export const lossCases: readonly KernelCase[] = [
  ...CLASS_SIZES.map(([batch, classes]) => kernelCase('softmax', `${batch}-${classes}`, async (bench) => {
    await softmaxRows(bench, batch, classes, [{}], [draw(batch * classes, 1, 5)]);
  })),
  kernelCase('softmax', 'logits of 1e4, all equal, ties', async (bench) => { await softmaxRows(bench, 6, 3, [{}], [EXTREME]); }),
  kernelCase('softmax', 'three replicas, one inactive; workgroup sizes agree bit for bit', async (bench) => {
    const run = (workgroup: number): Promise<Contents> =>
      softmaxRows(bench, 9, 7, [{}, { active: false }, {}], [0, 1, 2].map((id) => draw(63, id, 5)), workgroup);
    expectWords('workgroups of 4', (await run(4)).words, (await run(64)).words);
  }),
  ...CLASS_SIZES.map(([batch, classes]) => kernelCase('softmax-cross-entropy', `${batch}-${classes}`, async (bench) => {
    await crossEntropy(bench, randomBatch(batch, classes, [{ count: batch, slot: 1 }]));
  })),
  ...[0, 1, 5].map((count) => kernelCase('softmax-cross-entropy', `${count} of 6 samples count`, async (bench) => {
    await crossEntropy(bench, randomBatch(6, 10, [{ count, slot: 2 }]));
  })),
  // Losses of 1e4 are exact here: what is left of them is far below their rounding if the order of addition is wrong.
  kernelCase('softmax-cross-entropy', 'logits of 1e4, all equal, ties: losses, and hits by the first largest', async (bench) => {
    for (const targets of [[0, 1, 0, 0, 1, 0], [1, 0, 2, 1, 2, 2]]) {
      await crossEntropy(bench, { batch: 6, classes: 3, rows: [{ count: 6 }], logits: [EXTREME], targets: [targets] });
    }
  }),
  kernelCase('softmax-cross-entropy', 'a forward pass that is not finite has that for loss and gradient', async (bench) => {
    const at = place(6, 3), largest = 3e38;
    const logits = Float32Array.of(1, Infinity, 0, 1, 2, NaN, 0, -Infinity, 1, largest, 0, -largest, 1, 2, 3, -largest, 0, 1);
    // Rows 0 to 2 have logits that are not finite, in row 3 the loss is beyond f32, row 5 is large and finite.
    const targets = [1, 0, 0, 2, 0, 0];
    const got = await runKernel(bench, {
      kernel: softmaxCrossEntropy, rows: [{ count: 6 }],
      shape: { row: rowShape(1), rows: 8, columns: 4, classes: 3, batch: 6, samplesStride: SLOTS * 6, loss: PLAIN_LOSS },
      places: { logits: at, gradient: at },
      buffers: {
        logits: Contents.of(at, 1, [logits]), targets: targetsBuffer(6, [targets]), gradient: Contents.of(at, 1), samples: new Contents(SLOTS * 6),
      },
    });
    const finite = (values: Iterable<number>): string => Array.from(values, (value) => (Number.isFinite(value) ? '.' : 'x')).join('');
    const [losses, gradient] = [got['samples']!.floats.subarray(0, 6), got['gradient']!];
    if (finite(losses) !== 'xxxx..') throw new Mismatch(`losses: ${losses}`);
    const rows = Array.from({ length: 6 }, (_, row) => finite(gradient.floats.subarray(at.offset + 4 * row, at.offset + 4 * row + 3)));
    if (rows.join() !== 'xxx,xxx,xxx,xxx,...,...') throw new Mismatch(`gradients: ${rows}`);
  }),
  kernelCase('softmax-cross-entropy', 'the mean is over all batches of an update', async (bench) => {
    const group = { count: 20, starts: false, ends: true };
    await crossEntropy(bench, randomBatch(9, 7, [{ count: 9, group }, { count: 2, group }]));
  }),
  kernelCase('softmax-cross-entropy', 'three replicas, one inactive; workgroup sizes agree bit for bit', async (bench) => {
    const options = randomBatch(9, 7, [{ count: 9, slot: 2 }, { count: 9, active: false }, { count: 4, slot: 1 }]);
    const large = await crossEntropy(bench, options);
    expectWords('workgroups of 4', (await crossEntropy(bench, { ...options, workgroup: 4 })).words, large.words);
  }),
  ...([[1, 1, 1], [4, 63, 2], [5, 64, 10], [7, 257, 3], [3, 13, 67]] as const).map(([batch, inputs, classes]) =>
    kernelCase('head', `${batch}-${inputs}-${classes}`, (bench) => runHead(bench, { batch, inputs, classes, rows: [{ count: batch, slot: 1 }] }))),
  kernelCase('head', 'workgroups of 4 and of 128 threads', async (bench) => {
    for (const threads of [4, 128]) await runHead(bench, { batch: 5, inputs: 70, classes: 10, rows: [{ count: 5 }], threads });
  }),
  kernelCase('head', 'nothing below: no input gradient', (bench) =>
    runHead(bench, { batch: 5, inputs: 9, classes: 3, rows: [{ count: 5 }], inputGradient: false, kind: 'none' })),
  kernelCase('head', 'no sample counts', (bench) => runHead(bench, { batch: 4, inputs: 5, classes: 3, rows: [{ count: 0 }] })),
  kernelCase('head', 'a plain layer below', (bench) => runHead(bench, { batch: 5, inputs: 9, classes: 3, rows: [{ count: 5 }], kind: 'none' })),
  ...(['positive', 'dropout'] as const).map((kind) => kernelCase('head', `three replicas, one inactive, dropout below, mask ${kind}`, (bench) =>
    runHead(bench, { batch: 6, inputs: 30, classes: 5, rows: headRows, kind, dropout: true }))),
];
