/** A whole multilayer perceptron in float64: forward, loss, backward and training steps, from the kernels' references. */
import { InputError } from '../errors.ts';
import { STREAM } from '../random.ts';
import { biasGradient } from './bias-gradient.ts';
import { activationOf } from './activations/index.ts';
import { requireFields, requireKind } from './check.ts';
import { denseForward } from './dense-forward.ts';
import { denseInputGradient, slopes, type LayerBelow } from './dense-input-gradient.ts';
import { denseWeightGradient } from './dense-weight-gradient.ts';
import { dropoutRate, type Dropout } from './dropout.ts';
import { gather, type GatherOptions } from './gather.ts';
import { filled, type ReferenceInit } from './inits.ts';
import { mapped } from './mapped.ts';
import { requireNetwork, tensorNames, tensorsOf, type DropoutLayer, type ReferenceLayer, type ReferenceNetwork } from './network-layers.ts';
import { withDefaults } from './optimizers/index.ts';
import type { Hyperparameters, OptimizerState } from './optimizers/types.ts';
import { activityGradient, activityPenalty, orthogonalPenalty } from './penalties.ts';
import { scaledUpdate } from './scaled-update.ts';
import { slopeGradient } from './slope-gradient.ts';
import { slopeTotal } from './slope-total.ts';
import { softmaxCrossEntropy, type SoftmaxCrossEntropyResult } from './softmax-cross-entropy.ts';
import { constrainUnits, type WeightRules } from './weight-rules.ts';
import type { Updated } from './update.ts';

export interface ReferenceConfig {
  readonly network: ReferenceNetwork;
  /** For every tensor; biases and slopes take it without penalties. `clip` is that of the whole network. */
  readonly hyperparameters: Hyperparameters;
  /** What differs for one tensor, by name: `layers.0.weight`, `layers.0.bias` ... Applies to biases too, penalties included. */
  readonly groups?: Readonly<Record<string, Partial<Hyperparameters>>> | undefined;
  /** A gradient that is not finite leaves the update out. Default false. */
  readonly skip?: boolean | undefined;
  /** Rules on the units of every weight tensor. */
  readonly weightRules?: WeightRules | undefined;
  /** What differs of `weightRules` for one weight tensor, by name. */
  readonly weightRuleGroups?: Readonly<Record<string, WeightRules>> | undefined;
}

/** One batch as the GPU takes it: the whole data set, an order, a place in it and the number of valid rows. */
export interface ReferenceBatch extends Omit<GatherOptions, 'dropout' | 'width'> {
  /** Class of every sample in the data set. */
  readonly targets: ArrayLike<number>;
}

export interface ReferenceState {
  /** layers.0.weight, layers.0.bias, layers.1.weight ...; weights are [inWidth, outWidth]. */
  readonly weights: readonly Float64Array[];
  readonly slots: readonly OptimizerState[];
  /** Training steps done: the dropout step of the next one, and t - 1 where none was left out. */
  readonly step: number;
  /** Of these, updates left out: they do not count in t. Default 0. */
  readonly skipped?: number | undefined;
}

export interface ForwardResult {
  /** The input of each layer, then the logits: layers.length + 1 arrays. */
  readonly activations: readonly Float64Array[];
  readonly logits: Float64Array;
}

export interface ReferenceGradients extends SoftmaxCrossEntropyResult, ForwardResult {
  /** Mean loss over the valid rows (0 when there are none), and the number of hits. */
  readonly loss: number;
  readonly hitCount: number;
  /** Penalties on activations; 0 without any. */
  readonly activityPenalty: number;
  /** d (loss + activityPenalty) / d tensor, in the order of `weights`; penalties on weights not included. */
  readonly gradients: readonly Float64Array[];
}

/** Throws InputError unless it is one. */
function requireBatch(batch: ReferenceBatch): void {
  const { targets, count, order, inputs } = requireFields('batch', batch, {
    inputs: 'values', scale: 'number', offset: 'number', normalisation: 'object?', order: 'values', position: 'size', count: 'size', batch: 'size', targets: 'values',
  });
  if (targets.length === 0 && count > 0) throw new InputError(`batch: ${count} rows want targets, got none (${inputs.length} inputs, ${order.length} in order).`);
}

/** Of weights, by the activation behind them; He normal behind all others. */
const DEFAULT_INITS: Readonly<Record<string, string>> = { selu: 'lecunNormal', sigmoid: 'glorotUniform', tanh: 'glorotUniform' };

/** One for each layer; without an activation a layer takes that of the layer before it, the first He normal. */
function initsOf(layers: readonly ReferenceLayer[]): ReferenceInit[] {
  let last = 'heNormal';
  return layers.map(({ activation, init }) => {
    if (activation !== 'none') last = DEFAULT_INITS[activation] ?? 'heNormal';
    return init ?? { type: last };
  });
}

/**
 * Weights and biases as their inits say, drawn from stream STREAM.weights + tensor index and rounded to f32; no optimizer state.
 * Where a layer says nothing: weights LeCun normal before selu (Klambauer et al. 2017), Glorot uniform before sigmoid and tanh
 * (Glorot, Bengio 2010), else He normal (He, Zhang, Ren, Sun 2015), normals * sqrt(2 / inWidth); biases 0; slopes of prelu 0.25.
 */
export function referenceInit(network: ReferenceNetwork): ReferenceState {
  const layers = requireNetwork(network), inits = initsOf(layers), tensors = tensorsOf(layers);
  const weights = layers.flatMap(({ inWidth, outWidth, biasInit = { type: 'zeros' } }, n) => {
    const own = { columns: outWidth, fanIn: inWidth, fanOut: outWidth, seed: network.seed }, { weight, bias, slopes } = tensors[n]!;
    return [
      filled(inits[n]!, { ...own, rows: inWidth, stream: STREAM.weights + weight }), filled(biasInit, { ...own, rows: 1, stream: STREAM.weights + bias }),
      ...(slopes === undefined ? [] : [new Float64Array(slopes.length).fill(0.25)]),
    ];
  });
  return { weights, slots: weights.map(() => ({})), step: 0 };
}

/** The mask of one dropout layer in one step; none when `step` is undefined (evaluation). */
function dropoutAt(dropout: DropoutLayer | undefined, seed: number, step: number | undefined): Dropout | undefined {
  if (dropout === undefined || step === undefined) return undefined;
  return { ...dropoutRate(dropout.rate), seed, stream: STREAM.dropout + dropout.layer, step };
}

/** Forward pass over one batch; dropout is on when `step` is given, off (evaluation) when it is not. */
export function referenceForward(
  weights: readonly ArrayLike<number>[], batch: ReferenceBatch, network: ReferenceNetwork, step?: number,
): ForwardResult {
  const [first] = requireNetwork(network);
  requireBatch(batch);
  requireKind('network', 'weights', weights, 'lists');
  requireKind('network', 'step', step, 'size?');
  if (!first) throw new InputError('network: layers must not be empty. Give at least one dense layer.');
  const tensors = tensorsOf(network.layers), count = tensorNames(network).length;
  if (weights.length !== count) {
    throw new InputError(`network: wanted ${count} tensors, got ${weights.length}. Give a weight and a bias per layer, and slopes with prelu.`);
  }
  const dropout = dropoutAt(network.inputDropout, network.seed, step);
  const { targets: _, ...samples } = batch;
  const activations = [gather({ ...samples, width: first.inWidth, dropout })];
  network.layers.forEach((layer, n) => {
    const { weight, bias, slopes } = tensors[n]!;
    activations.push(denseForward({
      inWidth: layer.inWidth, outWidth: layer.outWidth, activation: layer.activation, input: activations[n]!, weight: weights[weight]!, bias: weights[bias]!, batch: batch.batch,
      slopes: slopes && weights[slopes.index]!,
      dropout: dropoutAt(layer.dropout, network.seed, step),
    }));
  });
  return { activations, logits: activations.at(-1)! };
}

/** The classes of the batch's valid rows. */
const batchTargets = ({ targets, order, position, count }: ReferenceBatch): number[] =>
  Array.from({ length: count }, (_, row) => targets[order[position + row]!]!);

const sum = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) => (a as number) + (b as number), 0) as number;

/** `delta` with the gradient of the layer's penalty on its own output, which reaches it through activation and dropout. */
function withActivity(
  delta: Float64Array, { activity }: ReferenceLayer, { batch, count }: ReferenceBatch, own: LayerBelow & { readonly output: Float64Array },
): Float64Array {
  if (!activity) return delta;
  const gradient = activityGradient(own.output, count, { ...activity, batch }), slope = slopes(delta.length, own);
  return mapped(delta, (d, i) => d + gradient[i]! * slope[i]!);
}

/** Forward and backward pass over one batch: mean softmax cross-entropy and its gradient for every tensor. */
export function referenceGradients(
  weights: readonly ArrayLike<number>[], batch: ReferenceBatch, network: ReferenceNetwork, step?: number,
): ReferenceGradients {
  const forward = referenceForward(weights, batch, network, step);
  const classes = network.layers.at(-1)!.outWidth;
  const result = softmaxCrossEntropy({ batch: batch.batch, count: batch.count, logits: forward.logits, targets: batchTargets(batch), classes });
  const gradients: Float64Array[] = [];
  const tensors = tensorsOf(network.layers);
  const inputOf = (n: number): Float64Array => {
    const { inWidth, outWidth } = network.layers[n]!, { weight, bias } = tensors[n]!;
    return denseForward({ inWidth, outWidth, activation: 'none', input: forward.activations[n]!, weight: weights[weight]!, bias: weights[bias]!, batch: batch.batch });
  };
  // Behind slopes that are learned the gradient stops at first: theirs is made from it.
  const layerAt = (n: number): LayerBelow & { output: Float64Array } => {
    const { dropout, activation: own } = network.layers[n]!, activation = tensors[n]!.slopes === undefined ? own : 'none';
    return {
      activation, dropout: dropoutAt(dropout, network.seed, step), output: forward.activations[n + 1]!,
      ...(activationOf(activation).stored === 'input' && { input: inputOf(n) }),
    };
  };
  let delta = result.gradient, penalty = 0;
  for (let n = network.layers.length - 1; n >= 0; n--) {
    const layer = network.layers[n]!, { inWidth, outWidth } = layer;
    delta = withActivity(delta, layer, batch, layerAt(n));
    penalty += layer.activity ? activityPenalty(layerAt(n).output, batch.count, { ...layer.activity, batch: batch.batch }) : 0;
    const input = forward.activations[n]!, shape = { batch: batch.batch, inWidth, outWidth }, { weight, slopes } = tensors[n]!;
    if (slopes !== undefined) {
      const own = slopeGradient({ delta, input: inputOf(n), slopes: weights[slopes.index]!, batch: batch.batch, width: outWidth });
      gradients.unshift(slopes.length === 1 ? Float64Array.of(slopeTotal(own.sums)) : own.sums);
      delta = own.output;
    }
    gradients.unshift(denseWeightGradient({ ...shape, input, delta }), biasGradient({ ...shape, delta }));
    if (n > 0) delta = denseInputGradient({ ...shape, delta, weight: weights[weight]!, below: layerAt(n - 1) });
  }
  const loss = batch.count > 0 ? sum(result.losses) / batch.count : 0;
  return { ...forward, ...result, loss, hitCount: sum(result.hits), activityPenalty: penalty, gradients };
}

/** What biases and slopes do not take unless their group says so. */
const FOR_WEIGHTS_ONLY = { l1: 0, l1Total: 0, l2: 0, weightDecay: 0, nonNegative: false, trustRatio: false } as const;

/** Throws InputError unless it is one. */
function requireConfig(config: ReferenceConfig): void {
  const { network, groups = {}, weightRuleGroups = {} } = requireFields('config', config, {
    network: 'object', hyperparameters: 'object', groups: 'object?', skip: 'flag?', weightRules: 'object?', weightRuleGroups: 'object?',
  });
  requireNetwork(network);
  withDefaults(config.hyperparameters); // Throws where no rule can use them, whatever biases leave out.
  for (const [name, group] of Object.entries({ ...groups, ...weightRuleGroups })) requireKind('config', name, group, 'object');
}

/** The hyperparameters of one tensor: the shared ones, without penalties and trust ratio for biases and slopes, then its group's. */
export function tensorHyperparameters(config: ReferenceConfig, name: string): Hyperparameters {
  requireConfig(config);
  requireKind('config', 'name', name, 'text');
  const { hyperparameters, groups } = config;
  const unpenalised = name.endsWith('.weight') ? {} : FOR_WEIGHTS_ONLY;
  const own = { ...hyperparameters, ...unpenalised, ...groups?.[name] };
  withDefaults(own); // Throws where no rule can use them.
  return own;
}

/** The shape of a weight and its rules; none for others. */
function rulesOf(config: ReferenceConfig, name: string, i: number): { rules: WeightRules; inWidth: number; outWidth: number } | undefined {
  if (!name.endsWith('.weight')) return undefined;
  const { inWidth, outWidth } = config.network.layers[tensorsOf(config.network.layers).findIndex(({ weight }) => weight === i)]!;
  return { rules: { ...config.weightRules, ...config.weightRuleGroups?.[name] }, inWidth, outWidth };
}

/**
 * One training step: gradients with this step's dropout masks, then the update of every tensor, unless it is left out.
 * Pure.
 */
export function referenceStep(
  state: ReferenceState, batch: ReferenceBatch, config: ReferenceConfig,
): ReferenceGradients & { readonly state: ReferenceState; readonly nonFinite: readonly boolean[] } {
  requireFields('state', state, { weights: 'lists', slots: 'objects', step: 'size', skipped: 'size?' });
  requireConfig(config);
  const result = referenceGradients(state.weights, batch, config.network, state.step);
  const { clip } = config.hyperparameters, { skipped = 0 } = state, t = state.step - skipped + 1;
  const tensors = tensorNames(config.network).map((name, i) => {
    const weights = state.weights[i]!, own = rulesOf(config, name, i);
    const strength = own?.rules.orthogonal ?? 0;
    const penaltyGradient = own && strength > 0 ? orthogonalPenalty(weights, own.inWidth, own.outWidth, strength).gradient : undefined;
    return {
      weights, state: state.slots[i]!, gradient: result.gradients[i]!, penaltyGradient,
      hyperparameters: { ...tensorHyperparameters(config, name), clip: undefined },
    };
  });
  const scaled = scaledUpdate({ tensors, t, clip, skip: config.skip });
  const updated = scaled.skipped ? scaled.tensors : scaled.tensors.map((after, i): Updated => {
    const own = rulesOf(config, tensorNames(config.network)[i]!, i);
    const { weights, state: slots, hyperparameters } = tensors[i]!;
    return own ? constrainUnits(after, { weights, state: slots, hyperparameters }, { ...own, t }) : after;
  });
  const next: ReferenceState = {
    weights: updated.map((u) => u.weights), slots: updated.map((u) => u.state), step: state.step + 1,
    ...(config.skip && { skipped: skipped + Number(scaled.skipped) }),
  };
  return { ...result, state: next, nonFinite: updated.map((u) => u.nonFinite) };
}
