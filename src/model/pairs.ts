/**
 * Which optimizer solves which penalised problem: the verdict on every pair, used to refuse what means nothing. Each is
 * proven by training to rest in test/reference, which also writes `pairs.md`.
 *
 * k is the optimizer's gain and D its metric: at rest it moves a weight by learningRate * k * gradient / D.
 */

import type { RuleName } from '../kernels/rule.ts';
import type { RegularizerRule, RegularizerType } from './regularizers.ts';

/** A regularizer's type and rule, or the optimizers' decoupled decay. */
export type Penalty = { readonly type: RegularizerType; readonly rule: RegularizerRule } | { readonly type: 'weightDecay'; readonly rule: 'decoupled' };

export type Verdict =
  /** It rests at the minimum of loss + penalty, or of the loss under the constraint; `note` says what to heed. */
  | { readonly kind: 'exact'; readonly note?: string }
  /** It rests somewhere else; `objective` says at what. */
  | { readonly kind: 'different'; readonly objective: string }
  /** It is an InputError; `why` says what to use instead. */
  | { readonly kind: 'refused'; readonly why: string };

const EXACT: Verdict = { kind: 'exact' };
const noted = (note: string): Verdict => ({ kind: 'exact', note });
const different = (objective: string): Verdict => ({ kind: 'different', objective });
const refused = (why: string): Verdict => ({ kind: 'refused', why });
const both = (verdict: Verdict): { l1: Verdict; l2: Verdict } => ({ l1: verdict, l2: verdict });

/** A shrinkage of learningRate * strength, which knows nothing of k and D: for l1, and for weightDecay. */
interface Decoupled {
  readonly l1: Verdict;
  readonly weightDecay: Verdict;
}

const scaled = (l1 = '', weightDecay = l1): Decoupled => ({
  l1: different(`lasso with strength l1 * D / k${l1}`), weightDecay: different(`ridge with strength weightDecay * D / k${weightDecay}`),
});

const HEAVY = scaled(', which is (1 - momentum) / (1 - dampening) times the stated one');
const SMALL_OR_LARGE = 'the loss alone where l1 is small, 0 everywhere where it is large';
/** Their D is of the size of the gradient. */
const FOLLOWING = scaled(`; without noise in the gradients ${SMALL_OR_LARGE}`, '; without noise in the gradients the loss within |w| <= k / weightDecay');
const CENTERED = scaled('; without noise in the gradients the loss alone');

const DECOUPLED: Readonly<Record<RuleName, Decoupled>> = {
  sgd: { l1: EXACT, weightDecay: EXACT },
  momentum: HEAVY,
  nesterov: HEAVY,
  adagrad: scaled('; D grows with every gradient, so in the end every weight is 0'),
  rmsprop: FOLLOWING,
  rmspropCentered: CENTERED,
  rmspropMomentum: FOLLOWING,
  rmspropCenteredMomentum: CENTERED,
  adadelta: scaled(),
  adam: FOLLOWING,
  amsgrad: scaled(),
  adamax: FOLLOWING,
  nadam: FOLLOWING,
  lion: { l1: different(SMALL_OR_LARGE), weightDecay: different('the loss within |w| <= k / weightDecay') },
  lamb: { l1: different(SMALL_OR_LARGE), weightDecay: different('the loss within |w| <= k / weightDecay') },
  lars: { l1: different(SMALL_OR_LARGE), weightDecay: EXACT },
  ftrl: {
    l1: refused("FTRL makes its weights anew from its state, so what was cut off comes back. Use l1's rule 'subgradient'."),
    weightDecay: refused('FTRL makes its weights anew from its state, so a decay of the old ones is lost. Use l2(...).'),
  },
};

const LARS = 'at a constant learning rate, for the momentum holds older ones';
const NOT_ALL_ZERO = 'a tensor whose answer is all zeros is approached and not reached, as the trust ratio falls with it';

/** Proximal maps in the metric of each update; FTRL has them in its formula. */
const PROXIMAL: Readonly<Partial<Record<RuleName, { readonly l1: Verdict; readonly l2: Verdict }>>> = {
  rmspropCenteredMomentum: both(noted('given noise in the gradients, or an epsilon, that keeps D off 0')),
  lamb: { l1: noted(NOT_ALL_ZERO), l2: EXACT },
  lars: { l1: noted(`${LARS}; ${NOT_ALL_ZERO}`), l2: noted(LARS) },
  ftrl: both(different("the loss alone in the end: FTRL's own l1 and l2 weigh once, against the sum of all gradients. Use the rules 'subgradient' and 'coupled'")),
};

/** Rules that move all weights of a unit at one rate, so that Euclid's projection is the right one. */
const ONE_RATE: readonly RuleName[] = ['sgd', 'momentum', 'nesterov', 'lars'];

function ofNorm(optimizer: RuleName): Verdict {
  if (ONE_RATE.includes(optimizer)) return EXACT;
  return optimizer === 'lion'
    ? different('the loss within |w| <= x for each weight, with the x that gives the unit its norm')
    : different('the loss + x / 2 * sum D w^2, with the x that gives the unit its norm: the projection is not in the metric');
}

function ofGroup(optimizer: RuleName): Verdict {
  if (optimizer === 'lars') return refused("its threshold needs the trust ratio, which only the update before it knows. Use sgd, with or without momentum.");
  return ONE_RATE.includes(optimizer)
    ? EXACT
    : refused('where each weight has its own metric the proximal step of a norm has no closed form. Use sgd, with or without momentum.');
}

function ofL1(optimizer: RuleName, rule: RegularizerRule): Verdict {
  switch (rule) {
    case 'proximal': return PROXIMAL[optimizer]?.l1 ?? EXACT;
    case 'subgradient': return noted('the weights that should be 0 come close to it and are not');
    default: return DECOUPLED[optimizer].l1;
  }
}

/** The verdict on one optimizer with one penalty. */
export function pairOf(optimizer: RuleName, { type, rule }: Penalty): Verdict {
  switch (type) {
    case 'l1': return ofL1(optimizer, rule);
    case 'l2': return (rule === 'proximal' ? PROXIMAL[optimizer]?.l2 : undefined) ?? EXACT;
    case 'weightDecay': return DECOUPLED[optimizer].weightDecay;
    case 'groupLasso': return ofGroup(optimizer);
    case 'maxNorm':
    case 'unitNorm': return ofNorm(optimizer);
    // Parts of the gradient, and a projection that is the same in every diagonal metric.
    case 'nonNegative':
    case 'orthogonal':
    case 'activityL1':
    case 'activityL2': return EXACT;
  }
}
