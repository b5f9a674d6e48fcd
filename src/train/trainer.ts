/** The Trainer: what users hold. A model on a device, its optimizer, and where its training stands. */

import type { Dataset } from '../data/dataset.ts';
import type { Device } from '../device/index.ts';
import { GradshaderError, InputError } from '../errors.ts';
import { checkDecay, overrideAll, ruleOf, type Overrides } from '../model/hyperparameters.ts';
import type { AdapterClass } from '../model/tiles.ts';
import { STATE_SLOTS, type Rule } from '../kernels/rule.ts';
import { Pace } from '../scheduler/pace.ts';
import {
  readArenas, readTraining, tensorFromArena, tensorToArena, writeCheckpoint, type Arenas, type SetRecord,
} from './checkpoint.ts';
import { prepare, type MemoryReport, type Prepared, type TrainerConfig } from './config.ts';
import { Engine } from './engine.ts';
import { evaluateResident } from './evaluate.ts';
import type { Epoch, Evaluation } from './events.ts';
import { checkFitOptions, defaultSubmitMilliseconds, FitLoop, initialState, type FitOptions, type Paces, type TrainingState } from './fit.ts';
import { hashReplicas } from './hash.ts';
import { Mutex } from './mutex.ts';
import { predictSamples, type PredictOptions } from './predict.ts';
import { summaryOf } from './summary.ts';

/** @throws InputError for a GPUDevice as it is, and anything else that is not from openDevice */
function adapterClass(device: Device): AdapterClass {
  const state = device?.adapter?.state;
  if (state === undefined) throw new InputError('The device must come from openDevice(); a GPUDevice of yours from openDevice({ device }).');
  return state;
}

export class Trainer {
  readonly #device: Device;
  readonly #prepared: Prepared;
  readonly #engine: Engine;
  readonly #mutex = new Mutex();
  readonly #paces: Paces;
  #state: TrainingState;
  #sets: SetRecord[] = [];
  #savedOn: string | undefined;
  #fitting = false;
  #destroyed = false;
  #broken: Error | undefined;

  private constructor(device: Device, prepared: Prepared, engine: Engine) {
    this.#device = device;
    this.#prepared = prepared;
    this.#engine = engine;
    this.#state = initialState(prepared.build.replicas);
    const target = prepared.config.targetSubmitMilliseconds ?? defaultSubmitMilliseconds(device.adapter.state);
    const pace = (): Pace => new Pace(target, engine.program.capacity);
    this.#paces = { train: pace(), evaluate: pace() };
  }

  /**
   * Checks the configuration, then makes every buffer and uploads initial weights.
   * @throws InputError, OutOfMemoryError (limits, budget, driver), ShaderError, DeviceLostError; nothing stays allocated
   */
  static async create(device: Device, config: TrainerConfig): Promise<Trainer> {
    const prepared = prepare(config, adapterClass(device));
    return new Trainer(device, prepared, await Engine.create(device, prepared));
  }

  /**
   * Makes a trainer from a checkpoint that `save` wrote, to go on exactly where it was: on the same adapter, history
   * and weights equal the uninterrupted run's bit for bit.
   * @param file name for error messages
   * @throws BadFileError, and what `create` throws
   */
  static async load(device: Device, bytes: Uint8Array, file = 'checkpoint'): Promise<Trainer> {
    const { training, tensors } = readTraining(bytes, file);
    const prepared = prepare(training.config, adapterClass(device));
    const { network, rule, replicas } = prepared.build;
    const arenas = readArenas(network, rule.name, replicas, tensors, file);
    const trainer = new Trainer(device, prepared, await Engine.create(device, prepared));
    try {
      for (const { overrides, replica } of training.sets) trainer.set(overrides, replica);
    } catch (error) {
      trainer.destroy();
      throw error;
    }
    trainer.#state = training.state;
    trainer.#savedOn = training.adapter;
    trainer.#write(arenas);
    return trainer;
  }

  /** Training steps done, and whole epochs. */
  get step(): number {
    return this.#state.step;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  get replicas(): number {
    return this.#prepared.build.replicas;
  }

  /** Adapter of the checkpoint this trainer was loaded from. On another one, results agree only within rounding. */
  get savedOn(): string | undefined {
    return this.#savedOn;
  }

  /** The whole configuration, defaults filled in: what a checkpoint records. */
  get config(): TrainerConfig {
    const { build, config, seed } = this.#prepared;
    return { ...config, batchSize: build.batchSize, seed, fusion: build.fusion, tiles: build.tiles, maxStepsPerSubmit: build.capacity };
  }

  /**
   * Trains up to `epochs` epochs in all and yields one event per epoch. Training does not pause while the consumer
   * works; leaving the loop, or `signal`, stops it at the next submit boundary, and a later call goes on from there.
   * @throws InputError; NonFiniteError naming step and tensor, the last good weights put back; DeviceLostError
   */
  async *fit(data: Dataset, options: FitOptions): AsyncGenerator<Epoch, void, undefined> {
    this.#check();
    checkFitOptions(options);
    if (this.#fitting) throw new InputError('This trainer is already in fit. Wait for it to end, or abort it.');
    this.#fitting = true;
    const leave = new AbortController();
    const signal = options.signal === undefined ? leave.signal : AbortSignal.any([options.signal, leave.signal]);
    const events: Epoch[] = [];
    let wake = (): void => {};
    let ended = false;
    const loop = new FitLoop(this.#engine, this.#state, { ...options, signal }, this.#mutex, this.#paces);
    const running = this.#mutex
      .run(() => loop.run(data, (epoch) => { events.push(epoch); wake(); }))
      .finally(() => {
        this.#broken = loop.interruption;
        ended = true;
        wake();
      });
    running.catch(() => {}); // Thrown below, once the events before it were taken.
    try {
      while (true) {
        const epoch = events.shift();
        if (epoch !== undefined) yield epoch;
        else if (ended) break;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
    } finally {
      leave.abort();
      await running.finally(() => { this.#fitting = false; });
    }
  }

  /**
   * Mean loss and accuracy over a whole data set, dropout off: one result, or a list for replicas.
   * During `fit` it runs between two submits.
   */
  async evaluate(data: Dataset): Promise<Evaluation | Evaluation[]> {
    this.#check();
    const results = await this.#mutex.run(() => evaluateResident(this.#engine, data, this.#paces.evaluate));
    return this.replicas === 1 ? results![0]! : results!;
  }

  /**
   * Class probabilities (or logits), [samples, classes] row-major: one array, or a list for replicas.
   * @param inputs a data set; or samples in a row as f32 values as the network sees them, or u8 values times 1 / 255
   * @throws InputError
   */
  async predict(inputs: Dataset | Float32Array | Uint8Array, options: PredictOptions = {}): Promise<Float32Array | Float32Array[]> {
    this.#check();
    const results = await this.#mutex.run(() => predictSamples(this.#engine, inputs, options));
    return this.replicas === 1 ? results[0]! : results;
  }

  /**
   * Changes hyperparameters from the next submit on: `set({ learningRate: 0.01, 'layers.0.l1': 0 })`, for all
   * replicas or one. Recorded in checkpoints.
   * @throws InputError for an unknown key, a value out of range, or a penalty that was not declared at creation
   */
  set(overrides: Overrides, replica?: number): void {
    this.#check();
    const { network, rule } = this.#prepared.build;
    const { optimizer } = this.#prepared.config;
    if (typeof overrides !== 'object' || overrides === null) throw new InputError(`set: wanted an object such as { l1: 1e-4 }, got ${String(overrides)}.`);
    if ('seed' in overrides) throw new InputError('set: the seed cannot change during training.');
    if (replica !== undefined && !(Number.isInteger(replica) && replica >= 0 && replica < this.replicas)) {
      throw new InputError(`set: there are replicas 0 to ${this.replicas - 1}, got ${replica}.`);
    }
    const settings = this.#engine.settings.map((old, i) =>
      replica !== undefined && i !== replica
        ? old
        : overrideAll(old, overrides, network, optimizer));
    for (const own of settings) checkDecay(own, network);
    const needed = ruleOf(network, optimizer, settings);
    const undeclared = (Object.keys(needed) as (keyof Rule)[]).find((key) => needed[key] === true && rule[key] !== true);
    if (undeclared !== undefined) {
      throw new InputError(`set: the update was built without ${undeclared}. Declare it with strength 0 at creation.`);
    }
    this.#engine.settings = settings;
    this.#sets.push({ overrides: structuredClone(overrides), ...(replica !== undefined && { replica }) });
  }

  /** Parameters by name ('layers.0.weight' [out, in], 'layers.0.bias' [out]); replicas add a leading axis. */
  async parameters(): Promise<Map<string, Float32Array>> {
    this.#check();
    const { parameters } = await this.#mutex.run(() => this.#read());
    const { network, replicas } = this.#prepared.build;
    const offsets = Array.from({ length: replicas }, (_, replica) => replica * network.stride);
    return new Map(network.tensors.map((tensor) => [tensor.name, tensorFromArena(tensor, parameters, offsets)]));
  }

  /**
   * Replaces parameters by name, in the layout `parameters` gives; others and the optimizer's state stay. Values are
   * taken as they are: these become the good weights that a later divergence puts back.
   * @throws InputError naming the tensor
   */
  async setParameters(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    this.#check();
    const { network, replicas } = this.#prepared.build;
    if (!(values instanceof Map)) throw new InputError('setParameters: wanted a Map of names to Float32Arrays, as parameters() gives.');
    for (const [name, data] of values) {
      const tensor = network.tensors.find((known) => known.name === name);
      const wanted = replicas * (tensor?.length ?? 0);
      if (tensor === undefined) throw new InputError(`setParameters: the model has no ${name}; it has ${network.tensors.map((t) => t.name).join(', ')}.`);
      if (!(data instanceof Float32Array && data.length === wanted)) {
        throw new InputError(`setParameters: ${name} must be a Float32Array of ${wanted} values, got ${Object.prototype.toString.call(data).slice(8, -1)} of ${data?.length}.`);
      }
    }
    await this.#mutex.run(async () => {
      const { parameters } = await this.#read();
      for (const tensor of network.tensors) {
        const data = values.get(tensor.name);
        if (data === undefined) continue;
        for (let replica = 0; replica < replicas; replica++) {
          const own = data.subarray(replica * tensor.length, (replica + 1) * tensor.length);
          tensorToArena(tensor, own, parameters, replica * network.stride);
        }
      }
      this.#engine.program.write('parameters', parameters);
    });
  }

  /** SHA-256 of each replica's parameters, pads excluded, in hexadecimal: equal bits, equal hash. */
  async hash(): Promise<string[]> {
    return hashReplicas([...(await this.parameters()).values()], this.replicas);
  }

  /**
   * Everything needed to go on, as a safetensors file: parameters and optimizer state (F32, weights [out, in]),
   * position, running sums, configuration. During `fit` it is taken between two submits.
   */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    this.#check();
    return this.#mutex.run(async () => {
      const { network, rule } = this.#prepared.build;
      const training = {
        config: this.config, state: this.#state, sets: this.#sets, adapter: this.#device.adapter.name,
      };
      const frozen = structuredClone(training);
      return writeCheckpoint(network, rule.name, await this.#read(), frozen);
    });
  }

  /** Layers, shapes, parameters and memory as a text table. */
  summary(): string {
    return summaryOf(this.#prepared, this.memory());
  }

  /** Exact GPU bytes by category, and their total. */
  memory(): MemoryReport {
    return this.#engine.memory();
  }

  /** Frees the GPU memory. Twice is fine; the device stays. */
  destroy(): void {
    this.#destroyed = true;
    this.#engine.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  async #read(): Promise<Arenas> {
    const { network, replicas, rule } = this.#prepared.build;
    const arena = 4 * replicas * network.stride;
    const { program } = this.#engine;
    const parameters = new Float32Array(await program.read({ buffer: 'parameters', offset: 0, bytes: arena }));
    const bytes = arena * STATE_SLOTS[rule.name];
    const state = bytes === 0 ? new Float32Array(0) : new Float32Array(await program.read({ buffer: 'state', offset: 0, bytes }));
    return { parameters, state };
  }

  #write({ parameters, state }: Arenas): void {
    this.#engine.program.write('parameters', parameters);
    if (state.length > 0) this.#engine.program.write('state', state);
  }

  #check(): void {
    if (this.#destroyed) throw new GradshaderError('destroyed', 'This trainer was destroyed. Create a new one.');
    if (this.#broken !== undefined) {
      throw new GradshaderError('interrupted',
        `Training was interrupted: ${this.#broken.message} Create a new trainer and load the last checkpoint.`, { cause: this.#broken });
    }
    if (this.#device.lost !== undefined) throw this.#device.lost;
  }
}
