/** A random graph's training on an executor: what its weights and gradients are after each step. */
import { unpadTensor } from '../../src/model/arena.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { trainOps } from '../../src/compile/ops.ts';
import { rulesOf, type Fusion } from '../../src/compile/tiles.ts';
import type { ExecutorFactory } from '../../src/scheduler/executor.ts';
import type { Plan } from '../../src/scheduler/plan.ts';
import { epochOrder } from '../../src/data/shuffle.ts';
import { prepare, type Prepared } from '../../src/train/prepare.ts';
import { Engine } from '../../src/train/engine.ts';
import { valueAt } from '../../src/model/schedules/index.ts';
import { exact } from './bounded.ts';
import type { Batch, State, Training } from './evaluate.ts';
import { STEPS, type RandomGraph } from './generate.ts';

/** Nothing fused, and what each fusion does. */
export const RULE_SETS: Readonly<Record<string, readonly string[]>> = {
  unfused: [], ...Object.fromEntries((['none', 'layer', 'full'] as const).map((fusion: Fusion) => [fusion, rulesOf(fusion)])),
};

/** The build with other rules than its fusion's. */
export function preparedWith({ config }: RandomGraph, rules: readonly string[], replicas: readonly Overrides[] = [{}]): Prepared {
  const prepared = prepare({ ...config, replicas }, 'software');
  return { ...prepared, build: { ...prepared.build, rules } };
}

export interface Ran {
  /** By step and replica: every tensor, unpadded. Gradients where they are kept. */
  readonly weights: readonly (readonly Float32Array[][])[];
  readonly gradients: readonly (readonly Float32Array[][])[];
  readonly plan: Plan;
}

/** Runs one graph again and again. All engines live until the end: a driver compiles what it has at hand only once. */
export class Runs {
  readonly #graph: RandomGraph;
  readonly #engines: Engine[] = [];

  constructor(graph: RandomGraph) {
    this.#graph = graph;
  }

  /** Three steps, read after each. */
  async run(executors: ExecutorFactory, prepared: Prepared): Promise<Ran> {
    const engine = await Engine.create(executors, prepared), graph = this.#graph;
    this.#engines.push(engine);
    const { build: { network, replicas }, program } = engine;
    const resident = await engine.residents.attach(graph.data, 'train');
    engine.residents.shuffle(resident, 0);
    const every = <T>(value: T): T[] => Array.from({ length: replicas }, () => value);
    const read = async (buffer: string): Promise<Float32Array[][]> => {
      const arena = new Float32Array(await program.read({ buffer, offset: 0, bytes: 4 * replicas * network.stride }));
      return Array.from({ length: replicas }, (_, replica) => network.tensors.map((tensor) => unpadTensor(tensor, arena, replica * network.stride)));
    };
    const weights: Float32Array[][][] = [], gradients: Float32Array[][][] = [];
    for (let step = 0; step < STEPS; step++) {
      const start = { step, steps: STEPS, active: every(true), reductions: every(() => 0) };
      await engine.train(resident, { first: step, count: 1 }, start).collect();
      weights.push(await read('parameters'));
      if (program.has('gradients')) gradients.push(await read('gradients'));
    }
    return { weights, gradients, plan: resident.train!.plan };
  }

  destroy(): void {
    for (const engine of this.#engines) engine.destroy();
  }
}

/** What the evaluation by operations is told of it, from the same settings. */
export function trainingOf({ config }: RandomGraph, { build, settings: [settings], seed }: Prepared): Training {
  const { network } = build, weight = settings!.tensors.find((_, tensor) => network.tensors[tensor]!.role === 'weight' && !network.tensors[tensor]!.isFrozen), hidden = settings!.tensors.find(({ penalties }) => penalties.activityL1?.strength !== 0) ?? weight!;
  const now = (value: Parameters<typeof valueAt>[0] | undefined): number => valueAt(value ?? 0, 0, STEPS);
  return {
    graph: trainOps(build, 'random'), network, loss: build.loss, seed, batch: config.batchSize!,
    learningRate: now(weight!.values['learningRate']), momentum: now(weight!.values['momentum']),
    l2: now(weight!.penalties.l2?.strength), activityL1: now(hidden.penalties.activityL1?.strength), activityL2: now(hidden.penalties.activityL2?.strength),
  };
}

/** The batch of a step, as the shuffled epoch has it. */
export function batchOf({ data, batch }: RandomGraph, seed: number, step: number): Batch {
  const order = epochOrder(data.length, seed, 0), rows = [...order.subarray(step * batch, Math.min((step + 1) * batch, data.length))];
  const inputs = rows.flatMap((row) => [...(data.inputs as Float32Array).subarray(row * data.width, (row + 1) * data.width)]);
  const each = Math.max(1, data.targetWidth), targets = data.targets as ArrayLike<number>, { weights } = data;
  return {
    inputs: Float64Array.from(inputs), targets: rows.flatMap((row) => Array.from({ length: each }, (_, c) => targets[row * each + c]!)), isVector: data.targetWidth > 0,
    weights: weights && rows.map((row) => weights[row]!), count: rows.length, step,
  };
}

/** Weights as they are drawn, nothing remembered. */
export const startOf = (weights: readonly Float32Array[]): State =>
  ({ weights: weights.map((w) => exact(w)), momenta: weights.map(({ length }) => exact(new Float32Array(length))) });
