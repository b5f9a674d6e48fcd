/** The data sets of an experiment. */
import { split, subset, type Dataset } from '../../data/dataset.ts';
import type { AdapterState } from '../../device/index.ts';
import { InputError } from '../../errors.ts';
import { loadData, type Read } from '../data.ts';
import { isTable } from '../settings.ts';
import { foldOf } from './folds.ts';
import type { Stage } from './stages.ts';
import type { CompareSettings, DataFacts } from './types.ts';

/** Training samples used on a software adapter unless another number is asked for: minutes in place of hours. */
export const SOFTWARE_TRAIN_SIZE = 1200;

export interface CompareData {
  readonly facts: DataFacts;
  /** The training samples used, validation samples among them. */
  readonly all: Dataset;
  readonly test: Dataset;
}

export interface StageData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/** @throws InputError without a test set or with more samples asked for than there are; BadFileError */
export async function loadCompareData({ base }: CompareSettings, adapter: AdapterState, read: Read): Promise<CompareData> {
  const { data, seed, trainSize } = base;
  const loaded = await loadData({ data, seed }, read);
  const { train, test, classes } = loaded;
  if (train.targetWidth > 0) throw new InputError(`${data.name}: its targets are values, and compare judges by the share of right answers. Name a target of classes.`);
  if (isTable(data) && data.table.plan.balance !== undefined) throw new InputError('compare holds samples out after they are balanced, so that copies would lie on both sides. Leave --balance out.');
  if (test === undefined) throw new InputError(`${data.name} has no test set: compare reports the test error. Give one with --data.`);
  const used = trainSize ?? (adapter === 'software' ? Math.min(SOFTWARE_TRAIN_SIZE, train.length) : train.length);
  const facts = {
    available: train.length, used, isReduced: trainSize === undefined && used < train.length,
    test: test.length, shape: train.shape, classes,
  };
  return { facts, all: subset(train, { end: used }), test };
}

/** What a stage trains on, holds out and is tested on. A fold has no test set: it is there for a choice only. */
export function stageData({ all, test }: CompareData, { base, folds }: CompareSettings, { kind, fold }: Stage): StageData {
  const { validation = 0, seed } = base;
  switch (kind) {
    case 'compare': return { ...split(all, { validation, seed }), test };
    case 'fold': return foldOf(all, folds!, fold!, seed);
    case 'final': return { train: all, test };
  }
}
