/** The two products behind the orthogonal penalty. */
import { gram, orthogonalGradient } from '../../src/kernels/index.ts';
import type { GramShape } from '../../src/kernels/gram.ts';
import type { Tile } from '../../src/kernels/tile.ts';
import * as reference from '../../src/reference/index.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, pad4, place, type Place } from './contents.ts';
import { familyCases, SMALL } from './tiles.ts';
import { kernelCase, plainSettings, rowShape, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

/** [inputs, outputs]: square, tall and wide, one unit, one input, around the tile and primes. */
type Sizes = readonly [inputs: number, outputs: number];
const FAMILY_SIZES: readonly Sizes[] = [[33, 9], [1, 35]];
const SIZES: readonly Sizes[] = [[1, 1], [32, 32], [33, 9], [9, 33], [67, 31], [31, 67], [5, 1], [1, 5], [6, 7]];

const TILES: readonly Tile[] = [
  { rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8 },
  { rowBlocks: 3, columnBlocks: 1, workgroupX: 2, workgroupY: 3 },
  { rowBlocks: 1, columnBlocks: 4, workgroupX: 4, workgroupY: 4 },
];

/** Tensor 1 is the weight; tensor 0's strength would show. */
const TENSOR = 1;
const strengthOf = (strength: number): Row['tensors'] =>
  [2 * strength + 1, strength].map((own) => ({ ...plainSettings, penalties: { orthogonal: { strength: own, rule: 'coupled', reaches: true, isDeclared: true } } }));

const one: readonly Row[] = [{ tensors: strengthOf(0.25)! }];
const STRENGTHS = [0.25, 0.25, 0, 0.5, 0.25];
/** Felt; inactive; strength 0; felt; not the last batch of its update. */
const many: readonly Row[] = STRENGTHS.map((strength, r) => ({
  tensors: strengthOf(strength)!, active: r !== 1, group: { count: 9, starts: true, ends: r !== 4 },
}));
const isFelt = ({ active, group }: Row, strength: number): boolean => active !== false && group?.ends !== false && strength > 0;

interface Options { readonly rows?: readonly Row[]; readonly tile?: Tile }

interface Setup {
  readonly shape: GramShape;
  readonly weight: Place;
  readonly matrix: Place;
  readonly weights: readonly Float32Array[];
  readonly parameters: Contents;
  readonly strengths: readonly number[];
}

/** Weights whose vectors have a norm of about 1, as orthonormal ones have. */
function setUp([inputs, outputs]: Sizes, rows: readonly Row[], tile: Tile): Setup {
  const weight = { ...place(inputs, outputs), offset: 16 };
  const size = Math.min(inputs, outputs), length = Math.max(inputs, outputs);
  const weights = rows.map((_, r) => draw(inputs * outputs, 3 * r, Math.sqrt(3 / length)));
  const parameters = new Contents(weight.offset + rows.length * weight.stride);
  weights.forEach((values, r) => parameters.put(weight, r, values));
  const shape = {
    row: rowShape(rows.length, 2), inputs: pad4(inputs), outputs: pad4(outputs), wide: inputs < outputs, tile,
    weight: weight.offset, parametersStride: weight.stride, tensor: TENSOR,
  };
  return { shape, weight, matrix: place(size, size), weights, parameters, strengths: rows.length === 1 ? [0.25] : STRENGTHS };
}

/** Sums of products of elements of vectors of about norm 1: partial sums stay about 1. */
const tolerance = (terms: number, factor = 1): { relative: number; absolute: number } => ({
  relative: EPSILON, absolute: factor * (terms + 2) * EPSILON,
});

async function products(bench: Bench, sizes: Sizes, { rows = one, tile = SMALL }: Options = {}): Promise<Contents> {
  const { shape, matrix, parameters } = setUp(sizes, rows, tile);
  const result = await expectTwin(bench, {
    kernel: gram, shape, rows, places: { gram: matrix }, buffers: { parameters, gram: Contents.of(matrix, rows.length) },
  }, { gram: tolerance(Math.max(...sizes)) });
  return result['gram']!;
}

async function gradients(bench: Bench, sizes: Sizes, { rows = one, tile = SMALL }: Options = {}): Promise<Contents> {
  const [inWidth, outWidth] = sizes;
  const { shape, weight, matrix, weights, parameters, strengths } = setUp(sizes, rows, tile);
  const grams = weights.map((values) => Float32Array.from(reference.gram({ weight: values, inWidth, outWidth })));
  const matrices = Contents.of(matrix, rows.length);
  // Where the penalty is not felt there are no products.
  rows.forEach((row, r) => { if (isFelt(row, strengths[r]!)) matrices.put(matrix, r, grams[r]!); });
  const already = rows.map((_, r) => draw(inWidth * outWidth, 3 * r + 1));
  const before = new Contents(parameters.words.length);
  already.forEach((values, r) => before.put(weight, r, values));
  const result = await expectTwin(bench, {
    kernel: orthogonalGradient, shape: { ...shape, gradientsStride: shape.parametersStride }, rows, places: { gram: matrix },
    buffers: { parameters, gram: matrices, gradients: before },
  }, {
    gradients: {
      relative: EPSILON,
      absolute: (_, i) => tolerance(Math.min(inWidth, outWidth), 4 * strengths[Math.floor((i - weight.offset) / weight.stride)]!).absolute,
    },
  });
  return result['gradients']!;
}

async function agree(run: (tile: Tile) => Promise<Contents>): Promise<void> {
  const want = await run(SMALL);
  for (const tile of TILES) expectWords(JSON.stringify(tile), (await run(tile)).words, want.words);
}

const MANY = 'five replicas: inactive, strength 0, in the middle of an update';

export const orthogonalCases: readonly KernelCase[] = ([['gram', products], ['orthogonal-gradient', gradients]] as const).flatMap(([kernel, run]) => [
  ...SIZES.map((sizes) => kernelCase(kernel, sizes.join('-'), async (bench) => { await run(bench, sizes); })),
  ...familyCases(kernel, FAMILY_SIZES, (bench, sizes, tile) => run(bench, sizes, { tile })),
  ...([[13, 6], [6, 13]] as const).flatMap((sizes) => [
    kernelCase(kernel, `${sizes.join('-')}, tile shapes agree bit for bit`, (bench) => agree((tile) => run(bench, sizes, { tile }))),
    kernelCase(kernel, `${sizes.join('-')}, ${MANY}`, async (bench) => { await run(bench, sizes, { rows: many }); }),
  ]),
]);
