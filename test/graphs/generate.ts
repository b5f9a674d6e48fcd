/** Seeded networks with branches and joins, and what they are trained with. The same ones each time. */
import { dataset, type Dataset, type DatasetOptions } from '../../src/data/dataset.ts';
import { knowEverything } from '../../src/compile/all.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import type { ActivationName } from '../../src/kernels/activations/index.ts';
import { add, concatenate, dense, dropout, slice, type Layer, type Tied } from '../../src/model/layers/index.ts';
import { INPUT, type Model } from '../../src/model/model.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import { binaryCrossEntropy, huber, meanAbsoluteError, meanSquaredError, smoothL1, softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { activityL1, activityL2, l2, type Regularizer } from '../../src/model/regularizers.ts';
import { uniforms } from '../../src/random.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { QUICK_TILES } from '../cases/network/support.ts';
import { numbers } from '../scheduler/models.ts';

/** Around multiples of 4, which rows are padded to. */
const WIDTHS = [1, 3, 4, 5, 7, 8, 9, 13];
const NAMES = Object.keys(ACTIVATIONS) as ActivationName[];
/** Numbers of their own, none of them the default. */
const SETTINGS: Readonly<Record<string, object>> = { leakyRelu: { slope: 0.25 }, elu: { alpha: 0.75 }, silu: { beta: 1.5 } };

knowEverything(); // Models name them here.

type Draw = (low: number, high: number) => number;

/** A network as it grows: layers with their inputs, and each one's width. */
class Growing {
  readonly layers: Layer[] = [];
  readonly inputs: number[][] = [];
  readonly widths: number[] = [];
  readonly #input: number;
  #next: number;

  /** @param first of the activations, which come in turn: few graphs meet all */
  constructor(input: number, first: number) {
    this.#input = input;
    this.#next = first;
  }

  activation(): Layer {
    const type = NAMES[this.#next++ % NAMES.length]!;
    if (type === 'prelu') return { type, per: Math.floor(this.#next / NAMES.length) % 2 === 0 ? 'unit' : 'layer' };
    return { type, ...SETTINGS[type] };
  }

  widthOf(node: number): number {
    return node === INPUT ? this.#input : this.widths[node]!;
  }

  push(layer: Layer, ...inputs: number[]): number {
    this.inputs.push(inputs);
    this.widths.push(this.#made(layer, inputs));
    return this.layers.push(layer) - 1;
  }

  #made(layer: Layer, inputs: readonly number[]): number {
    switch (layer.type) {
      case 'dense': return layer.units;
      case 'concatenate': return inputs.reduce((sum, input) => sum + this.widthOf(input), 0);
      case 'slice': return layer.end - layer.start;
      case 'tied': return layer.transposed ? this.widthOf(this.inputs[layer.of as number]![0]!) : this.widths[layer.of as number]!;
      default: return this.widthOf(inputs[0]!);
    }
  }

  get open(): number[] {
    const read = new Set(this.inputs.flat());
    return this.layers.map((_, node) => node).filter((node) => !read.has(node));
  }
}

/** A dense layer, and behind it perhaps an activation and a dropout. */
function block(draw: Draw, growing: Growing, from: number, width: number): number {
  let node = growing.push(dense(width), from);
  if (draw(0, 4) > 0) node = growing.push(growing.activation(), node);
  return draw(0, 2) === 0 ? growing.push(dropout(draw(1, 5) / 10), node) : node;
}

/** One more layer of depth: plain, residual, a fork whose branches join, or one that joins only at the end. */
function grow(draw: Draw, growing: Growing, from: number): number {
  const width = WIDTHS[draw(0, WIDTHS.length - 1)]!;
  switch (draw(0, 6)) {
    case 0: {
      const own = growing.widthOf(from);
      return growing.push(add(), block(draw, growing, from, own), from);
    }
    case 1: {
      const joined = growing.push(add(), block(draw, growing, from, width), block(draw, growing, from, width));
      return draw(0, 1) === 0 ? growing.push(growing.activation(), joined) : joined;
    }
    case 2:
      block(draw, growing, from, width);
      return block(draw, growing, from, width);
    case 3: {
      // An activation whose input others read too.
      const made = growing.push(dense(width), from), also = draw(0, 1) === 0 ? made : growing.push(dropout(0.3), made);
      return growing.push(add(), growing.push(growing.activation(), made), also);
    }
    default: return block(draw, growing, from, width);
  }
}

/** One more layer of depth of the functional form: joined side by side, cut apart, tied to itself, tied and transposed, frozen. */
function growFunctional(draw: Draw, growing: Growing, from: number): number {
  const width = WIDTHS[draw(0, WIDTHS.length - 1)]!, own = growing.widthOf(from);
  const activated = (node: number): number => growing.push(growing.activation(), node);
  switch (draw(0, 6)) {
    case 0: return growing.push(concatenate(), block(draw, growing, from, width), from);
    case 1: return growing.push(concatenate(), activated(growing.push(dense(width), from)), from, block(draw, growing, from, own));
    case 2: {
      if (own < 2) return block(draw, growing, from, width);
      const cut = draw(1, own - 1), left = growing.push(slice(0, cut), from), right = growing.push(slice(draw(0, cut), own), from);
      return growing.push(add(), block(draw, growing, left, width), block(draw, growing, right, width));
    }
    case 3: {
      // The same layer three times: two branches of one value, and one of another.
      const first = growing.push(dense(own), from), of: Tied = { type: 'tied', of: first };
      return growing.push(add(), activated(first), growing.push(of, activated(first)), growing.push(of, from));
    }
    case 4: case 5: {
      const first = growing.push(dense(width), from), back = growing.push({ type: 'tied', of: first, transposed: true }, activated(first));
      return draw(0, 1) === 0 ? activated(back) : growing.push(add(), activated(back), from);
    }
    default: return activated(growing.push(dense(width, { frozen: true }), from));
  }
}

/** @param deep depths from 2 to 8, each as often; else the shallow ones more often: they compile sooner on a software adapter */
function randomModel(draw: Draw, seed: number, deep: boolean, form: typeof grow): Model {
  const growing = new Growing(draw(1, 12), 5 * seed), classes = draw(2, 5);
  const depth = deep ? draw(2, 8) : Math.min(draw(1, 8), draw(1, 8));
  let node = INPUT;
  if (draw(0, 3) === 0) node = growing.push(dropout(0.2), node);
  if (draw(0, 5) === 0) node = growing.push(growing.activation(), node);
  for (let level = 1; level < depth; level++) node = form(draw, growing, node);
  // Branches that nothing reads yet are joined, through dense layers of one width.
  const open = growing.open.filter((one) => one !== node);
  if (open.length > 0) {
    const width = WIDTHS[draw(0, WIDTHS.length - 1)]!;
    const made = [node, ...open].map((one) => growing.push(dense(width), one));
    node = growing.push(add(), ...made);
  }
  growing.push(dense(classes), node);
  return { inputShape: [growing.widthOf(INPUT)], layers: growing.layers, inputs: growing.inputs };
}

export interface RandomGraph {
  readonly config: TrainerConfig;
  readonly data: Dataset;
  readonly batch: number;
}

/** A loss, and what it is taught from: classes, vectors, or labels, perhaps with weights of samples. */
interface Lesson {
  loss(outputs: number): Loss;
  readonly targets: 'classes' | 'vectors' | 'labels';
  readonly isWeighted: boolean;
}

const LESSONS: readonly Lesson[] = [
  { loss: () => softmaxCrossEntropy(), targets: 'classes', isWeighted: false },
  { loss: (outputs) => softmaxCrossEntropy({ smoothing: 0.125, classWeights: Array.from({ length: outputs }, (_, c) => 0.5 + c) }), targets: 'classes', isWeighted: true },
  { loss: () => softmaxCrossEntropy({ smoothing: 0.25 }), targets: 'vectors', isWeighted: true },
  { loss: () => binaryCrossEntropy({ positiveWeight: 2 }), targets: 'labels', isWeighted: true },
  { loss: () => meanSquaredError(), targets: 'vectors', isWeighted: false },
  { loss: () => meanAbsoluteError(), targets: 'vectors', isWeighted: true },
  { loss: () => huber({ delta: 0.5 }), targets: 'vectors', isWeighted: true },
  { loss: () => smoothL1({ beta: 0.5 }), targets: 'vectors', isWeighted: false },
];

function lessonOf(seed: number, length: number, outputs: number): { loss: Loss; taught: Pick<DatasetOptions, 'targets' | 'targetWidth' | 'classes' | 'weights'> } {
  // In turn, whatever the step from seed to seed.
  const { loss, targets, isWeighted } = LESSONS[(seed + Math.floor(seed / LESSONS.length)) % LESSONS.length]!;
  const drawn = uniforms(length * (targets === 'classes' ? 1 : outputs), 6, seed);
  const own = targets === 'classes' ? { targets: Uint32Array.from(drawn, (u) => Math.floor(outputs * u)), classes: outputs }
    : { targets: Float32Array.from(drawn, (u) => (targets === 'labels' ? Math.round(u) : u)), targetWidth: outputs };
  return { loss: loss(outputs), taught: { ...own, ...(isWeighted && { weights: Float32Array.from(uniforms(length, 7, seed), (u) => u + 0.25) }) } };
}

/**
 * The gradient of a square grows with the error, and that of penalties on activations from layer to layer: at 0.1 some of these networks
 * would diverge, up to what f32 holds.
 */
function rateOf(model: Model, { type }: Loss, regularizers: readonly Regularizer[]): number {
  if (type === 'mean-squared-error') return 1e-3;
  return regularizers.some((one) => one.type === 'activityL2') && depthOf(model) > 5 ? 0.01 : 0.1;
}

/** Steps of each training: the third batch is a part of one. */
export const STEPS = 3;

/** Seeds from here on make networks of the functional form. */
export const FUNCTIONAL = 10_000;

export function randomGraph(seed: number): RandomGraph {
  const draw = numbers(31_000 + seed), model = randomModel(draw, seed, seed % 4 === 3, seed < FUNCTIONAL ? grow : growFunctional), batch = draw(2, 9);
  const isDeep = model.layers.filter(({ type }) => type === 'dense').length > 1;
  const regularizers: Regularizer[] = [
    ...(draw(0, 1) === 0 ? [l2(0.01)] : []), ...(isDeep && draw(0, 2) === 0 ? [activityL1(0.02), activityL2(0.03)] : []),
  ];
  const width = model.inputShape[0]!, length = 2 * batch + draw(1, batch), outputs = (model.layers.at(-1) as { units: number }).units;
  const inputs = Float32Array.from(uniforms(length * width, 5, seed), (u) => 2 * u - 1);
  const { loss, taught } = lessonOf(seed, length, outputs);
  return {
    batch,
    data: dataset({ inputs, ...taught, shape: [width], name: `random ${seed}` }),
    config: {
      model, loss, batchSize: batch, seed: seed + 1, maxStepsPerSubmit: STEPS, tiles: QUICK_TILES, fusion: 'none',
      optimizer: sgd({ learningRate: rateOf(model, loss, regularizers), momentum: draw(0, 1) === 0 ? 0.9 : 0, regularizers }),
    },
  };
}

/** Dense layers on the longest way through a model. */
export function depthOf({ layers, inputs }: Model): number {
  const depths: number[] = [];
  layers.forEach(({ type }, at) => {
    const below = Math.max(...inputs![at]!.map((from) => (from === INPUT ? 0 : depths[from]!)));
    depths.push(below + Number(type === 'dense'));
  });
  return depths.at(-1)!;
}
