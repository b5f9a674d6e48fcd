/** Real tasks, trained by three seeds as users train them, and held beside what PyTorch made of the same (tasks.py). */
import { adam, binaryCrossEntropy, meanSquaredError, mlp, Trainer, type Dataset, type Device, type Evaluation, type MetricName } from '../../src/index.ts';
import settingsFile from './settings.json' with { type: 'json' };
import torchFile from './torch.json' with { type: 'json' };

/** The same for both: fixed before any run, for no figure's sake. */
export interface Settings {
  readonly units: readonly number[];
  readonly loss: 'binaryCrossEntropy' | 'meanSquaredError';
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
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
const SEEDS = [1, 2, 3];

async function runOnce(device: Device, { name, metric, data }: Task, settings: Settings, seed: number): Promise<Run> {
  const { units, loss, batchSize, epochs, learningRate } = settings;
  const trainer = await Trainer.create(device, {
    model: mlp(data.train.shape, units), loss: LOSSES[loss](), optimizer: adam({ learningRate }), batchSize, seed,
  });
  try {
    await trainer.fit(data.train, { epochs });
    const metrics: MetricName[] = metric === 'r2' ? [metric] : [];
    const train = await trainer.evaluate(data.train) as Evaluation, test = await trainer.evaluate(data.test, { metrics }) as Evaluation;
    const beside = metric && { [metric]: metric === 'r2' ? test.metrics!['r2']! : test.accuracy };
    console.log(`${name}, seed ${seed}: loss ${train.loss.toFixed(5)} in training, ${test.loss.toFixed(5)} in test${metric ? `, ${metric} ${beside![metric]!.toFixed(4)}` : ''}`);
    return { seed, train: train.loss, test: test.loss, ...beside };
  } finally {
    trainer.destroy();
  }
}

/** Trains with each of the seeds, and says what came of it. */
export async function runs(device: Device, task: Task, settings = settingsOf(task.name)): Promise<Run[]> {
  const all: Run[] = [];
  for (const seed of SEEDS) all.push(await runOnce(device, task, settings, seed));
  return all;
}
