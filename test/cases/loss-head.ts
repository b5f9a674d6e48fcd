/** The head, which fuses the last layer with its loss, with every loss but the plain one. */
import { head } from '../../src/kernels/index.ts';
import { elementLosses, type ElementLoss } from '../../src/reference/index.ts';
import { maskBelow } from './below.ts';
import { EPSILON } from './compare.ts';
import { Contents, draw, pad4, place } from './contents.ts';
import { drawTargets, LARGEST_WEIGHT, LOSS_LAYERS, lossRows, lossShape, targetWords, type LossName, type TargetOptions } from './loss-parts.ts';
import { kernelCase, rowShape, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

const SLOTS = 3;
const DROPOUT = { index: 0, stream: 0x0400_0001 };

interface Options extends TargetOptions {
  readonly type: LossName;
  readonly size: readonly [batch: number, inputs: number, outputs: number];
  readonly rows?: readonly Row[];
  readonly kind?: 'none' | 'positive' | 'dropout';
  readonly inputGradient?: boolean;
  readonly threads?: number;
}

/** Slopes change by at most this where an output is off by 1. */
const STEEPEST = 4;

async function run(bench: Bench, options: Options): Promise<void> {
  const { type, size, rows = [{ count: size[0], slot: 1 }], kind = 'positive', inputGradient = true, threads = 64 } = options;
  const [batch, inputs, outputs] = size, loss = lossShape(type, outputs, options);
  const input = place(batch, inputs), delta = place(batch, outputs);
  const bias = { ...place(1, outputs), paddedRows: 1, stride: 24 + pad4(outputs) * (1 + pad4(inputs)) };
  const weight = { ...place(inputs, outputs), offset: 16 + pad4(outputs), stride: bias.stride };
  const parameters = new Contents(rows.length * bias.stride);
  rows.forEach((_, r) => parameters.put(weight, r, draw(inputs * outputs, 4 * r + 1, 0.5)).put(bias, r, draw(outputs, 4 * r + 2)));
  // Products of `inputs` terms below 5 are off by as many roundings; what a row counts comes on top.
  const off = STEEPEST * LARGEST_WEIGHT * (type === 'softmax-cross-entropy' && options.isVector === true ? outputs : 1) * (5 * inputs + 40) * EPSILON;
  await expectTwin(bench, {
    kernel: withConstants(head, { THREADS: threads }, (grid) => grid),
    shape: {
      row: rowShape(rows.length, 1, LOSS_LAYERS), loss, rows: pad4(batch), inputs: pad4(inputs), columns: pad4(outputs), width: inputs, classes: outputs, batch,
      samplesStride: SLOTS * batch, weight: weight.offset, bias: bias.offset, parametersStride: bias.stride,
      inputGradient, below: maskBelow(kind, kind === 'none' ? undefined : DROPOUT),
    },
    rows: lossRows(type, rows), places: { input, delta, output: input },
    buffers: {
      parameters, input: Contents.of(input, rows.length, rows.map((_, r) => draw(batch * inputs, 4 * r).map((x) => Math.max(x, 0)))),
      targets: targetWords(loss, batch, rows.map((_, r) => drawTargets(type, [batch, outputs], options, new Float32Array(batch * outputs), r))),
      delta: Contents.of(delta, rows.length), output: Contents.of(input, rows.length), samples: new Contents(rows.length * SLOTS * batch),
    },
  }, {
    delta: { absolute: off / 3.5 }, output: { absolute: (off * outputs) / 3.5 },
    samples: { relative: 64 * EPSILON, absolute: STEEPEST * off + LARGEST_WEIGHT * 2 ** -20, exactly: 'signs' },
  });
}

const rows: readonly Row[] = [
  { count: 5, slot: 2, step: 3, seed: 2 ** 35 + 1, dropouts: [0.5] },
  { count: 6, slot: 0, step: 3, seed: 5, dropouts: [0.5], active: false },
  { count: 6, slot: 1, step: 4, seed: 5, dropouts: [0.2] },
];

const KINDS: readonly (readonly [name: string, Pick<Options, 'type' | 'isVector' | 'isWeighted'>])[] = [
  ...(Object.keys(elementLosses) as ElementLoss[]).map((type) => [type, { type, isWeighted: type !== 'huber' }] as const),
  ['smoothed classes', { type: 'softmax-cross-entropy' }],
  ['vectors of classes, weights of rows', { type: 'softmax-cross-entropy', isVector: true, isWeighted: true }],
];

/** More cases of 'head'. */
export const headLossCases: readonly KernelCase[] = KINDS.flatMap(([name, kind]) => [
  ...([[1, 1, 1], [5, 64, 10], [3, 13, 67]] as const).map((size) => kernelCase('head', `${name}, ${size.join('-')}`, (bench) => run(bench, { ...kind, size, kind: 'none' }))),
  ...(['positive', 'dropout'] as const).map((mask) => kernelCase('head', `${name}, three replicas, one inactive, dropout below, mask ${mask}`, (bench) =>
    run(bench, { ...kind, size: [6, 30, 5], rows, kind: mask }))),
  kernelCase('head', `${name}, nothing below: no input gradient; workgroups of 4 threads`, (bench) =>
    run(bench, { ...kind, size: [5, 9, 3], kind: 'none', inputGradient: false, threads: 4 })),
  kernelCase('head', `${name}, no sample counts`, (bench) => run(bench, { ...kind, size: [4, 5, 3], rows: [{ count: 0 }], kind: 'none' })),
]);
