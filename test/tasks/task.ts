/** Real tasks, trained by several seeds as users train them, and held beside what PyTorch made of the same (tasks.py). */
import { adam, binaryCrossEntropy, dense, meanSquaredError, mlp, relu, sequential, tied, Trainer, type Model, type Dataset, type Device, type Evaluation } from '../../src/index.ts';
import settingsFile from './settings.json' with { type: 'json' };
import torchFile from './torch.json' with { type: 'json' };

/** The same for both: fixed before any run, for no figure's sake. */
export interface Settings {
  readonly units: readonly number[];
  /** An autoencoder's decoder has the encoder's weights, transposed. */
  readonly tied?: boolean;
  readonly loss: 'binaryCrossEntropy' | 'meanSquaredError';
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** So many, from 1. */
  readonly seeds: number;
}

export type TaskName = keyof typeof settingsFile;

export interface Task {
  readonly name: TaskName;
  /** What is told beside the losses, of the test set. */
  readonly metric?: 'r2' | 'accuracy';
  readonly data: { readonly train: Dataset; readonly test: Dataset };
}

/** Mean losses after the last epoch. */
export interface Run {
  readonly seed: number;
  readonly train: number;
  readonly test: number;
  readonly r2?: number;
  readonly accuracy?: number;
}

export interface TorchTask {
  /** Of the training and the test set. */
  readonly samples: readonly number[];
  /** See `mark`; of inputs and targets of the test set. */
  readonly mark: readonly number[];
  readonly runs: readonly Run[];
}

export const settingsOf = (name: TaskName): Settings => settingsFile[name] as Settings;
export const torchOf = (name: TaskName): TorchTask => torchFile.tasks[name];

const LOSSES = { binaryCrossEntropy, meanSquaredError };

/** An encoder of these layers, and a decoder of the same weights, with ReLU between all. */
function tiedModel(shape: readonly number[], units: readonly number[]): Model {
  const encoder = units.slice(0, units.length / 2).map((own) => dense(own));
  const layers = [...encoder, ...encoder.toReversed().map((layer) => tied(layer, { transposed: true }))];
  return sequential(shape, layers.flatMap((layer, i) => (i < layers.length - 1 ? [layer, relu()] : [layer])));
}

/** One training with a replica for each seed, which has weights and orders of its own: what each would be alone, bit for bit. */
export async function runs(device: Device, { metric, data }: Task, settings: Settings): Promise<Run[]> {
  const { units, tied: isTied = false, loss, batchSize, epochs, learningRate } = settings, seeds = Array.from({ length: settings.seeds }, (_, i) => i + 1);
  const trainer = await Trainer.create(device, {
    model: isTied ? tiedModel(data.train.shape, units) : mlp(data.train.shape, units), loss: LOSSES[loss](), optimizer: adam({ learningRate }), batchSize, replicas: seeds.map((seed) => ({ seed })),
  });
  try {
    await trainer.fit(data.train, { epochs });
    const train = await trainer.evaluate(data.train) as Evaluation[];
    const test = await trainer.evaluate(data.test, { metrics: metric === 'r2' ? [metric] : [] }) as Evaluation[];
    const beside = ({ accuracy, metrics }: Evaluation): Partial<Run> => (metric === 'r2' ? { r2: metrics!['r2']! } : metric && { accuracy }) ?? {};
    return seeds.map((seed, i) => ({ seed, train: train[i]!.loss, test: test[i]!.loss, ...beside(test[i]!) }));
  } finally {
    trainer.destroy();
  }
}
