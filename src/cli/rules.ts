/** Every optimizer by its name, with the values its maker needs: which of them are present decides the WGSL, not their size. */
import { InputError } from '../errors.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue, type Clip } from '../model/clip.ts';
import {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type CommonOptions, type Optimizer,
} from '../model/optimizers/index.ts';
import { activityL1, l1, l2, maxNorm, nonNegative, orthogonal } from '../model/regularizers.ts';

/** What may stand around an optimizer, in the words of the command line. */
export interface PenaltyOptions {
  readonly l1?: keyof typeof L1_RULES;
  readonly l2?: keyof typeof L2_RULES;
  readonly weightDecay?: boolean;
  readonly nonNegative?: boolean;
  readonly maxNorm?: boolean;
  readonly clip?: keyof typeof CLIPS;
}

const learningRate = 0.01, momentum = 0.9;

/** Makers by the name of the rule, and of AdamW. */
export const RULES: Readonly<Record<string, (common: CommonOptions) => Optimizer>> = {
  sgd: (common) => sgd({ learningRate, ...common }),
  momentum: (common) => sgd({ learningRate, momentum, ...common }),
  nesterov: (common) => sgd({ learningRate, momentum, nesterov: true, ...common }),
  adagrad,
  rmsprop,
  rmspropCentered: (common) => rmsprop({ centered: true, ...common }),
  rmspropMomentum: (common) => rmsprop({ momentum, ...common }),
  rmspropCenteredMomentum: (common) => rmsprop({ centered: true, momentum, ...common }),
  adadelta, adam, adamw, amsgrad, adamax, nadam, lion, lamb,
  lars: (common) => lars({ learningRate, ...common }),
  ftrl: ({ weightDecay, ...common }) => {
    if (weightDecay !== undefined) throw new InputError('ftrl takes no --weight-decay: its own rule has an l2 penalty, --l2 prox.');
    return ftrl({ learningRate, ...common });
  },
};

/** Words of the command line for the rules of a penalty, and for clips. */
export const L1_RULES = { prox: 'proximal', subgradient: 'subgradient', decoupled: 'decoupled', cumulative: 'cumulative' } as const;
export const L2_RULES = { coupled: 'coupled', prox: 'proximal' } as const;
export const CLIPS = { value: clipByValue, norm: clipByNorm, 'global-norm': clipByGlobalNorm } satisfies Record<string, (threshold: number) => Clip>;

/** @throws InputError when there is no such optimizer, or it does not take the penalty */
export function optimizerOf(name: string, penalties: PenaltyOptions = {}): Optimizer {
  const maker = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (maker === undefined) throw new InputError(`There is no optimizer "${name}". There are ${Object.keys(RULES).join(', ')}.`);
  return maker({
    regularizers: [
      ...(penalties.l1 ? [l1(1e-5, { rule: L1_RULES[penalties.l1] })] : []),
      ...(penalties.l2 ? [l2(1e-4, { rule: L2_RULES[penalties.l2] })] : []),
      ...(penalties.nonNegative ? [nonNegative()] : []),
      ...(penalties.maxNorm ? [maxNorm(2)] : []),
    ],
    ...(penalties.weightDecay && { weightDecay: 1e-2 }),
    ...(penalties.clip && { clip: CLIPS[penalties.clip](1) }),
  });
}

/** Optimizers between whose plans every kernel of the library occurs, the simplest first. */
export const everyKernel = (): Optimizer[] => [
  optimizerOf('sgd'), optimizerOf('sgd', { maxNorm: true }), optimizerOf('sgd', { clip: 'global-norm' }),
  sgd({ learningRate, regularizers: [orthogonal(1e-4), activityL1(1e-4)] }),
];
