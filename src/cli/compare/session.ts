/** An experiment from settings to the last run. Knows no host: it runs in Node and in a page alike. */
import { openDevice, type AdapterReport, type Device } from '../../device/index.ts';
import type { Dataset } from '../../data/dataset.ts';
import { NonFiniteError, OutOfMemoryError } from '../../errors.ts';
import type { Epoch, Evaluation, Progress, ReplicaEpoch, Verifying } from '../../train/events.ts';
import { Trainer } from '../../train/trainer.ts';
import type { Read } from '../data.ts';
import { loadCompareData, stageData, type CompareData, type StageData } from './data.ts';
import { lookAt, looksWithin } from './looks.ts';
import { compareConfig } from './methods.ts';
import { recorded } from './record.ts';
import { batchesOf, chunkOf, evaluationInterval, isEvaluated, nextStage, waitingOf, type Stage } from './stages.ts';
import type { CompareEvent, CompareSettings, Divergence, EpochRecord, Replica, RunRecord } from './types.ts';
import { weightsRecords } from './weights.ts';

/** A stopped experiment. */
export interface CompareCheckpoint {
  /** Of the run that was stopped; empty where none was under way. */
  readonly bytes: Uint8Array;
  /** Its file, for messages. */
  readonly name: string;
  /** What is done; the run that was stopped is the last. */
  readonly runs: readonly RunRecord[];
}

/** What to run. Plain data but for the checkpoint's bytes. */
export interface CompareJob {
  readonly settings: CompareSettings;
  readonly software: 'fallback' | 'only';
  readonly from?: CompareCheckpoint;
}

export interface CompareListener {
  adapter(report: AdapterReport): void | Promise<void>;
  event(event: CompareEvent): void | Promise<void>;
  verifying(event: Verifying): void;
  progress(event: Progress): void;
  /** Now and then, and when the experiment is stopped: the run under way, to go on from. */
  checkpoint(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** At the end of an epoch, a checkpoint is saved when the last one is older than this. */
const SAVE_MILLISECONDS = 30_000;

/**
 * Trains every replica of the experiment, in one run or, where they do not fit or have different data, in several.
 * `signal` stops it at a submit boundary; then a last checkpoint is saved.
 * @throws what opening a device, reading the data and training throw
 */
export async function runCompare(job: CompareJob, read: Read, listener: CompareListener, signal: AbortSignal): Promise<void> {
  const device = await openDevice({ software: job.software });
  try {
    await listener.adapter(device.adapter);
    const data = await loadCompareData(job.settings, device.adapter.state, read);
    const browser = globalThis.navigator?.userAgent;
    const isPage = 'document' in globalThis;
    await listener.event({ type: 'data', facts: { ...data.facts, ...(isPage && { browser }) } });
    await new Experiment(device, job, data, listener, signal).run();
  } finally {
    await device.close();
  }
}

class Experiment {
  readonly #device: Device;
  readonly #settings: CompareSettings;
  readonly #data: CompareData;
  readonly #listener: CompareListener;
  readonly #signal: AbortSignal;
  #from: CompareCheckpoint | undefined;
  #runs: readonly RunRecord[];
  /** Most replicas in a run: fewer once some did not fit. */
  #most: number;

  constructor(device: Device, { settings, from }: CompareJob, data: CompareData, listener: CompareListener, signal: AbortSignal) {
    this.#device = device;
    this.#settings = settings;
    this.#data = data;
    this.#listener = listener;
    this.#signal = signal;
    this.#from = from;
    this.#runs = from?.runs ?? [];
    this.#most = settings.replicasPerRun ?? Infinity;
  }

  async run(): Promise<void> {
    await this.#resume();
    while (!this.#signal.aborted) {
      const stage = nextStage(this.#settings, this.#runs);
      if (stage === undefined) return;
      const data = stageData(this.#data, this.#settings, stage);
      while (!this.#signal.aborted) {
        const waiting = waitingOf(stage, this.#runs);
        if (waiting.length === 0) break;
        await this.#begin(stage, data, chunkOf(waiting, this.#most));
      }
    }
  }

  async #tell(event: CompareEvent): Promise<void> {
    this.#runs = recorded(this.#runs, event);
    await this.#listener.event(event);
  }

  /** Goes on with the run that was stopped, if there is one. */
  async #resume(): Promise<void> {
    const last = this.#runs.at(-1);
    if (this.#from === undefined || last === undefined || last.isDone) return;
    const trainer = await Trainer.load(this.#device, this.#from.bytes, this.#from.name);
    this.#from = undefined; // The bytes are large.
    const { stage: kind, fold } = last;
    const data = stageData(this.#data, this.#settings, { kind, ...(fold !== undefined && { fold }), replicas: [] });
    try {
      await this.#tell({ type: 'resumed', epoch: trainer.epoch, summary: trainer.summary() });
      await this.#train(trainer, data, last);
    } finally {
      trainer.destroy();
    }
  }

  /** Begins a run of some replicas, or finds that so many do not fit. */
  async #begin({ kind, fold }: Stage, data: StageData, replicas: readonly Replica[]): Promise<void> {
    const { shape, classes } = this.#data.facts;
    let trainer: Trainer;
    try {
      trainer = await Trainer.create(this.#device, compareConfig(this.#settings, replicas, shape, classes));
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || replicas.length === 1) throw error;
      this.#most = Math.ceil(replicas.length / 2);
      await this.#tell({ type: 'split', tried: replicas.length, most: this.#most, reason: error.message });
      return;
    }
    try {
      const samples = { train: data.train.length, validation: data.validation?.length ?? 0, test: data.test?.length ?? 0 };
      const { epochs, evaluateEvery } = this.#settings;
      const run: RunRecord = {
        stage: kind,
        ...(fold !== undefined && { fold }),
        samples,
        evaluateEvery: kind === 'fold' ? epochs : (evaluateEvery ?? evaluationInterval(batchesOf(samples, trainer.config.batchSize!), epochs)),
        seconds: 0,
        isDone: false,
        replicas: replicas.map((replica) => ({ ...replica, epochs: [] })),
      };
      await this.#tell({ type: 'run', run, summary: trainer.summary() });
      await this.#train(trainer, data, run);
    } finally {
      trainer.destroy();
    }
  }

  /** Trains a run to its end, or until it is stopped. */
  async #train(trainer: Trainer, data: StageData, { evaluateEvery, replicas }: RunRecord): Promise<void> {
    const { epochs: all, looks } = this.#settings, ahead = looksWithin(looks, all * Math.ceil(data.train.length / trainer.config.batchSize!));
    const look = async (): Promise<void> => {
      if (ahead.includes(trainer.step)) await this.#tell({ type: 'look', look: await lookAt(trainer, data.train) });
    };
    const { epochs, seeds } = this.#settings;
    const stepsPerEpoch = Math.ceil(data.train.length / trainer.config.batchSize!);
    let milliseconds = 0, saved = performance.now();
    const onProgress = (event: Progress): void => {
      milliseconds += event.stepMilliseconds * event.stepsPerSubmit;
      this.#listener.progress(event);
    };
    const takeSeconds = (): number => {
      const seconds = milliseconds / 1000;
      milliseconds = 0;
      return seconds;
    };
    try {
      await look();
      while (trainer.epoch < epochs && !this.#signal.aborted) {
        const steps = Math.min((trainer.epoch + 1) * stepsPerEpoch, ...ahead.filter((step) => step > trainer.step));
        const options = { epochs, steps, signal: this.#signal, onVerify: this.#listener.verifying, onProgress };
        for await (const epoch of trainer.fit(data.train, options)) {
          const evaluations = isEvaluated(epoch.epoch, evaluateEvery, epochs) ? await evaluateAll(trainer, data) : [];
          await this.#tell({ type: 'epoch', seconds: takeSeconds(), replicas: epoch.replicas.map((own, i) => entryOf(epoch, own, evaluations[i])) });
        }
        await look();
        if (trainer.epoch < epochs && !this.#signal.aborted && performance.now() - saved > SAVE_MILLISECONDS) {
          await this.#listener.checkpoint(await trainer.save());
          saved = performance.now();
        }
      }
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      await this.#tell({ type: 'failed', step: error.step, tensor: error.tensor });
      await this.#tell({ type: 'end', weights: [] });
      return;
    }
    if (trainer.epoch < epochs) {
      await this.#tell({ type: 'stopped', seconds: takeSeconds() });
      await this.#listener.checkpoint(await trainer.save());
      return;
    }
    const pictured = new Set(replicas.flatMap(({ seed }, i) => (seed === seeds[0] ? [i] : [])));
    const weights = weightsRecords(await trainer.parameters(), replicas.length, this.#data.facts.shape, pictured);
    await this.#tell({ type: 'end', weights });
  }
}

type Evaluations = Pick<EpochRecord, 'train' | 'validation' | 'test'>;

/** The data sets of a run evaluated one after the other: one entry per replica. */
async function evaluateAll(trainer: Trainer, data: StageData): Promise<Evaluations[]> {
  const results: Evaluations[] = Array.from({ length: trainer.replicas }, () => ({}));
  for (const name of ['train', 'validation', 'test'] as const) {
    const set: Dataset | undefined = data[name];
    if (set === undefined) continue;
    const found = await trainer.evaluate(set);
    const list: readonly Evaluation[] = Array.isArray(found) ? found : [found];
    list.forEach((evaluation, i) => { results[i] = { ...results[i], [name]: evaluation }; });
  }
  return results;
}

const entryOf = ({ epoch }: Epoch, own: ReplicaEpoch, evaluations: Evaluations = {}): EpochRecord | Divergence => own.diverged ?? {
  epoch, running: { loss: own.loss, accuracy: own.accuracy }, penalty: own.penalty, zeros: own.zeros, learningRate: own.learningRate, ...evaluations,
};
