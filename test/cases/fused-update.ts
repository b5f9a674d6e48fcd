/** Weight gradient and update in one, per layer and for a whole network, against the separate kernels and float64. */
import { biasGradient, denseWeightGradient, denseWeightUpdate, networkWeightUpdate } from '../../src/kernels/index.ts';
import { updateTiles } from '../../src/kernels/network-weight-update.ts';
import type { DispatchShape } from '../../src/kernels/kernel.ts';
import { stateSlots, type RuleName } from '../../src/kernels/rule.ts';
import type { Product, Tile } from '../../src/kernels/tile.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import { arenaMoves, updateTolerances } from './arena-check.ts';
import {
  arenaContents, arenaPlaces, ruleOf, SCALE, slotPlace, tensorData, tensorLength, updateRow,
  type ArenaContents, type ArenaPlaces, type ReplicaUpdate, type TensorData,
} from './arena-layout.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, pad4, place, words, type Place } from './contents.ts';
import { kernelCase, rowShape, runKernel, type Bench, type KernelCase, type Run } from './run-kernel.ts';
import { isRefused, RULES } from './rules.ts';
import { FAMILIES, featuresOf } from './tiles.ts';
import { expectTwin, ROUNDING, type Move } from './twin.ts';
import { common, OWN, runUpdate } from './update.ts';

const TILE: Tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 2 };

/** Widths of inputs, hidden layers and outputs. */
interface Problem { readonly widths: readonly number[]; readonly batch: number; readonly replicas: readonly ReplicaUpdate[]; readonly tile?: Tile }

interface LayerData {
  readonly input: Place;
  readonly delta: Place;
  readonly product: Product;
  /** Per replica. */
  readonly inputs: readonly Float32Array[];
  readonly deltas: readonly Float32Array[];
}

interface Setup extends Required<Problem> {
  readonly layers: readonly LayerData[];
  readonly places: ArenaPlaces;
  readonly data: readonly (readonly TensorData[])[];
  readonly before: ArenaContents;
}

/** A layer of its own size, its operands drawn; inputs below 1 and deltas below SCALE / batch, as a mean's are. */
function drawLayer({ widths, batch, replicas }: Problem, i: number): LayerData {
  const [inputs, outputs] = [widths[i]!, widths[i + 1]!];
  return {
    input: place(batch, inputs), delta: place(batch, outputs),
    product: { rows: pad4(inputs), columns: pad4(outputs), depth: pad4(batch) },
    inputs: replicas.map((_, r) => draw(batch * inputs, 700 + 10 * r + i)),
    deltas: replicas.map((_, r) => draw(batch * outputs, 800 + 10 * r + i, SCALE / batch)),
  };
}

function setUp(problem: Problem): Setup {
  const { widths, replicas } = problem;
  const places = arenaPlaces(widths.slice(1).flatMap((outputs, i) => [[widths[i]!, outputs] as const, [outputs] as const]));
  const own = ruleOf(replicas);
  const data = replicas.map(({ t }, r) => places.tensors.map((at, i) => tensorData(tensorLength(at), own, 20 * r + i, t)));
  return {
    tile: TILE, ...problem, places, data, before: arenaContents(places, own, data),
    layers: widths.slice(1).map((_, i) => drawLayer(problem, i)),
  };
}

const rowOf = ({ replicas, places }: Setup): ReturnType<typeof rowShape> => rowShape(replicas.length, places.tensors.length);
const rule = ({ replicas }: Setup): ReturnType<typeof ruleOf> => ruleOf(replicas);
const inputContents = ({ input, inputs }: LayerData): Contents => Contents.of(input, inputs.length, inputs);
const deltaContents = ({ delta, deltas }: LayerData): Contents => Contents.of(delta, deltas.length, deltas);

/** dense-weight-gradient and bias-gradient of every layer, then update. */
async function separately(bench: Bench, setup: Setup): Promise<ArenaContents> {
  const { layers, places, tile, before, replicas } = setup;
  let gradients = new Contents(before.parameters.words.length);
  gradients.floats.fill(0);
  const rows = replicas.map(updateRow), row = rowOf(setup);
  for (const [i, layer] of layers.entries()) {
    const [weight, bias] = [places.tensors[2 * i]!, places.tensors[2 * i + 1]!];
    const shared = { rows, places: { input: layer.input, delta: layer.delta } };
    const buffers = { input: inputContents(layer), delta: deltaContents(layer) };
    const weights = await runKernel(bench, {
      ...shared, kernel: denseWeightGradient, buffers: { ...buffers, gradients },
      shape: { row, tile, product: layer.product, weight: weight.offset, gradientsStride: places.stride, accumulate: false },
    });
    const biases = await runKernel(bench, {
      ...shared, kernel: biasGradient, buffers: { ...buffers, gradients: weights['gradients']! },
      shape: { row, batch: layer.product.depth, columns: layer.product.columns, bias: bias.offset, gradientsStride: places.stride, accumulate: false },
    });
    gradients = biases['gradients']!;
  }
  return runUpdate(bench, places, replicas, before, gradients);
}

/** Where an operand lies: replica 0's matrix from float `first` of a binding on. */
interface Operand {
  readonly binding: string;
  readonly first: number;
  readonly at: Place;
}

/** What runs a dispatch whose layers have these operands. */
type Runner = <Shape extends DispatchShape>(run: Run<Shape>, layers: readonly (readonly [input: Operand, delta: Operand])[]) => Promise<Record<string, Contents>>;

/** dense-weight-update of one layer after the other. */
async function byLayer(runner: Runner, setup: Setup): Promise<ArenaContents> {
  const { layers, places, tile, before, replicas } = setup;
  let arena = before;
  for (const [i, layer] of layers.entries()) {
    const operand = (binding: 'input' | 'delta'): Operand => ({ binding, first: layer[binding].offset, at: layer[binding] });
    arena = await runner({
      kernel: denseWeightUpdate, rows: replicas.map(updateRow), places: { input: layer.input, delta: layer.delta },
      shape: {
        row: rowOf(setup), product: layer.product, tile, rule: rule(setup), arena: { stride: places.stride },
        weight: places.tensors[2 * i]!.offset, bias: places.tensors[2 * i + 1]!.offset, weightTensor: 2 * i, biasTensor: 2 * i + 1,
      },
      buffers: { input: inputContents(layer), delta: deltaContents(layer), ...arena },
    }, [[operand('input'), operand('delta')]]) as unknown as ArenaContents;
  }
  return arena;
}

/** Several matrices in one buffer, one after the other, and where each lies. */
function pack(contents: readonly Contents[]): { buffer: Contents; starts: readonly number[] } {
  const starts: number[] = [];
  let length = 0;
  for (const { words: own } of contents) {
    starts.push(length);
    length += own.length;
  }
  const buffer = new Contents(Math.max(4, length));
  contents.forEach(({ words: own }, i) => buffer.words.set(own, starts[i]));
  return { buffer, starts };
}

/** network-weight-update; operands are dealt to its three buffers in turn. */
async function inOne(runner: Runner, setup: Setup): Promise<ArenaContents> {
  const { layers, places, tile, before, replicas } = setup;
  const operands = layers.flatMap((layer) => [
    { contents: inputContents(layer), place: layer.input }, { contents: deltaContents(layer), place: layer.delta },
  ]);
  const packed = [0, 1, 2].map((buffer) => pack(operands.filter((_, i) => i % 3 === buffer).map(({ contents }) => contents)));
  const operand = (i: number): Operand => ({
    binding: ['first', 'second', 'third'][i % 3]!, first: packed[i % 3]!.starts[Math.floor(i / 3)]! + operands[i]!.place.offset, at: operands[i]!.place,
  });
  const where = (i: number): number[] => [i % 3, operand(i).first / 4, operands[i]!.place.stride / 4];
  const table = layers.flatMap(({ product }, i) => [
    product.rows, product.columns / 4, places.tensors[2 * i]!.offset / 4, places.tensors[2 * i + 1]!.offset / 4,
    ...where(2 * i), 2 * i, ...where(2 * i + 1), 2 * i + 1,
  ]);
  const products = layers.map(({ product }) => product);
  return await runner({
    kernel: networkWeightUpdate, rows: replicas.map(updateRow),
    shape: { row: rowOf(setup), products, tile, rule: rule(setup), arena: { stride: places.stride } },
    buffers: {
      tiles: words(updateTiles({ products, tile })), layers: words(table),
      first: packed[0]!.buffer, second: packed[1]!.buffer, third: packed[2]!.buffer, ...before,
    },
  }, layers.map((_, i) => [operand(2 * i), operand(2 * i + 1)] as const)) as unknown as ArenaContents;
}

type Fused = typeof byLayer;

/**
 * Moves every gradient of a layer by a rounding, and by what its sum may be off: through a row of the batch that is a pad.
 */
const moveGradients = ([input, delta]: readonly [Operand, Operand], { batch, replicas }: Setup): Move => (numbers, sign) => {
  const row = (numbersOf: ArrayLike<number>, { first, at: { stride, columns } }: Operand, replica: number): Float64Array => {
    const from = first + replica * stride + batch * pad4(columns);
    return (numbersOf as Float64Array).subarray(from, from + columns);
  };
  replicas.forEach((_, replica) => {
    const { first, at: { stride, columns } } = delta, from = first + replica * stride;
    const values = (numbers[delta.binding] as Float64Array).subarray(from, from + batch * pad4(columns));
    values.forEach((x, i) => { values[i] = x * (1 + sign * ROUNDING); });
    row(numbers[input.binding]!, input, replica).fill(1);
    // A gradient is a sum of `batch` terms below SCALE / batch: its rounding is at most batch * EPSILON * SCALE.
    row(numbers[delta.binding]!, delta, replica).fill(sign * (batch + 1) * EPSILON * SCALE);
  });
};

const plainly = (bench: Bench): Runner => (run) => runKernel(bench, run);

/** Every dispatch against its twin. */
const checked = (bench: Bench, setup: Setup): Runner => (run, layers) => {
  const { stride } = setup.places, own = rule(setup);
  const gradients: Move = (numbers, sign) => layers.forEach((layer) => moveGradients(layer, setup)(numbers, sign));
  return expectTwin(bench, run, updateTolerances(own, stride), [gradients, ...arenaMoves(own, stride)]);
};

/** All elements of parameters and state, without their pads. */
const elements = ({ parameters, state }: ArenaContents, { places: { tensors }, replicas }: Setup): Float32Array[] => {
  const slots = stateSlots(ruleOf(replicas));
  return replicas.flatMap((_, r) => tensors.flatMap((at) =>
    [parameters.get(at, r), ...slots.map((_slot, s) => state.get(slotPlace(at, s, slots.length), r))]));
};

/** Against float64, and on software adapters against the separate kernels bit for bit. */
async function fusedCase(bench: Bench, fused: Fused, problem: Problem): Promise<ArenaContents> {
  const setup = setUp(problem);
  const got = await fused(checked(bench, setup), setup);
  // Hardware compilers may contract products and sums differently in different kernels.
  if (bench.device.adapter.state === 'software') {
    const apart = await separately(bench, setup);
    expectWords('flags against separate kernels', got.flags.words, apart.flags.words);
    const bits = (arena: ArenaContents): Uint32Array[] => elements(arena, setup).map(({ buffer }) => new Uint32Array(buffer));
    bits(got).forEach((own, i) => expectWords(`matrix ${i} against separate kernels`, own, bits(apart)[i]!));
  }
  return got;
}

/** Everything that an epilogue can do at once; FTRL has no decay. */
const everything = (name: RuleName): Partial<Hyperparameters> => ({
  l1: 1e-5, l2: 1e-4, nonNegative: true, clip: { by: 'value', threshold: 5e-3 }, averageWeight: 0.1,
  ...(!isRefused(name, { weightDecay: 1e-2 }) && { weightDecay: 1e-2 }),
});

/** Weights with penalties, biases without. */
const replica = (base: Hyperparameters, layers: number, penalties: Partial<Hyperparameters>, more: Partial<ReplicaUpdate> = {}): ReplicaUpdate => ({
  hyperparameters: Array.from({ length: layers }, () => [{ ...base, ...penalties }, { ...base, ...common(penalties) }]).flat(), t: 7, step: 6, ...more,
});

const L1_L2_DECAY: Partial<Hyperparameters> = { l1: 1e-5, l2: 1e-4, weightDecay: 1e-2 };

const OTHER_TILES: readonly Tile[] = [
  { rowBlocks: 1, columnBlocks: 2, workgroupX: 4, workgroupY: 4 },
  { rowBlocks: 3, columnBlocks: 1, workgroupX: 2, workgroupY: 1 },
];

const { momentum } = RULES;

function fusedCases(kernel: string, fused: Fused, widths: readonly number[]): KernelCase[] {
  const layers = widths.length - 1;
  const plain = replica(momentum, layers, L1_L2_DECAY);
  const three = [plain, { ...plain, active: false }, replica({ ...momentum, learningRate: 0.03 }, layers, L1_L2_DECAY, { t: 1 })];
  return [
    ...(['sgd', 'momentum', 'nesterov', 'adam'] as const).map((name) => kernelCase(kernel, `${name} with L1, L2 and decay`, async (bench) => {
      await fusedCase(bench, fused, { widths, batch: 6, replicas: [replica(RULES[name], layers, L1_L2_DECAY)] });
    })),
    ...OWN.map((name) => kernelCase(kernel, `${name} with everything`, async (bench) => {
      await fusedCase(bench, fused, { widths, batch: 6, replicas: [replica(RULES[name], layers, everything(name))] });
    })),
    kernelCase(kernel, 'adam with cumulative L1', async (bench) => {
      await fusedCase(bench, fused, { widths, batch: 6, replicas: [replica(RULES.adam, layers, { l1: 1e-3, l1Rule: 'cumulative' })] });
    }),
    kernelCase(kernel, 'single elements', async (bench) => {
      await fusedCase(bench, fused, { widths: widths.map(() => 1), batch: 1, replicas: [plain] });
    }),
    kernelCase(kernel, 'three replicas, one inactive', async (bench) => { await fusedCase(bench, fused, { widths, batch: 5, replicas: three }); }),
    kernelCase(kernel, 'tile shapes agree bit for bit', async (bench) => {
      const problem = { widths, batch: 9, replicas: [plain] };
      const want = await fusedCase(bench, fused, problem);
      for (const tile of OTHER_TILES) {
        const got = await fused(plainly(bench), setUp({ ...problem, tile }));
        expectWords('parameters', got.parameters.words, want.parameters.words);
        expectWords('state', got.state.words, want.state.words);
      }
    }),
    ...FAMILIES.map(({ name, tile, isAscending }) => kernelCase(kernel, name, async (bench) => {
      const problem = { widths, batch: 9, replicas: [plain] };
      const got = await fusedCase(bench, fused, { ...problem, tile });
      if (!isAscending) return;
      const want = await fused(plainly(bench), setUp(problem));
      expectWords('parameters against direct tiles', got.parameters.words, want.parameters.words);
      expectWords('state against direct tiles', got.state.words, want.state.words);
    }, featuresOf(tile))),
  ];
}

export const fusedUpdateCases: readonly KernelCase[] = [
  ...fusedCases('dense-weight-update', byLayer, [17, 33]),
  ...fusedCases('network-weight-update', inOne, [17, 33, 3]),
];
