/**
 * Where intermediate values live: each gets a buffer and an offset.
 *
 * Buffers: WebGPU forbids one buffer to be read-only and writable in one dispatch, whatever the ranges. Walking the
 * operations in order, a written value takes the first buffer that the operation neither reads nor writes otherwise.
 * A chain of layers needs two buffers.
 * Offsets: within a buffer a value takes the first gap that is free for its whole life, from the operation that
 * writes it to the last that reads it.
 */

import { reads, writes, type Graph, type Placement } from './graph.ts';

export interface Memory {
  readonly placements: Readonly<Record<string, Placement>>;
  /** Bytes of each buffer, all replicas. */
  readonly buffers: Readonly<Record<string, number>>;
}

/** Values start at 256 bytes, the specification's alignment of binding offsets. */
const ALIGNMENT = 64;

export const align = (floats: number, to = ALIGNMENT): number => Math.ceil(floats / to) * to;

const activationBuffer = (index: number): string => `activations.${index}`;

interface Life {
  readonly name: string;
  readonly size: number;
  first: number;
  last: number;
  index: number;
  offset: number;
}

function lives(graph: Graph): Life[] {
  const found = new Map<string, Life>();
  graph.operations.forEach((operation, at) => {
    const isValue = (name: string): boolean => graph.values[name] !== undefined;
    for (const name of reads(operation).filter(isValue)) {
      const life = found.get(name);
      if (life === undefined) throw new Error(`${graph.name}: ${operation.label} reads ${name} before it is written.`);
      life.last = at;
    }
    for (const name of writes(operation).filter(isValue)) {
      if (found.has(name)) throw new Error(`${graph.name}: ${operation.label} writes ${name} a second time.`);
      found.set(name, { name, size: align(graph.values[name]!), first: at, last: at, index: -1, offset: 0 });
    }
  });
  for (const name of Object.values(graph.results)) {
    const life = found.get(name);
    if (life === undefined) throw new Error(`${graph.name}: nothing writes ${name}, which is a result.`);
    // From before the first operation: what it is marked with there must stay, should nothing be written.
    life.first = 0;
    life.last = graph.operations.length;
  }
  return [...found.values()];
}

/** First offset at which `life` fits between the values of the same buffer that live at the same time. */
function firstGap(life: Life, placed: readonly Life[]): number {
  const busy = placed
    .filter((other) => other.index === life.index && other.first <= life.last && life.first <= other.last)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of busy) {
    if (offset + life.size <= other.offset) break;
    offset = Math.max(offset, other.offset + other.size);
  }
  return offset;
}

/** Places every value of the graph. */
export function placeValues(graph: Graph): Memory {
  const all = lives(graph);
  const byName = new Map(all.map((life) => [life.name, life]));
  const placed: Life[] = [];
  for (const operation of graph.operations) {
    const taken = new Set(reads(operation).map((name) => byName.get(name)?.index));
    for (const name of writes(operation)) {
      const life = byName.get(name);
      if (life === undefined) continue;
      life.index = 0;
      while (taken.has(life.index)) life.index++;
      taken.add(life.index);
      life.offset = firstGap(life, placed);
      placed.push(life);
    }
  }
  const strides: number[] = [];
  for (const { index, offset, size } of placed) strides[index] = Math.max(strides[index] ?? 0, offset + size);
  return {
    placements: Object.fromEntries(
      placed.map(({ name, index, offset }) => [
        name,
        { buffer: activationBuffer(index), index, offset, stride: strides[index]! },
      ]),
    ),
    buffers: Object.fromEntries(strides.map((stride, index) => [activationBuffer(index), 4 * stride * graph.replicas])),
  };
}
