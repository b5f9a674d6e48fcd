/** Rare classes made to count as much as others. */
import { InputError } from '../errors.ts';
import { checkOptions, demandOneOf } from '../options.ts';
import { permutation, STREAM } from '../random.ts';
import { checkDataset, checkSeed, takeRows, type Dataset, type OwnDataset } from './dataset.ts';

/** Step of STREAM.split for the first class: behind those of `split`, `shuffleTargets` and folds. */
const FIRST_STEP = 16;

export interface BalanceOptions {
  /** 'weights': samples of rare classes count more. 'resample': they come more often. */
  readonly by: 'weights' | 'resample';
  /** Of what is drawn, with 'resample'. Default 0. */
  readonly seed?: number;
}

/** Rows of each class, in ascending order. */
function rowsByClass(targets: Uint32Array, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  targets.forEach((target, row) => rows[target]!.push(row));
  return rows;
}

function weighted(data: OwnDataset, rows: readonly number[][]): OwnDataset {
  const present = rows.filter(({ length }) => length > 0).length, { weights } = data;
  const own = (data.targets as Uint32Array).length / present;
  return { ...data, weights: Float32Array.from(data.targets as Uint32Array, (target, row) => (own / rows[target]!.length) * (weights?.[row] ?? 1)) };
}

/** Each row of a class as often as its size goes into the largest one, and so many more, drawn without repeats. */
function resampled(data: OwnDataset, rows: readonly number[][], seed: number): OwnDataset {
  const most = Math.max(...rows.map(({ length }) => length));
  const all = rows.flatMap((own, one) => {
    if (own.length === 0) return [];
    const drawn = permutation(own.length, seed, STREAM.split, FIRST_STEP + one).subarray(0, most % own.length);
    return [...Array.from({ length: Math.floor(most / own.length) }, () => own).flat(), ...Array.from(drawn, (i) => own[i]!)];
  });
  return takeRows(data, all.sort((a, b) => a - b), data.name);
}

/**
 * A data set whose classes all count the same. By weights: each sample's is n / (k * n_c), of n samples, k classes that have any
 * and n_c samples of its class, times the weight it had (scikit-learn's "balanced": without weights before, their sum is n). Resampled: every class that
 * has samples gets as many as the largest; each is repeated as often as that takes, give or take one, which the seed draws.
 * Give it training samples only: split first.
 * @throws InputError for targets that are no class indices
 */
export function balance<Data extends Dataset>(data: Data, options: BalanceOptions): Data {
  const { by, seed = 0 } = checkOptions('balance', options, ['by', 'seed']);
  demandOneOf('balance: by', by, ['weights', 'resample']);
  checkSeed(seed);
  const own = checkDataset(data, 'What balance takes');
  if (own.classes === 0) throw new InputError(`balance: ${own.name} has no classes. Give a data set whose targets are labels.`);
  const rows = rowsByClass(own.targets as Uint32Array, own.classes);
  return (by === 'weights' ? weighted(own, rows) : resampled(own, rows, seed)) as Dataset as Data;
}
