/** Rules on the norm of each unit's incoming weights. */
import { unitConstraint } from '../../src/kernels/index.ts';
import { unitTable, type UnitWeight } from '../../src/kernels/unit-constraint.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import {
  arenaContents, arenaPlaces, ruleOf, SCALE, tensorData, tensorLength, updateRow,
  type ReplicaUpdate, type TensorData, type TensorShape, type Unit,
} from './arena-layout.ts';
import { EPSILON } from './compare.ts';
import { pad4, words, type Contents } from './contents.ts';
import { kernelCase, rowShape, type Bench, type KernelCase } from './run-kernel.ts';
import { RULES } from './rules.ts';
import { expectTwin } from './twin.ts';

/** Weight and bias of each layer; rows around the lanes that share a column, columns around a workgroup's 16. */
const SHAPES: readonly TensorShape[] = [[31, 17], [17], [33, 5], [5], [1, 20], [20], [70, 16], [16]];

/** A norm of SCALE-sized weights that about half of the units exceed. */
const typical = (inputs: number): number => SCALE * Math.sqrt(inputs / 3);

/** One rule for all weights, by the layer's inputs; biases have none. */
type UnitOf = (inputs: number) => Unit | undefined;

const unitsOf = (shapes: readonly TensorShape[], of: UnitOf): readonly (Unit | undefined)[] =>
  shapes.map((shape) => {
    const unit = shape.length === 2 ? of(shape[0]) : undefined;
    return unit && { ...unit, inputs: shape[0] };
  });

/** A norm's rounding, and where the group lasso all but empties a unit, that of the difference. */
const TOLERANCE = { relative: 16 * EPSILON, absolute: 4 * EPSILON * SCALE };

interface Options {
  readonly shapes?: readonly TensorShape[];
  readonly change?: (weights: Float32Array, tensor: number) => Float32Array;
  /** Whether the weights must come out bit for bit. */
  readonly exact?: boolean;
  /** Of the group lasso. */
  readonly sqrtSize?: boolean;
}

/** A replica that left updates out before this one, and perhaps this one too. */
interface UnitReplica extends ReplicaUpdate {
  readonly skips?: readonly [before: number, after: number];
}

/** Counts of updates left out, as the update behind this kernel leaves them. */
const skipCounts = (replicas: readonly UnitReplica[]): Contents => {
  const counts = new Uint32Array(2 * replicas.length);
  replicas.forEach(({ t, skips: [before, after] = [0, 0] }, r) => {
    counts[(t % 2) * replicas.length + r] = before;
    counts[((t + 1) % 2) * replicas.length + r] = after;
  });
  return words(counts);
};

async function unitCase(bench: Bench, replicas: readonly UnitReplica[], { shapes = SHAPES, change = (weights) => weights, exact = false, sqrtSize = true }: Options = {}): Promise<void> {
  const places = arenaPlaces(shapes), rule = ruleOf(replicas), arena = { stride: places.stride };
  const data = replicas.map(({ t }, r) => places.tensors.map((at, i): TensorData => {
    const drawn = tensorData(tensorLength(at), rule, r * shapes.length + i, t);
    return { ...drawn, weights: change(drawn.weights as Float32Array, i) };
  }));
  const before = arenaContents(places, rule, data);
  const weights = places.tensors.flatMap((at, tensor): UnitWeight[] => shapes[tensor]!.length === 1 ? [] :
    [{ offset: at.offset, inputs: at.rows, paddedOutputs: pad4(at.columns), tensor, lassoFactor: sqrtSize ? Math.sqrt(at.rows) : 1 }]);
  await expectTwin(bench, {
    kernel: unitConstraint, rows: replicas.map(updateRow),
    shape: { row: rowShape(replicas.length, shapes.length), weights, rule, arena },
    buffers: { units: words(unitTable(weights)), parameters: before.parameters, state: before.state, skips: skipCounts(replicas) },
  }, { parameters: exact ? {} : { ...TOLERANCE, exactly: 'zeros' }, state: TOLERANCE });
}

const replica = (base: Hyperparameters, of: UnitOf, shapes = SHAPES): ReplicaUpdate =>
  ({ hyperparameters: shapes.map(() => base), units: unitsOf(shapes, of), t: 7, step: 6 });

const { sgd, momentum, adam } = RULES;
const max = (share: number): UnitOf => (inputs) => ({ maxNorm: share * typical(inputs) });
/** Every third unit has no weights at all. */
const emptied = (weights: Float32Array, tensor: number): Float32Array =>
  weights.map((w, i) => ((i % SHAPES[tensor]!.at(-1)!) % 3 === 0 ? 0 : w));

/** Weights whose squares are beyond f32, or nothing in it. */
const sizeCases = [1e25, 1e19, 1e-14, 1e-30].flatMap((size): KernelCase[] => {
  const change = (weights: Float32Array): Float32Array => weights.map((w) => w * size);
  return [
    kernelCase('unit-constraint', `max-norm, weights times ${size}`, (bench) =>
      unitCase(bench, [replica(adam, (inputs) => ({ maxNorm: size * typical(inputs) }))], { change })),
    kernelCase('unit-constraint', `unit norm, weights times ${size}`, (bench) => unitCase(bench, [replica(sgd, () => ({ unitNorm: true }))], { change })),
    kernelCase('unit-constraint', `a weak group lasso, then unit norm, weights times ${size}`, (bench) =>
      unitCase(bench, [replica(sgd, (inputs) => ({ groupLasso: 1e-3 * size * typical(inputs), unitNorm: true }))], { change })),
  ];
});

export const unitConstraintCases: readonly KernelCase[] = [
  ...sizeCases,
  kernelCase('unit-constraint', 'max-norm between the norms', (bench) => unitCase(bench, [replica(adam, max(1))])),
  kernelCase('unit-constraint', 'max-norm above all norms changes no bit', (bench) => unitCase(bench, [replica(adam, max(3))], { exact: true })),
  kernelCase('unit-constraint', 'max-norm, units without weights stay', (bench) => unitCase(bench, [replica(adam, max(0.5))], { change: emptied })),
  kernelCase('unit-constraint', 'unit norm, units without weights stay', (bench) => unitCase(bench, [replica(sgd, () => ({ unitNorm: true }))], { change: emptied })),
  ...[sgd, momentum].flatMap((base) => [true, false].map((sqrtSize) => {
    const k = base === sgd ? 1 : (1 - momentum.dampening) / (1 - momentum.momentum);
    const groupLasso: UnitOf = (inputs) =>
      ({ sqrtSize, groupLasso: typical(inputs) / (base.learningRate * k * (sqrtSize ? Math.sqrt(inputs) : 1)) });
    return kernelCase('unit-constraint', `group lasso under ${base.optimizer}${sqrtSize ? '' : ' without the root of the size'} empties units`, (bench) =>
      unitCase(bench, [replica(base, groupLasso)], { change: emptied, sqrtSize }));
  })),
  kernelCase('unit-constraint', 'group lasso, then max-norm', (bench) =>
    unitCase(bench, [replica(sgd, (inputs) => ({ groupLasso: 0.02, maxNorm: 0.9 * typical(inputs) }))])),
  kernelCase('unit-constraint', 'a weak group lasso, then unit norm', (bench) =>
    unitCase(bench, [replica(sgd, () => ({ groupLasso: 1e-3, unitNorm: true }))])),
  kernelCase('unit-constraint', 'the average follows, whether a norm was changed or not', (bench) =>
    unitCase(bench, [replica({ ...adam, averageWeight: 0.1 }, max(1)), replica({ ...adam, averageWeight: 1 }, max(3))])),
  kernelCase('unit-constraint', 'four replicas: one without a rule, one inactive, one in the middle of an update', (bench) => {
    const one = replica({ ...momentum, averageWeight: 0.1 }, max(0.8));
    return unitCase(bench, [replica({ ...momentum, averageWeight: 0.1 }, () => ({ maxNorm: 0 })), { ...one, active: false }, one, { ...one, ends: false }]);
  }),
  kernelCase('unit-constraint', 'six replicas: three were left out, all count their own updates in the average', (bench) => {
    const one = { ...replica({ ...momentum, averageWeight: 0.1 }, max(0.8)), skip: true };
    return unitCase(bench, [
      { ...one, skips: [2, 3] }, { ...one, swa: { start: 5, every: 0 }, skips: [2, 2] }, { ...one, t: 8, skips: [0, 1] },
      { ...one, swa: { start: 2, every: 2 }, skips: [1, 1] }, { ...one, t: 8, swa: { start: 3, every: 2 }, skips: [2, 2] }, { ...one, swa: { start: 5, every: 1 }, skips: [6, 7] },
    ]);
  }),
  ...[1, 31, 32, 33, 65].map((inputs) => {
    const shapes: readonly TensorShape[] = [[inputs, 1], [1]];
    return kernelCase('unit-constraint', `${inputs} inputs of a single unit`, (bench) => unitCase(bench, [replica(sgd, max(0.1), shapes)], { shapes }));
  }),
];
