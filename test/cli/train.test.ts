/** `gradshader train` whole, on both hosts. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { History } from '../../src/cli/history.ts';
import { readTraining } from '../../src/train/restore.ts';
import { CommandLine, writeData } from './cli.ts';

const cli = new CommandLine();
const HOSTS = ['node', 'chrome'] as const;
const FILES = ['best.safetensors', 'curves.svg', 'history.json', 'model.safetensors'];
const TINY = ['--data', 'tiny', '--hidden', '16,8', '--batch-size', '32'];

beforeAll(async () => {
  await cli.build();
  writeData(cli.path('tiny'), { train: 200, test: 50 });
  writeData(cli.path('long'), { train: 4000, test: 50 });
});
afterAll(() => cli.remove());

const checkpoint = (run: string) => readTraining(readFileSync(cli.path(run, 'model.safetensors')), run);
const untimed = ({ epochs }: History) => epochs.map(({ seconds: _s, imagesPerSecond: _i, ...numbers }) => numbers);

/** Weights, optimizer state, position, running sums: all that decides what comes next. */
function expectSameState(run: string, other: string): void {
  expect(untimed(cli.history(run))).toEqual(untimed(cli.history(other)));
  const [a, b] = [checkpoint(run), checkpoint(other)];
  expect(a.training.state).toEqual(b.training.state);
  expect([...a.tensors.keys()]).toEqual([...b.tensors.keys()]);
  for (const [name, tensor] of a.tensors) expect(tensor.data, name).toEqual(b.tensors.get(name)!.data);
}

describe.each(HOSTS)('train on %s', (host) => {
  test('learns, says what it does and leaves its files', async () => {
    const run = `whole-${host}`;
    const { code, stdout, stderr } = await cli.run('train', ...TINY, '--epochs', '4', '--host', host, '--out', run, '--validation', '0.25');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    // In this order: the adapter, the model, the data, the expected time, then the epochs, the table, the step time.
    expect(stdout).toMatch(new RegExp(
      `^Adapter: .+, ${host}\\n[^]*layers\\.0\\)  \\[64\\] -> \\[16\\][^]*150 training samples, 50 held out for validation, 50 test samples\\n5 steps per epoch`
      + '[^]*Expected time: about .+ per epoch on this adapter, .+ in all\\n[^]*epoch 1/4 [^]*epoch 4/4 [^]*epoch  train loss[^]*\\n    4 '
      + '[^]*step time .+ at batch 32\\n[^]*Files in whole'));
    expect(readdirSync(cli.path(run)).toSorted()).toEqual(FILES);
    const { epochs, adapter, format, config } = cli.history(run);
    expect(format).toBe(1);
    expect(config).toMatchObject({ hidden: [16, 8], batchSize: 32, seed: 1, epochs: 4, host });
    expect(['software', 'hardware']).toContain(adapter.state);
    expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 5], [2, 10], [3, 15], [4, 20]]);
    for (const { train, validation, test } of epochs) {
      for (const { accuracy } of [train, validation!, test!]) expect(accuracy >= 0 && accuracy <= 1).toBe(true);
    }
    // Four classes, one bright quarter each: chance is 0.25.
    expect(epochs[3]!.test!.accuracy).toBeGreaterThan(0.8);
    expect(epochs[3]!.train.loss).toBeLessThan(epochs[0]!.train.loss);
    expect(checkpoint(run).training.state).toMatchObject({ epoch: 4, batch: 0, step: 20 });
    expect(readFileSync(cli.path(run, 'curves.svg'), 'utf8')).toMatch(/^<svg [^]*val [^]*test /);
  });

  test('Ctrl-C to the whole process group saves in the middle of an epoch; --resume ends as if it had not been', async () => {
    const model = ['--data', 'long', '--hidden', '16,8', '--batch-size', '4', '--dropout', '0.2', '--optimizer', 'adam', '--host', host];
    const whole = await cli.run('train', ...model, '--epochs', '2', '--out', `uncut-${host}`);
    expect(whole.code, whole.stderr).toBe(0);

    const program = cli.start('npm', ['run', '--silent', 'gradshader', '--', 'train', ...model, '--epochs', '2', '--out', `cut-${host}`]);
    await program.said('Expected time');
    program.group('SIGINT');
    const stopped = await program.ended;
    // npm ends by the signal itself, whatever the code of what it ran; a shell calls both 130.
    expect(stopped.signal ?? stopped.code, stopped.stderr).toBeOneOf(['SIGINT', 130]);
    expect(stopped.stdout).toContain(`npm run gradshader -- train --resume cut-${host}\n`);
    const { epoch, batch } = checkpoint(`cut-${host}`).training.state;
    // On a busy machine it may be heard only where an epoch ends.
    expect(epoch).toBeLessThan(2);
    expect(epoch + batch).toBeGreaterThan(0);
    expect(cli.history(`cut-${host}`).epochs).toHaveLength(epoch);

    const resumed = await cli.run('train', '--resume', `cut-${host}`);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toMatch(new RegExp(`, ${host}\\n[^]*Going on after step \\d[\\d ]*, in epoch ${epoch + 1} of 2`));
    expectSameState(`cut-${host}`, `uncut-${host}`);
  });
});

test('both hosts write the same kind of history', () => {
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v)])) : typeof value;
  expect(shape(cli.history('whole-chrome'))).toEqual(shape(cli.history('whole-node')));
});

test('a finished run goes on to a larger total, on the other host too, and says so', async () => {
  await cli.run('train', ...TINY, '--epochs', '1', '--out', 'short');
  const enough = await cli.run('train', '--resume', 'short');
  expect(enough).toMatchObject({ code: 1, stdout: '' });
  expect(enough.stderr).toBe('error: This run has done 1 epoch. To go on, give a larger total with --epochs.\n');
  const more = await cli.run('train', '--resume', 'short/model.safetensors', '--epochs', '2', '--host', 'chrome');
  expect(more.code, more.stderr).toBe(0);
  expect(cli.history('short').epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(cli.history('short').config).toMatchObject({ epochs: 2, host: 'chrome' });
});

test('a run that was killed goes on from its last checkpoint, whatever the history says beyond it', async () => {
  await cli.run('train', ...TINY, '--epochs', '3', '--out', 'uncut');
  await cli.run('train', ...TINY, '--epochs', '2', '--out', 'killed');
  // As if killed between the two files: the third epoch is written down, its weights are not.
  const history = cli.history('killed');
  writeFileSync(cli.path('killed', 'history.json'), JSON.stringify({ ...history, epochs: [...history.epochs, { ...history.epochs[1]!, epoch: 3 }] }));
  const { code, stderr } = await cli.run('train', '--resume', 'killed', '--epochs', '3');
  expect(code, stderr).toBe(0);
  expect(untimed(cli.history('killed'))).toEqual(untimed(cli.history('uncut')));
});

test('a reader that leaves does not end the run', async () => {
  const program = cli.start('sh', ['-c', `${JSON.stringify(process.execPath)} cli.mjs train ${TINY.join(' ')} --epochs 2 --out unread | head -n 1`]);
  const { stdout, stderr } = await program.ended;
  expect({ lines: stdout.split('\n').length, stderr }).toEqual({ lines: 2, stderr: '' });
  expect(checkpoint('unread').training.state.epoch).toBe(2);
});

describe('refusals: one message, no stack, nothing overwritten', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run('train', ...args);
    expect(code).toBe(1);
    expect(stdout).not.toContain('epoch 1/');
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };

  test('a run folder that holds something', async () => {
    mkdirSync(cli.path('full'));
    writeFileSync(cli.path('full', 'thesis.txt'), 'years of work');
    expect(await refused(...TINY, '--out', 'full')).toContain('full must be empty, it holds thesis.txt');
    expect(readdirSync(cli.path('full'))).toEqual(['thesis.txt']);
  });

  test('a model file that is none, on both hosts', async () => {
    mkdirSync(cli.path('bad'));
    expect(await refused('--resume', 'bad')).toContain('model.safetensors: cannot be read');
    writeFileSync(cli.path('bad', 'model.safetensors'), 'not a model');
    expect(await refused('--resume', 'bad')).toContain('model.safetensors: ');
  });

  test.each(HOSTS)('data files that are none, on %s, named as they were given', async (host) => {
    writeFileSync(cli.path('labels'), 'no labels');
    const said = await refused('--data', `tiny/train-images-idx3-ubyte,labels`, '--host', host, '--out', `bad-data-${host}`);
    expect(said).toContain(`${cli.path('labels')}: wanted an IDX magic number`);
    const missing = await refused('--data', `tiny/train-images-idx3-ubyte,nowhere`, '--host', host, '--out', `no-data-${host}`);
    expect(missing).toContain(`${cli.path('nowhere')}: could not be read`);
  });

  test('another training set than the run began with', async () => {
    expect(await refused('--resume', 'short', '--epochs', '3', '--data', 'long')).toContain('begun on 200 training samples, long train has 4000');
  });

  test('a setting that a run cannot change', async () => {
    expect(await refused('--resume', 'short', '--epochs', '3', '--hidden', '4')).toContain('--hidden cannot be given with --resume');
  });

  test('training that diverges names step and tensor and keeps the checkpoint before', async () => {
    expect(await refused(...TINY, '--learning-rate', '1e30', '--out', 'diverged')).toMatch(/Step \d+: layers\.\d\.(weight|bias) is no longer finite/);
    expect(existsSync(cli.path('diverged', 'model.safetensors'))).toBe(true);
  });
});
