/** The options around the step: words to settings, settings to a trainer, and whole runs. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addModelOptions, settingsOf, type ModelOptions } from '../../src/cli/options.ts';
import { parseScheduleWords } from '../../src/cli/schedules.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { InputError } from '../../src/errors.ts';
import { RULE_NAMES } from '../../src/kernels/rule.ts';
import { adamw, ftrl, lars, lion, rmsprop } from '../../src/model/optimizers/index.ts';
import { OPTIMIZER_NAMES } from '../../src/model/optimizers/named.ts';
import { cosine, exponential, oneCycle, plateau, stepDecay, warmUp } from '../../src/model/schedules/index.ts';
import { readTraining } from '../../src/train/restore.ts';
import { prepare } from '../../src/train/prepare.ts';
import { CommandLine, writeData } from './cli.ts';
import old from './version-1-run.json' with { type: 'json' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-options-'));
  writeData(join(folder, 'data'), { train: 40, test: 8 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As commander parses them. */
async function settings(...words: string[]): Promise<Settings> {
  const command = addModelOptions(new Command('train')).exitOverride().configureOutput({ writeErr: () => {} });
  command.parse(['--data', join(folder, 'data'), '--hidden', '6', '--batch-size', '8', ...words], { from: 'user' });
  return settingsOf(command.opts<ModelOptions>());
}

/** 40 samples, batches of 8: five updates an epoch. */
const config = async (...words: string[]) => trainerConfig(await settings(...words), [8, 8], 4, 40);
const optimizer = async (...words: string[]) => (await config(...words)).optimizer;

describe('--optimizer', () => {
  it('has every optimizer, each trainable as it comes', async () => {
    expect(OPTIMIZER_NAMES.toSorted()).toEqual([...RULE_NAMES, 'adamw'].toSorted());
    for (const name of OPTIMIZER_NAMES) expect(prepare(await config('--optimizer', name), 'software').build.rule.name).toBe(name === 'adamw' ? 'adam' : name);
  });

  it('gives it its own defaults, and what is said', async () => {
    expect(await optimizer('--optimizer', 'adamw')).toEqual(adamw({ learningRate: 0.001 }));
    expect(await optimizer('--optimizer', 'lion', '--learning-rate', '3e-4')).toEqual(lion({ learningRate: 3e-4 }));
    expect(await optimizer('--optimizer', 'rmsprop')).toEqual(rmsprop({ learningRate: 0.001 }));
    expect(await optimizer('--optimizer', 'rmsprop', '--momentum', '0.5')).toEqual(rmsprop({ learningRate: 0.001, momentum: 0.5 }));
    expect(await optimizer('--optimizer', 'lars', '--weight-decay', '1e-4')).toEqual(lars({ learningRate: 1, weightDecay: 1e-4 }));
    expect(await optimizer('--optimizer', 'ftrl')).toEqual(ftrl({ learningRate: 0.05 }));
  });

  it('refuses what it does not have', async () => {
    await expect(settings('--optimizer', 'nadam', '--momentum', '0.5')).rejects.toThrow('--momentum belongs to the optimizers momentum, nesterov, rmsprop, rmspropCentered, rmspropMomentum, rmspropCenteredMomentum, lars, not to nadam');
    await expect(config('--optimizer', 'ftrl', '--weight-decay', '0.1')).rejects.toThrow(/ftrl takes no --weight-decay/);
  });
});

describe('penalties, bounds and clips', () => {
  it('take their rules', async () => {
    const { regularizers } = await optimizer('--l1', '1e-4', '--l1-rule', 'cumulative', '--l2', '1e-3', '--l2-rule', 'proximal', '--max-norm', '2');
    expect(regularizers.map(({ type, strength, rule }) => [type, strength, rule]))
      .toEqual([['l1', 1e-4, 'cumulative'], ['l2', 1e-3, 'proximal'], ['maxNorm', 2, 'projected']]);
  });

  it.each([['--clip-value', 'value'], ['--clip-norm', 'norm'], ['--clip-global-norm', 'globalNorm']])('%s', async (flag, by) => {
    expect((await optimizer(flag, '0.5')).clip).toEqual({ by, threshold: 0.5 });
  });

  it.each([
    [['--clip-norm', '1', '--clip-value', '1'], /exclude one another/], [['--l1-rule', 'cumulative'], /--l1-rule says how --l1 acts/],
    [['--l2-rule', 'proximal'], /--l2-rule says how --l2 acts/], [['--early-stopping', '3'], /--early-stopping .*--validation/],
    [['--schedule', 'plateau'], /--schedule plateau .*--validation/],
  ])('%j is refused', async (words, message) => {
    await expect(settings(...words)).rejects.toThrow(InputError);
    await expect(settings(...words)).rejects.toThrow(message);
  });

  it.each([['--metrics', 'f1,f2'], ['--metrics', 'f1,f1'], ['--metrics', ''], ['--max-norm', '0'], ['--clip-norm', '-1'], ['--ema', '1'], ['--accumulate', '0'], ['--early-stopping', '1.5'], ['--warm-up', '0'],
    ['--on-non-finite', 'ignore'], ['--l1-rule', 'hard'], ['--schedule', 'linear']])('%s %s is no word for it', async (...words) => {
    await expect(settings(...words)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});

describe('--schedule and --warm-up, counted in epochs of five updates', () => {
  it.each([
    [['--schedule', 'constant'], 0.05],
    [['--schedule', 'cosine'], cosine(0.05)],
    [['--schedule', 'step:3'], stepDecay(0.05, { every: 15 })],
    [['--schedule', 'step:2,0.5', '--accumulate', '2'], stepDecay(0.05, { factor: 0.5, every: 6 })],
    [['--schedule', 'exponential:0.9'], exponential(0.05, { factor: 0.9, every: 5 })],
    [['--schedule', 'one-cycle', '--learning-rate', '0.4'], oneCycle(0.4)],
    [['--schedule', 'plateau:3,0.2', '--validation', '0.1'], plateau(0.05, { patience: 3, factor: 0.2 })],
    [['--schedule', 'plateau', '--validation', '0.1'], plateau(0.05)],
    [['--warm-up', '2'], warmUp(0.05, { steps: 10 })],
    [['--schedule', 'cosine', '--warm-up', '0.5'], warmUp(cosine(0.05), { steps: 3 })],
    [['--warm-up', '0.01'], warmUp(0.05, { steps: 1 })],
  ])('%j', async (words, want) => {
    expect((await optimizer(...words)).hyperparameters['learningRate']).toEqual(want);
  });

  it.each(['', 'cosine:1', 'step', 'step:0', 'step:1.5', 'step:2,1', 'step:2,0.5,3', 'step:', 'exponential', 'exponential:1', 'exponential:0.5,1',
    'plateau:-1', 'plateau:2,0', 'plateau:x', 'one-cycle:', 'step:1:2'])('"%s" is none', (words) => {
    expect(parseScheduleWords(words)).toBeUndefined();
  });
});

it('accumulation, averages, what is not finite and activations reach the trainer, and only where they were asked for', async () => {
  expect(await config('--accumulate', '3', '--ema', '0.99', '--on-non-finite', 'skip')).toMatchObject({
    accumulate: 3, averaging: { type: 'ema', decay: 0.99 }, onNonFinite: 'skip',
  });
  expect(trainerConfig({ ...(await settings()), verify: 'off' }, [8, 8], 4, 40).verify).toBe('off');
  expect((await config()).verify).toBeUndefined();
  expect(await settings('--ema', '--early-stopping', '4', '--validation', '0.25')).toMatchObject({ ema: 0.999, earlyStopping: 4 });
  expect(await config('--metrics', 'f1,top2,recallMicro')).toMatchObject({ metrics: ['f1', 'top2', 'recallMicro'] });
  const sigmoids = await settings('--activation', 'sigmoid');
  expect(sigmoids).toMatchObject({ activation: 'sigmoid' });
  expect(trainerConfig(sigmoids, [8, 8], 4).model.layers.map(({ type }) => type)).toEqual(['dense', 'sigmoid', 'dense']);
  const begun = await settings('--init', 'glorotUniform');
  expect(begun).toMatchObject({ init: 'glorotUniform' });
  expect(trainerConfig(begun, [8, 8], 4).model.layers).toMatchObject([{ init: { type: 'glorotUniform' } }, { type: 'relu' }, { init: { type: 'glorotUniform' } }]);
  // The settings of a plain run have no new words in them: histories stay as they were.
  const { data: _, ...plain } = await settings();
  expect(plain).toEqual({
    hidden: [6], inputDropout: 0, dropout: 0, optimizer: 'momentum', learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 8, seed: 1,
  });
});

describe('whole runs', () => {
  const cli = new CommandLine();
  beforeAll(async () => {
    await cli.build();
    writeData(cli.path('tiny'), { train: 40, test: 8 });
    writeData(cli.path('more'), { train: 200, test: 50 });
  });
  afterAll(() => cli.remove());
  const checkpoint = (run: string, name = 'model') => readTraining(readFileSync(cli.path(run, `${name}.safetensors`)), run);
  const untimed = (run: string) => cli.history(run).epochs.map(({ seconds: _s, imagesPerSecond: _i, ...numbers }) => numbers);

  it('with everything at once: reported, saved, and resumed as if it had not been stopped', async () => {
    const words = [
      '--data', 'more', '--hidden', '16,8', '--batch-size', '8', '--validation', '0.2', '--optimizer', 'nesterov', '--l1', '1e-4', '--max-norm', '2',
      '--clip-global-norm', '5', '--accumulate', '3', '--ema', '0.9', '--schedule', 'step:2,0.5', '--warm-up', '1', '--metrics', 'f1,recallMicro',
    ];
    for (const [run, epochs] of [['whole', '4'], ['part', '2']] as const) {
      const { code, stderr, stdout } = await cli.run('train', ...words, '--epochs', epochs, '--out', run);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('7 steps per epoch'); // 160 samples, 20 batches, by threes
      expect(stdout).toMatch(/val f1 {2}val recallMicro {2}test loss/);
      expect(stdout).toMatch(/avg test acc [\d.]+ %/);
      expect(stdout).toMatch(/avg val acc {2}avg test acc/);
      expect(stdout).toContain('Files in ' + run + ': history.json, model.safetensors, best.safetensors, curves.svg');
    }
    const resumed = await cli.run('train', '--resume', 'part', '--epochs', '4');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(untimed('part')).toEqual(untimed('whole'));
    // But for the horizon, which is the first call's: nothing here counts to it.
    const states = ['part', 'whole'].map((run) => checkpoint(run));
    expect({ ...states[0]!.training.state, horizon: 0 }).toEqual({ ...states[1]!.training.state, horizon: 0 });
    for (const [name, tensor] of states[0]!.tensors) expect(tensor.data, name).toEqual(states[1]!.tensors.get(name)!.data);
    const { epochs } = cli.history('whole');
    expect(epochs.map(({ step }) => step)).toEqual([7, 14, 21, 28]);
    // Of one class each sample is taken for one: micro averages are the accuracy.
    for (const { validation, test } of epochs) expect([validation!.metrics!['recallMicro'], test!.metrics!['recallMicro']]).toEqual([validation!.accuracy, test!.accuracy]);
    for (const { average } of epochs) expect([average!.validation!.accuracy, average!.test!.accuracy].every((one) => one >= 0 && one <= 1)).toBe(true);
    // The best epoch by the average's validation loss, and its weights in a file of their own.
    const losses = epochs.map(({ average }) => average!.validation!.loss);
    const { best } = checkpoint('whole').training.state;
    expect(best!.replicas[0]).toEqual({ value: Math.min(...losses), epoch: losses.indexOf(Math.min(...losses)) + 1, bad: 3 - losses.indexOf(Math.min(...losses)) });
    const [model, file] = [checkpoint('whole').tensors, checkpoint('whole', 'best').tensors];
    expect(file.get('layers.0.weight')!.data).toEqual(model.get('best.layers.0.weight')!.data);
  });

  it.each(['node', 'chrome'] as const)('stops early on %s, says so, and keeps the best weights', async (host) => {
    const run = `early-${host}`;
    // Far too large a step: after some epoch nothing gets better.
    const { code, stdout, stderr } = await cli.run('train', '--data', 'tiny', '--hidden', '6', '--batch-size', '8', '--validation', '0.25', '--learning-rate', '0.9',
      '--early-stopping', '2', '--epochs', '60', '--host', host, '--out', run);
    expect(code, stderr).toBe(0);
    const { epochs } = cli.history(run);
    const last = epochs.at(-1)!;
    const losses = epochs.map(({ validation }) => validation!.loss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(last.epoch).toBeLessThan(60);
    expect(last.stopped).toEqual({ epoch: last.epoch, best });
    expect(last.epoch).toBe(best + 2);
    expect(stdout).toContain(`Stopped early, after epoch ${last.epoch}: the validation loss was best after epoch ${best}, whose weights are in best.safetensors.`);
    expect(checkpoint(run, 'best').training.state.epoch).toBe(best);
    const again = await cli.run('train', '--resume', run, '--epochs', '70');
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(`This run stopped early after epoch ${last.epoch}`)]);
  });

  it('run folders of version 0.1 go on', async () => {
    mkdirSync(cli.path('old'));
    writeFileSync(cli.path('old', 'history.json'), JSON.stringify(old.history));
    writeFileSync(cli.path('old', 'model.safetensors'), Buffer.from(old.model, 'base64'));
    const { code, stderr } = await cli.run('train', '--resume', 'old', '--data', 'tiny', '--epochs', '4');
    expect(code, stderr).toBe(0);
    const { epochs } = cli.history('old');
    expect(epochs.slice(0, 2)).toEqual(old.history.epochs);
    for (const [i, want] of old.rest.entries()) {
      const got = epochs[i + 2]!;
      expect(got.epoch).toBe(want.epoch);
      for (const set of ['train', 'validation', 'test'] as const) {
        expect(got[set]!.loss).toBeCloseTo(want[set].loss, 5);
        expect(got[set]!.accuracy).toBe(want[set].accuracy);
      }
    }
    expect(existsSync(cli.path('old', 'best.safetensors'))).toBe(true);
  });
});
