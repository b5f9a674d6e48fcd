/** Weights after 100 steps, as hashes: training computes the same bits. */
import type { Device } from '../../src/device/index.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { adam, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/index.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { smallData, withTrainer } from '../cases/network/support.ts';
import { NETWORKS } from './plans.ts';

interface Training {
  readonly network: string;
  readonly fusion: Fusion;
  readonly replicas: number;
  readonly optimizer: () => Optimizer;
}

const momentum = (): Optimizer => sgd({ learningRate: 0.05, momentum: 0.9, regularizers: [l1(1e-5), l2(1e-4)] });
const REPLICAS: readonly Overrides[] = [{}, { learningRate: 0.02 }, { seed: 6, l1: 1e-4 }];
const OPTIMIZERS = [momentum, () => adam({ learningRate: 0.01, regularizers: [l1(1e-4)] })];

const TRAININGS: readonly Training[] = [
  { network: 'flagship', fusion: 'layer', replicas: 1, optimizer: momentum },
  ...['single', 'odd', 'linear', 'deep'].flatMap((network) => (['none', 'layer', 'full'] as const).flatMap((fusion) =>
    [1, 3].map((replicas, i): Training => ({ network, fusion, replicas, optimizer: OPTIMIZERS[i]! })))),
];

/** Name -> hash of every replica's weights. Two epochs of 50 batches, the last one of fewer samples. */
export async function weightsOf(device: Device): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { network, fusion, replicas, optimizer } of TRAININGS) {
    const model = NETWORKS[network]!();
    const batchSize = network === 'flagship' ? 128 : 19;
    const width = model.inputShape.reduce((a, b) => a * b, 1);
    const data = smallData(50 * batchSize - 7, { width, classes: 3 });
    const config: TrainerConfig = {
      model, loss: softmaxCrossEntropy(), optimizer: optimizer(), batchSize, fusion, seed: 5,
      replicas: REPLICAS.slice(0, replicas),
    };
    found[`${network} ${fusion} R=${replicas}`] = await withTrainer(device, config, async (trainer) => {
      for await (const _ of trainer.fit(data, { epochs: 2 })) { /* to its end */ }
      return trainer.hash();
    });
  }
  return found;
}
