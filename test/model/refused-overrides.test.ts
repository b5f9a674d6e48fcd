/** Overrides and pairs that mean nothing: refused, with the reason. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { clipByValue } from '../../src/model/clip.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { adagrad, adam, adamw, ftrl, lars, nadam, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { groupLasso, l1, l2, maxNorm, nonNegative } from '../../src/model/regularizers.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { expectFault } from '../data/helpers.ts';
import { MAKERS, RULES, settingsOf } from './support.ts';

const plain: Model = sequential([6], [dropout(0.1), dense(5), relu(), dropout(0.2), dense(4), relu(), dense(3)]);
const noDropout: Model = sequential([6], [dense(5), relu(), dense(3)]);
const momentum = sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(0.01), l2(0.02)] });
const bare = sgd({ learningRate: 0.1 });
const clipped = sgd({ learningRate: 0.1, clip: clipByValue(1) });

describe('an override', () => {
  test.each<[Record<string, unknown>, { model?: Model; optimizer?: Optimizer }, string[]]>([
    [{ l3: 1 }, {}, ['"l3"', 'not known', 'momentum has learningRate, weightDecay, momentum, dampening', 'l1, l2, nonNegative, maxNorm', 'dropout, clip', 'seed', 'structure']],
    [{ 'layers.0.units': 1 }, {}, ['"layers.0.units"', 'not known']],
    [{ 'layer.0.l1': 1 }, {}, ['"layer.0.l1"', 'not known']],
    [{ 'layers.0.seed': 1 }, {}, ['"layers.0.seed"']],
    [{ 'layers.-1.l1': 1 }, {}, ['"layers.-1.l1"']],
    [{ toString: 1 }, {}, ['"toString"', 'not known']],
    [{ 'layers.0.constructor': 1 }, {}, ['"layers.0.constructor"', 'not known']],
    [{ 'layers.3.l1': 1 }, {}, ['layers.3.l1', 'layers with parameters are 0 to 2']],
    [{ momentum: 0.5 }, { optimizer: bare }, ['"momentum"', 'sgd has learningRate, weightDecay;']],
    [{ momentum: 0.5 }, { optimizer: adam() }, ['adam has', 'beta1']],
    [{ dropout: 0.5 }, { model: noDropout }, ['dropout', 'no dropout layer', 'rate 0']],
    [{ 'layers.2.dropout': 0.5 }, {}, ['layers.2.dropout', 'no dropout layer']],
    [{ dropout: 1 }, {}, ['dropout', '[0, 1)', 'got 1']],
    [{ 'layers.1.dropout': -0.1 }, {}, ['layers.1.dropout', '-0.1']],
    [{ clip: 1 }, {}, ['clip', 'without clip']],
    [{ clip: 0 }, { optimizer: clipped }, ['clip', 'above 0', 'got 0']],
    [{ clip: Infinity }, { optimizer: clipped }, ['clip', 'finite', 'got Infinity']],
    [{ clip: cosine(1) }, { optimizer: clipped }, ['clip', 'above 0', '"final":0']],
    [{ 'layers.0.clip': 1 }, { optimizer: clipped }, ['layers.0.clip', 'one for all layers']],
    [{ l1: -1 }, {}, ['l1', '0 or more', 'got -1']],
    [{ l2: NaN }, {}, ['l2', 'got NaN']],
    [{ 'layers.0.l2': Infinity }, {}, ['layers.0.l2', 'got Infinity']],
    [{ maxNorm: -1 }, {}, ['maxNorm', '0 or more', 'got -1']],
    [{ groupLasso: '1' }, {}, ['groupLasso', '"1"']],
    [{ nonNegative: 0.5 }, {}, ['nonNegative', '1 (on) or 0 (off)', 'got 0.5']],
    [{ unitNorm: true }, {}, ['unitNorm', '1 (on) or 0 (off)', 'got true']],
    [{ unitNorm: cosine(1) }, {}, ['unitNorm', '1 (on) or 0 (off)', '"cosine"']],
    [{ epsilonHat: 0.5 }, { optimizer: adam() }, ['epsilonHat', '0 or 1', 'got 0.5']],
    [{ epsilonHat: true }, { optimizer: adam() }, ['epsilonHat', 'got true']],
    [{ learningRate: 'fast' }, {}, ['learningRate', 'number or a schedule', '"fast"']],
    [{ learningRate: undefined }, {}, ['learningRate', 'undefined']],
    [{ learningRate: cosine(1, { final: -1 }) }, {}, ['learningRate', '"final":-1']],
    [{ learningRate: 0 }, { optimizer: ftrl({ learningRate: 0.1 }) }, ['learningRate', 'above 0', 'got 0']],
    [{ momentum: 1 }, {}, ['momentum', '[0, 1)', 'got 1']],
    [{ beta1: 1 }, { optimizer: adam() }, ['beta1', 'got 1']],
    [{ epsilon: 0 }, { optimizer: adam() }, ['epsilon', '2^-126', 'got 0']],
    [{ learningRateDecay: -1 }, { optimizer: adagrad() }, ['learningRateDecay', '0 or more']],
    [{ momentumDecay: -1 }, { optimizer: nadam() }, ['momentumDecay', '0 or more']],
    [{ trustCoefficient: 0 }, { optimizer: lars({ learningRate: 1 }) }, ['trustCoefficient', 'above 0']],
    [{ weightDecay: 10 }, {}, ['layers.0.weight', 'learning rate times weight decay is 1', 'smaller']],
    [{ 'layers.1.learningRate': 100 }, { optimizer: adamw() }, ['layers.1.weight', 'decay']],
    [{ seed: -1 }, {}, ['seed of replica 0', 'got -1']],
    [{ seed: 0.5 }, {}, ['seed', '2^53', 'got 0.5']],
    [{ seed: 2 ** 53 }, {}, ['seed', '9007199254740992']],
  ])('%j', async (overrides, { model = plain, optimizer = momentum }, says) => {
    await expectFault(() => settingsOf(optimizer, overrides as Overrides, model), InputError, ...says);
  });
});

describe('a penalty that means nothing with its optimizer', () => {
  const GROUPED = ['sgd', 'momentum', 'nesterov'];

  test.each(RULES)('group lasso with %s', async (rule) => {
    const declared = (): unknown => settingsOf(MAKERS[rule]({ regularizers: [groupLasso(0.1)] }));
    const overridden = (): unknown => settingsOf(MAKERS[rule](), { 'layers.1.groupLasso': cosine(0, { final: 0.1 }) });
    if (GROUPED.includes(rule)) {
      expect(declared).not.toThrow();
      expect(overridden).not.toThrow();
      return;
    }
    await expectFault(declared, InputError, `layers.0.weight: groupLasso (proximal) with ${rule}`, rule === 'lars' ? 'trust ratio' : 'no closed form', 'Use sgd');
    await expectFault(overridden, InputError, `layers.1.weight: groupLasso (proximal) with ${rule}`);
  });

  test.each<[string, Optimizer, Overrides, Model, string[]]>([
    ['decay', ftrl({ learningRate: 0.1 }), { weightDecay: 0.1 }, noDropout, ['weightDecay (decoupled) with ftrl', 'Use l2']],
    ['a layer\'s decay', ftrl({ learningRate: 0.1 }), {}, sequential([6], [dense(5), dense(3, { weightDecay: 0.1 })]), ['layers.1.weight', 'with ftrl']],
    ['decoupled l1', ftrl({ learningRate: 0.1, regularizers: [l1(0.1, { rule: 'decoupled' })] }), {}, noDropout, ['l1 (decoupled) with ftrl', 'comes back']],
    ['cumulative l1', ftrl({ learningRate: 0.1, regularizers: [l1(0.1, { rule: 'cumulative' })] }), {}, noDropout, ['l1 (cumulative) with ftrl']],
  ])('ftrl with %s', async (_, optimizer, overrides, model, says) => {
    await expectFault(() => settingsOf(optimizer, overrides, model), InputError, ...says);
  });

  test('its strength 0 is no penalty, and what ftrl has is not refused', () => {
    expect(() => settingsOf(adam({ regularizers: [groupLasso(0)] }))).not.toThrow();
    expect(() => settingsOf(ftrl({ learningRate: 0.1, regularizers: [l1(0.1), l2(0.1), maxNorm(2), nonNegative()] }), { weightDecay: 0 })).not.toThrow();
  });
});
