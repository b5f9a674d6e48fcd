/**
 * Which optimizer solves which penalised problem: the verdict on every pair, used to refuse what means nothing. Each is
 * proven by training to rest in test/reference, which also writes `pairs.md`.
 *
 * k is the optimizer's gain and D its metric: at rest it moves a weight by learningRate * k * gradient / D.
 */

import { RULE_NAMES, type RuleName } from '../kernels/rule.ts';
import { checkOptions, demandOneOf } from '../options.ts';
import { ONE_RATE, refusalOf, type Penalty } from './refusals.ts';
import { REGULARIZER_RULES, REGULARIZER_TYPES, type RegularizerRule } from './regularizers.ts';

export type { Penalty };

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
const both = (verdict: Verdict): { l1: Verdict; l2: Verdict } => ({ l1: verdict, l2: verdict });

/** A shrinkage of learningRate * strength, which knows nothing of k and D: for l1, and for weightDecay. */
interface Decoupled {
  readonly l1: Verdict;
  readonly weightDecay: Verdict;
}

const scaled = (l1 = '', weightDecay = l1): Decoupled => ({
  l1: different(`lasso with strength l1 * D / k${l1}`), weightDecay: different(`ridge with strength weightDecay * D / k${weightDecay}`),
});

const SMALL_OR_LARGE = 'the loss alone where l1 is small, 0 everywhere where it is large';

/** FTRL refuses them. */
type Decays = Exclude<RuleName, 'ftrl'>;

// The tables are made when they are asked for: a bundler leaves them out where nobody does.

function decoupled(): Readonly<Record<Decays, Decoupled>> {
  const heavy = scaled(', which is (1 - momentum) / (1 - dampening) times the stated one');
  // Their D is of the size of the gradient.
  const following = scaled(`; without noise in the gradients ${SMALL_OR_LARGE}`, '; without noise in the gradients the loss within |w| <= k / weightDecay');
  const centered = scaled('; without noise in the gradients the loss alone');
  const signs = { l1: different(SMALL_OR_LARGE), weightDecay: different('the loss within |w| <= k / weightDecay') };
  return {
    sgd: { l1: EXACT, weightDecay: EXACT },
    momentum: heavy,
    nesterov: heavy,
    adagrad: scaled('; D grows with every gradient, so in the end every weight is 0'),
    rmsprop: following,
    rmspropCentered: centered,
    rmspropMomentum: following,
    rmspropCenteredMomentum: centered,
    adadelta: scaled(),
    adam: following,
    amsgrad: scaled(),
    adamax: following,
    nadam: following,
    lion: signs,
    lamb: signs,
    lars: { l1: different(SMALL_OR_LARGE), weightDecay: EXACT },
  };
}

/** Proximal maps in the metric of each update; FTRL has them in its formula. */
function proximal(): Readonly<Partial<Record<RuleName, { readonly l1: Verdict; readonly l2: Verdict }>>> {
  const constant = 'at a constant learning rate, for the momentum holds older ones';
  const notAllZero = 'a tensor whose answer is all zeros is approached and not reached, as the trust ratio falls with it';
  return {
    rmspropCenteredMomentum: both(noted('given noise in the gradients, or an epsilon, that keeps D off 0')),
    lamb: { l1: noted(notAllZero), l2: EXACT },
    lars: { l1: noted(`${constant}; ${notAllZero}`), l2: noted(constant) },
    ftrl: both(different("the loss alone in the end: FTRL's own l1 and l2 weigh once, against the sum of all gradients. Use the rules 'subgradient' and 'coupled'")),
  };
}

function ofNorm(optimizer: RuleName): Verdict {
  if (ONE_RATE.includes(optimizer)) return EXACT;
  return optimizer === 'lion'
    ? different('the loss within |w| <= x for each weight, with the x that gives the unit its norm')
    : different('the loss + x / 2 * sum D w^2, with the x that gives the unit its norm: the projection is not in the metric');
}

function ofL1(optimizer: RuleName, rule: RegularizerRule): Verdict {
  switch (rule) {
    case 'proximal': return proximal()[optimizer]?.l1 ?? EXACT;
    case 'subgradient': return noted('the weights that should be 0 come close to it and are not');
    default: return decoupled()[optimizer as Decays].l1;
  }
}

/** The verdict on one optimizer with one penalty. */
export function pairOf(optimizer: RuleName, penalty: Penalty): Verdict {
  demandOneOf('pairOf: optimizer', optimizer, RULE_NAMES);
  const given = checkOptions('pairOf: penalty', penalty, ['type', 'rule']);
  demandOneOf('pairOf: type', given.type, [...REGULARIZER_TYPES, 'weightDecay']);
  demandOneOf('pairOf: rule', given.rule, given.type === 'weightDecay' ? ['decoupled'] : REGULARIZER_RULES[given.type]);
  const why = refusalOf(optimizer, penalty);
  if (why !== undefined) return { kind: 'refused', why };
  const { type, rule } = penalty;
  switch (type) {
    case 'l1': return ofL1(optimizer, rule);
    case 'l2': return (rule === 'proximal' ? proximal()[optimizer]?.l2 : undefined) ?? EXACT;
    case 'weightDecay': return decoupled()[optimizer as Decays].weightDecay;
    case 'maxNorm':
    case 'unitNorm': return ofNorm(optimizer);
    // Parts of the gradient, what is not refused, and a projection that is the same in every diagonal metric.
    case 'groupLasso':
    case 'nonNegative':
    case 'orthogonal':
    case 'activityL1':
    case 'activityL2': return EXACT;
  }
}
