/** The makers of optimizers: their defaults, what they refuse, and that they are data which a file may hold. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { clipByGlobalNorm, clipByValue } from '../../src/model/clip.ts';
import {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, checkOptimizer, ftrl, lamb, lars, lion, nadam, proximalAdagrad, proximalSgd, rmsprop, sgd,
  type CommonOptions, type Optimizer,
} from '../../src/model/optimizers/index.ts';
import { elasticNet, l1, maxNorm } from '../../src/model/regularizers.ts';
import { cosine, custom } from '../../src/model/schedules/index.ts';
import { expectFault } from '../data/helpers.ts';
import { MAKERS, RULES } from './support.ts';

/** Callers without types pass anything. */
const any = (value: unknown): never => value as never;

const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilonRoot: 0, epsilonHat: 0 };
const ADAGRAD = { learningRate: 1e-2, learningRateDecay: 0, epsilon: 1e-10, epsilonRoot: 0, initialAccumulator: 0 };
const RMSPROP = { learningRate: 1e-2, alpha: 0.99, epsilon: 1e-8, epsilonRoot: 0 };

describe('defaults', () => {
  // PyTorch's where it has the rule; the papers' where not.
  test.each<[string, Optimizer, string, Record<string, unknown>]>([
    ['sgd', sgd({ learningRate: 0.1 }), 'sgd', { learningRate: 0.1 }],
    ['sgd with momentum', sgd({ learningRate: 0.1, momentum: 0.9 }), 'momentum', { learningRate: 0.1, momentum: 0.9, dampening: 0 }],
    ['sgd with a scheduled momentum', sgd({ learningRate: 0.1, momentum: cosine(0.5) }), 'momentum', { learningRate: 0.1, momentum: cosine(0.5), dampening: 0 }],
    ['nesterov', sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), 'nesterov', { learningRate: 0.1, momentum: 0.9 }],
    ['adagrad', adagrad(), 'adagrad', ADAGRAD],
    ['rmsprop', rmsprop(), 'rmsprop', RMSPROP],
    ['rmsprop, centered', rmsprop({ centered: true }), 'rmspropCentered', RMSPROP],
    ['rmsprop with momentum', rmsprop({ momentum: 0.9 }), 'rmspropMomentum', { ...RMSPROP, momentum: 0.9 }],
    ['rmsprop with both', rmsprop({ momentum: 0.9, centered: true }), 'rmspropCenteredMomentum', { ...RMSPROP, momentum: 0.9 }],
    ['adadelta', adadelta(), 'adadelta', { learningRate: 1, rho: 0.9, epsilon: 1e-6 }],
    ['adam', adam(), 'adam', ADAM],
    ['adam, hat', adam({ epsilonHat: true }), 'adam', { ...ADAM, epsilonHat: 1 }],
    ['amsgrad', amsgrad(), 'amsgrad', ADAM],
    ['adamax', adamax(), 'adamax', { learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }],
    ['nadam', nadam(), 'nadam', { learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentumDecay: 4e-3 }],
    ['lion', lion(), 'lion', { learningRate: 1e-4, beta1: 0.9, beta2: 0.99 }],
    ['lamb', lamb(), 'lamb', { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-6 }],
    ['lars', lars({ learningRate: 0.1 }), 'lars', { learningRate: 0.1, momentum: 0.9, trustCoefficient: 1e-3, epsilon: 1e-8 }],
    ['ftrl', ftrl({ learningRate: 0.1 }), 'ftrl', { learningRate: 0.1, beta: 0, initialAccumulator: 0.1 }],
  ])('%s', (_, optimizer, rule, hyperparameters) => {
    expect(optimizer).toEqual({ rule, hyperparameters: { ...hyperparameters, weightDecay: 0 }, regularizers: [] });
  });

  test('adamw is adam with a decay of 0.01', () => {
    expect(adamw()).toEqual(adam({ weightDecay: 0.01 }));
    expect(adamw({ weightDecay: 0.2, beta1: 0.8 })).toEqual(adam({ weightDecay: 0.2, beta1: 0.8 }));
    expect(adamw({ weightDecay: 0 })).toEqual(adam());
  });

  test('proximal SGD and Adagrad are sugar', () => {
    expect(proximalSgd({ learningRate: 0.1, l1: 0.2, l2: 0.3 })).toEqual(sgd({ learningRate: 0.1, regularizers: elasticNet({ l1: 0.2, l2: 0.3 }) }));
    expect(proximalAdagrad({ learningRate: 0.1, l1: 0.2 }))
      .toEqual(adagrad({ learningRate: 0.1, epsilon: 0, initialAccumulator: 0.1, regularizers: elasticNet({ l1: 0.2, l2: 0 }) }));
  });

  test.each(RULES)('%s takes what is common to all', (rule) => {
    const common: CommonOptions = {
      regularizers: [elasticNet({ l1: 0.1, l2: 0.2 }), maxNorm(2)], clip: clipByValue(3), ...(rule !== 'ftrl' && { weightDecay: 0.25 }),
    };
    const { regularizers, clip, hyperparameters } = MAKERS[rule](common);
    expect(regularizers.map(({ type }) => type)).toEqual(['l1', 'l2', 'maxNorm']);
    expect(clip).toEqual({ by: 'value', threshold: 3 });
    expect(hyperparameters['weightDecay']).toBe(rule === 'ftrl' ? 0 : 0.25);
  });
});

/** A maker, and options it refuses: each name with what its message says. */
type Maker = (options: never) => unknown;
const FRACTION = [[1, '[0, 1), got 1'], [-0.1, '[0, 1)'], [NaN, 'got NaN'], ['0.9', 'number or a schedule, got "0.9"'], [cosine(1), '[0, 1)']] as const;
const NON_NEGATIVE = [[-1, '0 or more'], [Infinity, 'finite, got Infinity'], [NaN, 'got NaN'], [null, 'got null'], [cosine(1, { final: -1 }), '"final":-1']] as const;
const EPSILON = [[0, '2^-126'], [1e-40, '2^-126'], [-1, '2^-126'], [NaN, 'got NaN'], [Infinity, 'got Infinity'], [{ schedule: 'none' }, 'number or a schedule']] as const;
const POSITIVE = [[0, 'above 0'], [-1, 'above 0'], [Infinity, 'finite'], [cosine(1), 'above 0']] as const;

const REFUSED: readonly (readonly [string, Maker, object, Readonly<Record<string, readonly (readonly [unknown, string])[]>>])[] = [
  ['sgd', sgd, { learningRate: 0.1 }, { learningRate: [...NON_NEGATIVE, [undefined, 'got undefined']], weightDecay: NON_NEGATIVE, momentum: FRACTION, dampening: FRACTION }],
  ['adagrad', adagrad, {}, { learningRate: NON_NEGATIVE, learningRateDecay: NON_NEGATIVE, epsilon: NON_NEGATIVE, epsilonRoot: NON_NEGATIVE, initialAccumulator: NON_NEGATIVE }],
  ['rmsprop', rmsprop, {}, { learningRate: NON_NEGATIVE, alpha: FRACTION, epsilon: EPSILON, epsilonRoot: NON_NEGATIVE, momentum: FRACTION }],
  ['adadelta', adadelta, {}, { learningRate: NON_NEGATIVE, rho: FRACTION, epsilon: EPSILON }],
  ['adam', adam, {}, { learningRate: NON_NEGATIVE, weightDecay: NON_NEGATIVE, beta1: FRACTION, beta2: FRACTION, epsilon: EPSILON, epsilonRoot: NON_NEGATIVE }],
  ['adamw', adamw, {}, { weightDecay: NON_NEGATIVE, beta1: FRACTION }],
  ['amsgrad', amsgrad, {}, { beta1: FRACTION, beta2: FRACTION, epsilon: EPSILON }],
  ['adamax', adamax, {}, { learningRate: NON_NEGATIVE, beta1: FRACTION, beta2: FRACTION, epsilon: EPSILON }],
  ['nadam', nadam, {}, { beta1: FRACTION, beta2: FRACTION, epsilon: EPSILON, momentumDecay: NON_NEGATIVE }],
  ['lion', lion, {}, { learningRate: NON_NEGATIVE, beta1: FRACTION, beta2: FRACTION }],
  ['lamb', lamb, {}, { learningRate: NON_NEGATIVE, weightDecay: NON_NEGATIVE, beta1: FRACTION, beta2: FRACTION, epsilon: EPSILON }],
  ['lars', lars, { learningRate: 0.1 }, { learningRate: NON_NEGATIVE, momentum: FRACTION, trustCoefficient: POSITIVE, epsilon: NON_NEGATIVE }],
  ['ftrl', ftrl, { learningRate: 0.1 }, { learningRate: POSITIVE, beta: NON_NEGATIVE, initialAccumulator: NON_NEGATIVE }],
];
const rows = REFUSED.flatMap(([name, make, base, options]) => Object.entries(options).flatMap(([option, bad]) =>
  bad.map(([value, says]): [string, string, unknown, Maker, object, string] => [name, option, value, make, base, says])));

describe('refused', () => {
  test.each(rows)('%s: %s %j', async (name, option, value, make, base, says) => {
    await expectFault(() => make(any({ ...base, [option]: value })), InputError, `${name}: ${option} must`, says);
  });

  test.each<[string, () => unknown, string[]]>([
    ['nesterov without momentum', () => sgd({ learningRate: 1, nesterov: true }), ['nesterov needs momentum above 0 and dampening 0']],
    ['nesterov with dampening', () => sgd({ learningRate: 1, momentum: 0.9, dampening: 0.1, nesterov: true }), ['dampening 0']],
    ['an adagrad that divides 0 by 0', () => adagrad({ epsilon: 0 }), ['epsilon, epsilonRoot and initialAccumulator are all 0']],
    ['a proximal adagrad that does', () => proximalAdagrad({ learningRate: 0.1, initialAccumulator: 0 }), ['initialAccumulator']],
    ['proximal penalties below 0', () => proximalSgd({ learningRate: 0.1, l1: -1 }), ['l1', '0 or more']],
    ['two l1', () => adam({ regularizers: [l1(0.1), elasticNet({ l1: 0.1, l2: 0.1 })] }), ['2 l1 penalties', 'give one']],
    ['penalties outside a list', () => lion({ regularizers: any(l1(0.1)) }), ['regularizers', 'list']],
    ['a clip that is a number', () => adam({ clip: any(1) }), ['clipByValue, clipByNorm or clipByGlobalNorm', 'got 1']],
    ['a clip of 0', () => adam({ clip: { by: 'norm', threshold: 0 } }), ['above 0', 'got 0']],
    ['a clip by its own', () => adam({ clip: any({ by: 'layer', threshold: 1 }) }), ['clip must be made by', '"layer"']],
    ['a function that leaves the range', () => sgd({ learningRate: custom('bad', (step) => 0.1 - step) }), ['learningRate must be 0 or more']],
  ])('%s', async (_, make, says) => {
    await expectFault(make, InputError, ...says);
  });

  test('adagrad with one of the three above 0 is none', () => {
    for (const options of [{ initialAccumulator: 0.1 }, { epsilonRoot: 1e-7 }]) expect(adagrad({ epsilon: 0, ...options }).rule).toBe('adagrad');
  });
});

describe('an optimizer is plain data', () => {
  const everything = (rule: (typeof RULES)[number]): Optimizer => MAKERS[rule]({
    regularizers: [elasticNet({ l1: cosine(0.1), l2: 0.2, biases: true }), maxNorm(2)], clip: clipByGlobalNorm(cosine(2, { final: 1 })),
  });

  test.each(RULES)('%s goes through JSON and is accepted again', (rule) => {
    for (const optimizer of [MAKERS[rule](), everything(rule)]) {
      const again = JSON.parse(JSON.stringify(optimizer)) as Optimizer;
      expect(again).toEqual(optimizer);
      expect(() => checkOptimizer(again)).not.toThrow();
    }
  });

  const good = adam();
  const numbers = good.hyperparameters;
  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['sgd(...)', 'undefined']],
    ['null', null, ['sgd(...)', 'null']],
    ['a maker', adam, ['sgd(...)']],
    ['a name', 'adam', ['"adam"']],
    ['no rule', { ...good, rule: undefined }, ['sgd(...)']],
    ['a rule of Object', { ...good, rule: 'toString' }, ['"toString"']],
    ['a rule of every object', { ...good, rule: '__proto__' }, ['"__proto__"']],
    ['a list as rule', { ...good, rule: ['adam'] }, ['sgd(...)']],
    ['the data of an older version', { rule: 'sgd', learningRate: 0.1, momentum: 0, regularizers: [] }, ['sgd(...)', '"learningRate":0.1']],
    ['no hyperparameters', { ...good, hyperparameters: null }, ['sgd(...)']],
    ['a list of hyperparameters', { ...good, hyperparameters: [1e-3] }, ['optimizer must be made by', '[0.001]']],
    ['a missing one', { ...good, hyperparameters: { ...numbers, beta2: undefined } }, ['adam: beta2', 'number or a schedule', 'undefined']],
    ['one too many', { ...good, hyperparameters: { ...numbers, beta3: 0.5 } }, ['adam has no option "beta3"', 'learningRate, weightDecay, beta1']],
    ['one out of range', { ...good, hyperparameters: { ...numbers, beta2: 2 } }, ['adam: beta2', '[0, 1)', 'got 2']],
    ['a flag that is true', { ...good, hyperparameters: { ...numbers, epsilonHat: true } }, ['adam: epsilonHat', 'got true']],
    ['a schedule that is none', { ...good, hyperparameters: { ...numbers, learningRate: { schedule: 'cosine' } } }, ['adam: learningRate']],
    ['no list of regularizers', { ...good, regularizers: 3 }, ['regularizers', 'list', 'got 3']],
    ['a regularizer of another library', { ...good, regularizers: [{ type: 'l3', strength: 1 }] }, ['l1(...)', '"l3"']],
    ['a regularizer of Object', { ...good, regularizers: [{ type: 'constructor', strength: 1, rule: 'proximal', biases: false }] }, ['l1(...)', '"constructor"']],
    ['a regularizer that is null', { ...good, regularizers: [null] }, ['l1(...)', 'null']],
    ['a clip that is null', { ...good, clip: null }, ['clip', 'null']],
    ['decay within ftrl', { ...ftrl({ learningRate: 0.1 }), hyperparameters: { ...ftrl({ learningRate: 0.1 }).hyperparameters, weightDecay: -1 } }, ['ftrl: weightDecay']],
  ])('%s is refused', async (_, optimizer, says) => {
    await expectFault(() => checkOptimizer(any(optimizer)), InputError, ...says);
  });
});
