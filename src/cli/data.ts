/** The data sets of a run, read the same way on every host. */
import { split, subset, type ClassDataset } from '../data/dataset.ts';
import { idxDataset } from '../data/idx-dataset.ts';
import { BadFileError } from '../errors.ts';
import type { Pair, Settings } from './settings.ts';

export interface RunData {
  readonly train: ClassDataset;
  readonly validation?: ClassDataset;
  readonly test?: ClassDataset;
  readonly classes: number;
}

/** Gives the bytes of a path or URL of the settings. */
export type Read = (source: string) => Promise<Uint8Array>;

/**
 * Reads the IDX pairs of the settings, takes the first `trainSize` training samples, then holds `validation` out.
 * @throws BadFileError naming the file, InputError
 */
export async function loadData(settings: Pick<Settings, 'data' | 'trainSize' | 'validation' | 'seed'>, read: Read): Promise<RunData> {
  const { data, trainSize, validation, seed } = settings;
  const load = async ({ images, labels }: Pair, name: string): Promise<ClassDataset> => {
    const [pixels, targets] = await Promise.all([read(images), read(labels)]);
    return idxDataset(pixels, targets, { name, imagesFile: images, labelsFile: labels, ...(data.classes && { classes: data.classes }) });
  };
  const all = await load(data.train, `${data.name} train`);
  const test = data.test && (await load(data.test, `${data.name} test`));
  if (test !== undefined && String(test.shape) !== String(all.shape)) {
    throw new BadFileError(data.test!.images, `its images are [${test.shape.join(', ')}], the training images [${all.shape.join(', ')}]: not one data set.`);
  }
  const first = trainSize === undefined ? all : subset(all, { end: trainSize });
  const parts = validation === undefined ? { train: first } : split(first, { validation, seed });
  return { ...parts, ...(test && { test }), classes: Math.max(all.classes, test?.classes ?? 0) };
}
