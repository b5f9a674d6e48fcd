/** The files of a run: `history.json`, `model.safetensors`, `best.safetensors` with a validation set, `curves.svg`, `preparation.json` of a table. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Preparation } from '../data/table/types.ts';
import type { AdapterReport } from '../device/index.ts';
import { BadFileError } from '../errors.ts';
import { readTraining } from '../train/restore.ts';
import { writeWhole } from './files.ts';
import type { HostName } from './host.ts';
import type { History, HistoryEntry } from './history.ts';
import { curvesSvg } from './plot.ts';
import type { Checkpoint } from './session.ts';
import { networkText, type IdxSettings, type Settings, type TableSettings } from './settings.ts';

export const HISTORY = 'history.json';
export const MODEL = 'model.safetensors';
export const BEST = 'best.safetensors';
export const CURVES = 'curves.svg';
export const PREPARATION = 'preparation.json';

/** `config` of `history.json`: all that a resumed run needs besides the checkpoint. */
export interface RunConfig extends Settings {
  readonly epochs: number;
  /** What the schedule counts to, where it was said: see `FitOptions`. */
  readonly horizon?: number | 'keep';
  readonly host: HostName;
}

/** A stopped run. */
export interface Stopped {
  readonly folder: string;
  readonly config: RunConfig;
  /** Of the epochs the checkpoint has seen. */
  readonly epochs: readonly HistoryEntry[];
  readonly adapter: History['adapter'];
  readonly from: Checkpoint;
  /** Steps done, and those that its schedule counts to: 0 before the first. */
  readonly step: number;
  readonly horizon: number;
  /** Whether somebody said so. */
  readonly isHorizonSaid: boolean;
}

/**
 * Opens a run to go on from: its folder, or the model file in it.
 * @throws BadFileError naming the file and what is wrong with it
 */
export async function openRun(path: string): Promise<Stopped> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const folder = isFolder ? path : dirname(path);
  const name = isFolder ? join(path, MODEL) : path;
  const bytes = new Uint8Array(await readOwn(name, 'Give the folder of a run, or the model file in it.'));
  const { epoch, samples, step, horizon, isHorizonSaid } = readTraining(bytes, name).training.state;
  const historyName = join(folder, HISTORY);
  const text = (await readOwn(historyName, `It lies beside ${MODEL} and says what data and settings the run used.`)).toString('utf8');
  const history = parseHistory(text, historyName);
  // A run that was killed may have written an epoch down and not yet saved its weights: it is trained again.
  const epochs = history.epochs.filter((entry) => entry.epoch <= epoch);
  if (epochs.length !== epoch) {
    throw new BadFileError(historyName, `it lists ${epochs.length} of the ${epoch} epochs that ${name} was trained: they are not of one run.`);
  }
  return { folder, config: history.config as RunConfig, epochs, adapter: history.adapter, from: { bytes, name, samples }, step, horizon, isHorizonSaid };
}

async function readOwn(path: string, hint: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BadFileError(path, `cannot be read (${(error as Error).message}). ${hint}`, { cause: error });
  }
}

function parseHistory(text: string, file: string): History {
  let parsed: Partial<History>;
  try {
    parsed = JSON.parse(text) as Partial<History>;
  } catch (error) {
    throw new BadFileError(file, `not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (parsed?.format !== 1) throw new BadFileError(file, `its format is ${JSON.stringify(parsed?.format)}, this version reads 1.`);
  const { data } = (parsed.config ?? {}) as { readonly data?: Partial<IdxSettings & TableSettings> };
  if (!Array.isArray(parsed.epochs) || typeof parsed.adapter?.name !== 'string' || typeof (data?.train?.images ?? data?.table?.train) !== 'string') {
    throw new BadFileError(file, 'it lacks epochs, adapter or config: no history of a training run.');
  }
  return parsed as History;
}

/** Writes the files of one run as it goes on. */
export class RunFiles {
  readonly #epochs: HistoryEntry[];
  #adapter: History['adapter'] = { name: 'unknown', state: 'unknown' };

  constructor(readonly folder: string, readonly config: RunConfig, epochs: readonly HistoryEntry[] = []) {
    this.#epochs = [...epochs];
  }

  get epochs(): readonly HistoryEntry[] {
    return this.#epochs;
  }

  /** As a person types it: relative to the working directory where that is shorter. */
  get shown(): string {
    const short = relative('.', this.folder) || '.';
    return short.length < this.folder.length ? short : this.folder;
  }

  /** Those of its files that are there. */
  async present(): Promise<string[]> {
    const held = await readdir(this.folder);
    return [HISTORY, MODEL, BEST, CURVES, PREPARATION].filter((name) => held.includes(name));
  }

  set adapter({ name, state }: Pick<AdapterReport, 'name' | 'state'>) {
    this.#adapter = { name, state };
  }

  /** The history is written before the weights that go with it: see `openRun`. */
  async add(entry: HistoryEntry): Promise<void> {
    this.#epochs.push(entry);
    await this.writeHistory();
  }

  async writeHistory(): Promise<void> {
    const history: History = { format: 1, config: this.config, adapter: this.#adapter, epochs: this.#epochs };
    await writeWhole(join(this.folder, HISTORY), `${JSON.stringify(history, null, 2)}\n`);
    const { data, optimizer, learningRate, batchSize, seed } = this.config;
    const title = `${data.name}, ${networkText(this.config)}: ${optimizer}, learning rate ${learningRate}, batch ${batchSize}, seed ${seed}`;
    await writeWhole(join(this.folder, CURVES), curvesSvg(history, title));
  }

  /** What makes rows of a table the inputs of this model: see `prepareRows`. */
  async savePreparation(preparation: Preparation): Promise<void> {
    await writeWhole(join(this.folder, PREPARATION), `${JSON.stringify(preparation, null, 2)}\n`);
  }

  async save(checkpoint: Uint8Array, name = MODEL): Promise<void> {
    await writeWhole(join(this.folder, name), checkpoint);
  }
}
