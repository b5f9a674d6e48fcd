/** What a kernel is: one WGSL file and everything that must be said about it, as data. No GPU calls here. */

import { groupBits } from './row.ts';

export type Access = 'uniform' | 'read' | 'read-write';
export type Grid = readonly [x: number, y: number, z: number];
/** Numbers become `u32` constants, `{ f32 }` an `f32` constant, booleans `bool`. */
export type Constants = Readonly<Record<string, number | boolean | { readonly f32: number }>>;

/** One storage or uniform binding; its index is its place in the list. */
export interface Binding {
  readonly name: string;
  readonly access: Access;
  /** What it holds; what lies there as bytes is read as words too. Default f32. */
  readonly type?: 'f32' | 'u32';
  /**
   * Floats per element of the WGSL array, for bindings whose data is a range of a larger buffer: such a binding
   * gets the constants NAME_OFFSET and NAME_STRIDE (from one replica to the next) in elements. Absent: the whole
   * buffer is bound and the kernel's own constants say where to look.
   * Either way REPLICAS strides are the whole buffer. Kernels with many loads write that as the array's length: bounds known
   * when a shader is compiled are cheaper to check (3 % of a step on SwiftShader, a tenth of an update).
   */
  readonly element?: 1 | 4;
  /** Whether it may be left out: then none of the shape's texts declares it. Last in the list. */
  readonly isOptional?: boolean;
}

/** A range of a buffer, in floats: where replica 0 starts, and how far replicas are apart. */
export interface View {
  readonly offset: number;
  readonly stride: number;
}

/** Numbers that every row-reading kernel needs to read its row (`shaders/lib/row.wgsl`). */
export interface RowShape {
  readonly replicas: number;
  readonly tensors: number;
  /** Parameter groups that there is room for. */
  readonly groups: number;
  /** Of dropouts, activations and the loss; at least 1: WGSL has no empty arrays. */
  readonly layers: number;
}

/** `Shape` is what a dispatch of this kernel must be told; see each kernel. */
export interface Kernel<Shape> {
  /** The same name everywhere: WGSL file, descriptor, reference, cases, labels, timing rows. */
  readonly name: string;
  readonly source: string;
  /** Library texts behind the source; they may depend on the shape (the optimizer's rule). */
  libraries(shape: Shape): readonly string[];
  /** WGSL extensions behind the text: features the device must have been opened with. Default none. */
  extensions?(shape: Shape): readonly string[];
  readonly bindings: readonly Binding[];
  constants(shape: Shape): Constants;
  grid(shape: Shape): Grid;
  /** Floating-point operations of one dispatch; one fused multiply-add counts as two. */
  flops(shape: Shape): number;
  /** Bytes that must move if every operand is read or written once. */
  bytes(shape: Shape): number;
}

/** Every dispatch has these. */
export interface DispatchShape {
  readonly row: RowShape;
}

export const ROW_BINDING: Binding = { name: 'rows', access: 'uniform' };

/** The specification's limit on workgroups per dimension. */
export const MAX_GROUPS = 65535;

/** `count` workgroups over x and, past the limit, y. */
export const spread = (count: number): { x: number; y: number } => {
  const x = Math.min(count, MAX_GROUPS);
  return { x, y: Math.ceil(count / x) };
};

const upper = (name: string): string => name.replace(/([A-Z])/g, '_$1').toUpperCase();

const viewConstants = (bindings: readonly Binding[], views: Readonly<Record<string, View>>): Constants =>
  Object.fromEntries(
    bindings
      .filter(({ name, element }) => element !== undefined && views[name] !== undefined)
      .flatMap(({ name, element }) => [
        [`${upper(name)}_OFFSET`, views[name]!.offset / element!],
        [`${upper(name)}_STRIDE`, views[name]!.stride / element!],
      ]),
  );

/** All constants of one dispatch, in the order of its text: of the row, of the views, the kernel's own. */
export const constantsOf = <Shape extends DispatchShape>(
  kernel: Kernel<Shape>, shape: Shape, views: Readonly<Record<string, View>>,
): Constants => ({
  REPLICAS: shape.row.replicas,
  TENSORS: shape.row.tensors,
  LAYERS: shape.row.layers,
  PARAMETER_GROUPS: shape.row.groups,
  GROUP_BITS: groupBits(shape.row.groups),
  ...viewConstants(kernel.bindings, views),
  ...kernel.constants(shape),
});
