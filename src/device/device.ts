/** A GPUDevice with its loss, its errors and its end under control. */
import { cameAs } from '../arrays.ts';
import { DeviceLostError, GradshaderError, InputError, NoDeviceError, OutOfMemoryError, ShaderError } from '../errors.ts';
import { isNode } from '../host.ts';
import { checkOptions, demand, demandOneOf, isObject } from '../options.ts';
import { type AdapterReport, describeAdapter, largestDescriptor } from './adapter.ts';
import { checkFindOptions, FIND_OPTIONS, type FindOptions, findAdapter } from './find.ts';

/** How to obtain a device. */
export interface OpenDeviceOptions extends FindOptions {
  /** A device of the caller's. It is used as it is and never destroyed. The search options are then ignored. */
  readonly device?: GPUDevice;
  /**
   * 'adapter' (default) asks for the larger limits and useful features the adapter offers; 'default' asks for
   * nothing, and gets the specification's default limits and no features.
   */
  readonly limits?: 'adapter' | 'default';
}

// How long to wait for `device.lost` to say why, after a mapping was aborted: the abort may come first
// (github.com/gpuweb/gpuweb/issues/4774).
const LOSS_REASON_MILLISECONDS = 250;

/**
 * Opens the best adapter the options allow, or takes the caller's device.
 * @throws NoDeviceError when there is none (or only software and `software` is 'never', the default); says what to do.
 */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<Device> {
  checkOptions('openDevice', options, [...FIND_OPTIONS, 'device', 'limits']);
  checkFindOptions('openDevice', options);
  if (options.limits !== undefined) demandOneOf('openDevice: limits', options.limits, ['adapter', 'default']);
  if (options.device !== undefined) {
    checkOwnDevice(options.device);
    const info = (options.device as { adapterInfo?: GPUAdapterInfo }).adapterInfo;
    return new Device(options.device, describeAdapter(options.device, info), false);
  }
  const found = await findAdapter(options);
  if (found.adapter === undefined || found.probe.adapter === undefined) {
    throw new NoDeviceError(found.probe.reason, found.probe.fix);
  }
  const descriptor =
    options.limits === 'default' ? { label: 'gradshader' } : largestDescriptor(found.adapter);
  let gpu: GPUDevice;
  try {
    gpu = await found.adapter.requestDevice(descriptor);
  } catch (error) {
    throw (await import('./advice.ts')).gaveNoDevice(found.probe.adapter, error);
  }
  return new Device(gpu, found.probe.adapter, true);
}

/** Of this copy of the library or another one's. @throws InputError unless it is an open device */
export function checkDevice(device: unknown): asserts device is Device {
  const { gpu, adapter, guard } = (device ?? {}) as Partial<Device>;
  if (typeof gpu === 'object' && gpu !== null && isObject(adapter) && typeof guard === 'function') return;
  throw new InputError(`device must be what openDevice() resolves to (await it), got ${cameAs(device)}. For a GPUDevice of yours: openDevice({ device }).`);
}

/** @throws InputError */
function checkOwnDevice(device: unknown): void {
  const { limits, queue, createBuffer } = (device ?? {}) as Partial<GPUDevice>;
  demand(typeof limits === 'object' && typeof queue === 'object' && typeof createBuffer === 'function', 'openDevice: device', 'a GPUDevice', device);
}

/** An open device. Made by `openDevice`; everything else in the library is handed one. */
export class Device {
  readonly host: 'node' | 'browser';
  /** Dawn in Node may crash in createComputePipelineAsync when a process forks workers; browsers compile aside. */
  readonly pipelineMode: 'sync' | 'async';

  /** What self-tests on it came to, by what was tested. */
  readonly verified = new Map<string, string>();

  #lost: DeviceLostError | undefined;
  #closed: GradshaderError | undefined;
  #uncaptured: GradshaderError | undefined;
  readonly #waiting = new Set<(reason: GradshaderError) => void>();
  readonly #owned: boolean;

  /** @param owned whether `close` destroys `gpu`. */
  constructor(
    readonly gpu: GPUDevice,
    readonly adapter: AdapterReport,
    owned: boolean,
  ) {
    this.#owned = owned;
    this.host = isNode() ? 'node' : 'browser';
    this.pipelineMode = this.host === 'node' ? 'sync' : 'async';
    void gpu.lost.then((info) => this.#lose(`${info.message || 'no message'} (${info.reason})`));
    // On a caller's device, errors outside our scopes may be the caller's own: they stay with the caller.
    if (owned) gpu.addEventListener('uncapturederror', this.#onUncaptured);
  }

  /** The loss, once it happened. Our own `close` is not a loss. */
  get lost(): DeviceLostError | undefined {
    return this.#lost;
  }

  /**
   * Awaits `work`, but rejects as soon as the device is lost or closed. Wrap every wait for the GPU in it.
   * An aborted mapping counts as loss. A GPU error that no scope caught is thrown by the next `guard` that ends.
   * @throws DeviceLostError; GradshaderError 'closed', 'validation' or 'internal'; OutOfMemoryError.
   */
  async guard<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {}); // The loss may win; the loser's rejection is then nobody's.
    this.#throwIfDead();
    let waiter: ((reason: GradshaderError) => void) | undefined;
    const death = new Promise<never>((_, reject) => {
      waiter = reject;
      this.#waiting.add(reject);
    });
    try {
      const result = await Promise.race([work, death]);
      this.#throwUncaptured();
      return result;
    } catch (error) {
      if ((error as Error | null)?.name === 'AbortError') await this.#loseByAbort(messageOf(error));
      throw error;
    } finally {
      if (waiter !== undefined) this.#waiting.delete(waiter);
    }
  }

  /**
   * Runs `work` inside error scopes and awaits both. GPU calls count until `work` first awaits; pipelines made
   * asynchronously reject by themselves. After an error, what was made is to be destroyed by the caller.
   * @param what names the thing made, for the message; for a pipeline, its kernel.
   * @param bytes how much was asked for, for OutOfMemoryError.
   * @throws OutOfMemoryError, ShaderError (a refused pipeline), GradshaderError 'validation' or 'internal', and
   *   what `guard` throws.
   */
  async checked<T>(what: string, work: () => T | Promise<T>, bytes = 0): Promise<T> {
    this.#throwIfDead();
    const { gpu } = this;
    gpu.pushErrorScope('out-of-memory');
    gpu.pushErrorScope('internal');
    gpu.pushErrorScope('validation');
    // Scopes are one stack per device: popped before anyone else can push, so that two checks never mix.
    let made: Promise<T>;
    try {
      made = Promise.resolve(work());
    } catch (error) {
      made = Promise.reject(error);
    }
    const scopes = Promise.all([gpu.popErrorScope(), gpu.popErrorScope(), gpu.popErrorScope()]);
    const [result, errors] = await this.guard(Promise.allSettled([made, scopes]));
    const caught = errors.status === 'fulfilled' ? errors.value.find((error) => error !== null) : undefined;
    if (caught !== undefined && caught !== null) throw typedError(what, caught, bytes);
    if (result.status === 'rejected') throw asTyped(what, result.reason, bytes);
    return result.value;
  }

  /** `guard` for a mapping; in Node with pauses for the driver. @throws what `guard` throws */
  async mapped<T>(mapping: Promise<T>): Promise<T> {
    const guarded = this.guard(mapping);
    if (this.host !== 'node') return guarded;
    guarded.catch(() => {}); // It may reject while the module is loaded the first time.
    return (await import('./node.ts')).withPauses(guarded);
  }

  /** Ends our use: destroys the device if `openDevice` made it, and lets a Node process exit. Twice is fine. */
  async close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new GradshaderError('closed', 'The device was closed. Open a new one with openDevice().');
      this.gpu.removeEventListener('uncapturederror', this.#onUncaptured);
      this.#rejectAll(this.#closed);
      if (this.#owned) this.gpu.destroy();
    }
    if (this.#owned) await this.gpu.lost;
  }

  readonly #onUncaptured = (event: GPUUncapturedErrorEvent): void => {
    event.preventDefault(); // It is thrown; a second copy on the console would only confuse.
    const error = typedError('a GPU command', event.error, 0);
    // Nothing can be thrown from here: those who wait throw it, or else the next guard does.
    if (this.#waiting.size > 0) this.#rejectAll(error);
    else this.#uncaptured ??= error;
  };

  #lose(reason: string): void {
    if (this.#closed !== undefined || this.#lost !== undefined) return;
    this.#lost = new DeviceLostError(reason);
    this.#rejectAll(this.#lost);
  }

  async #loseByAbort(message: string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOSS_REASON_MILLISECONDS);
    });
    await Promise.race([this.gpu.lost, patience]);
    clearTimeout(timer);
    this.#lose(`a buffer mapping was aborted: ${message}`);
    this.#throwIfDead();
  }

  #throwIfDead(): void {
    const death = this.#closed ?? this.#lost;
    if (death !== undefined) throw death;
    this.#throwUncaptured();
  }

  #throwUncaptured(): void {
    const error = this.#uncaptured;
    this.#uncaptured = undefined;
    if (error !== undefined) throw error;
  }

  #rejectAll(reason: GradshaderError): void {
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noMemory(what: string, message: string, bytes: number): OutOfMemoryError {
  const size = bytes > 0 ? ` (${bytes} bytes)` : '';
  return new OutOfMemoryError(`The GPU has no memory for ${what}${size}: ${message.replace(/([^.])$/, '$1.')} Use a smaller batch, model or number of replicas.`, bytes);
}

/** By the error's own class name: the classes themselves are not globals in Node. */
function typedError(what: string, error: GPUError, bytes: number): GradshaderError {
  const kind = error.constructor.name;
  const message = error.message.replace(/\n\s+at .*/g, '').trim(); // Dawn adds lines of its own C++ source.
  if (kind === 'GPUOutOfMemoryError') return noMemory(what, message, bytes);
  const code = kind === 'GPUInternalError' ? 'internal' : 'validation';
  return new GradshaderError(code, `The GPU refused ${what}: ${message}`);
}

/** A buffer that cannot be mapped, or whose size no process holds, is refused by a RangeError. */
function asTyped(what: string, error: unknown, bytes: number): unknown {
  const { name } = error as { name?: string };
  if (name === 'RangeError' && bytes > 0) return noMemory(what, messageOf(error), bytes);
  return name === 'GPUPipelineError' ? new ShaderError(what, messageOf(error), { cause: error }) : error;
}
