/** Proofs of verdicts: each trains to rest and compares with an answer from `minima.ts`, or throws. */
import { expect } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import type { Verdict } from '../../../src/model/pairs.ts';
import { gainOf, initialState, orthogonalPenalty, update, type RuleName } from '../../../src/reference/index.ts';
import { expectClose } from '../../cases/compare.ts';
import { BOUND, columnOf, L1, L2, ORTHOGONAL, problemOf, type ColumnName } from './columns.ts';
import { boxMinimum, boxNormMinimum, normMinimum, penalisedMinimum } from './minima.ts';
import { settingsOf } from './settings.ts';
import { CURVATURES, firstPoint, advance, INPUTS, lossGradient, rest, STEPS, TARGETS, UNITS, type Point } from './toy.ts';

/** What is left of the learning rate's last steps. */
const EXACT = 1e-5;

type Proof = (optimizer: RuleName, column: ColumnName) => void;

const zeros = (weights: ArrayLike<number>): boolean[] => Array.from(weights, (w) => w === 0);

/** The largest difference. */
const distance = (weights: ArrayLike<number>, to: readonly number[]): number => Math.max(...to.map((w, i) => Math.abs(weights[i]! - w)));

/** Central differences of loss + strength |W^T W - I|^2 are 0, whatever the gradient's formula says. */
function stationaryOrthogonal(weights: Float64Array): void {
  const objective = (at: Float64Array): number =>
    at.reduce((sum, w, i) => sum + (CURVATURES[i]! * (w - TARGETS[i]!) ** 2) / 2, orthogonalPenalty(at, INPUTS, UNITS, ORTHOGONAL).penalty);
  const slopes = weights.map((_, i) => {
    const moved = (by: number): number => objective(weights.map((w, j) => (i === j ? w + by : w)));
    return (moved(1e-4) - moved(-1e-4)) / 2e-4;
  });
  expectClose('slopes', slopes, new Float64Array(slopes.length), 0, 1e-4);
  expect(distance(weights, [...TARGETS])).toBeGreaterThan(0.05);
}

/** The stated problem, with exact zeros where it has them. */
const exact: Proof = (optimizer, name) => {
  const { minimum, zeros: wanted } = columnOf(name);
  const { weights } = rest(problemOf(optimizer, name));
  if (minimum === undefined) {
    stationaryOrthogonal(weights);
    return;
  }
  expectClose(name, weights, minimum, 0, EXACT);
  if (wanted === 'none') expect(zeros(weights)).not.toContain(true);
  else if (wanted) expect(zeros(weights)).toEqual(wanted);
};

/** Not the stated problem: without this a verdict of 'different' could hide an exact pair. */
const notExact: Proof = (optimizer, name) => {
  // A strong penalty, so that the answers lie apart.
  const strong = name === 'weightDecay' ? { weightDecay: 0.9 } : {};
  const minimum = name === 'weightDecay' ? penalisedMinimum(0, 0.9) : columnOf(name).minimum!;
  expect(distance(rest(problemOf(optimizer, name, strong)).weights, [...minimum])).toBeGreaterThan(4e-3);
};

/** One number each, so that the metric differs from weight to weight. */
const NOISE = [0.2, 0.4, 0.6, 0.8, 0.3, 0.5];

/** Decoupled shrinkage under noise: the strength times D / k, D as it is at rest. */
const scaled: Proof = (optimizer, name) => {
  const strength = optimizer === 'adadelta' ? 0.02 : 0.1;
  const given = name === 'weightDecay' ? { weightDecay: strength } : { l1: strength };
  const problem = { ...problemOf(optimizer, name, given), noise: NOISE };
  // Their metric never rests, so the weights need time to follow.
  const { weights, metric } = optimizer === 'adagrad' || optimizer === 'adadelta'
    ? rest({ ...problem, schedule: (x) => 1 - x }, 4 * STEPS) : rest(problem);
  const effective = metric.map((d) => (strength * d) / gainOf(problem.hyperparameters, 1000));
  expectClose('shrunk', weights, name === 'weightDecay' ? penalisedMinimum(0, effective) : penalisedMinimum(effective), 0, 1e-2);
};

const heavy: Proof = (optimizer, name) => {
  const { momentum = 0, dampening = 0 } = settingsOf(optimizer);
  const share = (1 - momentum) / (1 - dampening);
  const want = name === 'weightDecay' ? penalisedMinimum(0, L2 * share) : penalisedMinimum(L1 * share);
  expectClose('share', rest(problemOf(optimizer, name)).weights, want, 0, EXACT);
};

const lossAlone: Proof = (optimizer, name) => {
  const small = name === 'weightDecay' ? {} : { l1: 0.02 };
  expectClose('small', rest(problemOf(optimizer, name, small)).weights, TARGETS, 0, 3e-3);
};

const smallOrLarge: Proof = (optimizer, name) => {
  lossAlone(optimizer, name);
  // lars takes its whole step where all weights are 0, so it must be a small one.
  const large = rest(problemOf(optimizer, name, { l1: 10, ...(optimizer === 'lars' && { learningRate: 0.01 }) }));
  expectClose('large', large.weights, new Float64Array(TARGETS.length), 0, 1e-3);
};

/** Two of the targets are beyond the box. */
const box: Proof = (optimizer, name) => {
  const weightDecay = 1.25 * gainOf(settingsOf(optimizer), 1000), bound = 1 / 1.25;
  expectClose('box', rest(problemOf(optimizer, name, { weightDecay }), 3 * STEPS).weights, boxMinimum(-bound, bound), 0, 5e-3);
};

const vanishing: Proof = (optimizer, name) => {
  const problem = { ...problemOf(optimizer, name), schedule: () => 1 };
  const early = rest(problem, 1000), late = rest(problem, 8000);
  early.metric.forEach((d, i) => { expect(late.metric[i]).toBeGreaterThan(d); });
  const length = (weights: Float64Array): number => Math.hypot(...weights);
  expect(length(late.weights)).toBeLessThan(name === 'weightDecay' ? length(early.weights) / 1.8 : 1e-9);
};

/** Norms are right, and the pull back to them is along D w. */
const normInMetric: Proof = (optimizer, name) => {
  const { weights, metric } = rest({ ...problemOf(optimizer, name), noise: NOISE });
  expectClose('in D', weights, normMinimum(name === 'maxNorm' ? { most: BOUND } : { all: 1 }, metric), 0, 2e-2);
};

const normInBox: Proof = (optimizer, name) => {
  expectClose('in a box', rest(problemOf(optimizer, name)).weights, boxNormMinimum(name === 'maxNorm' ? { most: BOUND } : { all: 1 }), 0, 1e-4);
};

/** From weight 0 under a constant gradient g the penalty l1 holds for the first l1 / |g| updates, then never more. */
const once: Proof = (optimizer, name) => {
  expectClose('loss alone', rest(problemOf(optimizer, name)).weights, TARGETS, 0, EXACT);
  if (name === 'l2Proximal') return;
  // No multiple of a gradient here comes near it.
  const l1 = 1.01, hyperparameters = { ...settingsOf(optimizer), l1 };
  const start = new Float64Array(TARGETS.length), gradient = lossGradient(start);
  let point: Point = { weights: start, state: initialState(start, hyperparameters) };
  for (let t = 1; t <= 60; t++) {
    // Only the state matters: the gradient is that at 0 throughout.
    point = update({ ...point, gradient, hyperparameters, t });
    gradient.forEach((g, i) => { expect(point.weights[i] === 0, `update ${t}, weight ${i}`).toBe(t * Math.abs(g) <= l1); });
  }
};

const advice: Proof = (optimizer) => {
  exact(optimizer, 'l1Subgradient');
  exact(optimizer, 'l2Coupled');
};

/** Everything that an objective may say, and its proof. */
const CLAUSES: readonly (readonly [text: string, proof: Proof])[] = [
  ['lasso with strength l1 * D / k', scaled],
  ['ridge with strength weightDecay * D / k', scaled],
  [', which is (1 - momentum) / (1 - dampening) times the stated one', heavy],
  ['; D grows with every gradient, so in the end every weight is 0', vanishing],
  ['the loss alone where l1 is small, 0 everywhere where it is large', smallOrLarge],
  ['the loss within |w| <= k / weightDecay', box],
  ["the loss alone in the end: FTRL's own l1 and l2 weigh once, against the sum of all gradients", once],
  [". Use the rules 'subgradient' and 'coupled'", advice],
  ['the loss + x / 2 * sum D w^2, with the x that gives the unit its norm: the projection is not in the metric', normInMetric],
  ['the loss within |w| <= x for each weight, with the x that gives the unit its norm', normInBox],
  ['the loss alone', lossAlone],
  ['; without noise in the gradients', () => undefined],
];

/** Every word of the objective must belong to a clause that is proven. */
function different(optimizer: RuleName, column: ColumnName, objective: string): void {
  notExact(optimizer, column);
  let unproven = objective;
  for (const [text, proof] of CLAUSES) {
    if (!unproven.includes(text)) continue;
    proof(optimizer, column);
    unproven = unproven.replace(text, '');
  }
  expect(unproven.trim(), 'what no proof stands for').toBe('');
}

/** What a note warns of does happen; a note may be several, between semicolons. */
const NOTES: Readonly<Record<string, Proof>> = {
  // `exact` has counted the zeros.
  'the weights that should be 0 come close to it and are not': () => undefined,
  'given noise in the gradients, or an epsilon, that keeps D off 0': (optimizer, name) => {
    const minimum = [...columnOf(name).minimum!], bare = problemOf(optimizer, name, { epsilon: 1e-8 });
    expect(distance(rest(bare).weights, minimum)).toBeGreaterThan(0.05);
    expectClose('with noise', rest({ ...bare, noise: NOISE }).weights, minimum, 0, 2e-3);
  },
  'a tensor whose answer is all zeros is approached and not reached, as the trust ratio falls with it': (optimizer) => {
    const { weights } = rest({ ...problemOf(optimizer, 'l1Proximal', { l1: 10 }), schedule: () => 1 });
    expectClose('near 0', weights, new Float64Array(TARGETS.length), 0, 1e-2);
    expect(zeros(weights)).toContain(false);
  },
  'at a constant learning rate, for the momentum holds older ones': (optimizer, name) => {
    const falling = { ...problemOf(optimizer, name), schedule: (x: number) => (1 - x) ** 2 };
    expect(distance(rest(falling).weights, [...columnOf(name).minimum!])).toBeGreaterThan(1e-3);
  },
};

function noted(optimizer: RuleName, column: ColumnName, note: string): void {
  for (const part of note.split('; ')) {
    expect(Object.keys(NOTES)).toContain(part);
    NOTES[part]!(optimizer, column);
  }
}

/** What is refused would not do what it says: FTRL forgets it, and a norm's step needs one metric. */
function refused(optimizer: RuleName, name: ColumnName): void {
  const problem = problemOf(optimizer, name);
  if (name !== 'groupLasso') {
    expectClose('forgotten', rest(problem).weights, TARGETS, 0, 5e-3);
    return;
  }
  expect(() => advance(firstPoint(problem), lossGradient(firstPoint(problem).weights), problem, problem.hyperparameters, 1)).toThrow(InputError);
}

/** Throws unless the reference behaves as the verdict says. */
export function prove(optimizer: RuleName, name: ColumnName, verdict: Verdict): void {
  switch (verdict.kind) {
    case 'exact':
      exact(optimizer, name);
      if (verdict.note !== undefined) noted(optimizer, name, verdict.note);
      return;
    case 'different': different(optimizer, name, verdict.objective); return;
    case 'refused': refused(optimizer, name);
  }
}
