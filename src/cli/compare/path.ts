/** Regularization paths: `l1=1e-6..1e-3`. Pure. */
import type { Overrides } from '../../model/hyperparameters.ts';
import { shortNumber } from './methods.ts';
import type { Group, PathKey } from './types.ts';

export interface PathRange {
  readonly key: PathKey;
  readonly from: number;
  readonly to: number;
}

/** Dropout rates lie evenly, strengths by their logarithm. */
export const isLogarithmic = (key: PathKey): boolean => key !== 'dropout';

/** `points` strengths from the first to the last of the range, both included. */
export function strengthsOf({ key, from, to }: PathRange, points: number): number[] {
  return Array.from({ length: points }, (_, i) => {
    if (i === 0) return from;
    if (i === points - 1) return to;
    const share = i / (points - 1);
    const value = isLogarithmic(key) ? from * (to / from) ** share : from + (to - from) * share;
    return Number(value.toPrecision(6)); // as it is printed and typed again
  });
}

/** The name of the axis. */
export const PATH_LABELS: Readonly<Record<PathKey, string>> = {
  l1: 'L1 strength', l2: 'L2 strength', dropout: 'dropout rate of hidden values', maxNorm: 'max-norm limit',
};

/** The reference without the penalty, then one group per strength. `rest` is what all of them have besides. */
export function pathGroups(key: PathKey, strengths: readonly number[], rest: Overrides = {}): Group[] {
  const names: Readonly<Record<PathKey, string>> = { l1: 'L1', l2: 'L2', dropout: 'dropout', maxNorm: 'max-norm' };
  return [
    { id: 'none', label: `no ${names[key]}`, overrides: rest },
    ...strengths.map((strength) => ({
      id: `${key}=${shortNumber(strength)}`, label: `${names[key]} ${shortNumber(strength)}`, overrides: { ...rest, [key]: strength }, strength,
    })),
  ];
}
