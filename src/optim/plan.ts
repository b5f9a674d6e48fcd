/** One update as pure data: the dispatches, and the buffers of our own behind them. */

import { viewNorms, viewUnitConstraint, viewUpdate } from '../kernels/index.ts';
import type { RowShape } from '../kernels/kernel.ts';
import { needsNorms, NORM_GROUPS, stateSlots, type Rule } from '../kernels/rule.ts';
import { NO_FLAG } from '../kernels/snapshot.ts';
import { chunksOf, viewTable } from '../kernels/view-update.ts';
import { unitViewTable, type UnitView } from '../kernels/view-unit-constraint.ts';
import { rowEntryBytes } from '../compile/rows.ts';
import { Arena } from '../model/arena.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { makePlan, type Plan } from '../scheduler/plan.ts';
import { viewsOf, type Pair } from './pairs.ts';

/** Everything that is fixed. */
export interface OptimBuild {
  readonly pairs: readonly Pair[];
  readonly rule: Rule;
  /** Tensors, and floats of one state slot. */
  readonly tensors: number;
  readonly stride: number;
  /** Parameter groups that a row has room for; a group of the caller's is two of them, one of weights and one of biases. */
  readonly groups: number;
  /** By tensor: the group lasso's factor. */
  readonly lassoFactors: readonly number[];
  readonly stepsInFlight: number;
  /** Indices of tensors with a rule on the norms of their units. */
  readonly units: ReadonlySet<number>;
}

/** How state lies. */
export const optimArena = ({ stride, rule }: Pick<OptimBuild, 'stride' | 'rule'>): Arena => new Arena({ stride }, 1, stateSlots(rule));

const rowOf = ({ tensors, groups }: Pick<OptimBuild, 'tensors' | 'groups'>): RowShape => ({ replicas: 1, tensors, groups, layers: 1 });

/** Bytes of one update's row. */
export const rowBytes = (build: Pick<OptimBuild, 'tensors' | 'groups'>): number => rowEntryBytes(rowOf(build));

function unitsOf({ units, lassoFactors }: OptimBuild, pair: Pair): UnitView[] {
  const views = viewsOf(pair);
  return pair.members.flatMap(({ tensor: { unit }, index }, i) =>
    unit === undefined || !units.has(index) ? [] : [{ ...unit, tensor: index, state: views[i]!.state, weights: views[i]!.weights, lassoFactor: lassoFactors[index]! }]);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const parameterCount = ({ members }: Pair): number => sum(members.map(({ tensor }) => tensor.length));

function table(name: string, contents: Uint32Array<ArrayBuffer>): BufferSpec {
  return { name, bytes: contents.byteLength, category: 'tables', contents };
}

/** Of the counts of updates left out, for even and odd updates, and of the step that is next, for even and odd steps. */
export const SKIP_BYTES = 16;

/** By tensor, and whether all updates came in their turn. */
export const noFlags = (tensors: number): Uint32Array<ArrayBuffer> => new Uint32Array(tensors + 1).fill(NO_FLAG);

/** Every buffer of our own but the rows. */
export function optimBuffers(build: OptimBuild): BufferSpec[] {
  const { pairs, rule, tensors } = build;
  return [
    { name: 'state', bytes: optimArena(build).bytes, category: 'state' },
    { name: 'flags', bytes: 4 * (tensors + 1), category: 'metrics', contents: noFlags(tensors) },
    // Bound even where nothing needs them: then they are empty.
    { name: 'norms', bytes: needsNorms(rule) ? 16 * tensors * NORM_GROUPS : 0, category: 'metrics' },
    { name: 'skips', bytes: SKIP_BYTES, category: 'metrics' },
    ...pairs.flatMap((pair, i): BufferSpec[] => {
      const units = unitsOf(build, pair);
      return [
        table(`chunks.${i}`, viewTable(viewsOf(pair).flatMap(chunksOf))),
        ...(needsNorms(rule) ? [table(`views.${i}`, viewTable(viewsOf(pair)))] : []),
        ...(units.length > 0 ? [table(`units.${i}`, unitViewTable(units))] : []),
      ];
    }),
  ];
}

const labelOf = ({ members }: Pair): string => members.map(({ tensor }) => tensor.name).join(', ');

/** All norms first: a clip by the global norm and a skip look at every tensor. */
export function optimPlan(build: OptimBuild): Plan {
  const { pairs, rule } = build;
  const shape = { row: rowOf(build), rule, arena: { stride: build.stride } };
  const norms = pairs.map((pair, i): Operation => operation({
    kernel: viewNorms,
    label: `norms of ${labelOf(pair)}`,
    shape: { ...shape, views: pair.members.length, parameters: parameterCount(pair) },
    bindings: {
      gradients: `gradients.${i}`, parameters: `parameters.${i}`, state: 'state', views: `views.${i}`, skips: 'skips', norms: 'norms',
    },
  }));
  const updates = pairs.map((pair, i): Operation => operation({
    kernel: viewUpdate,
    label: `update of ${labelOf(pair)}`,
    shape: { ...shape, chunks: viewsOf(pair).flatMap(chunksOf).length, parameters: parameterCount(pair), inFlight: build.stepsInFlight },
    bindings: {
      gradients: `gradients.${i}`, chunks: `chunks.${i}`, norms: 'norms', parameters: `parameters.${i}`,
      state: 'state', flags: 'flags', skips: 'skips',
    },
  }));
  const units = pairs.flatMap((pair, i): Operation[] => {
    const weights = unitsOf(build, pair);
    return weights.length === 0 ? [] : [operation({
      kernel: viewUnitConstraint,
      label: `unit norms of ${labelOf(pair)}`,
      shape: { ...shape, weights },
      bindings: { units: `units.${i}`, parameters: `parameters.${i}`, state: 'state', skips: 'skips', flags: 'flags' },
    })];
  });
  return makePlan({
    name: 'update', replicas: 1, values: {}, results: {},
    operations: [...(needsNorms(rule) ? norms : []), ...updates, ...units],
  });
}
