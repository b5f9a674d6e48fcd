import { gzipSync } from 'node:zlib';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadData } from '../../src/cli/data.ts';
import { settingsOf, type ModelOptions } from '../../src/cli/options.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { findData } from '../../src/cli/sources.ts';
import { BadFileError, InputError } from '../../src/errors.ts';
import { writeData } from './cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-settings-'));
  writeData(join(folder, 'both'), { train: 40, test: 8 });
  mkdirSync(join(folder, 'gzip'));
  for (const part of ['images-idx3', 'labels-idx1']) {
    const name = `train-${part}-ubyte`;
    writeFileSync(join(folder, 'gzip', `${name}.gz`), gzipSync(readFileSync(join(folder, 'both', name))));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (more: Partial<ModelOptions> = {}): ModelOptions => ({
  data: join(folder, 'both'), hidden: [16, 8], inputDropout: 0, dropout: 0, optimizer: 'momentum', l1: 0, l2: 0, batchSize: 32, seed: 1, ...more,
});

describe('--data', () => {
  it('takes a folder, its test pair optional, each file raw or gzip', async () => {
    const raw = await findData(join(folder, 'both'));
    expect(raw).toMatchObject({ name: 'both', test: { images: join(folder, 'both', 't10k-images-idx3-ubyte') } });
    const packed = await findData(join(folder, 'gzip'));
    expect(packed).toEqual({ name: 'gzip', train: {
      images: join(folder, 'gzip', 'train-images-idx3-ubyte.gz'), labels: join(folder, 'gzip', 'train-labels-idx1-ubyte.gz') } });
  });

  it('takes the names with a dot that 7-Zip and Kaggle give', async () => {
    const dotted = join(folder, 'dotted');
    mkdirSync(dotted);
    for (const name of ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte.gz']) writeFileSync(join(dotted, name), '');
    expect((await findData(dotted)).train).toEqual({ images: join(dotted, 'train-images.idx3-ubyte'), labels: join(dotted, 'train-labels.idx1-ubyte.gz') });
  });

  it('takes two or four files by path or URL', async () => {
    expect(await findData('a,b')).toEqual({ name: 'data', train: { images: resolve('a'), labels: resolve('b') } });
    expect(await findData('https://x.org/a,https://x.org/b,c,d')).toEqual({
      name: 'data', train: { images: 'https://x.org/a', labels: 'https://x.org/b' }, test: { images: resolve('c'), labels: resolve('d') } });
  });

  it('takes the address of a folder, and mnist', async () => {
    expect((await findData('https://x.org/digits/')).train.images).toBe('https://x.org/digits/train-images-idx3-ubyte.gz');
    expect(await findData('mnist')).toMatchObject({ name: 'mnist', classes: 10 });
  });

  it.each(['a,b,c', 'a,', 'https://x.org/file'])('refuses %s', async (source) => {
    await expect(findData(source)).rejects.toBeInstanceOf(InputError);
  });

  it('refuses what is not there, or not a folder, by name', async () => {
    await expect(findData(join(folder, 'none'))).rejects.toThrow(/none: there is no such folder/);
    await expect(findData(join(folder, 'both', 'train-labels-idx1-ubyte'))).rejects.toThrow(/one file/);
    await expect(findData(folder)).rejects.toThrow(BadFileError);
  });
});

describe('data of the settings', () => {
  const read = async (source: string): Promise<Uint8Array> => new Uint8Array(readFileSync(source));

  it('takes the first samples, then holds some out; the test set stays whole', async () => {
    const { train, validation, test, classes } = await loadData(await settingsOf(options({ trainSize: 20, validation: 0.25 })), read);
    expect([train.length, validation?.length, test?.length, classes]).toEqual([15, 5, 8, 4]);
    const whole = await loadData(await settingsOf(options({ trainSize: 20 })), read);
    expect(whole.validation).toBeUndefined();
    // Together they are the first twenty: every image is in one of the two.
    const rows = (data: { inputs: ArrayLike<number>; length: number }) =>
      Array.from({ length: data.length }, (_, i) => Array.from(data.inputs).slice(64 * i, 64 * (i + 1)).join());
    expect([...rows(train), ...rows(validation!)].toSorted()).toEqual(rows(whole.train).toSorted());
  });

  it('refuses more samples than there are', async () => {
    await expect(loadData(await settingsOf(options({ trainSize: 41 })), read)).rejects.toBeInstanceOf(InputError);
  });
});

describe('settings', () => {
  it.each([['sgd', 0.05, 0], ['momentum', 0.05, 0], ['nesterov', 0.05, 0], ['adam', 0.001, 0], ['adamw', 0.001, 0.01]] as const)(
    '%s has its own defaults', async (optimizer, learningRate, weightDecay) => {
      const settings = await settingsOf(options({ optimizer }));
      expect(settings).toMatchObject({ learningRate, weightDecay });
      const config = trainerConfig(settings, [8, 8], 4);
      expect(config.optimizer).toMatchObject({ rule: optimizer === 'adamw' ? 'adam' : optimizer, hyperparameters: { learningRate, weightDecay } });
    });

  it('momentum belongs to two of them', async () => {
    expect((await settingsOf(options({ momentum: 0.5 }))).momentum).toBe(0.5);
    await expect(settingsOf(options({ optimizer: 'adam', momentum: 0.5 }))).rejects.toThrow('--momentum belongs to');
  });

  it('become layers and penalties', async () => {
    const settings: Settings = await settingsOf(options({ dropout: 0.5, inputDropout: 0.2, l1: 1e-5, l2: 1e-4, hidden: [16] }));
    const { model, optimizer } = trainerConfig(settings, [8, 8], 4);
    expect(model.layers.map((layer) => (layer.type === 'dense' ? layer.units : layer.type === 'dropout' ? `drop ${layer.rate}` : layer.type)))
      .toEqual(['drop 0.2', 16, 'relu', 'drop 0.5', 4]);
    expect(optimizer.regularizers.map(({ type, strength, rule }) => [type, strength, rule]))
      .toEqual([['l1', 1e-5, 'proximal'], ['l2', 1e-4, 'coupled']]);
    expect(trainerConfig({ ...settings, hidden: [], inputDropout: 0 }, [8, 8], 4).model.layers).toHaveLength(1);
  });
});
