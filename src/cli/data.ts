/** The data sets of a run, read the same way on every host. */
import { split, subset, type ClassDataset, type Dataset } from '../data/dataset.ts';
import { idxDataset } from '../data/idx-dataset.ts';
import { readBytes } from '../data/load.ts';
import { makeTable } from '../data/table/make.ts';
import { parseTable } from '../data/table/parse.ts';
import { textIn } from '../data/table/read.ts';
import type { Preparation, TableData, TableOptions } from '../data/table/types.ts';
import { emptyClasses } from '../data/targets.ts';
import { BadFileError } from '../errors.ts';
import type { TargetKind } from '../model/losses/index.ts';
import { isTable, type DataSettings, type IdxSettings, type Pair, type Settings, type TableSettings } from './settings.ts';
import { counted } from './table.ts';

export interface RunData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
  /** Outputs of the network: classes, or values of a target. */
  readonly classes: number;
  /** What a person should know of them, a line each. */
  readonly notes: readonly string[];
  /** Of a table. */
  readonly preparation?: Preparation;
}

/** What its samples are to give. */
export const kindOf = ({ targetWidth }: Pick<Dataset, 'targetWidth'>): TargetKind => (targetWidth > 0 ? 'vector' : 'class');

/** Gives the bytes of a path or URL of the settings. */
export type Read = (source: string) => Promise<Uint8Array>;

/** Reads the files of this data. */
export const readerOf = (data: DataSettings): Read => (source) => readBytes(source, {}, isTable(data) ? 'any' : 'idx');

type DataChoice = Pick<Settings, 'trainSize' | 'validation' | 'seed'>;

/**
 * Reads the files of the settings, takes the first `trainSize` training samples, then holds `validation` out.
 * @throws BadFileError naming the file, InputError
 */
export const loadData = async ({ data, ...choice }: DataChoice & Pick<Settings, 'data'>, read: Read): Promise<RunData> =>
  (isTable(data) ? loadTables(data, choice, read) : loadPairs(data, choice, read));

async function loadPairs(data: IdxSettings, { trainSize, validation, seed }: DataChoice, read: Read): Promise<RunData> {
  const load = async ({ images, labels }: Pair, name: string): Promise<ClassDataset> => {
    const [pixels, targets] = await Promise.all([read(images), read(labels)]);
    return idxDataset(pixels, targets, { name, imagesFile: images, labelsFile: labels, mayLack: true, ...(data.classes && { classes: data.classes }) });
  };
  const all = await load(data.train, `${data.name} train`);
  const test = data.test && (await load(data.test, `${data.name} test`));
  if (test !== undefined && String(test.shape) !== String(all.shape)) {
    throw new BadFileError(data.test!.images, `its images are [${test.shape.join(', ')}], the training images [${all.shape.join(', ')}]: not one data set.`);
  }
  const first = trainSize === undefined ? all : subset(all, { end: trainSize });
  const parts = validation === undefined ? { train: first } : split(first, { validation, seed });
  const empty = emptyClasses(all.targets, all.classes);
  const notes = empty.length === 0 ? [] : [`No training sample has ${empty.length === 1 ? 'class' : 'classes'} ${shortList(empty.map(String))}: the network has an output for ${empty.length === 1 ? 'it' : 'each'} all the same.`];
  return { ...parts, ...(test && { test }), classes: Math.max(all.classes, test?.classes ?? 0), notes };
}

async function loadTables({ name, table: { train, test, plan } }: TableSettings, { trainSize, validation, seed }: DataChoice, read: Read): Promise<RunData> {
  const load = async (source: string, own: string, options: TableOptions): Promise<TableData> =>
    makeTable('--validation', await parseTable(await textIn(await read(source), source), own, source, {}), options);
  const made = await load(train, name, { ...plan, ...(trainSize !== undefined && { limit: trainSize }), ...(validation !== undefined && { validation }), seed });
  const { data, preparation } = made;
  return {
    train: data, ...(made.validation && { validation: made.validation }), ...(test !== undefined && { test: (await load(test, `${name} test`, { like: preparation })).data }),
    classes: data.classes || data.targetWidth, notes: tableNotes(made), preparation,
  };
}

const MOST = 8;

/** The first of many. */
const shortList = (names: readonly string[]): string => (names.length <= MOST ? names.join(', ') : `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more`);

/** What became inputs and targets. */
function tableNotes({ inputNames, preparation: { inputs, targets: { kind, columns, classNames = [] } } }: TableData): string[] {
  const texts = inputs.filter((one) => one.kind === 'category').length, target = columns.join(', ');
  const of = texts === 0 ? '' : ` of ${counted(inputs.length, 'column')}, ${texts} of them texts`;
  return [
    `${counted(inputNames.length, 'input')}${of}: ${shortList(inputNames)}`,
    kind === 'class' ? `Target ${target}: ${counted(classNames.length, 'class').replace(/classs$/, 'classes')}, ${shortList(classNames)}` : `Target ${target}: values`,
  ];
}
