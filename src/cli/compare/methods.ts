/** The methods compared, as overrides of one network that has everything declared with strength 0. Pure. */
import type { Overrides } from '../../model/hyperparameters.ts';
import { l1, l2, maxNorm, type Regularizer } from '../../model/regularizers.ts';
import type { TrainerConfig } from '../../train/trainer-config.ts';
import { modelOf, trainerConfig } from '../settings.ts';
import type { CompareSettings, Group, Replica } from './types.ts';

/** How strong each ingredient is where a method has it. */
export interface Strengths {
  readonly l1: number;
  readonly l2: number;
  /** Drop probability of hidden values and of inputs. */
  readonly dropout: number;
  readonly inputDropout: number;
  readonly maxNorm: number;
}

/** L1 and L2 as the flagship experiment has them; dropout and max-norm as Srivastava et al. 2014 for MNIST. */
export const STRENGTHS: Strengths = { l1: 1e-5, l2: 1e-4, dropout: 0.5, inputDropout: 0.2, maxNorm: 2 };

export const METHODS = ['none', 'l1', 'l2', 'elastic-net', 'dropout', 'max-norm', 'dropout+max-norm'] as const;
export type Method = (typeof METHODS)[number];

const LABELS: Readonly<Record<Method, string>> = {
  none: 'none', l1: 'L1', l2: 'L2', 'elastic-net': 'elastic net', dropout: 'dropout', 'max-norm': 'max-norm', 'dropout+max-norm': 'dropout + max-norm',
};

/** Input dropout first: a path is more precise than a flat key, but a network without hidden layers has only it. */
const dropoutOverrides = ({ dropout, inputDropout }: Strengths): Overrides => ({ dropout, 'layers.0.dropout': inputDropout });

function overridesOf(method: Method, strengths: Strengths): Overrides {
  const { l1, l2, maxNorm } = strengths;
  switch (method) {
    case 'none': return {};
    case 'l1': return { l1 };
    case 'l2': return { l2 };
    case 'elastic-net': return { l1, l2 };
    case 'dropout': return dropoutOverrides(strengths);
    case 'max-norm': return { maxNorm };
    case 'dropout+max-norm': return { ...dropoutOverrides(strengths), maxNorm };
  }
}

export const methodGroup = (method: Method, strengths: Strengths): Group =>
  ({ id: method, label: LABELS[method], overrides: overridesOf(method, strengths) });

/** What an override sets, as people read it: `L1 1e-5, L2 1e-4`. */
export function overridesText(overrides: Overrides): string {
  const names: Readonly<Record<string, string>> = {
    l1: 'L1', l2: 'L2', dropout: 'dropout', 'layers.0.dropout': 'input dropout', maxNorm: 'max-norm',
  };
  return Object.entries(overrides).map(([key, value]) => `${names[key] ?? key} ${shortNumber(value as number)}`).join(', ') || 'no penalty, no dropout';
}

/** A strength in the fewest digits: `1e-5`, `3.16e-5`, `0.5`, `2`. */
export function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && (Math.abs(rounded) < 0.01 || Math.abs(rounded) >= 1e4)
    ? rounded.toExponential().replace('e+', 'e') : String(rounded);
}

/** One replica per group and seed, group by group. */
export const replicasOf = (groups: readonly Group[], seeds: readonly number[]): Replica[] =>
  groups.flatMap(({ id, overrides }) => seeds.map((seed) => ({ group: id, seed, overrides })));

/**
 * What some replica needs is declared with strength 0; the rest is left out of the kernels. L2 is proximal, because
 * elastic net is (soft threshold first, then the division) and replicas share the rule. It solves the same problem as
 * the coupled form.
 */
export function declaredOf(groups: readonly Group[]): { regularizers: Regularizer[]; hidden: boolean; input: boolean } {
  const keys = new Set(groups.flatMap(({ overrides }) => Object.keys(overrides)));
  return {
    regularizers: [
      ...(keys.has('l1') ? [l1(0)] : []),
      ...(keys.has('l2') ? [l2(0, { rule: 'proximal' })] : []),
      ...(keys.has('maxNorm') ? [maxNorm(0)] : []),
    ],
    hidden: keys.has('dropout'),
    input: keys.has('layers.0.dropout'),
  };
}

/** The trainer of some replicas: the same network, update and constants whichever they are. @throws InputError */
export function compareConfig(
  { base, groups }: CompareSettings, replicas: readonly Replica[], inputShape: readonly number[], classes: number,
): TrainerConfig {
  const { regularizers, hidden, input } = declaredOf(groups);
  const plain = trainerConfig(base, inputShape, classes), change = groups.find(({ id }) => id === replicas[0]?.group)?.change;
  return {
    ...plain,
    model: modelOf(base, inputShape, classes, change, { ...(hidden && { dropout: 0 }), ...(input && { inputDropout: 0 }) }),
    optimizer: { ...plain.optimizer, regularizers },
    replicas: replicas.map(({ overrides, seed }) => ({ ...overrides, seed })),
  };
}
