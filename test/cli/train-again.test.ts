/** Runs that go on in another way than they were begun, and what is said of files: every advice is followed, every file is there. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from 'commander';
import { resumedConfig } from '../../src/cli/resume.ts';
import type { Stopped } from '../../src/cli/run-folder.ts';
import { CommandLine, type Ended, writeData } from './cli.ts';

const cli = new CommandLine();
const TINY = ['--data', 'tiny', '--hidden', '8', '--batch-size', '32', '--software'];
const STEPS_PER_EPOCH = 5; // 150 samples
const RATE = 0.05;

beforeAll(async () => {
  await cli.build();
  writeData(cli.path('tiny'), { train: 150, test: 20 });
});
afterAll(() => cli.remove());

/** Files that a run says it has. */
function announced({ stdout }: Ended): string[] {
  const [, folder, names] = /Files in (.+): (.+)\n/.exec(stdout)!;
  const found = names!.split(', ').map((name) => cli.path(folder!, name));
  for (const name of found) expect(existsSync(name), name).toBe(true);
  return names!.split(', ');
}

const rates = (run: string): (number | undefined)[] => cli.history(run).epochs.map(({ learningRate }) => learningRate);
/** Loshchilov and Hutter 2017, eq. 5, at the last step of an epoch. */
const cosineAt = (epoch: number, epochs: number): unknown =>
  expect.closeTo((RATE * (1 + Math.cos((Math.PI * (epoch * STEPS_PER_EPOCH - 1)) / (epochs * STEPS_PER_EPOCH)))) / 2, 12);

describe('a finished schedule and a larger total', () => {
  beforeAll(async () => {
    const whole = await cli.run('train', ...TINY, '--schedule', 'cosine', '--learning-rate', String(RATE), '--epochs', '2', '--out', 'cosine');
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stdout).toContain('The learning rate follows cosine to step 10.\n');
    expect(whole.stdout).toMatch(/epoch 1\/2 .*learning rate 0\.0\d+/);
    expect(announced(whole)).toEqual(['history.json', 'model.safetensors', 'curves.svg']);
    expect(rates('cosine')).toEqual([cosineAt(1, 2), cosineAt(2, 2)]);
    expect(readFileSync(cli.path('cosine', 'curves.svg'), 'utf8')).toContain('Learning rate');
  });

  test('is refused, with nothing written; the total is asked for with its schedule', async () => {
    const before = readFileSync(cli.path('cosine', 'history.json'), 'utf8');
    expect((await cli.run('train', '--resume', 'cosine')).stderr).toBe(
      'error: This run has done 2 epochs. To go on, give a larger total with --epochs, and the same number with --horizon to stretch its schedule to it.\n');
    const { code, stdout, stderr } = await cli.run('train', '--resume', 'cosine', '--epochs', '4', '--software');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('error: The learning rate follows cosine to step 10, and epoch 4 ends after step 20: beyond its end the learning rate would stay at its final value. '
      + 'Give --horizon 4 to stretch it to the end of epoch 4 from here on, or --horizon keep to leave its end at step 10.\n');
    expect((await cli.run('train', '--resume', 'cosine', '--epochs', '4', '--horizon', '1')).stderr)
      .toBe('error: --horizon 1 is an epoch that is over. Give --horizon 4, the last epoch to come, or --horizon keep to leave its end at step 10.\n');
    expect(readFileSync(cli.path('cosine', 'history.json'), 'utf8')).toBe(before);
  });

  test('each way that is given works', async () => {
    cpSync(cli.path('cosine'), cli.path('kept'), { recursive: true });
    const kept = await cli.run('train', '--resume', 'kept', '--epochs', '4', '--horizon', 'keep', '--software');
    expect(kept.code, kept.stderr).toBe(0);
    expect(kept.stdout).toContain('The learning rate follows cosine to step 10.\n');
    expect(rates('kept').slice(2)).toEqual([0, 0]);
    const stretched = await cli.run('train', '--resume', 'cosine', '--epochs', '4', '--horizon', '4', '--software');
    expect(stretched.code, stretched.stderr).toBe(0);
    expect(stretched.stdout).toContain('The learning rate follows cosine to step 20.\n');
    expect(rates('cosine').slice(2)).toEqual([cosineAt(3, 4), cosineAt(4, 4)]);
    expect(cli.history('cosine').config).toMatchObject({ epochs: 4, horizon: 4 });
  });
});

test('fewer epochs than a schedule counts to are asked for, unless its end was said; both ways are taken', async () => {
  const stopped = (isHorizonSaid: boolean) => ({
    config: { schedule: { kind: 'cosine' }, epochs: 100, batchSize: 32 }, epochs: [{}], step: STEPS_PER_EPOCH, horizon: 100 * STEPS_PER_EPOCH, isHorizonSaid, from: { samples: 150 },
  }) as unknown as Stopped;
  const resume = (said: boolean, options: { epochs: number; horizon?: number | 'keep' }) => {
    const command = { getOptionValueSource: (name: string) => (name in options ? 'cli' : 'default'), options: [] } as unknown as Command;
    return resumedConfig(command, stopped(said), options as Parameters<typeof resumedConfig>[2]);
  };
  await expect(resume(false, { epochs: 5 })).rejects.toThrow('The learning rate follows cosine to step 500, and epoch 5 ends after step 25: the learning rate would not come to its final value. '
    + 'Give --horizon 5 to let it end at the end of epoch 5 from here on, or --horizon keep to leave its end at step 500.');
  expect(await resume(false, { epochs: 5, horizon: 5 })).toMatchObject({ epochs: 5, horizon: 5 });
  expect(await resume(false, { epochs: 5, horizon: 'keep' })).toMatchObject({ epochs: 5, horizon: 'keep' });
  expect(await resume(true, { epochs: 5 })).toMatchObject({ epochs: 5 });
  expect(await resume(false, { epochs: 100 })).toMatchObject({ epochs: 100 });
});

test('a run that diverged says how to go on with a smaller learning rate, and that works at once', async () => {
  const diverged = await cli.run('train', ...TINY, '--optimizer', 'sgd', '--learning-rate', '1e30', '--epochs', '2', '--out', 'diverged');
  expect(diverged.code).toBe(1);
  const [, command] = /model\.safetensors holds these weights\. To go on from them with a smaller learning rate:\n {2}npm run gradshader -- train (.+)\n/.exec(diverged.stderr)!;
  expect(command).toBe('--resume diverged --software --learning-rate 0.05'); // The default of sgd.
  const { code, stdout, stderr } = await cli.run('train', ...command!.split(' '));
  expect(code, stderr).toBe(0);
  announced({ code, stdout, stderr, signal: null });
  expect(cli.history('diverged').config).toMatchObject({ learningRate: 0.05 });
  expect(rates('diverged')).toEqual([0.05, 0.05]);
  // What was said once is said: the checkpoint has it.
  expect((await cli.run('train', '--resume', 'diverged', '--epochs', '3', '--software')).code).toBe(0);
  expect(rates('diverged')).toEqual([0.05, 0.05, 0.05]);
});

test('a horizon that changes nothing, and a new rate, are said', async () => {
  const before = await cli.run('train', ...TINY, '--learning-rate', '0.1', '--horizon', '3', '--epochs', '1', '--out', 'said');
  expect(before.code, before.stderr).toBe(0);
  expect(before.stdout).toContain('--horizon changes nothing: only cosine and one-cycle learning rates count to it.\n');
  const after = await cli.run('train', '--resume', 'said', '--software', '--epochs', '2', '--learning-rate', '0.01');
  expect(after.stdout).toContain('The learning rate is 0.01 from here on; it was 0.1.\n');
  expect(after.stdout).not.toContain('--horizon');
  const scheduled = await cli.run('train', '--resume', 'cosine', '--software', '--epochs', '5', '--horizon', '5', '--learning-rate', '0.01');
  expect(scheduled.stdout).toContain('The learning rate that the schedule starts from is 0.01 from here on; it was 0.05.\n');
});

test('a run whose every update was left out ends with an error and a way on, which works', async () => {
  const diverged = await cli.run('train', ...TINY, '--validation', '0.2', '--optimizer', 'sgd', '--learning-rate', '1e30', '--on-non-finite', 'skip', '--epochs', '3', '--out', 'left-out');
  expect(diverged.code).toBe(1);
  expect(diverged.stderr).toContain('no gradient since the epoch began was finite, and every update was left out. The weights of step 0, the last good ones, were put back.');
  // What has no loss has no accuracy.
  expect(diverged.stdout).toMatch(/epoch 1\/3 .*val loss \? {2}val acc \? {2}test loss \? {2}test acc \?/);
  const [, command] = /\n {2}npm run gradshader -- train (.+)\n/.exec(diverged.stderr)!;
  const { code, stderr } = await cli.run('train', ...command!.split(' '));
  expect(code, stderr).toBe(0);
  expect(cli.history('left-out').epochs.map(({ epoch, skipped, train }) => [epoch, skipped, Number.isFinite(train.loss)])).toEqual([[1, 0, true], [2, 0, true], [3, 0, true]]);
});

test('a file of best weights that is not there is not announced', async () => {
  const run = await cli.run('train', ...TINY, '--validation', '0.2', '--optimizer', 'sgd', '--learning-rate', '1e30', '--on-non-finite', 'skip',
    '--early-stopping', '1', '--epochs', '3', '--out', 'hopeless');
  expect(run.code, run.stderr).toBe(0);
  expect(announced(run)).toEqual(['history.json', 'model.safetensors', 'curves.svg']);
  expect(run.stdout).toContain('There is no best.safetensors: no epoch had a finite validation loss.\n');
  expect(run.stdout).toMatch(/Stopped early, after epoch 1: no epoch had a finite validation loss\.\n/);
  expect((await cli.run('train', '--resume', 'hopeless', '--epochs', '4')).stderr).toContain('after epoch 1: no epoch had a finite validation loss. It is at its end');
});
