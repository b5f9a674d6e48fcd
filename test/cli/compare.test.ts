/** `gradshader compare` whole, on both hosts. */
import { existsSync, cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CompareFile } from '../../src/cli/compare/summary.ts';
import { shuffleTargets } from '../../src/data/dataset.ts';
import { loadIdx } from '../../src/data/load.ts';
import { CommandLine, writeData } from './cli.ts';

const cli = new CommandLine();
const HOSTS = ['node', 'chrome'] as const;
const TINY = ['--data', 'tiny', '--hidden', '16', '--batch-size', '32', '--learning-rate', '0.02'];

beforeAll(async () => {
  await cli.build();
  writeData(cli.path('tiny'), { train: 200, test: 50 });
  writeData(cli.path('long'), { train: 2000, test: 50 });
  cpSync(cli.path('tiny'), cli.path('shuffled'), { recursive: true });
  const labels = cli.path('shuffled', 't10k-labels-idx1-ubyte');
  const { targets } = shuffleTargets(await loadIdx({ images: cli.path('tiny', 't10k-images-idx3-ubyte'), labels }), 1);
  writeFileSync(labels, Uint8Array.from([...readFileSync(labels).subarray(0, 8), ...targets]));
});
afterAll(() => cli.remove());

const results = (run: string): CompareFile => JSON.parse(readFileSync(cli.path(run, 'compare.json'), 'utf8')) as CompareFile;
/** Every number of every replica, but none that is a time or says how they were shared out among runs. */
const numbers = (run: string) => results(run).runs.flatMap(({ replicas }) => replicas).map(({ group, seed, epochs, weights }) => ({ group, seed, epochs, weights: weights!.histogram }));

async function ran(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.run('compare', ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

describe.each(HOSTS)('compare on %s', (host) => {
  test('trains all methods as replicas of one run, and leaves table, results and page', async () => {
    const run = `whole-${host}`;
    const stdout = await ran(...TINY, '--epochs', '6', '--seeds', '2', '--validation', '0.2', '--max-norm', '0.8', '--l1', '1e-2', '--host', host, '--out', run);
    expect(stdout).toMatch(new RegExp(`^Adapter: .+, ${host}\\n7 methods by 2 seeds: 14 replicas, 6 epochs\\n {2}none +no penalty, no dropout\\n`
      + '[^]*tiny: 200 of 200 training samples, 50 test samples\\n[^]*Run: 14 replicas on 160 samples, 40 held out for validation; evaluated every epoch\\n'
      + '[^]*14 replicas,[^]*Expected time: about [^]*\\nepoch 6/6 {2}validation error: none [^]*\\n +test error +train error +exact zeros +chosen epoch +test error there +seconds\\nnone '
      + '[^]*\\ndropout \\+ max-norm [^]*14 replicas took .+ side by side'));
    expect(readdirSync(cli.path(run)).toSorted()).toEqual(['compare.html', 'compare.json']);
    const { format, runs, summary, choices, adapter, versions, data } = results(run);
    expect(format).toBe(1);
    expect(['software', 'hardware']).toContain(adapter.state);
    expect(Object.keys(versions)).toEqual(['gradshader', 'node', host === 'chrome' ? 'browser' : 'webgpu']);
    expect(data).toMatchObject({ used: 200, isReduced: false, shape: [8, 8], classes: 4 });
    expect(runs).toHaveLength(1);
    expect(runs[0]!.replicas).toHaveLength(14);
    for (const { epochs } of runs[0]!.replicas) expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(choices.epochs).toHaveLength(14);
    const row = (group: string) => summary.find((one) => one.group === group)!;
    // Four classes, one bright quarter each: chance is 0.75.
    expect(row('none').testError!.mean).toBeLessThan(0.3);
    expect(row('l1').zeros!.mean).toBeGreaterThan(0.01);
    expect([row('none'), row('l2'), row('dropout'), row('max-norm')].map(({ zeros }) => zeros!.mean)).toEqual([0, 0, 0, 0]);
    // Seven methods, seven different results.
    expect(new Set(summary.map(({ testLoss }) => testLoss!.mean)).size).toBe(7);
    expect(readFileSync(cli.path(run, 'compare.html'), 'utf8')).toMatch(/^<!doctype html>[^]*dropout \+ max-norm[^]*<img src="data:image\/png;base64,/);
  });

  test('Ctrl-C saves what is done so far; --resume ends as if it had not been', async () => {
    const args = ['--data', 'long', '--hidden', '16', '--batch-size', '4', '--methods', 'none,dropout', '--seeds', '2', '--epochs', '2', '--host', host];
    await ran(...args, '--out', `uncut-${host}`);
    const program = cli.start('npm', ['run', '--silent', 'gradshader', '--', 'compare', ...args, '--out', `cut-${host}`]);
    await program.said('measuring the first steps');
    program.group('SIGINT');
    const stopped = await program.ended;
    expect(stopped.signal ?? stopped.code, stopped.stderr).toBeOneOf(['SIGINT', 130]);
    expect(stopped.stdout).toContain(`npm run gradshader -- compare --resume cut-${host}\n`);
    expect(results(`cut-${host}`).runs[0]!.isDone).toBe(false);
    expect(existsSync(cli.path(`cut-${host}`, 'compare.html'))).toBe(true);
    expect(await ran('--resume', `cut-${host}`)).toContain(`, ${host}\n`);
    expect(numbers(`cut-${host}`)).toEqual(numbers(`uncut-${host}`));
    expect(readdirSync(cli.path(`cut-${host}`)).toSorted()).toEqual(['compare.html', 'compare.json']);
  });
});

test('both hosts write the same kind of results', () => {
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v)])) : typeof value;
  const [node, chrome] = HOSTS.map((host) => results(`whole-${host}`));
  expect(shape({ ...chrome, versions: {}, data: { ...chrome!.data, browser: undefined } })).toEqual(shape({ ...node, versions: {}, data: { ...node!.data, browser: undefined } }));
});

test('several runs of fewer replicas have the same numbers', async () => {
  const args = [...TINY, '--epochs', '2', '--seeds', '2', '--methods', 'none,l1,dropout'];
  await ran(...args, '--out', 'one-run');
  expect(await ran(...args, '--replicas-per-run', '4', '--out', 'two-runs')).toMatch(/Run: 3 replicas [^]*Run: 3 replicas [^]*6 replicas took .+ in 2 runs/);
  expect(results('two-runs').runs).toHaveLength(2);
  expect(numbers('two-runs')).toEqual(numbers('one-run'));
});

describe('no choice reads the test set: with shuffled test labels it is the same', () => {
  const replaced = (args: readonly string[]): string[] => args.map((word) => (word === 'tiny' ? 'shuffled' : word));

  test.each([
    ['of the epoch', ['--methods', 'none,l1,dropout', '--epochs', '6', '--seeds', '2']],
    ['of the strength on a path', ['--path', 'l1=1e-3..1', '--points', '4', '--epochs', '4', '--seeds', '2']],
    ['of the strength by folds', ['--path', 'l1=1e-3..1', '--points', '4', '--folds', '3', '--epochs', '3', '--seeds', '1']],
  ])('%s', async (name, more) => {
    const [own, other] = [`own ${name}`, `shuffled ${name}`];
    await ran(...TINY, ...more, '--out', own);
    await ran(...replaced(TINY), ...more, '--out', other);
    const [a, b] = [results(own), results(other)];
    expect(b.choices).toEqual(a.choices);
    expect(a.choices.epochs.length + Number(a.choices.strength !== undefined)).toBeGreaterThan(0);
    // It is another test set: one that nobody can be right on.
    expect(b.summary[0]!.testError!.mean).toBeGreaterThan(a.summary[0]!.testError!.mean + 0.2);
    expect(b.summary.map(({ chosenEpochs }) => chosenEpochs)).toEqual(a.summary.map(({ chosenEpochs }) => chosenEpochs));
  });
});

test('a path has sparsity that grows with the strength, and marks the one that validation chose', async () => {
  const { path, choices, settings, runs } = results('own of the strength on a path');
  expect(settings.path!.strengths).toEqual([1e-3, 0.01, 0.1, 1]);
  const zeros = path!.map((point) => point.zeros!.mean);
  expect(zeros).toEqual(zeros.toSorted((a, b) => a - b));
  expect(zeros.at(-1)).toBe(1);
  const errors = path!.map(({ validation }) => validation!.mean);
  expect(errors[settings.path!.strengths.indexOf(choices.strength!)]).toBe(Math.min(...errors));
  expect(runs).toHaveLength(1);
  expect(runs[0]!.replicas).toHaveLength(10); // four strengths and the reference, two seeds
  expect(readFileSync(cli.path('own of the strength on a path', 'compare.html'), 'utf8')).toContain('(chosen)');
});

test('cross-validation holds every training sample out once, then trains the chosen strength on all of them', () => {
  const { runs, choices, summary } = results('own of the strength by folds');
  expect(runs.map(({ stage, fold, samples }) => [stage, fold, samples.train, samples.validation, samples.test])).toEqual([
    ['fold', 1, 134, 66, 0], ['fold', 2, 133, 67, 0], ['fold', 3, 133, 67, 0], ['final', undefined, 200, 0, 50]]);
  for (const { replicas } of runs.slice(0, 3)) for (const { epochs } of replicas) expect(epochs.every(({ test }) => test === undefined)).toBe(true);
  expect(summary.map(({ label }) => label)).toEqual(['no L1', `L1 ${choices.strength === 1e-3 ? '1e-3' : choices.strength}`]);
});

test('replicas that diverge are shown as such, and the others go on', async () => {
  // At this learning rate weights overflow at once, unless the proximal step brings them back to zero each time.
  const stdout = await ran(...TINY.slice(0, -1), '1e15', '--path', 'l2=1e-20..1e20', '--points', '2', '--epochs', '2', '--seeds', '2', '--out', 'diverged');
  expect(stdout).toMatch(/ 1e-20 \(2 diverged\) +- +- [^]*> 1e20 +\d[^]*no L2 \(2 of 2 diverged\) +- +- [^]*Replicas that diverged are not in the averages/);
  const { runs, summary, choices } = results('diverged');
  expect(choices.strength).toBe(1e20);
  expect(summary.map(({ label, diverged, testError }) => [label, diverged, testError === undefined])).toEqual([
    ['no L2', 2, true], ['L2 1e-20', 2, true], ['L2 1e20', 0, false]]);
  for (const { diverged, group } of runs[0]!.replicas) {
    if (group !== 'l2=1e20') expect(diverged!.tensor).toMatch(/^layers\.\d\.(weight|bias)$/);
  }
});

test('a run in which all diverge ends, and is not tried again', async () => {
  const { code, stdout, stderr } = await cli.run('compare', ...TINY.slice(0, -1), '1e30', '--methods', 'none', '--epochs', '2', '--seeds', '2', '--out', 'lost');
  expect([code, stderr]).toEqual([1, 'error: Every replica diverged: there is nothing to compare. Begin another experiment, with --learning-rate 0.05.\n']);
  expect(existsSync(cli.path('lost', 'compare.html'))).toBe(true);
  expect(stdout).toMatch(/is no longer finite in any replica of this run[^]*none \(2 of 2 diverged\) +- +-/);
  expect(results('lost').runs).toMatchObject([{ isDone: true, replicas: [{ diverged: {} }, { diverged: {} }] }]);
});

test('so does a path in which all diverge, with folds', async () => {
  const { code, stderr } = await cli.run('compare', ...TINY.slice(0, -1), '1e30', '--path', 'l1=1e-20..1e-19', '--points', '2', '--folds', '2', '--epochs', '1', '--seeds', '1', '--out', 'lost-path');
  expect([code, stderr]).toEqual([1, expect.stringContaining('error: Every replica diverged')]);
});

describe('refusals: one message, nothing trained', () => {
  test.each([
    [['--data', 'tiny/train-images-idx3-ubyte,tiny/train-labels-idx1-ubyte', '--out', 'no-test'], 'has no test set'],
    [['--methods', 'none', '--path', 'l1=1e-5..1'], '--methods cannot be given with --path'],
    [['--points', '3'], '--points belongs to --path'],
    [['--resume', 'nowhere'], 'Give the folder of a compare run'],
    [['--resume', 'whole-node'], 'whole-node is done'],
    [['--resume', 'whole-node', '--epochs', '9'], '--epochs cannot be given with --resume'],
    [['--out', 'whole-node', ...TINY], 'whole-node must be empty'],
    [['--train-size', '201', '--out', 'too-many', ...TINY], '200'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await cli.run('compare', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(words);
  });

  test.each([
    [['--methods', 'none,l3'], 'none, l1, l2, elastic-net, dropout, max-norm, dropout+max-norm'],
    [['--path', 'l1=0..1'], 'numbers above 0'],
    [['--folds', '1'], '2 or more'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await cli.run('compare', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});
