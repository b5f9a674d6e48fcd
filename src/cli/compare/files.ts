/** The files of an experiment: `compare.json`, `compare.html`, `deviations.svg` where networks differ, and, while it is not done, `checkpoint.safetensors`. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BadFileError } from '../../errors.ts';
import { readTraining } from '../../train/restore.ts';
import { writeWhole } from '../files.ts';
import { deviationsSvg } from './deviation-charts.ts';
import { pageOf } from './page.ts';
import { truncated } from './record.ts';
import type { CompareCheckpoint } from './session.ts';
import type { CompareFile } from './summary.ts';

export const RESULTS = 'compare.json', PAGE = 'compare.html', DEVIATIONS = 'deviations.svg', CHECKPOINT = 'checkpoint.safetensors';

/** A stopped experiment and where it lies. */
export interface StoppedCompare {
  readonly folder: string;
  readonly file: CompareFile;
  readonly from: CompareCheckpoint;
}

/** Opens an experiment to go on with: its folder, or a file in it. @throws BadFileError */
export async function openCompare(path: string): Promise<StoppedCompare> {
  const folder = path.endsWith(RESULTS) || path.endsWith(CHECKPOINT) ? dirname(path) : path;
  const name = join(folder, RESULTS);
  const file = parse(await readFile(name, 'utf8').catch((error: Error) => {
    throw new BadFileError(name, `cannot be read (${error.message}). Give the folder of a compare run.`, { cause: error });
  }), name);
  const last = file.runs.at(-1);
  const checkpoint = join(folder, CHECKPOINT);
  const bytes = last === undefined || last.isDone ? undefined : await readFile(checkpoint).catch(() => undefined);
  // A run without a checkpoint begins again.
  if (bytes === undefined) return { folder, file, from: { bytes: new Uint8Array(0), name: checkpoint, runs: file.runs.filter(({ isDone }) => isDone) } };
  const { epoch } = readTraining(bytes, checkpoint).training.state;
  return { folder, file, from: { bytes: new Uint8Array(bytes), name: checkpoint, runs: [...file.runs.slice(0, -1), truncated(last!, epoch)] } };
}

function parse(text: string, name: string): CompareFile {
  let file: Partial<CompareFile> | null;
  try {
    file = JSON.parse(text) as Partial<CompareFile> | null;
  } catch (error) {
    throw new BadFileError(name, `not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (file?.format !== 1) throw new BadFileError(name, `its format is ${JSON.stringify(file?.format)}, this version reads 1.`);
  if (!Array.isArray(file.runs) || !Array.isArray(file.settings?.groups) || typeof file.adapter?.name !== 'string') {
    throw new BadFileError(name, 'it lacks settings, adapter or runs: no results of compare.');
  }
  return file as CompareFile;
}

export class CompareFiles {
  constructor(readonly folder: string) {}

  /** As a person types it: relative to the working directory where that is shorter. */
  get shown(): string {
    const short = relative('.', this.folder) || '.';
    return short.length < this.folder.length ? short : this.folder;
  }

  async write(file: CompareFile): Promise<void> {
    await writeWhole(join(this.folder, RESULTS), `${JSON.stringify(file, null, 1)}\n`);
  }

  /** What a person looks at. */
  async writePage(file: CompareFile): Promise<void> {
    await writeWhole(join(this.folder, PAGE), pageOf(file));
    if ((file.deviations ?? []).length > 0) await writeWhole(join(this.folder, DEVIATIONS), deviationsSvg(file));
  }

  async save(checkpoint: Uint8Array): Promise<void> {
    await writeWhole(join(this.folder, CHECKPOINT), checkpoint);
  }

  /** Whether a run under way was saved. */
  async hasCheckpoint(): Promise<boolean> {
    return (await readdir(this.folder)).includes(CHECKPOINT);
  }

  /** The checkpoint is of the run under way: it goes before another begins. */
  async dropCheckpoint(): Promise<void> {
    await rm(join(this.folder, CHECKPOINT), { force: true });
  }
}
