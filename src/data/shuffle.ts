/** The order in which an epoch visits the samples. */
import { InputError } from '../errors.ts';
import { STREAM, permutation } from '../random.ts';
import { checkSeed } from './dataset.ts';

/**
 * A permutation of 0 .. length - 1: sample indices in the order epoch `epoch` (0-based) visits them. Depends on
 * nothing else, so that a resumed run finds its place again. Fisher-Yates over STREAM.shuffle with step = epoch.
 * @throws InputError unless length is an integer in [1, 2^32) and epoch one in [0, 2^32), or on a bad seed.
 */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  checkSeed(seed);
  if (!(Number.isInteger(length) && length >= 1 && length < 2 ** 32)) {
    throw new InputError(`epochOrder: length must be an integer in [1, 2^32), got ${length}.`);
  }
  // The generator's counter holds the epoch in 32 bits: beyond them it would repeat.
  if (!(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32)) {
    throw new InputError(`epochOrder: epoch must be an integer in [0, 2^32), got ${epoch}.`);
  }
  return permutation(length, seed, STREAM.shuffle, epoch);
}
