/** Training states in files that are incomplete or not what they say, and functions that files only name. */
import { beforeAll, describe, expect, test } from 'vitest';
import { BadFileError, InputError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { custom, plateau, type ScheduleFunction } from '../../src/model/schedules/index.ts';
import type { Tensor } from '../../src/files/safetensors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { edited, type AnyTraining } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();

let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  const config = smallConfig({ averaging: ema(0.9), optimizer: sgd({ learningRate: plateau(0.1) }), replicas: [{}, { seed: 4 }] });
  file = await withTrainer(device(), config, async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 2, validation: validationData(), keepBest: 'loss', steps: 8 });
    return trainer.save();
  });
  (await Trainer.load(device(), file)).destroy(); // Whole, it is taken.
});

const key = (training: AnyTraining): string => Object.keys(training.state.plateaus[0])[0]!;

const states: [string, (training: AnyTraining) => void][] = [
  ...['step', 'epoch', 'batch', 'horizon', 'samples', 'totals', 'diverged', 'stopped', 'best', 'skipped', 'l1Totals', 'lastRates', 'plateaus']
    .map((name): [string, (training: AnyTraining) => void] => [`without ${name}`, ({ state }) => { delete state[name]; }]),
  ['no state at all', (training) => { training.state = null; }],
  ['a list as state', (training) => { training.state = []; }],
  ['a negative step', ({ state }) => { state.step = -1; }],
  ['totals of one replica', ({ state }) => { state.totals.pop(); }],
  ...(['count', 'hits', 'loss', 'nonFinite'] as const).map((name): [string, (training: AnyTraining) => void] => [`a negative ${name}`, ({ state }) => { state.totals[0][name] = -1; }]),
  ...(['count', 'hits'] as const).map((name): [string, (training: AnyTraining) => void] => [`a ${name} of 2^53`, ({ state }) => { state.totals[0][name] = 2 ** 53; }]),
  ['more samples without a loss than samples', ({ state }) => { state.totals[0].nonFinite = state.totals[0].count + 1; }],
  ['half a hit', ({ state }) => { state.totals[0].hits = 0.5; }],
  ['more hits than samples', ({ state }) => { state.totals[0].hits = state.totals[0].count + 1; }],
  ['more batches than steps', ({ state }) => { state.batch = state.step + 1; }],
  ['more batches than samples', ({ state }) => { state.samples = 1; state.batch = 2; }],
  ['more samples than a GPU holds', ({ state }) => { state.samples = 2 ** 31; }],
  ['totals that are null', ({ state }) => { state.totals[1].loss = null; }],
  ['a divergence without a tensor', ({ state }) => { state.diverged[0] = { step: 3 }; }],
  ['a divergence that is a number', ({ state }) => { state.diverged[0] = 3; }],
  ['stopped without its best', ({ state }) => { state.stopped[0] = { epoch: 1 }; }],
  ['stopped at half an epoch', ({ state }) => { state.stopped[0] = { epoch: 1.5, best: 1 }; }],
  ['best by another figure', ({ state }) => { state.best.monitor = 'penalty'; }],
  ['best of one replica', ({ state }) => { state.best.replicas.pop(); }],
  ['a best epoch that is null', ({ state }) => { state.best.replicas[0] = null; }],
  ['a best figure that is text', ({ state }) => { state.best.replicas[0].value = 'low'; }],
  ['best weights neither kept nor not', ({ state }) => { delete state.best.kept; }],
  ['more updates left out than steps', ({ state }) => { state.skipped[0] = state.step + 1; }],
  ['more steps missed than there were', ({ state }) => { state.missed[0] = state.step + 1; }],
  ['skipped that is not a count', ({ state }) => { state.skipped[0] = -2; }],
  ['skipped before the epoch that is not a count', ({ state }) => { state.skippedBefore[0] = 0.5; }],
  ['a horizon that is said to be text', ({ state }) => { state.isHorizonSaid = 'yes'; }],
  ['totals of too few tensors', ({ state }) => { state.l1Totals[0] = [0, 0]; }],
  ['learning rates that are text', ({ state }) => { state.lastRates[0] = Array.from({ length: 6 }, () => '0.1'); }],
  ['a plateau without its count', (training) => { delete training.state.plateaus[0][key(training)].reductions; }],
  ['plateaus that are a list', ({ state }) => { state.plateaus[0] = []; }],
  ['no model', ({ config }) => { delete config.model; }],
  ['replicas that are no list', ({ config }) => { config.replicas = 2; }],
  ['sets that are no list', (training) => { training.sets = {}; }],
  ['a set without overrides', (training) => { training.sets = [{}]; }],
  ['nothing in it', (training) => { for (const name of Object.keys(training)) delete training[name]; }],
];

test.each(states)('%s is refused', async (_, edit) => {
  const load = Trainer.load(device(), edited(file, edit), { file: 'hostile' });
  await expect(load).rejects.toThrow(BadFileError);
  await expect(load).rejects.toThrow(/^hostile: gradshader\.training lacks parts/);
});

const tensors: [string, (training: AnyTraining, tensors: Map<string, Tensor>) => void, RegExp][] = [
  ['best weights that are missing', (_, all) => { all.delete('best.layers.1.bias'); }, /tensor best\.layers\.1\.bias is missing/],
  ['an average that is missing', (_, all) => { all.delete('average.layers.0.weight'); }, /tensor average\.layers\.0\.weight is missing/],
  ['best weights that nobody kept', ({ state }) => { state.best = null; }, /tensor best\.layers\.0\.bias does not belong/],
];
test.each(tensors)('%s: the tensor is named', async (_, edit, message) => {
  const load = Trainer.load(device(), edited(file, edit), 'hostile');
  await expect(load).rejects.toThrow(BadFileError);
  await expect(load).rejects.toThrow(message);
});

describe('functions in a checkpoint', () => {
  const slow: ScheduleFunction = (step) => 0.1 / (1 + step);
  const config = smallConfig({ optimizer: sgd({ learningRate: custom('slow', slow) }) });
  const saveWithFunctions = (): Promise<Uint8Array<ArrayBuffer>> => withTrainer(device(), config, async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 1 });
    trainer.set({ dropout: custom('drops', () => 0.25) });
    return trainer.save();
  });

  test('are asked for by name, and must be the same', async () => {
    const bytes = await saveWithFunctions();
    const drops = (): number => 0.25;
    for (const [schedules, message] of [
      [undefined, /"slow".*none at all/], [{ slow }, /"drops".*\(slow\)/], [{ slow: () => 0.1, drops }, /"slow" is not the one that was saved/],
      [{ slow, drops: () => 0.3 }, /"drops" is not the one/],
    ] as const) {
      const load = Trainer.load(device(), bytes, schedules && { schedules });
      await expect(load).rejects.toThrow(InputError);
      await expect(load).rejects.toThrow(message);
    }
    const loaded = await Trainer.load(device(), bytes, { schedules: { slow, drops, unused: () => 1 } });
    expect(loaded.config.optimizer.hyperparameters['learningRate']).toEqual(custom('slow', slow));
    loaded.destroy();
  });

  test('a function is saved also where it has no value, and may be mended there, but nowhere else', async () => {
    const rate = (at: number) => (step: number): number => (step === 500 ? at : 0.1);
    let isBroken = false;
    const moody = custom('moody', (step) => rate(isBroken ? NaN : 0.1)(step));
    await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: moody }) }), async (trainer) => {
      isBroken = true;
      const bytes = await trainer.save();
      const load = (mended: ScheduleFunction): Promise<Trainer> => Trainer.load(device(), bytes, { schedules: { moody: mended } });
      (await load(rate(0.2))).destroy();
      await expect(load(() => 0.2)).rejects.toThrow(/"moody" is not the one that was saved: at step 0/);
      await expect(load(rate(NaN))).rejects.toThrow(/"moody" gave NaN at step 500 of 1000: .*learningRate must/);
    });
  });
});
