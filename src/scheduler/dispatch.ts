/** One dispatch as pure data: a kernel, its numbers, and what it binds. Executors make of it what they run. */

import { InputError } from '../errors.ts';
import {
  constantsOf, MAX_GROUPS, ROW_BINDING, type Access, type Constants, type DispatchShape, type Grid, type Kernel, type View,
} from '../kernels/kernel.ts';

export interface PlannedBinding {
  readonly name: string;
  readonly access: Access;
  readonly buffer: string;
}

export interface Dispatch {
  readonly kernel: string;
  /** What it computes, in the model's words: 'layers.1 forward'. */
  readonly label: string;
  readonly shape: DispatchShape;
  /** Every constant of the kernel's text, in its order. */
  readonly constants: Constants;
  /** By binding: where in its buffer the operand lies. */
  readonly views: Readonly<Record<string, View>>;
  /** WGSL extensions that the texts need. */
  readonly extensions: readonly string[];
  /** The kernel's WGSL file, then its libraries. */
  readonly texts: readonly string[];
  readonly bindings: readonly PlannedBinding[];
  readonly grid: Grid;
  readonly flops: number;
  readonly bytes: number;
}

/** What a binding is given: a buffer, and where in it. Default: from its beginning, the same for all replicas. */
export interface Operand extends Partial<View> {
  readonly buffer: string;
}

/**
 * @param operands by binding; the rows are implied
 * @throws InputError for a grid beyond WebGPU's limit; Error for what no correct graph asks for
 */
export function dispatchOf<Shape extends DispatchShape>(
  kernel: Kernel<Shape>, shape: Shape, label: string, operands: Readonly<Record<string, Operand>>,
): Dispatch {
  const views: Record<string, View> = {};
  const bindings = kernel.bindings.flatMap(({ name, access, isOptional = false }): PlannedBinding[] => {
    if (name === ROW_BINDING.name) return [{ name, access, buffer: name }];
    const operand = operands[name];
    if (operand === undefined && isOptional) return [];
    if (operand === undefined) throw new Error(`${label}: nothing is bound to ${kernel.name}'s ${name}.`);
    const { buffer, offset = 0, stride = 0 } = operand;
    views[name] = { offset, stride };
    return [{ name, access, buffer }];
  });
  const dispatch: Dispatch = {
    kernel: kernel.name,
    label,
    shape,
    constants: constantsOf(kernel, shape, views),
    views,
    extensions: kernel.extensions?.(shape) ?? [],
    texts: [kernel.source, ...kernel.libraries(shape)],
    bindings,
    grid: kernel.grid(shape),
    flops: kernel.flops(shape),
    bytes: kernel.bytes(shape),
  };
  checkGrid(dispatch);
  checkAliasing(dispatch);
  return dispatch;
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
