/** The three products of a dense layer and its bias gradient. */
import { biasGradient, denseForward, denseInputGradient, denseWeightGradient } from '../../src/kernels/index.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { activationNamed, type ActivationName } from '../../src/kernels/activations/index.ts';
import type { Below } from '../../src/kernels/below.ts';
import type { Tile } from '../../src/kernels/tile.ts';
import { activationOf } from '../../src/reference/index.ts';
import { belowActivation, maskBelow, type MaskKind } from './below.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, pad4, place, type Place } from './contents.ts';
import { familyCases, SMALL } from './tiles.ts';
import { entryOf, LAYERS, numbered, numberOf } from './numbers.ts';
import { kernelCase, rowShape, runKernel, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

/** [batch, inputs, outputs] */
type Sizes = readonly [batch: number, inputs: number, outputs: number];

/** Around the tile, primes, single elements; each also as the other products' depth. */
const SIZES: readonly Sizes[] = [[1, 1, 1], [7, 5, 31], [8, 32, 32], [9, 33, 33], [13, 67, 3], [3, 2, 71]];

/** What every tile family is tried on: single elements, around the tiles, primes, a batch with a remainder; depths below a slab. */
const FAMILY_SIZES: readonly Sizes[] = [[1, 1, 1], [9, 33, 31], [7, 67, 17]];

const TILES: readonly Tile[] = [
  { rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8 },
  { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 },
  { rowBlocks: 3, columnBlocks: 1, workgroupX: 2, workgroupY: 3 },
  { rowBlocks: 4, columnBlocks: 1, workgroupX: 4, workgroupY: 1 },
  { rowBlocks: 1, columnBlocks: 4, workgroupX: 16, workgroupY: 4 },
];
/** 64 x 16 and 16 x 64 outputs per workgroup, and a thread for every block: the order of additions is the slices' alone. */
const EQUAL_SLICES: readonly Tile[] = [
  { family: 'workgroup', rowBlocks: 4, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 2, depthBlocks: 1 },
  { family: 'workgroup', rowBlocks: 1, columnBlocks: 4, workgroupX: 4, workgroupY: 4, slices: 2, depthBlocks: 1 },
  { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 4, slices: 2, depthBlocks: 2 },
];
const EIGHT_SLICES: Tile = { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 2, slices: 8, depthBlocks: 1 };
const AGREE: Sizes = [18, 29, 50];

/** A fused sum of k products of numbers below 1 is off by at most k roundings of numbers below k; most cancel. */
const sumTolerance = (terms: number): { relative: number; absolute: number } => ({
  relative: EPSILON, absolute: (terms + 1) * EPSILON,
});

const DROPOUT = { index: 1, stream: 0x0400_0003 };
const dropoutRows: readonly Row[] = [
  { step: 3, seed: 2 ** 40 + 17, dropouts: [0.9, 0.5] },
  { step: 3, seed: 1, dropouts: [0.9, 0.5], active: false },
  { step: 4, seed: 1, dropouts: [0.9, 0.2] },
];
const plainRow: readonly Row[] = [{}];
const plainRows: readonly Row[] = [{}, { active: false }, {}];
/** The first batch of an update, an inactive replica, and a later batch. */
const groupRows: readonly Row[] = [{}, { active: false }, { group: { count: 9, starts: false, ends: true } }];

/** Weight, or the one it is the transpose of, and bias of one layer in an arena of `stride` floats. */
function parameterPlaces([, inputs, outputs]: Sizes, transposed = false): { weight: Place; bias: Place; slopes: Place } {
  const bias = { rows: 1, columns: outputs, paddedRows: 1, offset: 4, stride: 0 };
  const offset = bias.offset + pad4(outputs) + 8;
  const slopes = { ...bias, offset: offset + pad4(inputs) * pad4(outputs) + 4 }, stride = slopes.offset + pad4(outputs) + 4;
  return { bias: { ...bias, stride }, slopes: { ...slopes, stride }, weight: transposed ? { rows: outputs, columns: inputs, paddedRows: pad4(outputs), offset, stride } : { rows: inputs, columns: outputs, paddedRows: pad4(inputs), offset, stride } };
}

interface ForwardOptions { readonly activation?: ActivationName | undefined; readonly dropout: boolean; readonly keeps?: boolean; readonly transposed?: boolean; readonly tile?: Tile; readonly rows?: readonly Row[] }

async function forward(bench: Bench, sizes: Sizes, { activation, dropout, keeps = false, transposed = false, tile = SMALL, rows = plainRow }: ForwardOptions): Promise<Contents> {
  const [batch, inWidth, outWidth] = sizes;
  const { weight, bias, slopes } = parameterPlaces(sizes, transposed), learns = activation !== undefined && activationNamed(activation).activated !== undefined;
  const input = place(batch, inWidth), output = place(batch, outWidth);
  const data = rows.map((_, r) => ({
    input: draw(batch * inWidth, 4 * r), weight: draw(inWidth * outWidth, 4 * r + 1), bias: draw(outWidth, 4 * r + 2), slopes: draw(outWidth, 4 * r + 3),
  }));
  const parameters = new Contents(rows.length * weight.stride);
  data.forEach((one, r) => parameters.put(weight, r, one.weight).put(bias, r, one.bias).put(slopes, r, one.slopes));
  const result = await expectTwin(bench, {
    kernel: denseForward,
    shape: {
      row: rowShape(rows.length, 2, LAYERS), tile, width: outWidth, transposed, activation, ...entryOf(activation), slopes: learns ? { offset: slopes.offset, isPerUnit: true } : undefined, dropout: dropout ? DROPOUT : undefined, keeps,
      product: { rows: pad4(batch), columns: pad4(outWidth), depth: pad4(inWidth) },
      weight: weight.offset, bias: bias.offset, parametersStride: weight.stride,
    },
    rows: numbered(rows, activation), places: { input, output, preactivation: output },
    buffers: { parameters, input: Contents.of(input, rows.length, data.map((one) => one.input)), output: Contents.of(output, rows.length), preactivation: Contents.of(output, rows.length) },
  }, { output: sumTolerance(2 * inWidth), preactivation: sumTolerance(inWidth) });
  return result['output']!;
}

/** NaN is no number that a tolerance could bound: looked for by itself. */
async function forwardNaN(bench: Bench): Promise<void> {
  const sizes: Sizes = [4, 4, 8];
  const { weight, bias } = parameterPlaces(sizes);
  const input = place(4, 4), output = place(4, 8);
  const values = draw(16, 1);
  values[5] = NaN;
  const result = await runKernel(bench, {
    kernel: denseForward,
    shape: {
      row: rowShape(1), tile: SMALL, width: 8, activation: 'relu', product: { rows: 4, columns: 8, depth: 4 },
      weight: weight.offset, bias: bias.offset, parametersStride: weight.stride,
    },
    rows: plainRow, places: { input, output, preactivation: output },
    buffers: {
      preactivation: Contents.of(output, 1, [new Float32Array(32)]), parameters: new Contents(weight.stride).put(weight, 0, draw(32, 2)).put(bias, 0, draw(8, 3)),
      input: Contents.of(input, 1, [values]), output: Contents.of(output, 1, [new Float32Array(32)]),
    },
  });
  const isNaN = Array.from(result['output']!.get(output, 0), (x) => (Number.isNaN(x) ? 1 : 0));
  expectWords('NaN in row 1 only', isNaN, Array.from({ length: 32 }, (_, i) => (Math.floor(i / 8) === 1 ? 1 : 0)));
}

interface InputGradientOptions { readonly kind?: MaskKind; readonly dropout?: boolean; readonly below?: Below; readonly transposed?: boolean; readonly tile?: Tile; readonly rows?: readonly Row[] }

async function inputGradient(bench: Bench, sizes: Sizes, { kind = 'none', dropout = false, transposed = false, below = maskBelow(kind, dropout ? DROPOUT : undefined), tile = SMALL, rows = plainRow }: InputGradientOptions): Promise<Contents> {
  const [batch, inWidth, outWidth] = sizes;
  const { weight } = parameterPlaces(sizes, transposed);
  const delta = place(batch, outWidth), input = place(batch, inWidth), output = place(batch, inWidth);
  const data = rows.map((_, r) => ({
    delta: draw(batch * outWidth, 4 * r), weight: draw(inWidth * outWidth, 4 * r + 1),
    stored: draw(batch * inWidth, 4 * r + 2).map((x) => activationOf((below.activation ?? 'relu') as ActivationName, numberOf(below.activation, r)).activate(x)),
  }));
  const parameters = new Contents(rows.length * weight.stride);
  data.forEach((one, r) => parameters.put(weight, r, one.weight));
  const result = await expectTwin(bench, {
    kernel: denseInputGradient,
    shape: {
      row: rowShape(rows.length, 2, LAYERS), tile, width: inWidth, transposed, weight: weight.offset, parametersStride: weight.stride,
      product: { rows: pad4(batch), columns: pad4(inWidth), depth: pad4(outWidth) },
      below: { ...below, ...entryOf(below.activation) },
    },
    rows: numbered(rows, below.activation), places: { delta, input, output },
    buffers: {
      parameters, output: Contents.of(output, rows.length), delta: Contents.of(delta, rows.length, data.map((one) => one.delta)),
      input: Contents.of(input, rows.length, data.map((one) => one.stored)),
    },
  }, { output: sumTolerance(2 * outWidth) });
  return result['output']!;
}

/** What earlier batches of the same update left in the gradients; the first batch of an update must not read it. */
const putEarlier = (before: Contents, at: Place, rows: readonly Row[], { accumulate = false, adds = false }: GradientOptions): void => rows.forEach(({ group, active = true }, r) => {
  if (active && (adds || (accumulate && group?.starts === false))) before.put(at, r, draw(at.rows * at.columns, 60 + r));
});

interface GradientOptions { readonly tile?: Tile; readonly rows?: readonly Row[]; readonly accumulate?: boolean; readonly adds?: boolean }

async function weightGradient(bench: Bench, sizes: Sizes, { tile = SMALL, rows = plainRow, accumulate = false, adds = false }: GradientOptions = {}): Promise<Contents> {
  const [batch, inWidth, outWidth] = sizes;
  const { weight } = parameterPlaces(sizes);
  const input = place(batch, inWidth), delta = place(batch, outWidth);
  const data = rows.map((_, r) => ({ input: draw(batch * inWidth, 4 * r), delta: draw(batch * outWidth, 4 * r + 1) }));
  const before = new Contents(rows.length * weight.stride);
  putEarlier(before, weight, rows, { accumulate, adds });
  const result = await expectTwin(bench, {
    kernel: denseWeightGradient,
    shape: {
      row: rowShape(rows.length), tile, weight: weight.offset, gradientsStride: weight.stride, accumulate, adds,
      product: { rows: pad4(inWidth), columns: pad4(outWidth), depth: pad4(batch) },
    },
    rows, places: { input, delta },
    buffers: {
      gradients: before, input: Contents.of(input, rows.length, data.map((one) => one.input)),
      delta: Contents.of(delta, rows.length, data.map((one) => one.delta)),
    },
  }, { gradients: sumTolerance(batch) });
  return result['gradients']!;
}

interface SumOptions extends Omit<GradientOptions, 'tile'> { readonly workgroup?: number }

async function biasSums(bench: Bench, batch: number, outWidth: number, { rows = plainRow, workgroup = 64, accumulate = false, adds = false }: SumOptions = {}): Promise<Contents> {
  const { bias } = parameterPlaces([batch, 4, outWidth]);
  const delta = place(batch, outWidth);
  const data = rows.map((_, r) => draw(batch * outWidth, r));
  const before = new Contents(rows.length * bias.stride);
  putEarlier(before, bias, rows, { accumulate, adds });
  const result = await expectTwin(bench, {
    kernel: withConstants(biasGradient, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: {
      row: rowShape(rows.length), batch: pad4(batch), columns: pad4(outWidth), bias: bias.offset, gradientsStride: bias.stride, accumulate, adds,
    },
    rows, places: { delta },
    buffers: { gradients: before, delta: Contents.of(delta, rows.length, data) },
  }, { gradients: sumTolerance(batch) });
  return result['gradients']!;
}

/** Runs once per choice; all results must be the same bits. */
async function agree<Choice>(choices: readonly Choice[], run: (choice: Choice) => Promise<Contents>): Promise<void> {
  const [first, ...others] = choices;
  const want = await run(first!);
  for (const other of others) expectWords(`${JSON.stringify(other)} against the first`, (await run(other)).words, want.words);
}

const NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

const named = (sizes: Sizes): string => sizes.join('-');

export const denseCases: readonly KernelCase[] = [
  ...SIZES.map((sizes) => kernelCase('dense-forward', `${named(sizes)} with ReLU`, async (bench) => {
    await forward(bench, sizes, { activation: 'relu', dropout: false });
  })),
  kernelCase('dense-forward', 'without ReLU', async (bench) => { await forward(bench, [5, 6, 7], { dropout: false }); }),
  kernelCase('dense-forward', 'tile shapes agree bit for bit', (bench) =>
    agree(TILES, (tile) => forward(bench, AGREE, { activation: 'relu', dropout: false, tile }))),
  ...familyCases('dense-forward', FAMILY_SIZES, (bench, sizes, tile) => forward(bench, sizes, { activation: 'relu', dropout: false, tile })),
  kernelCase('dense-forward', 'workgroup tiles of equal slices agree bit for bit', (bench) =>
    agree(EQUAL_SLICES, (tile) => forward(bench, [18, 45, 50], { activation: 'relu', dropout: false, tile }))),
  kernelCase('dense-forward', 'workgroup tiles of 8 slices', async (bench) => {
    await forward(bench, [9, 67, 17], { activation: 'relu', dropout: false, tile: EIGHT_SLICES });
  }),
  ...[28, 29, 30, 31].map((width) => kernelCase('dense-forward', `three replicas, one inactive, dropout of width ${width}`, async (bench) => {
    await forward(bench, [6, 5, width], { activation: width % 2 === 1 ? 'relu' : undefined, dropout: true, rows: dropoutRows });
  })),
  ...NAMES.flatMap((activation) => [1, 3, 5, 33].map((width) => kernelCase('dense-forward', `${activation} of width ${width}`, async (bench) => {
    await forward(bench, [3, 7, width], { activation, dropout: false });
  }))),
  ...NAMES.filter((name) => ACTIVATIONS[name].stored === 'input').map((activation) => kernelCase('dense-forward', `${activation} and what it is made from, dropout, three replicas`, async (bench) => {
    await forward(bench, [6, 5, 29], { activation, dropout: true, keeps: true, rows: dropoutRows });
  })),
  ...SIZES.slice(0, 5).map((sizes) => kernelCase('dense-forward', `${named(sizes)}, the weight transposed`, async (bench) => {
    await forward(bench, sizes, { activation: 'relu', dropout: false, transposed: true });
  })),
  ...familyCases('dense-forward', [[7, 67, 17] as Sizes], (bench, sizes, tile) => forward(bench, sizes, { activation: 'relu', dropout: false, transposed: true, tile }), ', the weight transposed'),
  kernelCase('dense-forward', 'the weight transposed, dropout, three replicas', async (bench) => {
    await forward(bench, [6, 5, 29], { activation: 'tanh', dropout: true, transposed: true, rows: dropoutRows });
  }),
  kernelCase('dense-forward', 'NaN reaches the outputs of its row and no other', forwardNaN),
  ...SIZES.map((sizes) => kernelCase('dense-input-gradient', `${named(sizes)} below ReLU`, async (bench) => {
    await inputGradient(bench, sizes, { kind: 'positive', dropout: false });
  })),
  kernelCase('dense-input-gradient', 'nothing below', async (bench) => { await inputGradient(bench, [5, 6, 7], { kind: 'none', dropout: false }); }),
  kernelCase('dense-input-gradient', 'tile shapes agree bit for bit', (bench) =>
    agree(TILES, (tile) => inputGradient(bench, AGREE, { kind: 'positive', dropout: false, tile }))),
  ...familyCases('dense-input-gradient', FAMILY_SIZES, (bench, sizes, tile) =>
    inputGradient(bench, sizes, { kind: 'positive', dropout: false, tile })),
  kernelCase('dense-input-gradient', 'three replicas, one inactive, ReLU and dropout below', async (bench) => {
    await inputGradient(bench, [6, 30, 5], { kind: 'positive', dropout: true, rows: dropoutRows });
  }),
  ...[28, 29, 30, 31].map((width) => kernelCase('dense-input-gradient', `dropout of width ${width} without ReLU below`, async (bench) => {
    await inputGradient(bench, [6, width, 5], { kind: 'dropout', dropout: true, rows: dropoutRows });
  })),
  ...NAMES.filter((name) => activationNamed(name).activated === undefined).flatMap((activation) => [
    kernelCase('dense-input-gradient', `below ${activation}`, async (bench) => { await inputGradient(bench, [6, 30, 5], { below: belowActivation(activation) }); }),
    kernelCase('dense-input-gradient', `below ${activation} and dropout, three replicas, one inactive`, async (bench) => {
      await inputGradient(bench, [6, 29, 5], { below: belowActivation(activation, DROPOUT), rows: dropoutRows });
    }),
  ]),
  ...SIZES.slice(0, 5).map((sizes) => kernelCase('dense-input-gradient', `${named(sizes)}, the weight transposed`, async (bench) => {
    await inputGradient(bench, sizes, { kind: 'positive', transposed: true });
  })),
  ...familyCases('dense-input-gradient', [[7, 67, 17] as Sizes], (bench, sizes, tile) => inputGradient(bench, sizes, { kind: 'positive', transposed: true, tile }), ', the weight transposed'),
  ...SIZES.map((sizes) => kernelCase('dense-weight-gradient', named(sizes), async (bench) => { await weightGradient(bench, sizes); })),
  kernelCase('dense-weight-gradient', 'tile shapes agree bit for bit', (bench) => agree(TILES, (tile) => weightGradient(bench, AGREE, { tile }))),
  ...familyCases('dense-weight-gradient', FAMILY_SIZES, (bench, sizes, tile) => weightGradient(bench, sizes, { tile })),
  kernelCase('dense-weight-gradient', 'three replicas, one inactive', async (bench) => { await weightGradient(bench, [5, 6, 7], { rows: plainRows }); }),
  kernelCase('dense-weight-gradient', 'later batches of an update are added', async (bench) => { await weightGradient(bench, [5, 6, 7], { rows: groupRows, accumulate: true }); }),
  kernelCase('dense-weight-gradient', 'another use of the weight is added', async (bench) => { await weightGradient(bench, [5, 6, 7], { rows: plainRows, adds: true }); }),
  ...([[1, 1], [3, 255], [4, 256], [5, 257], [13, 61]] as const).map(([batch, outputs]) =>
    kernelCase('bias-gradient', `${batch}-${outputs}`, async (bench) => { await biasSums(bench, batch, outputs); })),
  kernelCase('bias-gradient', 'workgroup sizes agree bit for bit', (bench) => agree([64, 16, 1], (workgroup) => biasSums(bench, 7, 270, { workgroup }))),
  kernelCase('bias-gradient', 'three replicas, one inactive', async (bench) => { await biasSums(bench, 5, 9, { rows: plainRows }); }),
  kernelCase('bias-gradient', 'later batches of an update are added', async (bench) => { await biasSums(bench, 5, 9, { rows: groupRows, accumulate: true }); }),
  kernelCase('bias-gradient', 'another use of the bias is added', async (bench) => { await biasSums(bench, 5, 9, { rows: plainRows, adds: true }); }),
];
