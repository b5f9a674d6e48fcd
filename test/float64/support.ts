/** Small networks on the float64 executor. */
import { Float64Executor } from '../../src/float64/executor.ts';
import { stateSlots } from '../../src/kernels/rule.ts';
import { type Tensor } from '../../src/model/network.ts';
import { pad4 } from '../../src/model/arena.ts';
import type { OptimizerState } from '../../src/reference/index.ts';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { Engine } from '../../src/train/engine.ts';
import { smallConfig, trainingData } from '../cases/network/support.ts';

export interface Float64Engine {
  readonly engine: Engine;
  readonly executor: Float64Executor;
}

/** A small network, ready to train in float64. */
export async function float64Engine(changes: Partial<TrainerConfig>): Promise<Float64Engine> {
  let executor: Float64Executor | undefined;
  const engine = await Engine.create({
    limits: new Float64Executor({ owner: 'test', buffers: [], rowBytes: 0, capacity: 0, readBytes: 0 }).limits,
    create: async (options) => (executor = new Float64Executor(options)),
  }, prepare(smallConfig({ fusion: 'none', ...changes }), 'software'));
  return { engine, executor: executor! };
}

/** The first steps of the first epoch. */
export async function train({ engine }: Float64Engine, steps: number, data: ClassDataset = trainingData()): Promise<Awaited<ReturnType<ReturnType<Engine['train']>['collect']>>> {
  const resident = await engine.residents.attach(data, 'train');
  engine.residents.shuffle(resident, 0);
  const { replicas } = engine.build, every = <T>(value: T): T[] => Array.from({ length: replicas }, () => value);
  return engine.train(resident, { first: 0, count: steps }, { step: 0, steps, active: every(true), reductions: every(() => 0) }).collect();
}

/** A tensor's elements out of an arena that starts at `first`, unrounded. */
function unpadded({ shape, length, offset }: Tensor, arena: Float64Array, first: number): Float64Array {
  const columns = shape.at(-1)!, at = first + offset;
  return Float64Array.from({ length }, (_, i) => arena[at + Math.floor(i / columns) * pad4(columns) + (i % columns)]!);
}

/** All tensors of one replica in one of the arenas. */
export const tensorsOf = ({ engine: { build: { network } }, executor }: Float64Engine, buffer: string, replica: number): Float64Array[] =>
  network.tensors.map((tensor) => unpadded(tensor, executor.values(buffer), replica * network.stride));

export function slotsOf({ engine: { build: { network, rule } }, executor }: Float64Engine, replica: number): OptimizerState[] {
  const names = stateSlots(rule);
  return network.tensors.map((tensor) => Object.fromEntries(names.map((name, s) =>
    [name, unpadded(tensor, executor.values('state'), (replica * names.length + s) * network.stride)])));
}
