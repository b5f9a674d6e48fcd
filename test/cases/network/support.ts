/** What the whole-network cases share: small networks and data, histories, and comparisons of bits. */
import { dataset, type ClassDataset, type Dataset } from '../../../src/data/dataset.ts';
import type { Device } from '../../../src/device/index.ts';
import { dense, dropout, relu } from '../../../src/model/layers/index.ts';
import { sequential, type Model } from '../../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../../src/model/losses/makers.ts';
import { adam, adamw, sgd, type Optimizer } from '../../../src/model/optimizers/index.ts';
import { elasticNet, l1, l2 } from '../../../src/model/regularizers.ts';
import { cosine } from '../../../src/model/schedules/index.ts';
import { knowEverything } from '../../../src/compile/all.ts';
import type { ShapeTiles } from '../../../src/compile/tiles.ts';
import { uniforms } from '../../../src/random.ts';
import type { TrainerConfig } from '../../../src/train/trainer-config.ts';
import type { Epoch } from '../../../src/train/events.ts';
import type { FitOptions } from '../../../src/train/fit-options.ts';
import { readSafetensors } from '../../../src/files/safetensors.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import { Mismatch } from '../compare.ts';

knowEverything(); // Some prepare these configurations without a trainer.

/** 4 x 4 outputs per thread: a fifth of the compile time of a software adapter's own choice. */
export const QUICK_TILES: ShapeTiles = {
  wide: { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8 },
  narrow: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 },
};

/** 13-11-7-5 with dropout before every dense layer; no width is a multiple of 4. */
export const smallModel = (): Model =>
  sequential([13], [dropout(0.1), dense(11), relu(), dropout(0.2), dense(7), relu(), dropout(0.3), dense(5)]);

/** One of each update rule, with penalties that a small network feels. */
export const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.1, regularizers: [l1(1e-3), l2(1e-3)] }),
  momentum: () => sgd({ learningRate: cosine(0.05), momentum: 0.9, regularizers: [l1(1e-3)] }),
  nesterov: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-2 }),
  adam: () => adam({ learningRate: 0.01, regularizers: elasticNet({ l1: 1e-3, l2: 1e-3 }) }),
  adamw: () => adamw({ learningRate: cosine(0.01), regularizers: [l1(1e-3, { rule: 'subgradient' })] }),
};

/** Bytes and classes that share a rule, so that there is something to learn: the class of the largest of five sums. */
export function smallData(length: number, { width = 13, classes = 5, id = 1 } = {}): ClassDataset {
  const inputs = Uint8Array.from(uniforms(length * width, 77, id), (u) => Math.floor(256 * u));
  const targets = Uint32Array.from({ length }, (_, row) => {
    const sums = new Float64Array(classes);
    for (let i = 0; i < width; i++) sums[i % classes]! += inputs[row * width + i]!;
    return sums.indexOf(Math.max(...sums));
  });
  return dataset({ inputs, targets, shape: [width], classes, name: 'small data' });
}

/** 45 samples in batches of 8: six steps an epoch, the last of five samples. */
export const SMALL_BATCH = 8;
export const trainingData = (): ClassDataset => smallData(45);
export const validationData = (): ClassDataset => smallData(21, { id: 2 });
export const STEPS_PER_EPOCH = 6;

export const smallConfig = (changes: Partial<TrainerConfig> = {}): TrainerConfig => ({
  model: smallModel(), loss: softmaxCrossEntropy(), optimizer: OPTIMIZERS['momentum']!(), batchSize: SMALL_BATCH,
  seed: 3, fusion: 'layer', tiles: QUICK_TILES, maxStepsPerSubmit: 8,
  verify: 'off', // It has tests of its own, and what is counted here is the training's.
  ...changes,
});

/** Runs `work` with a trainer that is destroyed afterwards, and tests itself only where that is asked for. */
export async function withTrainer<T>(device: Device, config: TrainerConfig, work: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await Trainer.create(device, { verify: 'off', ...config });
  try {
    return await work(trainer);
  } finally {
    trainer.destroy();
  }
}

/** An epoch without what a clock measured. */
export type History = readonly Omit<Epoch, 'seconds' | 'imagesPerSecond'>[];

const timeless = ({ seconds: _seconds, imagesPerSecond: _rate, ...epoch }: Epoch): History[number] => epoch;

/** `fit` to its end. */
export async function fitAll(trainer: Trainer, data: Dataset, options: FitOptions): Promise<History> {
  const history: History[number][] = [];
  for await (const epoch of trainer.fit(data, options)) history.push(timeless(epoch));
  return history;
}

/** Throws Mismatch unless both are the same plain data, numbers to the last bit. */
export function expectSame(label: string, got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a === b) return;
  const at = [...a].findIndex((character, i) => character !== b[i]);
  throw new Mismatch(`${label}: ...${a.slice(Math.max(0, at - 60), at + 60)}... instead of ...${b.slice(Math.max(0, at - 60), at + 60)}...`);
}

export function expectDifferent(label: string, values: readonly unknown[]): void {
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.findIndex((text, i) => texts.indexOf(text) !== i);
  if (twice >= 0) throw new Mismatch(`${label}: ${texts.indexOf(texts[twice]!)} and ${twice} are the same: ${texts[twice]!.slice(0, 80)}`);
}

export function expectTrue(label: string, holds: boolean): void {
  if (!holds) throw new Mismatch(label);
}

/** Words of every tensor of a checkpoint, parameters and state. One replica's where `replica` is given. */
export async function tensorBits(trainer: Trainer, replica?: number): Promise<Record<string, number[]>> {
  const { tensors } = readSafetensors(await trainer.save(), 'bits');
  return Object.fromEntries([...tensors].map(([name, { data }]) => {
    const words = [...new Uint32Array(data.slice().buffer)];
    const size = words.length / trainer.replicas;
    return [name, replica === undefined ? words : words.slice(replica * size, (replica + 1) * size)];
  }));
}

export const isSwiftShader = (device: Device): boolean => /swiftshader/i.test(device.adapter.name);
