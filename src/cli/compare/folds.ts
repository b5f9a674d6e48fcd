/** The parts of k-fold cross-validation. Pure. */
import { subset, type Dataset } from '../../data/dataset.ts';
import { InputError } from '../../errors.ts';
import { permutation, STREAM } from '../../random.ts';

/** Step of STREAM.split: `split` draws with 0, `shuffleTargets` with 1. */
const FOLDS_STEP = 2;

/**
 * `folds` disjoint lists that together are 0 .. length - 1, each ascending, sizes at most one apart, drawn by the seed.
 * @throws InputError unless 2 <= folds <= length
 */
export function foldIndices(length: number, folds: number, seed: number): Uint32Array[] {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= length)) {
    throw new InputError(`Folds must be a whole number from 2 to the ${length} training samples, got ${folds}.`);
  }
  const order = permutation(length, seed, STREAM.split, FOLDS_STEP);
  const start = (fold: number): number => Math.floor((fold * length) / folds);
  return Array.from({ length: folds }, (_, fold) => order.slice(start(fold), start(fold + 1)).sort());
}

/** Fold number `fold`, 1-based, held out for validation, and the rest. Rows are copied. @throws InputError */
export function foldOf(data: Dataset, folds: number, fold: number, seed: number): { train: Dataset; validation: Dataset } {
  const parts = foldIndices(data.length, folds, seed);
  const rest = Uint32Array.from(parts.flatMap((part, i) => (i === fold - 1 ? [] : [...part]))).sort();
  return {
    train: { ...subset(data, rest), name: `${data.name} without fold ${fold}` },
    validation: { ...subset(data, parts[fold - 1]!), name: `${data.name} fold ${fold}` },
  };
}
