/**
 * Penalties as other libraries write them, in this library's convention: `l1(x)` is x * sum |w|, `l2(x)` is
 * x / 2 * sum w^2, both over the weights and not the biases.
 *
 * | theirs | their objective term | here |
 * | --- | --- | --- |
 * | PyTorch `weight_decay=x` of SGD, Adam, ... | x / 2 * sum w^2 | `l2(x)` |
 * | optax `add_decayed_weights(x)` before the optimizer | x / 2 * sum w^2 | `l2(x)`, as PyTorch |
 * | Keras `regularizers.L2(x)` | x * sum w^2 | `l2(2 * x)` |
 * | Keras `regularizers.L1(x)` | x * sum abs(w), by its subgradient | `l1(x, { rule: 'subgradient' })` |
 * | scikit-learn MLP `alpha=x` | x / (2 * batch) * sum w^2 | `l2(x / batch)` |
 *
 * Decay that is decoupled from the loss (PyTorch's AdamW, `weight_decay` of every Keras optimizer, optax's adamw) is
 * multiplied by the learning rate there as here: it is the optimizer's own `weightDecay`, and no number changes.
 */

import { InputError } from '../errors.ts';
import { checkOptions, F32, isF32, isObject, textOf } from '../options.ts';
import { l1, l2, type Regularizer } from './regularizers.ts';

/** What the three have in common. */
export interface ConventionOptions {
  /** Penalise the biases as well. Default false. */
  readonly biases?: boolean;
}

export interface TorchPenalties extends ConventionOptions {
  /** `weight_decay` of torch.optim.SGD, Adam, RMSprop, ...; 0 or more. For AdamW see `adamw`. */
  readonly weightDecay: number;
}

export interface KerasPenalties extends ConventionOptions {
  /** x of `keras.regularizers.L1(x)` or of `L1L2(l1=x)`; 0 or more. */
  readonly l1?: number;
  /** x of `keras.regularizers.L2(x)` or of `L1L2(l2=x)`; 0 or more. */
  readonly l2?: number;
  /** 'subgradient' (default) is what Keras does, 'proximal' solves the same problem with exact zeros. */
  readonly l1Rule?: 'subgradient' | 'proximal';
}

export interface SklearnPenalties extends ConventionOptions {
  /** `alpha` of MLPClassifier or MLPRegressor (its default there is 1e-4); 0 or more. */
  readonly alpha: number;
  /** Samples per step, 1 or more: scikit-learn divides alpha by it. Its 'auto' is min(200, samples). */
  readonly batchSize: number;
}

/** How one library's numbers become penalties here: a maker per option name. */
interface Convention {
  readonly library: string;
  readonly makers: Readonly<Record<string, (value: number, biases: boolean) => Regularizer>>;
  /** Options that are no strengths. */
  readonly settings?: readonly string[];
  /** What to do with a name that people bring and that belongs elsewhere. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/** The one conversion behind the functions of this file. */
function convert({ library, makers, settings = [], elsewhere = {} }: Convention, options: ConventionOptions): Regularizer[] {
  const names = Object.keys(makers);
  const own = Object.keys(elsewhere).find((name) => isObject(options) && Object.hasOwn(options, name));
  if (own !== undefined) throw new InputError(`from${library}: ${own} is no penalty. ${elsewhere[own]}`);
  checkOptions(`from${library}`, options, [...names, ...settings, 'biases'] as (keyof ConventionOptions)[]);
  const given = Object.entries<unknown>({ ...options }).filter(([, value]) => value !== undefined);
  const { biases = false } = options;
  if (typeof biases !== 'boolean') throw new InputError(`from${library}: biases must be true or false, got ${textOf(biases)}.`);
  const strengths = given.filter(([name]) => names.includes(name));
  if (strengths.length === 0) throw new InputError(`from${library}: give ${names.join(' or ')}, a number of 0 or more.`);
  return strengths.map(([name, value]) => {
    if (!isF32(value) || value < 0) {
      const hint = typeof value === 'number' && value > 0 ? ` Give ${F32}.` : '';
      throw new InputError(`from${library}: ${name} must be a finite number of 0 or more, got ${textOf(value)}.${hint}`);
    }
    return makers[name]!(value, biases);
  });
}

const DECOUPLED = "It is decoupled from the loss there as here: give the same number to the optimizer, as in adamw({ weightDecay: 1e-2 }).";

/**
 * PyTorch's `weight_decay` wherever it is coupled (all but AdamW and Muon): g += weightDecay * w before the moments, so
 * the objective gains weightDecay / 2 * sum w^2 and it is `l2(weightDecay)`. optax's `add_decayed_weights` in front of
 * the optimizer is the same.
 *
 * PyTorch decays every parameter it is given, biases too; `{ biases: true }` does so, the default leaves them out.
 *
 * Source: torch/optim/sgd.py, `grad = grad.add(param, alpha=weight_decay)`.
 *
 * @example sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [fromTorch({ weightDecay: 5e-4 })] })
 * @param penalties.weightDecay 0 or more
 * @throws InputError
 */
export const fromTorch = (penalties: TorchPenalties): Regularizer[] =>
  convert({ library: 'Torch', makers: { weightDecay: (value, biases) => l2(value, { biases }) } }, penalties);

/**
 * Keras's `kernel_regularizer`: L1(x) is x * sum |w|, L2(x) is x * sum w^2 without a half, so its gradient is 2 x w
 * and it is `l2(2 * x)` here. Both are part of Keras's loss, so both enter the gradient.
 *
 * Keras follows the subgradient x * sign(w) of L1, and so does this by default. It never makes an exact zero: weights
 * that should be zero jitter around it. `l1Rule: 'proximal'` minimises the same objective and makes them exactly
 * zero, which is why `l1(x)` alone means that; prefer it unless a Keras run is to be retraced.
 *
 * Keras clips gradients that hold the penalty, this library the loss's own; and a bias has its own
 * `bias_regularizer` there: `{ biases: true }` is the same penalty for both.
 *
 * Source: keras/src/regularizers/regularizers.py.
 *
 * @example adam({ regularizers: [fromKeras({ l1: 1e-5, l2: 1e-4 })] })
 * @param penalties.l1 0 or more
 * @param penalties.l2 0 or more
 * @param penalties.l1Rule 'subgradient' (default) or 'proximal'
 * @throws InputError also for an optimizer's `weightDecay`, which is no penalty: give it to the optimizer
 */
export const fromKeras = (penalties: KerasPenalties): Regularizer[] => {
  const makers = {
    l1: (value: number, biases: boolean) => l1(value, { rule: penalties.l1Rule === undefined ? 'subgradient' : penalties.l1Rule, biases }),
    l2: (value: number, biases: boolean) => l2(2 * value, { biases }),
  };
  return convert({ library: 'Keras', makers, settings: ['l1Rule'], elsewhere: { weightDecay: DECOUPLED } }, penalties);
};

/**
 * scikit-learn's `alpha` of MLPClassifier and MLPRegressor: the loss gains alpha / (2 * batch) * sum w^2, so it is
 * `l2(alpha / batchSize)`: the same alpha regularises less at a larger batch. Intercepts are left out, as here.
 * The last smaller batch of an epoch divides by its own size there; here the strength stays.
 *
 * Source: sklearn/neural_network/_multilayer_perceptron.py, `_compute_loss_grad`.
 *
 * @example adam({ regularizers: [fromSklearn({ alpha: 1e-4, batchSize: 200 })] })
 * @param penalties.alpha 0 or more
 * @param penalties.batchSize a whole number of 1 or more
 * @throws InputError
 */
export const fromSklearn = (penalties: SklearnPenalties): Regularizer[] => {
  const alpha = (value: number, biases: boolean): Regularizer => {
    const { batchSize } = penalties;
    if (!(Number.isSafeInteger(batchSize) && batchSize >= 1)) {
      throw new InputError(`fromSklearn: batchSize must be a whole number of 1 or more, got ${textOf(batchSize)}.`);
    }
    return l2(value / batchSize, { biases });
  };
  return convert({ library: 'Sklearn', makers: { alpha }, settings: ['batchSize'] }, penalties);
};
