/** What must hold of every random graph. */
import { expect } from 'vitest';
import type { Device } from '../../src/device/index.ts';
import { float64 } from '../../src/float64/executor.ts';
import { initialParameters } from '../../src/compile/init.ts';
import { unpadTensor } from '../../src/model/arena.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { numbersOfLoss } from '../../src/model/losses/index.ts';
import type { NumberKey } from '../../src/model/numbers.ts';
import type { Prepared } from '../../src/train/prepare.ts';
import { writesOf, type Op, type Step } from '../../src/ops/op.ts';
import type { Note } from '../../src/scheduler/graph.ts';
import { programsOn } from '../../src/webgpu/program.ts';
import { expectClose, expectWords, Mismatch } from '../cases/compare.ts';
import { LAMBDA, type Bounded } from './bounded.ts';
import { expectDifferences } from './differences.ts';
import { Evaluation, type Evaluated, type Mistake, type State, type Training } from './evaluate.ts';
import { depthOf, randomGraph, STEPS, type RandomGraph } from './generate.ts';
import { batchOf, preparedWith, RULE_SETS, Runs, startOf, trainingOf, type Ran } from './runs.ts';

/** What was met on the way. */
export interface Met {
  readonly ops: readonly Op[];
  readonly steps: readonly Step[];
  readonly notes: readonly Note[];
  readonly kernels: readonly string[];
  /** Mistakes that were noticed, that make no difference, and that a plan's rounding hides. */
  readonly mistakes: { readonly noticed: number; readonly dead: number; readonly hidden: number };
  readonly depth: number;
  readonly loss: string;
  /** Numbers of activations and of the loss. */
  readonly numbers: readonly string[];
  /** Tensors that stay as they are. */
  readonly frozen: number;
}

const tensors = (training: Training): readonly { readonly name: string }[] => training.network.tensors;

/** Throws Mismatch where a tensor is out of its bounds. */
function expectWithin(label: string, got: readonly Float32Array[], want: readonly Bounded[], training: Training): void {
  want.forEach(({ value, error }, t) => expectClose(`${label}, ${tensors(training)[t]!.name}`, got[t]!, value, 0, error.map((e) => LAMBDA * e)));
}

/** Each step from the evaluation's own state: errors add up over the steps as they do on the device. */
function evaluate(graph: RandomGraph, training: Training, start: State): Evaluated[] {
  const steps: Evaluated[] = [];
  for (let step = 0; step < STEPS; step++) steps.push(new Evaluation(training, steps.at(-1) ?? start, batchOf(graph, training.seed, step)).run());
  return steps;
}

function expectRan(label: string, { weights, gradients }: Ran, want: readonly Evaluated[], training: Training): void {
  want.forEach((own, step) => {
    if (gradients.length > 0) expectWithin(`${label}, gradient of step ${step}`, gradients[step]![0]!, own.gradients, training);
    expectWithin(`${label}, weights after step ${step}`, weights[step]![0]!, own.weights, training);
  });
}

/** Operations on the way back. */
const isBackward = (op: Op, at: number, loss: number): boolean => at >= loss && op.op !== 'update';

/** Whether the errors of f32 hide the difference everywhere: sums that cancel, or a tiny step of a weight. Known before any run. */
const isHidden = (made: readonly Bounded[], clean: readonly Bounded[]): boolean => made.every(({ value }, t) =>
  value.every((x, i) => Math.abs(x - clean[t]!.value[i]!) <= 2 * LAMBDA * clean[t]!.error[i]!));

/**
 * A gradient that is off by one per cent in any operation must be noticed: in the gradients where they are kept, in the
 * weights where they are not. Those of dead units are all zero, and make no difference.
 */
function expectMistakesNoticed(graph: RandomGraph, training: Training, start: State, plans: readonly Ran[], clean: Evaluated): Met['mistakes'] {
  const { ops } = training.graph, loss = ops.findIndex(({ op }) => op === 'loss');
  let noticed = 0, dead = 0, hidden = 0;
  for (const op of ops.filter((one, at) => isBackward(one, at, loss))) {
    const mistake: Mistake = { op, factor: 1.01 };
    const made = new Evaluation(training, start, batchOf(graph, training.seed, 0), mistake).run();
    if (made.gradients.every(({ value }, t) => value.every((x, i) => x === clean.gradients[t]!.value[i]))) {
      dead++;
      continue;
    }
    noticed++;
    for (const { gradients, weights } of plans) {
      const kind = gradients.length > 0 ? 'gradients' : 'weights', got = (kind === 'gradients' ? gradients : weights)[0]![0]!;
      if (isHidden(made[kind], clean[kind])) hidden++;
      else expect(() => expectWithin('mistaken', got, made[kind], training), `${op.label}, ${writesOf(op).join()}`).toThrow(Mismatch);
    }
  }
  return { noticed, dead, hidden };
}

/** From replica to replica, of those that the graph has. */
const NUMBERS: readonly (readonly [key: NumberKey, ...values: [number, number]])[] = [
  ['leakyRelu.slope', 0.5, 0.125], ['elu.alpha', 0.5, 1.5], ['silu.beta', 0.5, 2], ['loss.smoothing', 0, 0.5], ['loss.positiveWeight', 0.5, 3],
  ['loss.delta', 0.25, 2], ['loss.beta', 0.25, 2],
];

const OVERRIDES: readonly Overrides[] = [{}, { seed: 77, learningRate: 0.05 }, { l2: 0.02, momentum: 0.5 }];

/** Of activations and the loss. */
const numbersOf = ({ build: { network, loss } }: Prepared): NumberKey[] => [...network.numbers, numbersOfLoss(loss)].flatMap(({ keys }) => [...keys]);

/** Three replicas with the bits of three single runs. */
async function expectReplicas(device: Device, runs: Runs, graph: RandomGraph, rules: readonly string[]): Promise<void> {
  const hasMomentum = graph.config.optimizer.rule === 'momentum', hasL2 = graph.config.optimizer.regularizers.some(({ type }) => type === 'l2');
  const keys = numbersOf(preparedWith(graph, []));
  const overrides = OVERRIDES.map(({ momentum, l2, ...rest }, replica) => ({
    ...rest, ...(replica > 0 && Object.fromEntries(NUMBERS.filter(([key]) => keys.includes(key)).map(([key, ...values]) => [key, values[replica - 1]!]))), ...(hasMomentum && momentum !== undefined && { momentum }), ...(hasL2 && l2 !== undefined && { l2 }),
  }));
  const all = await runs.run(programsOn(device), preparedWith(graph, rules, overrides));
  for (const [replica, own] of overrides.entries()) {
    const single = await runs.run(programsOn(device), preparedWith(graph, rules, [own]));
    single.weights.forEach((step, s) => step[0]!.forEach((tensor, t) =>
      expectWords(`replica ${replica}, step ${s}, tensor ${t}`, words(all.weights[s]![replica]![t]!), words(tensor))));
  }
}

const words = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);

/** Everything, for one graph: unfused, and fused by these sets of rules; replicas by the last of them. */
export async function checkGraph(device: Device, seed: number, fusions: readonly string[] = ['none', 'layer', 'full']): Promise<Met> {
  const graph = randomGraph(seed);
  const runs = new Runs(graph);
  try {
    return await checkRuns(device, runs, graph, seed, ['unfused', ...fusions]);
  } finally {
    runs.destroy();
  }
}

async function checkRuns(device: Device, runs: Runs, graph: RandomGraph, seed: number, sets: readonly string[]): Promise<Met> {
  const prepared = preparedWith(graph, []), training = trainingOf(graph, prepared), { network } = prepared.build;
  const arena = initialParameters(network, prepared.seed), start = startOf(network.tensors.map((tensor) => unpadTensor(tensor, arena)));
  const want = evaluate(graph, training, start);
  const plans: Ran[] = [];
  for (const name of sets) {
    const ran = await runs.run(programsOn(device), preparedWith(graph, RULE_SETS[name]!));
    expectRan(name, ran, want, training);
    plans.push(ran);
  }
  for (const name of [sets[0]!, sets.at(-1)!]) expectRan(`${name} in float64`, await runs.run(float64, preparedWith(graph, RULE_SETS[name]!)), want, training);
  const mistakes = expectMistakesNoticed(graph, training, start, plans, want[0]!);
  await expectDifferences(graph, seed);
  await expectReplicas(device, runs, graph, RULE_SETS[sets.at(-1)!]!);
  return {
    ops: training.graph.ops, steps: training.graph.ops.flatMap((op) => ('steps' in op ? op.steps : [])), mistakes,
    loss: graph.config.loss.type, numbers: numbersOf(prepared), frozen: network.tensors.filter(({ isFrozen }) => isFrozen).length,
    depth: depthOf(graph.config.model), notes: plans.flatMap(({ plan }) => plan.notes), kernels: plans.flatMap(({ plan }) => plan.dispatches.map(({ kernel }) => kernel)),
  };
}
