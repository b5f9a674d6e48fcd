/** The Trainer: what users hold. A model on a device, its optimizer, and where its training stands. */

import type { Dataset } from '../data/dataset.ts';
import { checkDevice, type Device } from '../device/index.ts';
import { GradshaderError, InputError } from '../errors.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import { checkOptions, demandBoolean } from '../options.ts';
import { copyOf } from '../model/schedules/index.ts';
import type { NonFiniteOption } from '../files/finite.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import { Pace } from '../scheduler/pace.ts';
import { programsOn } from '../webgpu/program.ts';
import { bytesAtCall, configAtCall, fitOptionsAtCall, optionsAtCall, samplesAtCall, valuesAtCall } from './at-call.ts';
import type { SetRecord, Training } from './checkpoint.ts';
import { configOf, prepare, type Prepared } from './prepare.ts';
import type { Classified, ClassifyOptions } from './classify.ts';
import type { BestEpoch } from './early-stopping.ts';
import { Engine } from './engine.ts';
import { askedAtCall, evaluateAsked } from './evaluate.ts';
import type { Epoch, Evaluation } from './events.ts';
import { checkFitOptions, eitherOf, type FitOptions } from './fit-options.ts';
import { FitRun, type Leave, type Train } from './fit-run.ts';
import { defaultSubmitMilliseconds, FitLoop, type Paces } from './fit.ts';
import type { InspectOptions, Inspection } from './inspect.ts';
import { Mutex } from './mutex.ts';
import { loadChecks } from './named.ts';
import type { PredictOptions } from './predict.ts';
import { onRight } from './right.ts';
import { changeSettings, prepareAfter, resumeSettings } from './set.ts';
import type { ShapedArray } from './shaped.ts';
import { summaryOf } from './summary.ts';
import type { TrainerConfig } from './trainer-config.ts';
import type { EvaluateOptions, LoadOptions, SaveOptions, WeightsOptions } from './trainer-options.ts';
import { initialState, type TrainingState } from './training-state.ts';
import { adapterTraits } from './traits.ts';
import { withTunedTiles } from './tune/tuned.ts';
import type { Seat } from './verify/fall-back.ts';
import type { Verify } from './verify/once.ts';
import type { VerifyReport } from '../verify/report.ts';
import { figuresOf, withMetrics } from './wanted.ts';
import { checkWeights } from './weights.ts';

const arenasModule = () => import('./arenas.ts'); // Needed once weights are kept or replaced.

export class Trainer {
  readonly #device: Device;
  readonly #seat: Seat;
  readonly #mutex = new Mutex();
  readonly #paces: Paces;
  #state: TrainingState;
  #sets: SetRecord[] = [];
  #savedOn: string | undefined;
  #fitting = false;
  #hasTrained = false;
  #broken: Error | undefined;

  private constructor(device: Device, prepared: Prepared, engine: Engine) {
    if (!(engine instanceof Engine)) throw new InputError('Use await Trainer.create(device, config).');
    this.#device = device;
    this.#seat = { engine, prepared };
    this.#state = initialState(prepared.build.replicas);
    const target = prepared.config.targetSubmitMilliseconds ?? defaultSubmitMilliseconds(device.adapter.state);
    const { capacity } = engine.program;
    // The row table has a row per batch.
    this.#paces = { train: new Pace(target, Math.floor(capacity / prepared.build.accumulate)), evaluate: new Pace(target, capacity) };
  }

  /**
   * Checks the configuration, with `tune` times tiles, then makes every buffer and uploads initial weights.
   * @throws InputError, OutOfMemoryError (limits, budget, driver), ShaderError, DeviceLostError; the reason of
   * `tune.signal` when that aborts; nothing stays allocated
   */
  static async create(device: Device, config: TrainerConfig): Promise<Trainer> {
    checkDevice(device);
    const own = configAtCall(config);
    await loadChecks(own);
    const prepared = await withTunedTiles(device, await withMetrics(prepare(own, adapterTraits(device))));
    return new Trainer(device, prepared, await Engine.create(programsOn(device), prepared));
  }

  /**
   * Makes a trainer from a checkpoint that `save` wrote, to go on exactly where it was: on the same adapter, history
   * and weights equal the uninterrupted run's bit for bit.
   * @param options a file's name for error messages, or `LoadOptions`
   * @throws BadFileError, also naming the first value that is not finite unless `nonFinite` allows it; InputError for a schedule function that is missing or another one; and what `create` throws
   */
  static async load(device: Device, bytes: Uint8Array, options: string | LoadOptions = {}): Promise<Trainer> {
    checkDevice(device);
    const given = optionsAtCall(options), own = bytesAtCall(bytes);
    const { loadOptionsOf, readCheckpoint } = await import('./restore.ts'), { upload } = await arenasModule(); // Most pages never load a checkpoint.
    const { verify, ...rest } = loadOptionsOf(given);
    const make = ({ config, ...rest }: Training): ReturnType<typeof prepareAfter> => prepareAfter({ config: { ...config, verify }, ...rest }, adapterTraits(device));
    const { training, prepared, settings, arenas } = readCheckpoint(own, { ...rest, make });
    const trainer = new Trainer(device, prepared, await Engine.create(programsOn(device), prepared));
    resumeSettings(trainer.#engine, settings, training.state);
    await upload(trainer.#engine, arenas).catch((error) => { trainer.destroy(); throw error; });
    [trainer.#state, trainer.#sets, trainer.#savedOn] = [training.state, [...training.sets], training.adapter];
    return trainer;
  }

  get #engine(): Engine { return this.#seat.engine; }
  get #prepared(): Prepared { return this.#seat.prepared; }
  /** Training steps done, and whole epochs. */
  get step(): number { return this.#state.step; }
  get epoch(): number { return this.#state.epoch; }
  get replicas(): number { return this.#prepared.build.replicas; }

  /** Per replica, once a `fit` chose by the validation set: its best epoch (0 before the first) and the figure there. */
  get best(): readonly BestEpoch[] | undefined { return this.#state.best?.replicas; }

  /** Adapter of the checkpoint this trainer was loaded from. On another one, results agree only within rounding. */
  get savedOn(): string | undefined { return this.#savedOn; }

  /**
   * What the self-test found wrong before training began, where it went on with other tiles or another fusion (see `config`).
   */
  get fallback(): VerifyReport | undefined { return this.#seat.fallback; }

  /** The whole configuration, defaults filled in: what a checkpoint records. */
  get config(): TrainerConfig { return configOf(this.#prepared, this.#engine.residents.normalize); }

  /**
   * Trains up to `epochs` epochs in all: `for await (const epoch of trainer.fit(...))` yields one event per epoch,
   * `await trainer.fit(...)` gives the last one. It begins with the first of either. Training does not pause while the
   * consumer works; leaving the loop, or `signal`, stops it at the next submit boundary, and a later call goes on from there.
   * @throws InputError, awaited also where nothing is left to do; WrongResultError (`verify`); OutOfMemoryError where a test has no room, at an epoch's end too: the trainer is as it was; NonFiniteError naming step and tensor, the last good weights put back; DeviceLostError
   */
  fit(data: Dataset, options: FitOptions): FitRun {
    const own = fitOptionsAtCall(options);
    return new FitRun((leave, emit) => this.#train(data, own, leave, emit));
  }

  async #train(data: Dataset, options: FitOptions, leave: Leave, emit: (epoch: Epoch) => void): ReturnType<Train> {
    this.#check();
    checkFitOptions(options, figuresOf(this.#engine.build, this.#engine.wanted));
    if (this.#fitting) throw new InputError('This trainer is already in fit. Wait for it to end, or abort it.');
    this.#fitting = true;
    const own = { ...options, signal: eitherOf(leave, options.signal) }, { normalize } = this.#engine.residents;
    const commit = (state: TrainingState): void => { [this.#state, this.#hasTrained] = [state, true]; };
    try {
      const hadWork = await this.#onRight((verify) => {
        const loop = new FitLoop(this.#engine, this.#state, own, this.#mutex, this.#paces, commit, verify);
        const end = (): void => { [this.#broken, this.#engine.residents.normalize] = [loop.interruption, this.#hasTrained ? this.#engine.residents.normalize : normalize]; };
        return loop.run(data, emit).finally(end);
      }, () => !this.#hasTrained);
      return hadWork ? undefined : async () => (await import('./idle.ts')).idleError(this.#state, options);
    } finally {
      this.#fitting = false;
    }
  }

  /** In its turn, on what was found right. */
  #onRight<Result>(work: (verify: Verify | undefined) => Promise<Result>, isNew = (): boolean => !this.#hasTrained && !this.#fitting): Promise<Result> {
    return this.#mutex.run(() => onRight(this.#seat, this.#device, this.#state, isNew, work));
  }

  /**
   * Mean loss and accuracy over a whole data set, and the metrics asked for, dropout off: one result, or a list for replicas.
   * Where the loss is not finite (Infinity, NaN) the accuracy is NaN, but see `Evaluation`. During `fit` it runs between two submits.
   * @throws InputError, WrongResultError
   */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation | Evaluation[]> {
    const asked = askedAtCall(options);
    this.#check();
    checkWeights(asked.weights, this.#engine);
    const results = await this.#onRight((verify) => evaluateAsked(this.#engine, this.#state, data, this.#paces.evaluate, asked, verify));
    return this.replicas === 1 ? results![0]! : results!;
  }

  /**
   * Runs all kernels of a training step, an evaluation and a prediction on drawn numbers and compares every result with
   * float64. The trainer is afterwards as it was. The report says what is wrong, and where; it is not thrown.
   * @param data a data set of the kind that is trained on
   * @throws InputError
   */
  async verify(data: Dataset): Promise<VerifyReport> {
    this.#check();
    const { verifyOn } = await import('./verify/verify.ts');
    return this.#mutex.run(() => verifyOn(this.#engine, this.#device, data));
  }

  /**
   * Means, deviations and zeros of every layer's activations and gradients for some samples, see `Inspection`: dropout off, of the
   * mean loss without penalties, nothing fused. The trainer is left as it was. One result, or a list for replicas.
   * @throws InputError, OutOfMemoryError
   */
  async inspect(data: Dataset, options: InspectOptions = {}): Promise<Inspection | Inspection[]> {
    this.#check();
    const own = optionsAtCall(options);
    const results = await this.#mutex.run(async () => (await import('./inspect.ts')).inspectEngine(this.#seat, this.#device, this.#state, data, own));
    return this.replicas === 1 ? results[0]! : results;
  }

  /**
   * Class probabilities (or logits), [samples, classes] row-major: one array, or a list for replicas.
   * @param inputs a data set; or samples in a row, f32 or u8 values. Where those of the newest training set are of the same kind,
   *   its scale and offset apply; else u8 values are times 1 / 255. `normalize` comes behind that. An array is copied at the
   *   call, a data set's arrays are not
   * @throws InputError, WrongResultError
   */
  async predict(inputs: Dataset | Float32Array | Uint8Array, options: PredictOptions = {}): Promise<Float32Array | Float32Array[]> {
    const { logits = false, weights = 'current' } = checkOptions('predict', options, ['logits', 'weights']);
    demandBoolean('predict: logits', logits);
    this.#check();
    checkWeights(weights, this.#engine);
    const samples = samplesAtCall(inputs);
    const results = await this.#onRight(async (verify) => (await import('./predict.ts')).predictSamples(this.#engine, this.#state, samples, { logits, weights }, verify));
    return this.replicas === 1 ? results[0]! : results;
  }

  /**
   * The most probable class of each sample, with its name and how probable it is: one list, or a list of them for replicas.
   * @param inputs as `predict` takes them
   * @throws InputError, WrongResultError
   */
  async classify(inputs: Dataset | Float32Array | Uint8Array, options: ClassifyOptions = {}): Promise<Classified[] | Classified[][]> {
    this.#check();
    const samples = samplesAtCall(inputs), own = optionsAtCall(options);
    const results = await this.#onRight(async (verify) => (await import('./classify.ts')).classifySamples(this.#engine, this.#state, samples, own, verify));
    return this.replicas === 1 ? results[0]! : results;
  }

  /**
   * Changes hyperparameters from the next submit on: `set({ learningRate: 0.01, 'layers.0.l1': 0 })`, for all
   * replicas or one. Recorded in checkpoints.
   * @throws InputError for an unknown key, a value out of range, a penalty that was not declared at creation, or more tensors
   * told apart than rows have room for: there is a place for every set of hyperparameters that the configuration has and 4 more, at least 8
   */
  set(overrides: Overrides, replica?: number): void {
    this.#check();
    changeSettings(this.#engine, this.#prepared, overrides, replica);
    this.#sets.push({ overrides: copyOf(overrides), ...(replica !== undefined && { replica }) });
  }

  /**
   * Parameters by name ('layers.0.weight' [out, in], 'layers.0.bias' [out]), each with its `shape`; replicas add a leading axis.
   * @throws InputError where the weights asked for are not kept
   */
  async parameters(options: WeightsOptions = {}): Promise<Map<string, ShapedArray>> {
    const { weights = 'current' } = checkOptions('parameters', options, ['weights']);
    this.#check();
    const { parametersOf } = await arenasModule();
    return this.#mutex.run(() => parametersOf(this.#engine, weights, this.#state));
  }

  /**
   * Replaces parameters by name, in the layout `parameters` gives; others and the optimizer's state stay, but for what
   * says what a replaced weight is: its running average is a copy of it, and FTRL's z and n begin anew from it. An array with
   * a `shape`, as `readParameters` gives, must have the parameter's; one without is taken as [out, in] by its length. All
   * are copied at the call. These are the weights that a divergence puts back; see `NonFiniteError` for when they are called good.
   * @throws InputError naming the tensor, and the first value that is not finite unless `nonFinite` allows it
   */
  async setParameters(values: ReadonlyMap<string, Float32Array>, options: NonFiniteOption = {}): Promise<void> {
    this.#check();
    const { network, replicas } = this.#prepared.build, own = valuesAtCall(values), given = optionsAtCall(options);
    const { checkParameters, replaceParameters } = await arenasModule();
    checkParameters(own, network, replicas, given);
    await this.#mutex.run(() => replaceParameters(this.#engine, own, this.#state));
  }

  /** SHA-256 of each replica's parameters, pads excluded, in hexadecimal: equal bits, equal hash. */
  async hash(): Promise<string[]> {
    return (await import('./hash.ts')).hashReplicas([...(await this.parameters()).values()], this.replicas);
  }

  /**
   * Everything needed to go on, as a safetensors file: parameters and optimizer state (F32, weights [out, in]),
   * position, running sums, configuration. During `fit` it is taken between two submits.
   *
   * With weights 'average' or 'best' these stand in the place of the trained ones, for `load` or `readParameters`; the
   * rest is as it is now, so that going on from such a file is a new beginning with old momentum.
   * @throws NonFiniteError naming the first value that is not finite, unless `nonFinite` allows it; InputError where the
   * weights asked for are not kept, or a schedule function's value is not finite
   */
  async save(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { weights = 'current', ...values } = checkOptions<SaveOptions>('save', options, ['weights', 'nonFinite']);
    this.#check();
    const { frozenTraining, writeCheckpoint } = await import('./checkpoint.ts'), { keptArenas } = await arenasModule();
    return this.#mutex.run(async () => {
      const training = frozenTraining({ config: this.config, state: this.#state, sets: this.#sets, adapter: this.#device.adapter.name });
      return writeCheckpoint(this.#prepared.build, await keptArenas(this.#engine, weights, this.#state), training, values);
    });
  }

  /** Layers, shapes, parameters and memory as a text table. */
  summary(): string { return summaryOf(this.#prepared, this.memory()); }

  /** Exact GPU bytes by category, and their total. */
  memory(): MemoryReport { return this.#engine.memory(); }

  /** Frees the GPU memory. Twice is fine; the device stays. */
  destroy(): void { [this.#engine, this.#seat.replaced].forEach((engine) => engine?.destroy()); }
  [Symbol.dispose](): void { this.destroy(); }

  #check(): void {
    this.#engine.program.check();
    if (this.#broken !== undefined) throw new GradshaderError('interrupted', `Training was interrupted: ${this.#broken.message} Create a new trainer and load the last checkpoint.`, { cause: this.#broken });
    if (this.#device.lost !== undefined) throw this.#device.lost;
  }
}
