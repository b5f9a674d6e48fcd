/** What hyperparameters may be. */
import { InputError } from '../../errors.ts';
import { checkOptions, textOf } from '../../options.ts';
import type { FullHyperparameters } from './types.ts';

interface Range {
  readonly wanted: string;
  readonly holds: (value: number, h: FullHyperparameters) => boolean;
}

const STRENGTH: Range = { wanted: 'finite and at least 0', holds: (x) => x >= 0 && x < Infinity };
const FRACTION: Range = { wanted: 'in [0, 1)', holds: (x) => x >= 0 && x < 1 };
const POSITIVE: Range = { wanted: 'finite and above 0', holds: (x) => x > 0 && x < Infinity };
const RATE: Range = {
  wanted: 'finite and at least 0, above 0 for ftrl, which divides by it',
  holds: (x, { optimizer }) => STRENGTH.holds(x, undefined!) && (x > 0 || optimizer !== 'ftrl'),
};
const EPSILON: Range = {
  wanted: 'finite and above 0 (0 would give 0 / 0)',
  holds: (x, { optimizer }) => POSITIVE.holds(x, undefined!) || (x === 0 && (optimizer === 'adagrad' || optimizer === 'lars')),
};

const NUMBERS: Readonly<Record<string, Range>> = {
  learningRate: RATE, previousLearningRate: RATE, l1: STRENGTH, l1Total: STRENGTH, l2: STRENGTH, weightDecay: STRENGTH,
  momentum: FRACTION, dampening: FRACTION, beta1: FRACTION, beta2: FRACTION, alpha: FRACTION, rho: FRACTION,
  epsilon: EPSILON, epsilonRoot: STRENGTH, learningRateDecay: STRENGTH, initialAccumulator: STRENGTH,
  momentumDecay: STRENGTH, trustCoefficient: POSITIVE, beta: STRENGTH,
  averageWeight: { wanted: 'above 0 and at most 1', holds: (x) => x > 0 && x <= 1 },
};

const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  l1Rule: ['proximal', 'subgradient', 'decoupled', 'cumulative'],
  l2Rule: ['coupled', 'proximal'],
  epsilonHat: [true, false], trustRatio: [true, false], nonNegative: [true, false],
};

function refuse(name: string, wanted: string, got: unknown): never {
  throw new InputError(`optimizer: ${name} must be ${wanted}, got ${textOf(got)}. Change it in the hyperparameters.`);
}

/** Throws InputError unless `clip` is one this library knows. */
export function requireClip(clip: { by: unknown; threshold: unknown }): void {
  checkOptions('clip', clip, ['by', 'threshold']);
  const kinds = ['value', 'norm', 'globalNorm'];
  if (!kinds.includes(clip.by as string)) refuse('clip.by', kinds.join(', '), clip.by);
  if (!(typeof clip.threshold === 'number' && clip.threshold > 0)) refuse('clip.threshold', 'above 0', clip.threshold);
}

/** Throws InputError for names nobody knows and values no rule can use. `ownDecay`: the decay is not a factor of w. */
export function requireUsable(h: FullHyperparameters, ownDecay: boolean): void {
  for (const [name, value] of Object.entries(h)) {
    if (name === 'optimizer') continue;
    const range = NUMBERS[name], choices = CHOICES[name];
    if (range) {
      if (typeof value !== 'number' || !range.holds(value, h)) refuse(name, range.wanted, value);
    } else if (choices) {
      if (!choices.includes(value)) refuse(name, choices.join(', '), value);
    } else if (name === 'clip') {
      requireClip(h.clip!);
    } else {
      refuse(`the name ${name}`, `one of ${[...Object.keys(NUMBERS), ...Object.keys(CHOICES), 'clip'].join(', ')}`, name);
    }
  }
  if (h.optimizer === 'nesterov' && h.dampening !== 0) refuse('dampening', '0 for nesterov', h.dampening);
  const decay = h.learningRate * h.weightDecay;
  if (decay >= 1 && !ownDecay) {
    refuse('learningRate * weightDecay', 'below 1 (at 1 it erases the weights, above it flips them)', decay);
  }
}
