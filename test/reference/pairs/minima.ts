/** Minima of the toy under penalties and constraints, from formulas; no optimizer takes part. */
import { CURVATURES, TARGETS, UNITS } from './toy.ts';

const soft = (x: number, threshold: number): number => (Math.abs(x) <= threshold ? 0 : x - Math.sign(x) * threshold);

/** Strengths: one for all weights, or one each. */
type Strength = number | ArrayLike<number>;
const at = (strength: Strength, i: number): number => (typeof strength === 'number' ? strength : strength[i]!);

/** soft(h a, l1) / (h + l2): lasso, ridge, elastic net, and with zeros the loss alone. */
export const penalisedMinimum = (l1: Strength = 0, l2: Strength = 0): number[] =>
  CURVATURES.map((h, i) => soft(h * TARGETS[i]!, at(l1, i)) / (h + at(l2, i)));

/** The loss within low <= w <= high: its curvatures are elementwise. */
export const boxMinimum = (low: number, high: number): number[] => TARGETS.map((a) => Math.min(Math.max(a, low), high));

const norm = (values: readonly number[]): number => Math.hypot(...values);

/** The root of a falling function. */
function rootOf(falling: (x: number) => number, low: number, high: number): number {
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return low;
}

/** One function per unit on its weights' curvatures and targets. */
function byUnit(minimum: (h: number[], a: number[], elements: number[]) => number[]): number[] {
  const result = TARGETS.slice();
  for (let unit = 0; unit < UNITS; unit++) {
    const mine = TARGETS.map((_, i) => i).filter((i) => i % UNITS === unit);
    minimum(mine.map((i) => CURVATURES[i]!), mine.map((i) => TARGETS[i]!), mine).forEach((w, k) => { result[mine[k]!] = w; });
  }
  return result;
}

/** w = h a / (h + x d), with the multiplier x that makes the norm what it must be (a secular equation). */
function withNorm(h: number[], a: number[], d: number[], wanted: number): number[] {
  const weights = (x: number): number[] => h.map((curvature, i) => (curvature * a[i]!) / (curvature + x * d[i]!));
  // From there on f + x / 2 sum d w^2 is convex, so this is the global minimum.
  const least = -Math.min(...h.map((curvature, i) => curvature / d[i]!)) * (1 - 1e-12);
  return weights(rootOf((x) => norm(weights(x)) - wanted, least, 1e6));
}

/** On the norm of each unit: at most so much, or so much. */
export interface Norm {
  readonly most?: number;
  readonly all?: number;
}

const ONES = CURVATURES.map(() => 1);

/** The loss under the constraint, or, with a metric, where the pull back to the norm is along d w. */
export const normMinimum = ({ most, all }: Norm, metric: ArrayLike<number> = ONES): number[] => byUnit((h, a, mine) =>
  (most !== undefined && norm(a) <= most ? a : withNorm(h, a, mine.map((i) => metric[i]!), most ?? all!)));

/** The loss within |w| <= x, with the x that gives each unit its norm. A norm that no box can give is reached by scaling. */
export const boxNormMinimum = ({ most, all }: Norm): number[] => byUnit((_, a) => {
  const wanted = most ?? all!;
  if (norm(a) <= wanted) return all === undefined ? a : a.map((w) => (w * wanted) / norm(a));
  const within = (x: number): number[] => a.map((w) => Math.min(Math.max(w, -x), x));
  return within(rootOf((x) => wanted - norm(within(x)), 0, 10));
});

/** f + threshold * sum over units of |w|: 0 where |h a| <= threshold, else h w - h a + threshold w / |w| = 0. */
export const groupMinimum = (threshold: number): number[] => byUnit((h, a) => {
  const slope = norm(h.map((curvature, i) => curvature * a[i]!));
  if (slope <= threshold) return a.map(() => 0);
  const weights = (length: number): number[] => h.map((curvature, i) => (curvature * a[i]!) / (curvature + threshold / length));
  return weights(rootOf((length) => norm(weights(length)) - length, 1e-9, norm(a)));
});
