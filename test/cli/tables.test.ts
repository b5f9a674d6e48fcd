/** Tables on the command line: words to settings, a run from end to end, what is kept, and the same in Chrome. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadData, readerOf } from '../../src/cli/data.ts';
import { addModelOptions, settingsOf, type ModelOptions } from '../../src/cli/options.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { findData } from '../../src/cli/sources.ts';
import { prepareRows } from '../../src/data/table/rows.ts';
import type { Preparation } from '../../src/data/table/types.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import { normalize } from '../../src/model/normalize-maker.ts';
import { learned } from '../../src/train/normalised.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { CommandLine } from './cli.ts';
import { idxBytes } from '../data/helpers.ts';

const IRIS = resolve('test/data/tables/iris.csv');
let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'gradshader-tables-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function settings(...words: string[]): Promise<Settings> {
  const command = addModelOptions(new Command('train')).exitOverride().configureOutput({ writeErr: () => {} });
  command.parse(words, { from: 'user' });
  return settingsOf(command.opts<ModelOptions>());
}
const load = (given: Settings) => loadData(given, readerOf(given.data));

describe('words', () => {
  test('name the table, its columns and what becomes of them; a fifth is held out, of every class alike', async () => {
    const own = await settings('--data', IRIS, '--target', 'species', '--exclude', 'sepal_width', '--fill', 'median', '--clip-inputs', '0.01,0.99');
    expect(own.data).toEqual({ name: 'iris.csv', table: { train: IRIS, plan: { target: ['species'], exclude: ['sepal_width'], fill: 'median', clip: { quantiles: [0.01, 0.99] } } } });
    expect(own.validation).toBe(0.2);
    const { train, validation, classes, notes, preparation } = await load(own);
    expect([train.length, validation!.length, train.width, classes]).toEqual([120, 30, 3, 3]);
    expect([0, 1, 2].map((one) => (validation!.targets as Uint32Array).filter((target) => target === one).length)).toEqual([10, 10, 10]);
    expect(notes).toEqual(['3 inputs: sepal_length, petal_length, petal_width', 'Target species: 3 classes, setosa, versicolor, virginica']);
    expect(preparation!.inputs).toMatchObject([{ column: 'sepal_length', fill: expect.any(Number) as number, clip: [expect.any(Number), expect.any(Number)] }, {}, {}]);
  });

  test('name a second table to test with, which is made by what was learned of the first', async () => {
    const [train, test_] = [join(folder, 'train.csv'), join(folder, 'test.csv')];
    writeFileSync(train, 'city,age,y\nOslo,1,a\nRom,3,b\nRom,,b\n');
    writeFileSync(test_, 'y,age,city\nb,,Oslo\n');
    const own = await settings('--data', `${train},${test_}`, '--target', 'y', '--fill', 'mean'), data = await load(own);
    expect([own.validation, data.validation]).toEqual([undefined, undefined]);
    expect([[...data.test!.inputs], [...data.test!.targets], data.test!.classNames]).toEqual([[1, 0, 2], [1], ['a', 'b']]);
    expect(data.notes[0]).toBe('3 inputs of 2 columns, 1 of them texts: city=Oslo, city=Rom, age');
  });

  test('of a normalisation say which: a column of a table each by its own numbers, pixels all alike', async () => {
    const own = await settings('--data', IRIS, '--target', 'species', '--normalize', 'minMax');
    expect(trainerConfig(own, [4], 3).normalize).toEqual({ kind: 'minMax', per: 'feature' });
    const pair = { images: 'a', labels: 'b' };
    expect(trainerConfig({ ...own, data: { name: 'pixels', train: pair }, normalize: 'standard' }, [4], 3).normalize).toEqual({ kind: 'standard', per: 'all' });
    await expect(settings('--data', IRIS, '--target', 'species', '--normalize', 'robust')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  test('of values give as many outputs; --train-size takes the first rows', async () => {
    const diabetes = resolve('test/data/tables/diabetes.csv'), one = await load(await settings('--data', diabetes, '--target', 'progression,bmi', '--train-size', '100', '--validation', '0.1'));
    expect([one.train.length, one.validation!.length, one.train.width, one.classes, one.train.targetWidth]).toEqual([90, 10, 9, 2, 2]);
    expect(one.notes[1]).toBe('Target progression, bmi: values');
  });

  test.each([
    [['--data', IRIS], /this is a table\. Name the column that is predicted with --target/], [['--data', IRIS, '--exclude', 'a'], /--exclude is of a table\. .* --target/],
    [['--data', 'mnist', '--clip-inputs', '0,1'], /--clip-inputs is of a table/], [['--data', 'nowhere.csv', '--target', 'a'], /no such file/], [['--data', 'a,b,c', '--target', 'a'], /one table, or two/],
  ])('%j is refused', async (words, message) => {
    await expect(settings(...words)).rejects.toThrow(message);
  });

  test.each([['--target', 'a,'], ['--clip-inputs', '1,0'], ['--clip-inputs', '0.1'], ['--target-kind', 'text'], ['--balance', 'smote']])('%s %s is no word for it', async (...words) => {
    await expect(settings('--data', IRIS, '--target', 'species', ...words)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});

test('labels of IDX files that start at 1 are said, and trained with an output for class 0', async () => {
  const [images, labels] = [join(folder, 'images'), join(folder, 'labels')];
  writeFileSync(images, idxBytes([3, 1, 2], [1, 2, 3, 4, 5, 6]));
  writeFileSync(labels, idxBytes([3], [1, 3, 3]));
  const data = await findData(`${images},${labels}`), made = await loadData({ data, seed: 1 }, readerOf(data));
  expect([made.classes, made.notes]).toEqual([4, ['No training sample has classes 0, 2: the network has an output for each all the same.']]);
});

describe('a run', () => {
  const cli = new CommandLine();
  beforeAll(async () => {
    await cli.build();
    cpSync(IRIS, cli.path('iris.csv'));
  });
  afterAll(() => cli.remove());
  const WORDS = ['--data', 'iris.csv', '--target', 'species', '--hidden', '16', '--batch-size', '16', '--software'];

  test('learns the classes of a table, keeps what makes rows its inputs, and is resumed', async () => {
    const { code, stdout, stderr } = await cli.run('train', ...WORDS, '--epochs', '20', '--out', 'whole');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('iris.csv: 120 training samples, 30 held out for validation, no test set');
    expect(stdout).toContain('Target species: 3 classes, setosa, versicolor, virginica');
    expect(stdout).toContain('preparation.json');
    // Always the same class is right for a third; 20 of 30 is more than four standard deviations above that.
    expect(Math.max(...cli.history('whole').epochs.map(({ validation }) => validation!.accuracy))).toBeGreaterThan(20 / 30);
    const preparation = JSON.parse(readFileSync(cli.path('whole', 'preparation.json'), 'utf8')) as Preparation;
    expect([...prepareRows([{ petal_width: 4, petal_length: 3, sepal_width: 2, sepal_length: 1 }], preparation)]).toEqual([1, 2, 3, 4]);
    const half = await cli.run('train', ...WORDS, '--epochs', '10', '--out', 'half'), rest = await cli.run('train', '--resume', 'half', '--epochs', '20', '--software', '--data', 'iris.csv');
    expect([half.code, rest.code, rest.stderr]).toEqual([0, 0, '']);
    const losses = (run: string) => cli.history(run).epochs.map(({ train, validation }) => [train, validation]);
    expect(losses('half')).toEqual(losses('whole'));
  });

  test('normalises by what it learned of the training rows, which its file holds, also where it is resumed', async () => {
    const words = [...WORDS, '--normalize', 'standard'], whole = await cli.run('train', ...words, '--epochs', '4', '--out', 'normalised');
    const half = await cli.run('train', ...words, '--epochs', '2', '--out', 'first'), rest = await cli.run('train', '--resume', 'first', '--epochs', '4', '--software', '--data', 'iris.csv');
    expect([whole.code, half.code, rest.code, whole.stderr, rest.stderr]).toEqual([0, 0, 0, '', '']);
    const configOf = (run: string) => (JSON.parse(readSafetensors(readFileSync(cli.path(run, 'model.safetensors')), run).metadata['gradshader.training']!) as { config: TrainerConfig }).config;
    expect(configOf('first').normalize).toEqual(configOf('normalised').normalize);
    expect(configOf('first').normalize).toEqual(learned(normalize(), (await load(await settings('--data', IRIS, '--target', 'species'))).train));
    const losses = (run: string) => cli.history(run).epochs.map(({ train, validation }) => [train, validation]);
    expect(losses('first')).toEqual(losses('normalised'));
    expect(losses('first').at(-1)![1]!.accuracy).toBeGreaterThan(20 / 30); // As above: four standard deviations over chance.
  });

  test('in Chrome has the same data', async () => {
    const { code, stdout, stderr } = await cli.run('train', ...WORDS, '--epochs', '1', '--host', 'chrome', '--out', 'page');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('4 inputs: sepal_length, sepal_width, petal_length, petal_width');
    expect(JSON.parse(readFileSync(cli.path('page', 'preparation.json'), 'utf8'))).toMatchObject({ format: 1, targets: { columns: ['species'] } });
  });
});
