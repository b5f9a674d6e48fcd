/** Checkpoints opened, changed and closed again; and runs that are cut in the middle. */
import { expect } from 'vitest';
import type { ClassDataset } from '../../src/data/dataset.ts';
import type { Device } from '../../src/device/index.ts';
import type { ScheduleFunction } from '../../src/model/schedules/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { CHECKSUMS, withChecksums } from '../../src/files/checksums.ts';
import { readSafetensors, writeSafetensors, type Tensor } from '../../src/files/safetensors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, tensorBits, withTrainer, type History } from '../cases/network/support.ts';

/** The training part of a file, as JSON has it: to be broken in every way. */
export type AnyTraining = ReturnType<typeof JSON.parse>;

/** With checksums that are right, where files of that format have any: what is wrong is then something else. */
export const resealed = (tensors: Map<string, Tensor>, metadata: Record<string, string>): Uint8Array<ArrayBuffer> =>
  writeSafetensors(tensors, metadata[CHECKSUMS] === undefined ? metadata : withChecksums(tensors, metadata));

/** The same file with its training part edited in place, and perhaps its tensors. */
export function edited(bytes: Uint8Array, edit: (training: AnyTraining, tensors: Map<string, Tensor>) => void): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = readSafetensors(bytes, 'edited');
  const training = JSON.parse(metadata['gradshader.training']!) as AnyTraining;
  edit(training, tensors);
  return resealed(tensors, { ...metadata, 'gradshader.training': JSON.stringify(training) });
}

export interface Run {
  readonly config: TrainerConfig;
  readonly train: ClassDataset;
  readonly options: FitOptions;
  /** Done before step `step`, when the run comes past it. */
  readonly change?: { readonly step: number; readonly by: (trainer: Trainer) => void };
  readonly schedules?: Readonly<Record<string, ScheduleFunction>>;
}

interface End {
  readonly history: History;
  readonly bits: Record<string, number[]>;
}

/** Trains to the end, stopping at the steps given; what `at` makes there goes on. */
async function trainTo(first: Trainer, { train, options, change }: Run, cuts: readonly number[], at: (trainer: Trainer) => Promise<Trainer>): Promise<End> {
  const history: History[number][] = [];
  const stops = [...new Set([...cuts, ...(change === undefined ? [] : [change.step])])].sort((a, b) => a - b);
  let trainer = first;
  for (const steps of stops) {
    history.push(...(await fitAll(trainer, train, { ...options, steps })));
    if (cuts.includes(steps)) trainer = await at(trainer);
    if (change?.step === steps) change.by(trainer);
  }
  history.push(...(await fitAll(trainer, train, options)));
  const bits = await tensorBits(trainer);
  if (trainer !== first) trainer.destroy();
  return { history, bits };
}

/** Uncut, and cut at each of the steps by save and load: the same history and the same bits, of all that is saved. */
export async function expectSameWhenCut(device: Device, run: Run, cuts: readonly number[]): Promise<End> {
  const whole = await withTrainer(device, run.config, (trainer) => trainTo(trainer, run, [], async (same) => same));
  for (const cut of cuts) {
    const got = await withTrainer(device, run.config, (first) => trainTo(first, run, [cut], async (trainer) => {
      const loaded = await Trainer.load(device, await trainer.save(), { schedules: run.schedules ?? {}, verify: run.config.verify ?? 'once' });
      expect(loaded.config).toEqual(trainer.config);
      return loaded;
    }));
    expect(got.history, `cut at ${cut}`).toEqual(whole.history);
    expect(Object.keys(got.bits)).toEqual(Object.keys(whole.bits));
    expect(got.bits, `cut at ${cut}`).toEqual(whole.bits);
  }
  return whole;
}
