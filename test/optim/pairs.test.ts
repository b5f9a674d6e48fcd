/**
 * The GPU follows the float64 reference through the first updates of every pair that is not refused, on the toy of
 * test/reference/pairs: each takes its own weights to the loss's gradient. A refused pair never starts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { groupLasso, l1, l2, maxNorm, nonNegative, unitNorm, type Optimizer, type Regularizer } from '../../src/index.ts';
import { RULE_NAMES, type RuleName } from '../../src/kernels/rule.ts';
import { createOptim, type ParameterView } from '../../src/optim/index.ts';
import { orthogonalPenalty, withDefaults } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { Caller, optimizerOf } from '../cases/optim.ts';
import { COLUMN_NAMES, problemOf, verdictOf, type ColumnName } from '../reference/pairs/columns.ts';
import { advance, firstPoint, gradientAt, INPUTS, UNITS, type Penalised, type Point } from '../reference/pairs/toy.ts';
import { useDevice } from '../train/device.ts';

const UPDATES = 20, LENGTH = INPUTS * UNITS;

/** Twenty updates of a few roundings each, seen 1.0e-6 at most on weights about 1; of weights above 1 relative. */
const TOLERANCE = 4e-6;

const device = useDevice();
let caller: Caller;
beforeEach(() => { caller = new Caller(device().gpu); });
afterEach(() => { caller.destroy(); });

function regularizersOf({ hyperparameters, units = {} }: Penalised): Regularizer[] {
  const h = withDefaults(hyperparameters);
  return [
    ...(h.l1 > 0 ? [l1(h.l1, { rule: h.l1Rule })] : []),
    ...(h.l2 > 0 ? [l2(h.l2, { rule: h.l2Rule })] : []),
    ...(h.nonNegative ? [nonNegative()] : []),
    ...(units.maxNorm ? [maxNorm(units.maxNorm)] : []),
    ...(units.unitNorm ? [unitNorm()] : []),
    ...(units.groupLasso ? [groupLasso(units.groupLasso)] : []),
  ];
}

const optimizerFor = (problem: Penalised): Optimizer => optimizerOf(problem.hyperparameters, { regularizers: regularizersOf(problem) });

/** Loss, activity penalty and orthogonal penalty: what the caller's own program computes. */
function callersGradient(weights: Float32Array, problem: Penalised, step: number): Float64Array {
  const { orthogonal } = problem.units ?? {}, own = gradientAt(weights, problem, step);
  if (orthogonal === undefined) return own;
  const { gradient } = orthogonalPenalty(weights, INPUTS, UNITS, orthogonal);
  return own.map((g, i) => g + gradient[i]!);
}

/** The reference's update number `t` at the constant rate. */
function follow(point: Point, problem: Penalised, t: number): Point {
  const { learningRate, l1: strength = 0 } = problem.hyperparameters;
  const gradient = gradientAt(point.weights, problem, t - 1);
  return advance(point, gradient, problem, { ...problem.hyperparameters, l1Total: t * learningRate * strength }, t);
}

const ofKind = (rule: RuleName, refused: boolean): ColumnName[] =>
  COLUMN_NAMES.filter((name) => (verdictOf(rule, name).kind === 'refused') === refused);

describe.each(RULE_NAMES)('%s', (rule) => {
  it('follows the reference with every penalty', async () => {
    const columns = ofKind(rule, false), problems = columns.map((name) => problemOf(rule, name));
    let points = problems.map(firstPoint);
    const weights = caller.buffer(Float32Array.from(points.flatMap((point) => Array.from(point.weights))));
    const gradients = caller.buffer(new Float32Array(columns.length * LENGTH));
    const parameters = columns.map((name, i): ParameterView => ({
      name, group: name, buffer: weights, offset: i * LENGTH, length: LENGTH, shape: [INPUTS, UNITS], gradient: { buffer: gradients, offset: i * LENGTH },
    }));
    const groups = Object.fromEntries(columns.map((name, i) => [name, optimizerFor(problems[i]!)]));
    const optim = await createOptim(device(), { parameters, groups });
    for (let step = 0; step <= UPDATES; step++) {
      const now = await caller.read(weights);
      const own = columns.map((_, i) => now.subarray(i * LENGTH, (i + 1) * LENGTH));
      columns.forEach((name, i) => { expectClose(`${name} after ${step}`, own[i]!, points[i]!.weights, TOLERANCE, TOLERANCE); });
      caller.write(gradients, Float32Array.from(problems.flatMap((problem, i) => Array.from(callersGradient(own[i]!, problem, step)))));
      caller.step(optim);
      points = points.map((point, i) => follow(point, problems[i]!, step + 1));
    }
    optim.destroy();
  });

  it.each(ofKind(rule, true))('refuses %s', async (name) => {
    const [weights, gradients] = [caller.buffer(new Float32Array(LENGTH)), caller.buffer(new Float32Array(LENGTH))];
    const view: ParameterView = { buffer: weights, length: LENGTH, shape: [INPUTS, UNITS], gradient: { buffer: gradients } };
    const made = createOptim(device(), { parameters: [view], optimizer: optimizerFor(problemOf(rule, name)) });
    await expect(made).rejects.toThrow(InputError);
    await expect(made).rejects.toThrow(/Use /);
  });
});
