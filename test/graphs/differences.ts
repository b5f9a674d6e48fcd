/** Gradients of the float64 plan against differences of its own loss. */
import { Float64Executor } from '../../src/float64/executor.ts';
import type { Executor } from '../../src/scheduler/executor.ts';
import { pad4 } from '../../src/model/arena.ts';
import { Engine } from '../../src/train/engine.ts';
import { expectClose } from '../cases/compare.ts';
import { numbers } from '../scheduler/models.ts';
import type { RandomGraph } from './generate.ts';
import { preparedWith } from './runs.ts';

/** Small beside the distance to most kinks, large beside the rounding of the loss. */
const H = 1e-6;

/** Parameters looked at, of each tensor. */
const SAMPLES = 3;

/** A few parameters of every tensor, on the first batch. The penalties on activations are left out: they are no part of the loss. */
export async function expectDifferences(graph: RandomGraph, seed: number): Promise<void> {
  let made: Float64Executor | undefined;
  const factory = {
    limits: new Float64Executor({ owner: 'test', buffers: [], rowBytes: 0, capacity: 0, readBytes: 0 }).limits,
    create: async (options: ConstructorParameters<typeof Float64Executor>[0]): Promise<Executor> => (made = new Float64Executor(options)),
  };
  const hasActivity = graph.config.optimizer.regularizers.some(({ type }) => type === 'activityL1');
  const overrides = { learningRate: 0, ...(hasActivity && { activityL1: 0, activityL2: 0 }) };
  const engine = await Engine.create(factory, preparedWith(graph, [], [overrides]));
  const { network } = engine.build, executor = made!, resident = await engine.residents.attach(graph.data, 'train');
  engine.residents.shuffle(resident, 0);
  const lossOf = async (): Promise<number> => {
    await engine.train(resident, { first: 0, count: 1 }, { step: 0, steps: 1, active: [true], reductions: [() => 0] }).collect();
    return executor.values('samples').subarray(0, graph.batch).reduce((sum, loss) => sum + Math.abs(loss), 0) / graph.batch;
  };
  const parameters = executor.values('parameters'), draw = numbers(seed);
  // Biases of 0 put what has no input right on a kink.
  for (const { role, length, offset } of network.tensors) {
    if (role === 'bias') for (let i = 0; i < length; i++) parameters[offset + i] = draw(-100, 100) / 1000;
  }
  await lossOf();
  const gradients = executor.values('gradients').slice();
  for (const { name, shape, length, offset, isFrozen } of network.tensors) {
    for (let sample = 0; sample < Math.min(SAMPLES, length); sample++) {
      const i = draw(0, length - 1), columns = shape.at(-1)!, at = offset + Math.floor(i / columns) * pad4(columns) + (i % columns);
      const before = parameters[at]!, losses: number[] = [];
      for (const moved of [before + H, before - H]) {
        parameters[at] = moved;
        losses.push(await lossOf());
      }
      parameters[at] = before;
      // Frozen, it has none.
      if (!isFrozen) expectClose(`${name}[${i}]`, [gradients[at]!], [(losses[0]! - losses[1]!) / (2 * H)], 1e-6, 1e-7);
    }
  }
}
