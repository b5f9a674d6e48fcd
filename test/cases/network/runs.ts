/** Runs give the same bits however they are cut: into submits, by stops, by checkpoints. */
import type { Device } from '../../../src/device/index.ts';
import type { TrainerConfig } from '../../../src/train/trainer-config.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import type { Case } from '../../hosts/cases.ts';
import {
  expectDifferent, expectSame, expectTrue, fitAll, OPTIMIZERS, smallConfig, smallData, STEPS_PER_EPOCH, tensorBits,
  trainingData, validationData, withTrainer, type History,
} from './support.ts';

/** 100 steps over one epoch of 797 samples (the last batch has 5) and nothing else. */
async function hundredSteps(device: Device, config: TrainerConfig, stepsPerSubmit: number | undefined): Promise<unknown> {
  return withTrainer(device, { ...config, maxStepsPerSubmit: 100 }, async (trainer) => {
    const history = await fitAll(trainer, smallData(797), { epochs: 1, ...(stepsPerSubmit !== undefined && { stepsPerSubmit }) });
    expectTrue('a hundred steps were done', trainer.step === 100);
    return [history, await tensorBits(trainer)];
  });
}

async function checkSubmitSizes(device: Device): Promise<void> {
  const config = smallConfig({ optimizer: OPTIMIZERS['adam']!(), replicas: [{}, { seed: 8 }] });
  const want = await hundredSteps(device, config, 100);
  for (const size of [1, 7, 33, undefined]) expectSame(`submits of ${size} steps`, await hundredSteps(device, config, size), want);
}

async function checkHashes(device: Device): Promise<void> {
  const data = trainingData();
  const train = (changes: Partial<TrainerConfig> = {}): Promise<string> =>
    withTrainer(device, smallConfig(changes), async (trainer) => {
      await fitAll(trainer, data, { epochs: 2 });
      return (await trainer.hash())[0]!;
    });
  const want = await train();
  expectSame('a second run', await train(), want);
  const initial = await withTrainer(device, smallConfig(), async (trainer) => (await trainer.hash())[0]!);
  // Weights without the optimizer's state and the step: masks, momentum and schedule differ.
  const weightsOnly = await withTrainer(device, smallConfig(), async (first) => {
    await fitAll(first, data, { epochs: 2, steps: STEPS_PER_EPOCH });
    return withTrainer(device, smallConfig(), async (second) => {
      await second.setParameters(await first.parameters());
      expectSame('hash of the parameters carried over', await second.hash(), await first.hash());
      await fitAll(second, data, { epochs: 1 });
      return (await second.hash())[0]!;
    });
  });
  expectDifferent('run, initial weights, other seed, resume by weights only', [want, initial, await train({ seed: 4 }), weightsOnly]);
}

/** What a run leaves behind: its history, all tensors, and what it says about a data set. */
interface Trace {
  readonly history: History;
  readonly bits: Record<string, number[]>;
  readonly step: number;
}

const EPOCHS = 3;
/** Changed by `set` after this step in every run, so that checkpoints must remember it. */
const SET_AT = 4;
const CHANGE = { learningRate: 0.03, 'layers.1.dropout': 0.5 };

const fitTo = (trainer: Trainer, steps: number): Promise<History> =>
  fitAll(trainer, trainingData(), { epochs: EPOCHS, steps, stepsPerSubmit: 2, validation: validationData() });

async function uninterrupted(device: Device, config: TrainerConfig): Promise<Trace> {
  return withTrainer(device, config, async (trainer) => {
    const before = await fitTo(trainer, SET_AT);
    trainer.set(CHANGE, 0);
    const history = [...before, ...(await fitTo(trainer, EPOCHS * STEPS_PER_EPOCH))];
    return { history, bits: await tensorBits(trainer), step: trainer.step };
  });
}

/** The same, saved after each of `stops` and loaded into a new trainer. */
async function interrupted(device: Device, config: TrainerConfig, stops: readonly number[]): Promise<Trace> {
  const history: History[number][] = [];
  let trainer = await Trainer.create(device, config);
  try {
    history.push(...(await fitTo(trainer, SET_AT)));
    trainer.set(CHANGE, 0);
    for (const stop of stops) {
      history.push(...(await fitTo(trainer, stop)));
      expectTrue(`stopped at step ${stop}, is at ${trainer.step}`, trainer.step === stop);
      const file = await trainer.save();
      trainer.destroy();
      trainer = await Trainer.load(device, file, { verify: 'off' });
    }
    history.push(...(await fitTo(trainer, EPOCHS * STEPS_PER_EPOCH)));
    return { history, bits: await tensorBits(trainer), step: trainer.step };
  } finally {
    trainer.destroy();
  }
}

async function checkResume(device: Device, config: TrainerConfig): Promise<void> {
  const want = await uninterrupted(device, config);
  expectTrue('every epoch is in the history', want.history.length === EPOCHS && want.step === EPOCHS * STEPS_PER_EPOCH);
  // Before anything is learned, at the first step, in the middle of epochs, at their ends.
  for (const stops of [[SET_AT], [5, 6, 9, 12, 17]]) {
    const got = await interrupted(device, config, stops);
    expectSame(`stops ${stops}: history`, got.history, want.history);
    expectSame(`stops ${stops}: tensors`, got.bits, want.bits);
  }
}

/** The horizon of a schedule is part of the checkpoint, whatever `epochs` later calls say. */
const resumeConfig = (name: string): TrainerConfig =>
  smallConfig({ optimizer: OPTIMIZERS[name]!(), ...(name === 'adam' && { replicas: [{}, { seed: 12, dropout: 0 }] }) });

export const runCases: readonly Case[] = [
  { name: 'network: submits of 1, 7, 33, 100 and measured numbers of steps give the same bits', run: checkSubmitSizes },
  { name: 'network: equal runs have equal hashes, others do not', run: checkHashes },
  ...Object.keys(OPTIMIZERS).map((name): Case => ({
    name: `network: stopped, saved, loaded and gone on, ${name} gives the uninterrupted run's history and bits`,
    run: (device) => checkResume(device, resumeConfig(name)),
  })),
];
