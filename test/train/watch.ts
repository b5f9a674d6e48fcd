/** Counts what a program asks of WebGPU, by wrapping the methods of its classes: the library's own counters have no part. */

/** One call, in order. */
export interface Call {
  readonly name: string;
  /** Label of the thing called upon or made. */
  readonly label: string;
  /** Bytes made, uploaded, copied or mapped. */
  readonly bytes: number;
}

type Method = (this: { label?: string; size?: number }, ...args: never[]) => unknown;

/** GPUDevice's methods that make something which stays. */
export const MAKERS = [
  'createBuffer', 'createBindGroup', 'createBindGroupLayout', 'createPipelineLayout', 'createComputePipeline',
  'createComputePipelineAsync', 'createRenderPipeline', 'createRenderPipelineAsync', 'createShaderModule', 'createQuerySet',
  'createTexture', 'createSampler', 'createRenderBundleEncoder',
] as const;

export class Watch {
  readonly calls: Call[] = [];
  /** Milliseconds added to every wait for the GPU. */
  delay = 0;
  readonly #restore: (() => void)[] = [];
  readonly #live = new Map<object, number>();

  constructor(gpu: GPUDevice) {
    this.#wrapDevice(gpu);
    this.#wrapQueue(gpu.queue);
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#wrap(pass, 'dispatchWorkgroups', () => ['', 0]);
    this.#wrap(pass, 'dispatchWorkgroupsIndirect', () => ['', 0]);
    pass.end();
    this.#wrap(encoder, 'copyBufferToBuffer', () => ['', 0]);
    this.#wrap(encoder, 'clearBuffer', () => ['', 0]);
    encoder.finish();
    this.calls.length = 0;
  }

  /** Puts the methods back. */
  restore(): void {
    for (const one of this.#restore.splice(0)) one();
  }

  /** Sizes of the buffers made since the watch began that are not destroyed. */
  get liveBytes(): number {
    return [...this.#live.values()].reduce((a, b) => a + b, 0);
  }

  count(...names: readonly string[]): number {
    return this.calls.filter(({ name }) => names.includes(name)).length;
  }

  /** Labels and bytes of uploads, added up by label. */
  uploads(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { name, label, bytes } of this.calls) {
      if (name === 'writeBuffer') sums[label] = (sums[label] ?? 0) + bytes;
    }
    return sums;
  }

  #wrapDevice(gpu: GPUDevice): void {
    for (const name of MAKERS) {
      this.#wrap(gpu, name, (args) => {
        const descriptor = args[0] as { label?: string; size?: number } | undefined;
        return [descriptor?.label ?? '', descriptor?.size ?? 0];
      }, (made) => {
        if (name === 'createBuffer') this.#live.set(made as object, (made as GPUBuffer).size);
      });
    }
    const probe = gpu.createBuffer({ size: 16, usage: 0x9 });
    this.#wrap(probe, 'destroy', (_, buffer) => {
      this.#live.delete(buffer);
      return [(buffer as GPUBuffer).label, 0];
    });
    this.#wrap(probe, 'mapAsync', (_, buffer) => [(buffer as GPUBuffer).label, 0], undefined, true);
    probe.destroy();
  }

  #wrapQueue(queue: GPUQueue): void {
    this.#wrap(queue, 'submit', () => ['', 0]);
    this.#wrap(queue, 'onSubmittedWorkDone', () => ['', 0], undefined, true);
    this.#wrap(queue, 'writeBuffer', (args) => {
      const [buffer, , data, from = 0, size] = args as unknown as [GPUBuffer, number, ArrayBufferView & { length: number; BYTES_PER_ELEMENT: number }, number?, number?];
      return [buffer.label, (size ?? data.length - from) * data.BYTES_PER_ELEMENT];
    });
  }

  #wrap(
    instance: object, name: string, describe: (args: readonly never[], self: object) => readonly [string, number],
    made?: (result: unknown) => void, isWait = false,
  ): void {
    const prototype = Object.getPrototypeOf(instance) as Record<string, Method | undefined>;
    const original = prototype[name];
    if (original === undefined) return;
    const note = (args: readonly never[], self: object): void => {
      const [label, bytes] = describe(args, self);
      this.calls.push({ name, label, bytes });
    };
    const late = (wait: Promise<unknown>): Promise<unknown> =>
      wait.then(() => new Promise((resolve) => setTimeout(resolve, this.delay)));
    const isLate = (): boolean => isWait && this.delay > 0;
    prototype[name] = function (...args) {
      note(args, this);
      const result = original.apply(this, args);
      made?.(result);
      return isLate() ? late(result as Promise<unknown>) : result;
    };
    this.#restore.push(() => { prototype[name] = original; });
  }
}
