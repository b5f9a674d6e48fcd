/** Penalties on activations, in the two kernels that hand a gradient to the layer below. */
import type { Below as KernelBelow } from '../../src/kernels/below.ts';
import { PLAIN_LOSS } from './plain-loss.ts';
import { denseInputGradient, head } from '../../src/kernels/index.ts';
import type { Tile } from '../../src/kernels/tile.ts';
import { maskBelow, type MaskKind } from './below.ts';
import { EPSILON } from './compare.ts';
import { Contents, draw, pad4, place, words } from './contents.ts';
import { kernelCase, plainSettings, rowShape, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

const BATCH = 7, INPUTS = 30, OUTPUTS = 5;
const TILE: Tile = { rowBlocks: 1, columnBlocks: 2, workgroupX: 4, workgroupY: 2 };
const DROPOUT = { index: 0, stream: 0x0400_0001 };

/** Tensor 1 is the layer below; tensor 0's strengths would show. */
const TENSOR = 1;
const strengths = (l1: number, l2: number): Row['tensors'] => activityStrengths([9, 1], l1, l2);

/** Settings of tensors with so many times these strengths. */
export const activityStrengths = (factors: readonly number[], l1: number, l2: number): NonNullable<Row['tensors']> => factors.map((factor) => ({
  ...plainSettings,
  penalties: {
    activityL1: { strength: factor * l1, rule: 'coupled', reaches: true, isDeclared: true },
    activityL2: { strength: factor * l2, rule: 'coupled', reaches: true, isDeclared: true },
  },
}));

interface Strengths { readonly l1: number; readonly l2: number }

/** Both penalties on a whole batch, none, one of them on a part of a batch that is a part of an update, an inactive replica. */
const STRENGTHS: readonly Strengths[] = [{ l1: 3, l2: 5 }, { l1: 0, l2: 0 }, { l1: 7, l2: 0 }, { l1: 0, l2: 2 }, { l1: 1, l2: 1 }];
const COUNTS = [BATCH, BATCH, 5, 1, BATCH];
const rows: readonly Row[] = STRENGTHS.map(({ l1, l2 }, r) => ({
  step: 3, seed: 2 ** 40 + r, count: COUNTS[r]!, dropouts: [0.3], tensors: strengths(l1, l2)!, active: r !== 4,
  ...(r === 2 && { group: { count: 11, starts: true, ends: false } }),
}));

interface Below { readonly kind: MaskKind; readonly dropout: boolean }

const BELOWS: Readonly<Record<string, Below>> = {
  'a plain layer': { kind: 'none', dropout: false },
  ReLU: { kind: 'positive', dropout: false },
  'ReLU and dropout': { kind: 'positive', dropout: true },
  'dropout without ReLU': { kind: 'dropout', dropout: true },
};

const shapeOf = ({ kind, dropout }: Below): KernelBelow => ({ ...maskBelow(kind, dropout ? DROPOUT : undefined), activity: TENSOR });

/** What each replica reads; activations of both signs unless ReLU made them, some exactly 0, also in rows past count. */
const dataOf = ({ kind }: Below) => rows.map((_, r) => ({
  weight: draw(INPUTS * OUTPUTS, 4 * r),
  stored: draw(BATCH * INPUTS, 4 * r + 1).map((a, i) => (i % 5 === 0 || (kind === 'positive' && a < 0) ? 0 : a)),
}));

/** Sums of few products and penalties below 10. */
const TOLERANCE = { relative: EPSILON, absolute: 40 * EPSILON };
/** Besides, those of the logits and their softmax. */
const HEAD_TOLERANCE = { relative: EPSILON, absolute: (5 * INPUTS + 40) * EPSILON };

async function inputGradient(bench: Bench, below: Below): Promise<void> {
  const data = dataOf(below).map((one, r) => ({ ...one, delta: draw(BATCH * OUTPUTS, 4 * r + 2) }));
  const delta = place(BATCH, OUTPUTS), at = place(BATCH, INPUTS);
  const weight = { ...place(INPUTS, OUTPUTS), offset: 16 };
  const parameters = new Contents(rows.length * weight.stride + weight.offset);
  data.forEach((one, r) => parameters.put(weight, r, one.weight));
  await expectTwin(bench, {
    kernel: denseInputGradient,
    shape: {
      row: rowShape(rows.length, 2), tile: TILE, width: INPUTS, weight: weight.offset, parametersStride: weight.stride,
      product: { rows: pad4(BATCH), columns: pad4(INPUTS), depth: pad4(OUTPUTS) }, below: shapeOf(below),
    },
    rows, places: { delta, input: at, output: at },
    buffers: {
      parameters, output: Contents.of(at, rows.length), delta: Contents.of(delta, rows.length, data.map((one) => one.delta)),
      input: Contents.of(at, rows.length, data.map((one) => one.stored)),
    },
  }, { output: TOLERANCE });
}

async function throughHead(bench: Bench, below: Below): Promise<void> {
  const data = dataOf(below).map((one, r) => ({
    ...one, bias: draw(OUTPUTS, 4 * r + 2), targets: Array.from({ length: BATCH }, (_, i) => (i + r) % OUTPUTS),
  }));
  const delta = place(BATCH, OUTPUTS), at = place(BATCH, INPUTS);
  const bias = { ...place(1, OUTPUTS), paddedRows: 1, stride: 24 + pad4(OUTPUTS) * (1 + pad4(INPUTS)) };
  const weight = { ...place(INPUTS, OUTPUTS), offset: 16 + pad4(OUTPUTS), stride: bias.stride };
  const parameters = new Contents(rows.length * bias.stride);
  data.forEach((one, r) => parameters.put(weight, r, one.weight).put(bias, r, one.bias));
  await expectTwin(bench, {
    kernel: head,
    shape: {
      row: rowShape(rows.length, 2), rows: pad4(BATCH), inputs: pad4(INPUTS), columns: pad4(OUTPUTS), width: INPUTS, classes: OUTPUTS,
      batch: BATCH, samplesStride: BATCH, weight: weight.offset, bias: bias.offset, parametersStride: bias.stride,
      inputGradient: true, below: shapeOf(below), loss: PLAIN_LOSS,
    },
    rows, places: { input: at, delta, output: at },
    buffers: {
      parameters, input: Contents.of(at, rows.length, data.map((one) => one.stored)), output: Contents.of(at, rows.length),
      targets: words(data.flatMap(({ targets }) => Array.from({ length: pad4(BATCH) }, (_, i) => targets[i] ?? 0))),
      delta: Contents.of(delta, rows.length), samples: new Contents(rows.length * BATCH),
    },
  }, { output: HEAD_TOLERANCE, delta: HEAD_TOLERANCE, samples: { ...HEAD_TOLERANCE, absolute: HEAD_TOLERANCE.absolute + 2 ** -20, exactly: 'signs' } });
}

/** Cases of 'dense-input-gradient' and 'head'. */
export const activityCases: readonly KernelCase[] = Object.entries(BELOWS).flatMap(([name, below]) => [
  kernelCase('dense-input-gradient', `penalties on activations, ${name} below`, (bench) => inputGradient(bench, below)),
  kernelCase('head', `penalties on activations, ${name} below`, (bench) => throughHead(bench, below)),
]);
