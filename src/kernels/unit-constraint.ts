import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/unit-constraint.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { stateSlots, unitLibraries, type Arena, type Rule } from './rule.ts';
import { squareConstants } from './squares.ts';

/** One layer's weight: where it lies (floats into a replica's arena), its padded shape, and its tensor's index. */
export interface UnitWeight {
  readonly offset: number;
  readonly inputs: number;
  readonly paddedOutputs: number;
  readonly tensor: number;
  /** What the group lasso's threshold is multiplied with: sqrt(inputs), or 1 without the root of the size. */
  readonly lassoFactor: number;
}

export interface UnitConstraintShape extends DispatchShape {
  readonly weights: readonly UnitWeight[];
  readonly rule: Rule;
  readonly arena: Arena;
}

const LANES_X = 4;
const LANES_Y = 32;

const groupsOf = ({ paddedOutputs }: UnitWeight): number => Math.ceil(paddedOutputs / (4 * LANES_X));

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** An f32 as a word of a table. */
export const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

/** Contents of `units`: eight u32 per workgroup. */
export const unitTable = (weights: readonly UnitWeight[]): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(weights.flatMap((weight) =>
    Array.from({ length: groupsOf(weight) }, (_, i) => [
      weight.offset / 4, weight.inputs, weight.paddedOutputs / 4, i * LANES_X, weight.tensor, bitsOf(weight.lassoFactor), 0, 0,
    ])).flat());

const elements = ({ weights, row: { replicas } }: UnitConstraintShape): number =>
  replicas * sum(weights.map(({ inputs, paddedOutputs }) => inputs * paddedOutputs));

export const unitConstraint: Kernel<UnitConstraintShape> = {
  name: 'unit-constraint',
  source,
  libraries: () => [row, ...unitLibraries],
  bindings: [
    ROW_BINDING,
    { name: 'units', access: 'read', type: 'u32' },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'skips', access: 'read', type: 'u32' },
  ],
  constants: ({ rule, arena }) => ({
    LANES_X,
    LANES_Y,
    SMALLEST_NORMAL: { f32: 2 ** -126 },
    ...squareConstants,
    PARAMETERS_STRIDE: arena.stride / 4,
    SLOT_STRIDE: arena.stride / 4,
    STATE_STRIDE: (stateSlots(rule).length * arena.stride) / 4,
    SKIP: rule.skip,
    AVERAGE: rule.average,
    AVERAGE_SLOT: Math.max(0, stateSlots(rule).indexOf('average')),
  }),
  grid: (shape) => [sum(shape.weights.map(groupsOf)), 1, shape.row.replicas],
  flops: (shape) => 3 * elements(shape),
  // Read and written once each; the norm's reading finds the weights where the update just left them.
  bytes: (shape) => elements(shape) * (shape.rule.average ? 16 : 8),
};
