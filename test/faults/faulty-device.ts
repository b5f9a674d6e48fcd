/**
 * A GPUDevice that computes wrongly, from outside the library: it passes everything on to a real one, but for the dispatches
 * and shaders that a fault chooses. Wrap its `gpu` by `openDevice({ device })`.
 */

/** One dispatch as it is about to be encoded. */
export interface Site {
  /** Of the pass: the plan's name. */
  readonly plan: string;
  /** Of the pipeline: the kernel's name. */
  readonly kernel: string;
  /** Of the bind group: what is computed, in the model's words. */
  readonly label: string;
  readonly code: string;
  readonly grid: readonly [number, number, number];
  readonly group: GPUBindGroupDescriptor;
}

/** What a fault may do in the place of a dispatch. */
export interface Hands {
  readonly gpu: GPUDevice;
  readonly site: Site;
  /** One and the same object in a pass. */
  readonly pass: object;
  /** The dispatch as it is; with another shader text, or other bind group entries, where given. */
  run(changes?: { readonly code?: string; readonly entries?: GPUBindGroupEntry[] }): void;
  /** Leaves the pass for commands that no pass takes, and comes back. */
  outside(work: (encoder: GPUCommandEncoder) => void): void;
  /** To be done after the next dispatch of the pass, or at its end. */
  later(work: () => void): void;
}

/** Encodes a dispatch, wrongly. */
export type Fault = (hands: Hands) => void;

type Made = Pick<Site, 'kernel' | 'code'> & { readonly descriptor: GPUComputePipelineDescriptor };

/** Passes on to `target` all but what `own` has. */
function wrap<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return own[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
  });
}

export class FaultyDevice {
  /** To be handed to `openDevice`. */
  readonly gpu: GPUDevice;
  /** Every dispatch that was encoded, by plan, kernel and label: the last one seen. */
  readonly sites = new Map<string, Site>();
  /** While true, what is submitted is never run. */
  isIdle = false;
  /** Dispatches that the fault encoded. */
  hits = 0;
  #fault: { readonly chosen: (site: Site) => boolean; readonly fault: Fault } | undefined;
  readonly #real: GPUDevice;
  readonly #modules = new WeakMap<GPUShaderModule, string>();
  readonly #pipelines = new WeakMap<GPUComputePipeline, Made>();
  readonly #groups = new WeakMap<GPUBindGroup, GPUBindGroupDescriptor>();
  readonly #known = new Map<string, GPUComputePipeline>();
  readonly #changed = new Map<string, GPUComputePipeline>();

  constructor(real: GPUDevice) {
    this.#real = real;
    const keep = (pipeline: GPUComputePipeline, descriptor: GPUComputePipelineDescriptor): GPUComputePipeline => {
      this.#pipelines.set(pipeline, { kernel: descriptor.label ?? '', code: this.#modules.get(descriptor.compute.module)!, descriptor });
      return pipeline;
    };
    const queue = wrap(real.queue, { submit: (buffers: Iterable<GPUCommandBuffer>): undefined => { if (!this.isIdle) real.queue.submit(buffers); } });
    this.gpu = wrap(real, {
      queue,
      createShaderModule: (descriptor: GPUShaderModuleDescriptor) => {
        const module = real.createShaderModule(descriptor);
        this.#modules.set(module, descriptor.code);
        return module;
      },
      createComputePipeline: (descriptor: GPUComputePipelineDescriptor) => {
        // One text, one pipeline: equal layouts are as good as the same, and most of a trainer's time is compilation.
        const code = this.#modules.get(descriptor.compute.module)!, known = this.#known.get(code);
        if (known !== undefined) return known;
        const pipeline = keep(real.createComputePipeline(descriptor), descriptor);
        this.#known.set(code, pipeline);
        return pipeline;
      },
      createComputePipelineAsync: async (descriptor: GPUComputePipelineDescriptor) => keep(await real.createComputePipelineAsync(descriptor), descriptor),
      createBindGroup: (descriptor: GPUBindGroupDescriptor) => {
        const group = real.createBindGroup(descriptor);
        this.#groups.set(group, descriptor);
        return group;
      },
      createCommandEncoder: (descriptor?: GPUCommandEncoderDescriptor) => this.#encoder(real.createCommandEncoder(descriptor)),
    });
  }

  /** From now on, what is chosen is encoded by the fault. */
  inject(chosen: (site: Site) => boolean, fault: Fault): void {
    this.#fault = { chosen, fault };
    this.hits = 0;
  }

  heal(): void {
    this.#fault = undefined;
  }

  #encoder(encoder: GPUCommandEncoder): GPUCommandEncoder {
    return wrap(encoder, { beginComputePass: (descriptor?: GPUComputePassDescriptor) => this.#pass(encoder, descriptor) });
  }

  #pass(encoder: GPUCommandEncoder, descriptor: GPUComputePassDescriptor = {}): GPUComputePassEncoder {
    let pass = encoder.beginComputePass(descriptor);
    let pipeline: GPUComputePipeline, group: GPUBindGroup, offsets: number[] = [];
    let held: (() => void)[] = [];
    const begun = {};
    const dispatch = (x: number, y = 1, z = 1): void => {
      const own = { pipeline, group, offsets }, waiting = held;
      held = [];
      const made = this.#pipelines.get(pipeline)!, described = this.#groups.get(group)!;
      const site: Site = { plan: descriptor.label ?? '', ...made, label: described.label ?? '', grid: [x, y, z], group: described };
      this.sites.set([site.plan, site.kernel, site.label].join(' | '), site);
      const run: Hands['run'] = ({ code, entries } = {}) => {
        pass.setPipeline(code === undefined ? own.pipeline : this.#change(made, code));
        pass.setBindGroup(0, entries === undefined ? own.group : this.#real.createBindGroup({ ...described, entries }), own.offsets);
        pass.dispatchWorkgroups(x, y, z);
      };
      const outside: Hands['outside'] = (work) => {
        pass.end();
        work(encoder);
        pass = encoder.beginComputePass(descriptor);
      };
      if (this.#fault?.chosen(site) === true) {
        this.hits++;
        this.#fault.fault({ gpu: this.#real, site, pass: begun, run, outside, later: (work) => { held.push(work); } });
      } else {
        run();
      }
      waiting.forEach((work) => work());
    };
    return wrap(pass, {
      setPipeline: (next: GPUComputePipeline) => { pipeline = next; },
      setBindGroup: (_: number, next: GPUBindGroup, dynamic: number[] = []) => {
        group = next;
        offsets = [...dynamic];
      },
      dispatchWorkgroups: dispatch,
      end: () => {
        held.forEach((work) => work());
        pass.end();
      },
    } as unknown as Partial<GPUComputePassEncoder>);
  }

  #change({ descriptor }: Made, code: string): GPUComputePipeline {
    const known = this.#changed.get(code);
    if (known !== undefined) return known;
    const module = this.#real.createShaderModule({ code, label: `${descriptor.label}, changed` });
    const pipeline = this.#real.createComputePipeline({ ...descriptor, compute: { module } });
    this.#changed.set(code, pipeline);
    return pipeline;
  }
}
