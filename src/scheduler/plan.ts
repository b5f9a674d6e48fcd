/** A Plan: the dispatches of one step as pure data. It can be computed, printed and tested without a GPU. */

import { InputError } from '../errors.ts';
import { compose, MAX_GROUPS, ROW_BINDING, type Access, type Grid, type View } from '../kernels/kernel.ts';
import type { Graph, Note, Operation } from './graph.ts';
import { placeValues, type Memory, type Placement } from './memory.ts';

export interface PlannedBinding {
  readonly name: string;
  readonly access: Access;
  readonly buffer: string;
}

export interface Dispatch {
  readonly kernel: string;
  readonly label: string;
  /** The WGSL that runs: constants, kernel, libraries. */
  readonly code: string;
  readonly bindings: readonly PlannedBinding[];
  readonly grid: Grid;
  readonly flops: number;
  readonly bytes: number;
}

export interface Plan {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of the buffers for intermediate values, shared with other plans of the Program. */
  readonly buffers: Memory['buffers'];
  readonly placements: Memory['placements'];
  /** Places of the values that are read after the last dispatch, by what they are. */
  readonly results: Readonly<Record<string, Placement>>;
  /** What became of each fusion rule. */
  readonly notes: readonly Note[];
  /** Contents of the plan's own small tables, by buffer name. */
  readonly tables: Readonly<Record<string, Uint32Array<ArrayBuffer>>>;
  readonly flops: number;
  readonly bytes: number;
}

const RESIDENT: View = { offset: 0, stride: 0 };

function planOperation(operation: Operation, memory: Memory): { dispatch: Dispatch; tables: Plan['tables'] } {
  const place = (value: string): Placement => memory.placements[value]!;
  const late = operation.bind?.(place);
  const named: Record<string, string> = { ...operation.bindings, ...late?.bindings };
  const { kernel, shape, label } = operation;
  const views: Record<string, View> = {};
  const bindings = kernel.bindings.map(({ name, access }): PlannedBinding => {
    if (name === ROW_BINDING.name) return { name, access, buffer: name };
    const target = named[name];
    if (target === undefined) throw new Error(`${label}: nothing is bound to ${kernel.name}'s ${name}.`);
    views[name] = memory.placements[target] ?? RESIDENT;
    return { name, access, buffer: memory.placements[target]?.buffer ?? target };
  });
  const dispatch = {
    kernel: kernel.name,
    label,
    code: compose(kernel, shape, views),
    bindings,
    grid: kernel.grid(shape),
    flops: kernel.flops(shape),
    bytes: kernel.bytes(shape),
  };
  checkGrid(dispatch);
  checkAliasing(dispatch);
  return { dispatch, tables: late?.tables ?? {} };
}

function checkGrid({ kernel, label, grid }: Pick<Dispatch, 'kernel' | 'label' | 'grid'>): void {
  if (grid.every((size) => size <= MAX_GROUPS)) return;
  throw new InputError(
    `${label}: ${kernel} would take a grid of ${grid.join(' x ')} workgroups; WebGPU allows ${MAX_GROUPS} each way. ` +
      'Use a smaller batch or fewer replicas.',
  );
}

/** A writable buffer is bound once per dispatch: WebGPU refuses anything else. */
export function checkAliasing({ label, bindings }: Pick<Dispatch, 'label' | 'bindings'>): void {
  for (const written of bindings.filter(({ access }) => access === 'read-write')) {
    const again = bindings.find((other) => other !== written && other.buffer === written.buffer);
    if (again !== undefined) {
      throw new Error(`${label}: ${written.buffer} is bound to ${written.name}, writable, and to ${again.name}.`);
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Places the graph's values and turns its operations into dispatches. */
export function makePlan(graph: Graph): Plan {
  const memory = placeValues(graph);
  const planned = graph.operations.map((operation) => planOperation(operation, memory));
  const dispatches = planned.map(({ dispatch }) => dispatch);
  return {
    name: graph.name,
    dispatches,
    buffers: memory.buffers,
    placements: memory.placements,
    results: Object.fromEntries(Object.entries(graph.results).map(([name, value]) => [name, memory.placements[value]!])),
    notes: graph.notes ?? [],
    tables: Object.assign({}, ...planned.map(({ tables }) => tables)) as Plan['tables'],
    flops: sum(dispatches.map(({ flops }) => flops)),
    bytes: sum(dispatches.map(({ bytes }) => bytes)),
  };
}
