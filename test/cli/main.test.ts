/** Words in, words and exit codes out: help, refusals, plan, probe. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { CommandLine, writeData } from './cli.ts';

const cli = new CommandLine();
beforeAll(async () => {
  await cli.build();
  writeData(cli.path('tiny'), { train: 200, test: 50 });
});
afterAll(() => cli.remove());

test('help names the commands, the version is the package\'s', async () => {
  const help = await cli.run('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['train', 'plan', 'probe']) expect(help.stdout).toMatch(new RegExp(`^  ${command} \\[options\\]`, 'm'));
  expect(await cli.run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test('train --help names every option with its default, and the exit codes, in 80 columns', async () => {
  const { code, stdout } = await cli.run('train', '--help');
  expect(code).toBe(0);
  const options = ['epochs', 'batch-size', 'seed', 'optimizer', 'learning-rate', 'momentum', 'l1', 'l2', 'weight-decay', 'dropout',
    'input-dropout', 'hidden', 'activation', 'init', 'normalize', 'train-size', 'validation', 'data', 'out', 'resume', 'host', 'browser', 'headful', 'software', 'fusion'];
  for (const option of options) expect(stdout).toMatch(new RegExp(`^  --${option}[ \\n]`, 'm'));
  for (const value of ['default: 5', 'default: 128', 'default: 1000,500', 'default: "mnist"', 'default: "momentum"']) {
    expect(stdout.replace(/\s+/g, ' ')).toContain(value);
  }
  expect(stdout.replace(/\s+/g, ' ')).toContain('130 stopped and saved');
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

describe('wrong words', () => {
  test.each([
    [['dance'], "unknown command 'dance'"],
    [['train', '--epoch', '3'], "unknown option '--epoch'\n(Did you mean --epochs?)"],
    [['train', '--lr', '0.1'], '(Did you mean --learning-rate?)'],
    [['compare', '--lr=0.1'], '(Did you mean --learning-rate?)'],
    [['train', '--eta', '0.1'], '(Did you mean --learning-rate?)'],
    [['train', '--epochs', '0'], 'a whole number of 1 or more'],
    [['train', '--epochs', '1.5'], 'a whole number of 1 or more'],
    [['train', '--seed', '-1'], 'a whole number from 0'],
    [['train', '--dropout', '1'], 'a number in [0, 1)'],
    [['train', '--learning-rate', 'fast'], 'a number of 0 or more'],
    [['train', '--validation', '1'], 'a fraction between 0 and 1'],
    [['train', '--hidden', '16,x'], 'a whole number of 1 or more'],
    [['train', '--optimizer', 'adan'], 'sgd, momentum, nesterov,'],
    [['plan', '--activation', 'step'], 'relu, leakyRelu'],
    [['train', '--host', 'deno'], 'node, chrome'],
    [['plan', '--adapter', 'quantum'], 'hardware, software'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await cli.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toContain('--help lists');
  });

  test.each([
    [['train', '--browser', '/x'], '--browser and --headful belong to --host chrome'],
    [['train', '--host', 'chrome', '--data', 'tiny', '--browser', '/no/such/browser', '--out', 'no-browser'], 'There is no browser at /no/such/browser'],
    [['train', '--optimizer', 'sgd', '--momentum', '0.9'], '--momentum belongs to'],
    [['plan', '--data', 'nowhere'], 'there is no such folder'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await cli.run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(words);
  });
});

describe('plan', () => {
  test('prints the step of the model that train would train, without a GPU', async () => {
    const { code, stdout } = await cli.run('plan', '--data', 'tiny', '--hidden', '16,8');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^One training step on a hardware adapter: 6 dispatches\n/);
    const unfused = await cli.run('plan', '--data', 'tiny', '--hidden', '16,8', '--adapter', 'software', '--fusion', 'none');
    // gather, 3 forward, loss, 2 input gradients, 3 weight and 3 bias gradients, one update
    expect(unfused.stdout).toMatch(/^One training step on a software adapter: 14 dispatches\n/);
  });

  test('as JSON', async () => {
    const { stdout } = await cli.run('plan', '--data', 'tiny', '--json');
    const plan = JSON.parse(stdout) as { dispatches: unknown[]; memory: { data: number } };
    expect(plan.dispatches).toHaveLength(6);
    // 250 images of 64 bytes, 250 labels and the order of 200 samples of 4 bytes each, and a batch of f32 inputs to predict.
    expect(plan.memory.data).toBe(250 * 64 + 250 * 4 + 200 * 4 + 128 * 64 * 4 + 128 * 4);
  });
});

test.each(['node', 'chrome'])('probe on %s says what there is', async (host) => {
  const { code, stdout } = await cli.run('probe', '--host', host);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^state {5}(software|hardware)\n/);
  expect(stdout).toMatch(/^adapter {3}.+\(.*(software|hardware)\)$/m);
  expect(stdout).toMatch(/^ {2}maxStorageBuffersPerShaderStage {2,}\d+$/m);
});
