/**
 * Golden runs made by make-golden.py (PyTorch, float64), and the data, weights and batches they were made with, built
 * again from the same Philox streams. Runs on every host: no file access, the JSON is part of the bundle.
 */
import {
  philox,
  type Clip, type Hyperparameters, type ReferenceBatch, type ReferenceConfig, type ReferenceNetwork,
} from '../../src/reference/index.ts';
import type { ActivationName } from '../../src/kernels/activations/index.ts';
import { permutation, STREAM } from '../../src/random.ts';
import activationsFile from './activations.json' with { type: 'json' };
import type { Init } from '../../src/model/inits/init.ts';
import flagshipFile from './flagship.json' with { type: 'json' };
import initsFile from './inits.json' with { type: 'json' };
import optimizersFile from './optimizers.json' with { type: 'json' };
import preluLayerFile from './prelu-layer.json' with { type: 'json' };
import preluUnitFile from './prelu-unit.json' with { type: 'json' };
import smallFile from './small.json' with { type: 'json' };
import smallDropoutFile from './small-dropout.json' with { type: 'json' };

/** Streams used by golden data only. Step 0. */
export const GOLDEN_STREAM = { inputs: 0x7f00_0000, targets: 0x7f00_0001 } as const;

export interface GoldenModel {
  /** Layer widths, input first; an activation between, softmax cross-entropy at the end. */
  readonly sizes: readonly number[];
  /** Before each dense layer, with its index in the sequential list; null: no dropout layers at all. */
  readonly dropout: readonly { readonly rate: number; readonly layer: number }[] | null;
  /** Slopes behind each hidden layer, where they are learned. */
  readonly prelu?: 'layer' | 'unit';
  /** Of the inputs' bytes. Default 255. */
  readonly divisor?: number;
  readonly batch: number;
  readonly samples: number;
  readonly seed: number;
  readonly steps: number;
}

/** What is known of one tensor after the last step. Weights are [in, out], unpadded. */
export interface TensorSummary {
  /** Of the values rounded to f32, little-endian bytes, -0 as 0. Exact for float64 runs only. */
  readonly sha256: string;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Elements that are exactly 0. */
  readonly zeros: number;
  /** The elements at `GoldenFile.indices`. */
  readonly samples: readonly number[];
}

type ByTensor<T> = Readonly<Record<string, T>>;

export interface GoldenCase {
  readonly name: string;
  /** Between the layers. Default relu. */
  readonly activation?: ActivationName;
  readonly hyperparameters: Hyperparameters;
  /** What differs per tensor; biases have no penalties unless named here. */
  readonly groups: ByTensor<Partial<Hyperparameters>>;
  /** One per step, where the learning rate is scheduled. */
  readonly learningRates?: readonly number[];
  /** Mean training loss and number of hits of each step, before its update, dropout on. */
  readonly losses: readonly number[];
  readonly hits: readonly number[];
  readonly weights: ByTensor<TensorSummary>;
  /** Slot m (momentum's `momentum`, or the first moment) and v (second moment); none for sgd. */
  readonly state: { readonly m?: ByTensor<TensorSummary>; readonly v?: ByTensor<TensorSummary> };
}

export interface GoldenFile {
  readonly source: string;
  readonly model: GoldenModel;
  readonly indices: ByTensor<readonly number[]>;
  /** sha256 of the initial tensors. */
  readonly initial: ByTensor<string>;
  readonly cases: readonly GoldenCase[];
}

/** What each activation gives, and ten steps of a network of each. */
export interface GoldenActivations extends GoldenFile {
  readonly points: readonly number[];
  /** f and f' at the points. */
  readonly values: Readonly<Record<ActivationName, { readonly values: readonly number[]; readonly slopes: readonly number[] }>>;
}

/** What torch.nn.init makes of the numbers that our own draws are. */
export interface GoldenInits {
  readonly seed: number;
  /** Of the weights; biases draw from the next. */
  readonly stream: number;
  readonly cases: readonly (Omit<TensorSummary, 'zeros'> & {
    readonly init: Init; readonly inputs: number; readonly outputs: number; readonly bias: boolean; readonly indices: readonly number[];
  })[];
}

/** Ten steps of every rule on six weights, gradients given; clips, and penalties on whole tensors. */
export interface GoldenTrajectories {
  readonly start: readonly number[];
  /** [steps][6] */
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly hyperparameters: Hyperparameters;
    /** One per step, where the learning rate is scheduled. */
    readonly learningRates?: readonly number[];
    /** [steps][6] after each step */
    readonly weights: readonly (readonly number[])[];
    /** Per slot, as `weights`. */
    readonly state: Readonly<Record<string, readonly (readonly number[])[]>>;
  }[];
  /** Two tensors before and after each kind of clipping. */
  readonly clips: {
    readonly gradients: readonly (readonly number[])[];
    readonly cases: readonly { readonly clip: Clip; readonly clipped: readonly (readonly number[])[] }[];
  };
  readonly orthogonal: readonly (Differentiated & {
    readonly inputs: number; readonly outputs: number; readonly strength: number; readonly weights: readonly number[];
  })[];
  readonly activity: readonly (Differentiated & {
    readonly l1: number; readonly l2: number; readonly count: number; readonly batch: number; readonly activations: readonly number[];
  })[];
}

/** A penalty and what torch.autograd makes of it. */
export interface Differentiated {
  readonly penalty: number;
  readonly gradient: readonly number[];
}

/** 37-29-23-10, batch 19 of 87 samples (so the fifth batch has 11 rows), without and with dropout .2 / .5 / .5. */
export const goldenSmall = smallFile as unknown as GoldenFile;
export const goldenSmallDropout = smallDropoutFile as unknown as GoldenFile;
/** 784-1000-500-10, batch 128, dropout .2 / .5 / .5, momentum .9. */
export const goldenFlagship = flagshipFile as unknown as GoldenFile;
export const goldenActivations = activationsFile as unknown as GoldenActivations;
/** PReLU with one slope for each hidden layer, and with one for each unit. */
export const goldenPrelus = [preluLayerFile, preluUnitFile] as unknown as readonly GoldenFile[];
export const goldenInits = initsFile as unknown as GoldenInits;
export const goldenOptimizers = optimizersFile as unknown as GoldenTrajectories;

/** The data set: bytes [samples, width], to be read as byte / 255, and the class of each sample. */
export function goldenData({ sizes, samples, seed }: GoldenModel): { inputs: Uint8Array; targets: Uint8Array } {
  const width = sizes[0]!, classes = sizes.at(-1)!;
  const pixels = philox({ seed, stream: GOLDEN_STREAM.inputs, step: 0, length: samples * width });
  const drawn = philox({ seed, stream: GOLDEN_STREAM.targets, step: 0, length: samples });
  return {
    inputs: Uint8Array.from(pixels, (word) => word >>> 24),
    targets: Uint8Array.from(drawn, (word) => Math.floor((word / 2 ** 32) * classes)),
  };
}

/** The batch of each step: the epoch's shuffle, the place in it, and how many rows are left there. */
export function goldenBatches({ samples, batch, seed, steps }: GoldenModel): { order: Uint32Array; position: number; count: number }[] {
  const perEpoch = Math.ceil(samples / batch);
  const orders = Array.from({ length: Math.ceil(steps / perEpoch) }, (_, epoch) => permutation(samples, seed, STREAM.shuffle, epoch));
  return Array.from({ length: steps }, (_, step) => {
    const position = (step % perEpoch) * batch;
    return { order: orders[Math.floor(step / perEpoch)]!, position, count: Math.min(batch, samples - position) };
  });
}

/** The model as the reference takes it. */
export function goldenNetwork({ sizes, dropout, seed, prelu }: GoldenModel, activation: ActivationName = prelu === undefined ? 'relu' : 'prelu'): ReferenceNetwork {
  const layers = sizes.slice(1).map((outWidth, n) => ({
    inWidth: sizes[n]!, outWidth, activation: n < sizes.length - 2 ? activation : ('none' as const), slopes: prelu, dropout: dropout?.[n + 1], init: { type: 'heNormal' },
  }));
  return { layers, inputDropout: dropout?.[0], seed };
}

/** Everything the reference needs for step `step` (0-based) of a case. */
export function goldenConfig(model: GoldenModel, golden: GoldenCase, step: number): ReferenceConfig {
  const learningRate = golden.learningRates?.[step] ?? golden.hyperparameters.learningRate;
  return { network: goldenNetwork(model, golden.activation), hyperparameters: { ...golden.hyperparameters, learningRate }, groups: golden.groups };
}

/** The batches as the reference takes them, all steps. */
export function goldenReferenceBatches(model: GoldenModel): ReferenceBatch[] {
  const data = goldenData(model);
  return goldenBatches(model).map((place) => ({ ...data, ...place, batch: model.batch, scale: 1 / (model.divisor ?? 255), offset: 0 }));
}
