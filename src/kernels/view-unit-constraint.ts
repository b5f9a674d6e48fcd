import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/view-unit-constraint.wgsl';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';
import { stateSlots, unitLibraries, type Arena, type Rule } from './rule.ts';
import { squareConstants } from './squares.ts';
import { bitsOf, type UnitWeight } from './unit-constraint.ts';
import type { TensorView } from './view-update.ts';

/** A weight of a layer: its view, and how its inputs and outputs lie in it. */
export interface UnitView extends Pick<TensorView, 'tensor' | 'state' | 'weights'>, Pick<UnitWeight, 'lassoFactor'> {
  readonly inputs: number;
  readonly outputs: number;
  /** 'in-out': [inputs][outputs], row-major. 'out-in': [outputs][inputs]. */
  readonly layout: 'in-out' | 'out-in';
}

export interface ViewUnitConstraintShape extends DispatchShape {
  readonly weights: readonly UnitView[];
  readonly rule: Rule;
  readonly arena: Arena;
}

const LANES_X = 8;
const LANES_Y = 32;

const groupsOf = ({ outputs }: UnitView): number => Math.ceil(outputs / LANES_X);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const grid = (weights: readonly UnitView[]): { x: number; y: number } => spread(sum(weights.map(groupsOf)));

/** Contents of `units`: nine u32 per workgroup. */
export const unitViewTable = (weights: readonly UnitView[]): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(weights.flatMap((weight) => {
    const { tensor, state, weights: at, inputs, outputs, layout, lassoFactor } = weight;
    const strides = layout === 'in-out' ? [outputs, 1] : [1, inputs];
    return Array.from({ length: groupsOf(weight) }, (_, i) => [tensor, state, at, inputs, outputs, ...strides, i * LANES_X, bitsOf(lassoFactor)]);
  }).flat());

const elements = ({ weights }: ViewUnitConstraintShape): number => sum(weights.map(({ inputs, outputs }) => inputs * outputs));

export const viewUnitConstraint: Kernel<ViewUnitConstraintShape> = {
  name: 'view-unit-constraint',
  source,
  libraries: () => [row, ...unitLibraries],
  bindings: [
    ROW_BINDING,
    { name: 'units', access: 'read', type: 'u32' },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'skips', access: 'read', type: 'u32' },
    { name: 'flags', access: 'read', type: 'u32' },
  ],
  constants: ({ weights, rule, arena }) => ({
    LANES_X,
    LANES_Y,
    GROUPS: sum(weights.map(groupsOf)),
    GRID_X: grid(weights).x,
    SMALLEST_NORMAL: { f32: 2 ** -126 },
    ...squareConstants,
    SLOT_STRIDE: arena.stride / 4,
    SKIP: rule.skip,
    AVERAGE: rule.average,
    AVERAGE_SLOT: Math.max(0, stateSlots(rule).indexOf('average')),
  }),
  grid: ({ weights }) => [grid(weights).x, grid(weights).y, 1],
  flops: (shape) => 3 * elements(shape),
  // Read and written once each; the norm's reading finds the weights where the update just left them.
  bytes: (shape) => elements(shape) * (shape.rule.average ? 16 : 8),
};
