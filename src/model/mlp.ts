import { InputError } from '../errors.ts';
import { checkOptions, demandOneOf, textOf } from '../options.ts';
import { ACTIVATION_NAMES, type ActivationName } from '../kernels/activations/index.ts';
import type { Init } from './inits/init.ts';
import { dense, dropout as drop, relu, type Layer } from './layers/index.ts';
import type { Shape } from './layers/layer.ts';
import { sequential, type Model } from './model.ts';

export interface MlpOptions {
  readonly activation?: ActivationName;
  readonly dropout?: number | readonly (number | undefined)[];
  readonly inputDropout?: number;
  readonly init?: Init;
}

/**
 * A multilayer perceptron: dense layers one after another, an activation f and dropout behind each but the last, whose
 * output, the logits, is what a loss takes:
 *   h_0 = dropout(x);  h_i = dropout(f(h_(i-1) W_i + b_i));  logits = h_(n-1) W_n + b_n
 *
 * x [batch, ...inputShape], logits [batch, units of the last], f32. The same plain data as
 * `sequential(inputShape, [dropout(inputDropout), dense(units[0]), relu(), dropout(rate), ..., dense(units[n - 1])])`.
 *
 * @param inputShape shape of one sample, e.g. [784] or [28, 28]
 * @param units outputs of every dense layer, one or more: [1000, 500, 10] has two hidden layers, and 10 classes
 * @param options.activation the name of an activation's layer, such as 'sigmoid'; default 'relu'
 * @param options.dropout probability of dropping a hidden value: one for all hidden layers, or a list with one for each,
 *   undefined where there is to be none. Default none. 0 makes a layer that drops nothing, for replicas to override.
 * @param options.inputDropout the same of the inputs; default none
 * @param options.init how the weights of all dense layers begin, such as glorotUniform(); default as `dense` says
 * @throws InputError naming what is wrong
 */
export function mlp(inputShape: Shape, units: readonly number[], options: MlpOptions = {}): Model {
  const { activation = 'relu', dropout, inputDropout, init } = checkOptions('mlp', options, ['activation', 'dropout', 'inputDropout', 'init']);
  if (!Array.isArray(units) || units.length === 0) throw new InputError(`mlp: units must be a list such as [1000, 500, 10], got ${textOf(units)}.`);
  demandOneOf('mlp: activation', activation, ACTIVATION_NAMES);
  const rates: readonly (number | undefined)[] = Array.isArray(dropout) ? [...dropout] : Array.from({ length: units.length - 1 }, () => dropout as number | undefined);
  if (rates.length !== units.length - 1) {
    throw new InputError(`mlp: dropout must be a rate, or one for each of the ${units.length - 1} hidden layers, got ${textOf(dropout)}.`);
  }
  const dropped = (rate: number | undefined): Layer[] => (rate === undefined ? [] : [drop(rate)]);
  const layer = (n: number): Layer => dense(n, { init });
  const hidden = rates.flatMap((rate, i): Layer[] => [layer(units[i]!), activation === 'relu' ? relu() : { type: activation }, ...dropped(rate)]);
  return sequential(inputShape, [...dropped(inputDropout), ...hidden, layer(units.at(-1)!)]);
}
