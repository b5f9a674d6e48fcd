/** A multilayer perceptron is the layers that would be written out by hand. */
import { expect, test } from 'vitest';
import { networkOf } from '../../src/bench/flagship.ts';
import { compareConfig, declaredOf } from '../../src/cli/compare/methods.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { InputError } from '../../src/errors.ts';
import { dense, dropout, relu, sigmoid } from '../../src/model/layers/index.ts';
import { mlp, type MlpOptions } from '../../src/model/mlp.ts';
import { sequential } from '../../src/model/model.ts';
import { configOf } from '../../demo/network.ts';

test.each<[string, MlpOptions, ReturnType<typeof sequential>]>([
  ['plain', {}, sequential([28, 28], [dense(8), relu(), dense(6), relu(), dense(3)])],
  ['of sigmoids', { activation: 'sigmoid' }, sequential([28, 28], [dense(8), sigmoid(), dense(6), sigmoid(), dense(3)])],
  ['with dropout', { dropout: 0.5 }, sequential([28, 28], [dense(8), relu(), dropout(0.5), dense(6), relu(), dropout(0.5), dense(3)])],
  ['with input dropout', { inputDropout: 0.2 }, sequential([28, 28], [dropout(0.2), dense(8), relu(), dense(6), relu(), dense(3)])],
  ['with a rate for each hidden layer', { dropout: [undefined, 0.3] }, sequential([28, 28], [dense(8), relu(), dense(6), relu(), dropout(0.3), dense(3)])],
  ['with dropout declared', { dropout: 0, inputDropout: 0 },
    sequential([28, 28], [dropout(0), dense(8), relu(), dropout(0), dense(6), relu(), dropout(0), dense(3)])],
])('%s', (_, options, written) => {
  expect(mlp([28, 28], [8, 6, 3], options)).toStrictEqual(written);
});

test('without hidden layers it is one dense layer', () => {
  expect(mlp([4], [3], { dropout: 0.5 })).toStrictEqual(sequential([4], [dense(3)]));
});

test.each<[string, () => unknown, RegExp]>([
  ['no units', () => mlp([4], []), /^mlp: units must be a list/],
  ['units that are no list', () => mlp([4], 3 as never), /^mlp: units must be a list .*, got 3/],
  ['half a unit', () => mlp([4], [2.5, 3]), /units must be a whole number/],
  ['an unknown activation', () => mlp([4], [2, 3], { activation: 'step' as never }), /^mlp: activation must be 'relu', .*'gelu'.*got "step"/],
  ['a layer that is no activation', () => mlp([4], [2, 3], { activation: 'dense' as never }), /^mlp: activation must be 'relu', /],
  ['too few rates', () => mlp([4], [2, 2, 3], { dropout: [0.5] }), /^mlp: dropout must be a rate, or one for each of the 2 hidden layers/],
  ['a rate of 1', () => mlp([4], [2, 3], { dropout: 1 }), /dropout/],
  ['a shape of nothing', () => mlp([], [3]), /input shape/],
])('%s: refused', (_, make, words) => {
  expect(make).toThrow(InputError);
  expect(make).toThrow(words);
});

/** What the command line, the benchmark and the page trained before there was `mlp`. */
const SETTINGS: Settings = {
  data: { name: 'mnist', train: { images: '', labels: '' } }, hidden: [1000, 500], inputDropout: 0, dropout: 0, optimizer: 'momentum',
  learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 128, seed: 1,
};
const PLAIN = sequential([28, 28], [dense(1000), relu(), dense(500), relu(), dense(10)]);
const DROPPED = sequential([28, 28], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dropout(0.5), dense(10)]);

test('train, compare, the benchmark and the page make of it what they always have', () => {
  expect(trainerConfig(SETTINGS, [28, 28], 10).model).toStrictEqual(PLAIN);
  expect(trainerConfig({ ...SETTINGS, dropout: 0.5, inputDropout: 0.2 }, [28, 28], 10).model).toStrictEqual(DROPPED);
  expect(trainerConfig({ ...SETTINGS, hidden: [] }, [28, 28], 10).model).toStrictEqual(sequential([28, 28], [dense(10)]));
  expect(trainerConfig({ ...SETTINGS, hidden: [4], activation: 'sigmoid' }, [28, 28], 10).model)
    .toStrictEqual(sequential([28, 28], [dense(4), sigmoid(), dense(10)]));

  const page = { optimizer: 'momentum', learningRate: 0.05, images: 1000, shuffled: false } as const;
  expect(configOf({ ...page, regularization: 'none' } as never).model).toStrictEqual(PLAIN);
  expect(configOf({ ...page, regularization: 'dropout' } as never).model).toStrictEqual(DROPPED);

  expect(networkOf({ sizes: [784, 1000, 500, 10], dropout: [0.2, 0.5, 0.5] })).toStrictEqual({ ...DROPPED, inputShape: [784] });
  expect(networkOf({ sizes: [784, 1000, 500, 10], dropout: [0, 0, 0] })).toStrictEqual({ ...PLAIN, inputShape: [784] });

  const groups = [{ id: 'dropout', label: 'dropout', overrides: { dropout: 0.5, 'layers.0.dropout': 0.2 } }];
  expect(declaredOf(groups)).toMatchObject({ hidden: true, input: true });
  const { model } = compareConfig({ base: SETTINGS, groups, epochs: 1, seeds: [1] }, [], [28, 28], 10);
  expect(model).toStrictEqual(
    sequential([28, 28], [dropout(0), dense(1000), relu(), dropout(0), dense(500), relu(), dropout(0), dense(10)]));
});
