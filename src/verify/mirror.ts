/** What lies on a device, as this side knows it: float64 twins run on it, dispatch by dispatch. */

import { ROW_BINDING, type Binding } from '../kernels/kernel.ts';
import { kernels } from '../kernels/index.ts';
import type { Row } from '../float64/rows.ts';
import { Storage } from '../float64/storage.ts';
import type { Run } from '../float64/twin.ts';
import { twins } from '../float64/twins.ts';
import { bufferBytes, type BufferSpec } from '../scheduler/buffers.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import type { Bytes } from '../scheduler/executor.ts';

/** A dispatch's binding: its buffer's name, and what lies in it. */
export interface Bound {
  readonly binding: string;
  readonly buffer: string;
  readonly isWords: boolean;
  readonly isWritten: boolean;
}

/** What a dispatch binds but the rows. */
export function boundBy({ kernel, bindings }: Dispatch): Bound[] {
  const described: readonly Binding[] = kernels.find(({ name }) => name === kernel)!.bindings;
  return bindings.filter(({ name }) => name !== ROW_BINDING.name).map(({ name, buffer, access }) => ({
    binding: name, buffer, isWords: described.find((one) => one.name === name)!.type === 'u32', isWritten: access === 'read-write',
  }));
}

export class Mirror {
  readonly #buffers = new Map<string, Storage>();

  constructor(specs: readonly BufferSpec[]) {
    specs.forEach((spec) => this.add(spec));
  }

  add(spec: BufferSpec): void {
    if (this.#buffers.has(spec.name)) return;
    const storage = new Storage(spec.name, bufferBytes(spec), spec.category);
    if (spec.contents !== undefined) storage.write(spec.contents, 0);
    this.#buffers.set(spec.name, storage);
  }

  of(buffer: string): Storage {
    return this.#buffers.get(buffer)!;
  }

  write(buffer: string, data: Bytes, offset = 0): void {
    this.of(buffer).write(data, offset);
  }

  /** The dispatch's twin is told what the kernel is told. Gradients that it makes and does not store come to `onGradient`. */
  runOf({ shape, constants, views, bindings }: Dispatch, rows: readonly Row[], onGradient?: Run<typeof shape>['onGradient']): Run<typeof shape> {
    const found = (binding: string): Storage => this.of(bindings.find(({ name }) => name === binding)!.buffer);
    return { shape, constants, views, rows, floats: (name) => found(name).floats, words: (name) => found(name).words, ...(onGradient && { onGradient }) };
  }

  run({ kernel }: Dispatch, run: ReturnType<Mirror['runOf']>): void {
    twins[kernel]!(run);
  }
}
