/** A Plan: the dispatches of one step as pure data. It can be computed, printed and tested without a GPU. */

import { dispatchOf, type Dispatch } from './dispatch.ts';
import type { Cell, Graph, Note, Operation, Placement } from './graph.ts';
import { placeValues, type Memory } from './memory.ts';

export interface Plan {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of the buffers for intermediate values, shared with other plans of the executor. */
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

function planOperation(operation: Operation, { placements }: Memory): { dispatch: Dispatch; tables: Plan['tables'] } {
  const { kernel, shape, label, bindings, reads = [], readThrough = [], tables = {} } = operation;
  const buffers = [...new Set(reads.map((value) => placements[value]!.buffer))];
  const operands = Object.fromEntries([
    ...Object.entries(bindings).map(([binding, target]) => [binding, placements[target] ?? { buffer: target }] as const),
    ...readThrough.map((binding, i) => [binding, { buffer: buffers[i] ?? buffers[0]! }] as const),
  ]);
  const wordOf = (cell: Cell): number => {
    if (typeof cell === 'number') return cell;
    const place = placements[cell.value]!;
    return cell.part === 'buffer' ? buffers.indexOf(place.buffer) : place[cell.part] / 4;
  };
  return {
    dispatch: dispatchOf(kernel, shape, label, operands),
    tables: Object.fromEntries(Object.entries(tables).map(([name, cells]) => [name, Uint32Array.from(cells, wordOf)])),
  };
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
