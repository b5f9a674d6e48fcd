/** The gradients that a plan leaves are those of the loss that the same plan gives, by central differences in float64. */
import { describe, expect, test } from 'vitest';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { pad4 } from '../../src/model/arena.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { orthogonal } from '../../src/model/regularizers.ts';
import { orthogonalPenalty } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { SMALL_BATCH, smallModel, trainingData } from '../cases/network/support.ts';
import { float64Engine, tensorsOf, type Float64Engine } from './support.ts';

const MODELS: Readonly<Record<string, Model>> = {
  'ReLU and dropout': smallModel(),
  'dropout without ReLU': sequential([13], [dropout(0.2), dense(9), dropout(0.4), dense(6), relu(), dropout(0.5), dense(5)]),
  'a single layer': sequential([13], [dropout(0.3), dense(5)]),
};

const STRENGTH = 0.05;

interface Problem {
  readonly made: Float64Engine;
  /** One step on a batch; the learning rate is 0, so that the weights stay. */
  readonly step: () => Promise<void>;
  /** Mean loss of each replica, with its penalty. */
  readonly losses: () => number[];
}

async function problemOf(model: Model, batch: number, penalty: boolean): Promise<Problem> {
  const made = await float64Engine({
    model, optimizer: sgd({ learningRate: 0, ...(penalty && { regularizers: [orthogonal(STRENGTH)] }) }), replicas: [{}, { seed: 9 }],
  });
  const { engine, executor } = made, { capacity, network } = engine.build, data = trainingData();
  const resident = await engine.residents.attach(data, 'train');
  engine.residents.shuffle(resident, 0);
  const count = Math.min(SMALL_BATCH, data.length - batch * SMALL_BATCH), both = <T>(value: T): T[] => [value, value];
  const penaltyOf = (replica: number): number => !penalty ? 0 : tensorsOf(made, 'parameters', replica).reduce((sum, weights, i) => {
    const [inputs, outputs] = network.tensors[i]!.shape;
    return outputs === undefined ? sum : sum + orthogonalPenalty(weights, inputs!, outputs, STRENGTH).penalty;
  }, 0);
  return {
    made,
    step: async () => {
      await engine.train(resident, { first: batch, count: 1 }, { step: batch, steps: 1, active: both(true), reductions: both(() => 0) }).collect();
    },
    losses: () => [0, 1].map((replica) => {
      const at = replica * capacity * SMALL_BATCH, samples = executor.values('samples').subarray(at, at + count);
      return samples.reduce((sum, loss) => sum + Math.abs(loss), 0) / count + penaltyOf(replica);
    }),
  };
}

/** Small beside the distance to ReLU's kinks, large beside the rounding of the loss. */
const H = 1e-6;

/** (loss(w + H) - loss(w - H)) / 2H of both replicas, whose weights at `at` of their arenas move together. */
async function differences({ made: { engine, executor }, step, losses }: Problem, at: number): Promise<number[]> {
  const { stride } = engine.build.network, parameters = executor.values('parameters');
  const moved = async (by: number): Promise<number[]> => {
    const before = [parameters[at]!, parameters[stride + at]!];
    before.forEach((w, replica) => { parameters[replica * stride + at] = w + by; });
    await step();
    const got = losses();
    before.forEach((w, replica) => { parameters[replica * stride + at] = w; });
    return got;
  };
  const above = await moved(H), below = await moved(-H);
  return above.map((loss, replica) => (loss - below[replica]!) / (2 * H));
}

/** A batch of eight samples, and the last, of five. */
const RUNS = [{ batch: 0, penalty: false }, { batch: 5, penalty: true }];

describe.each(RUNS)('batch $batch, orthogonal penalty: $penalty', ({ batch, penalty }) => {
  test.each(Object.entries(MODELS))(
    '%s', async (_, model) => {
      const problem = await problemOf(model, batch, penalty), { engine, executor } = problem.made, { network } = engine.build;
      await problem.step();
      expect(executor.values('parameters').every(Number.isFinite)).toBe(true);
      const gradients = executor.values('gradients').slice();
      expect(gradients.some((g) => Math.abs(g) > 0.01)).toBe(true);
      for (const { name, shape, length, offset } of network.tensors) {
        const columns = shape.at(-1)!;
        for (let i = 0; i < length; i++) {
          const at = offset + Math.floor(i / columns) * pad4(columns) + (i % columns);
          const want = await differences(problem, at);
          expectClose(`${name}[${i}]`, [gradients[at]!, gradients[network.stride + at]!], want, 1e-6, 1e-8);
        }
      }
      expect(new Uint32Array(await executor.read({ buffer: 'flags', offset: 0, bytes: 8 })).every((flag) => flag === NO_FLAG)).toBe(true);
    });
});
