/** Hyperparameters that a self-test trains with, so that each number of a step shows in what it leaves. */

import type { RuleName } from '../kernels/rule.ts';
import type { Penalty, ReplicaSettings, TensorSettings } from './hyperparameters.ts';
import type { Numbered } from './numbers.ts';
import { REGULARIZER_TYPES, type RegularizerType } from './regularizers.ts';
import { rangeOf, type Schedule } from './schedules/index.ts';

/** One step should change a weight by a part of itself that f32 shows to many digits; others move by the rate itself. */
const LEARNING_RATES: Partial<Record<RuleName, number>> = { sgd: 1, momentum: 1, nesterov: 1, adadelta: 1, ftrl: 0.5, lars: 100, lamb: 0.1 };
const OTHER_RATE = 0.02;

/** Rules whose step is as large as the gradient, and so as the inputs, times weights as much smaller; those of others are not. */
const GROWS = /^(sgd|momentum|nesterov)$/;

/** Rates whose product with what they are for is a number in f32 still. */
const LEAST_RATE = 2 ** -100;

/**
 * What an optimizer's own numbers are at most, and at least unless 0. The caller's may lie at the ends of what f32 holds: there
 * products overflow or vanish, no adapter has to divide right (WGSL: by 2^-126 to 2^126), and no number of an update would show.
 */
const MOST = 2 ** 40;
const moderate = (value: number): number => (value === 0 ? 0 : Math.min(MOST, Math.max(1 / MOST, value)));

/** Bounds that some units keep and others do not, thresholds that hardly any weight is below. */
const STRENGTHS: Partial<Record<RegularizerType, number>> = { maxNorm: 1.3, unitNorm: 1, nonNegative: 1, l2: 0.01, orthogonal: 0.01, activityL1: 0.01, activityL2: 0.01 };
const OTHER_STRENGTH = 1e-3;

const CLIP = 0.05;
export const DROPOUT = 0.25;

/** What is known of a tensor. */
export interface TestTensor {
  /** Of what it is multiplied with, where that is above 1: no step may leave what f32 holds. Default 1. */
  readonly size?: number;
  /** Its part of the learning rate: tensors that take each other's numbers are seen where theirs differ. Default 1. */
  readonly part?: number;
}

/** Parts of the learning rate for tensors that are told apart: none below a half. */
export const rateOf = (turn: number, turns: number): number => 1 - turn / (2 * (turns + 1));

const largest = (schedule: Schedule): number => rangeOf(schedule)[1];

/** What is declared is on, whatever its strength: it may be turned on in the middle of a training. */
function penalty(type: RegularizerType, given: Penalty): Penalty {
  return { ...given, strength: given.isDeclared || largest(given.strength) > 0 ? (STRENGTHS[type] ?? OTHER_STRENGTH) : 0 };
}

function tensor(rule: RuleName, { size = 1, part = 1 }: TestTensor, { values, penalties, ...rest }: TensorSettings): TensorSettings {
  const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, moderate(largest(value))]));
  return {
    ...rest,
    values: { ...numbers, learningRate: Math.max(LEAST_RATE, (part * (LEARNING_RATES[rule] ?? OTHER_RATE)) / (GROWS.test(rule) ? size * size : size)), ...(numbers['weightDecay']! > 0 && { weightDecay: 0.01 }) },
    penalties: Object.fromEntries(REGULARIZER_TYPES.map((type) => [type, penalty(type, penalties[type]!)])),
  };
}

/** Numbers of activations and the loss: none 0, no two of one layer alike. */
const numbersOf = ({ values, ...rest }: Numbered): Numbered => ({ ...rest, values: values.map((_, i) => 0.3 + i / 8) });

/** Everything constant; seeds by replica. */
export const testSettings = (
  rule: RuleName, settings: readonly ReplicaSettings[], about: (replica: number, tensor: number) => TestTensor = () => ({}),
): ReplicaSettings[] => settings.map(({ tensors, dropouts, numbers, clip }, replica) => ({
  seed: 1 + replica, tensors: tensors.map((own, i) => tensor(rule, about(replica, i), own)), dropouts: dropouts.map(() => DROPOUT), numbers: numbers.map(numbersOf), clip: largest(clip) > 0 ? CLIP : 0,
}));
