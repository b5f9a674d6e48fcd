/** What is to be computed, before any buffer is chosen: operations over named values. Pure data but for the kernels. */

import type { DispatchShape, Kernel, View } from '../kernels/kernel.ts';

/** A value's place in the buffer it was given. */
export interface Placement extends View {
  readonly buffer: string;
  /** Number of the buffer: 0, 1, 2 ... */
  readonly index: number;
}

/**
 * A word of a table: a number, or what is known of a value once it is placed: which of the operation's buffers of
 * `reads` holds it, and where, in vec4s.
 */
export type Cell = number | { readonly value: string; readonly part: 'buffer' | 'offset' | 'stride' };

/** One dispatch to be. */
export interface Operation {
  // The shape belongs to the kernel (`operation` checks it); which one it is does not matter to the scheduler.
  readonly kernel: Kernel<DispatchShape>;
  /** What it computes, in the model's words: 'layers.1 forward'. */
  readonly label: string;
  readonly shape: DispatchShape;
  /** Binding name -> value or resident buffer. The row binding is implied. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Values it reads besides its bindings. Its tables say where they lie. */
  readonly reads?: readonly string[];
  /** Bindings that get the buffers of these values, each buffer once; those left over get the first again. */
  readonly readThrough?: readonly string[];
  /** Values that are its own, not the network's: floats per replica. */
  readonly values?: Readonly<Record<string, number>>;
  /** Contents of small read-only buffers made for this operation, by name. */
  readonly tables?: Readonly<Record<string, readonly Cell[]>>;
}

/** An operation whose shape is checked to be its kernel's. */
export const operation = <Shape extends DispatchShape>(
  described: Omit<Operation, 'kernel' | 'shape'> & { readonly kernel: Kernel<Shape>; readonly shape: Shape },
): Operation => described;

/** What became of a fusion rule at one place: it fired on these operations, or why it did not. */
export interface Note {
  readonly rule: string;
  readonly fired: boolean;
  /** Labels of the operations. */
  readonly on: string;
  readonly why?: string;
}

export interface Graph {
  readonly name: string;
  readonly replicas: number;
  /** Intermediate results: floats per replica. Each is written by one operation, before it is read. */
  readonly values: Readonly<Record<string, number>>;
  /** Values that are read after the last operation, by what they are. */
  readonly results: Readonly<Record<string, string>>;
  readonly operations: readonly Operation[];
  /** What became of each fusion rule. */
  readonly notes?: readonly Note[];
}

export const reads = (operation: Operation): string[] => [
  ...operation.kernel.bindings
    .filter(({ name, access }) => access === 'read' && operation.bindings[name] !== undefined)
    .map(({ name }) => operation.bindings[name]!),
  ...(operation.reads ?? []),
];

export const writes = (operation: Operation): string[] =>
  operation.kernel.bindings
    .filter(({ name, access }) => access === 'read-write' && operation.bindings[name] !== undefined)
    .map(({ name }) => operation.bindings[name]!);
