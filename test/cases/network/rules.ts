/** Every rule through training: an epoch on the GPU equals the float64 reference's, weights, state and averages. */
import type { Device } from '../../../src/device/index.ts';
import { stateSlots, type RuleName } from '../../../src/kernels/rule.ts';
import { ema } from '../../../src/model/averaging.ts';
import { type Network } from '../../../src/model/network.ts';
import { unpadTensor } from '../../../src/model/arena.ts';
import type { Optimizer } from '../../../src/model/optimizers/index.ts';
import { l1, l2, nonNegative } from '../../../src/model/regularizers.ts';
import { permutation, STREAM } from '../../../src/random.ts';
import { referenceStep, withDefaults, type Hyperparameters, type OptimizerState, type ReferenceBatch } from '../../../src/reference/index.ts';
import { prepare } from '../../../src/train/prepare.ts';
import { Engine } from '../../../src/train/engine.ts';
import { programsOn } from '../../../src/webgpu/program.ts';
import type { Case } from '../../hosts/cases.ts';
import { settingsOf } from '../arena-layout.ts';
import { EPSILON, expectClose } from '../compare.ts';
import { draw } from '../contents.ts';
import { isRefused, RULES } from '../rules.ts';
import { referenceNetwork } from './gradients.ts';
import { SMALL_BATCH, smallConfig, STEPS_PER_EPOCH, trainingData } from './support.ts';

const DECAY = 0.9;

/** The reference's hyperparameters as the library's plain data. */
export function optimizerOf(given: Hyperparameters, rule: RuleName): Optimizer {
  const { l1: one, l1Rule, l2: two, l2Rule, nonNegative: isNonNegative } = withDefaults(given);
  const regularizers = [
    ...(one > 0 ? [l1(one, { rule: l1Rule })] : []), ...(two > 0 ? [l2(two, { rule: l2Rule })] : []), ...(isNonNegative ? [nonNegative()] : []),
  ];
  return { rule, hyperparameters: settingsOf(given).values, regularizers };
}

type Tensors = { readonly weights: readonly ArrayLike<number>[]; readonly slots: readonly OptimizerState[] };

/** An epoch of the reference from these weights. */
function referenceEpoch(weights: readonly Float64Array[], network: Network, seed: number, hyperparameters: Hyperparameters): Tensors {
  const data = trainingData();
  const order = permutation(data.length, seed, STREAM.shuffle, 0);
  const batchAt = (step: number): ReferenceBatch => ({
    inputs: data.inputs, targets: data.targets, order, position: step * SMALL_BATCH,
    count: Math.min(SMALL_BATCH, data.length - step * SMALL_BATCH), batch: SMALL_BATCH, scale: data.scale, offset: data.offset,
  });
  let state = { weights, slots: weights.map(() => ({})), step: 0 } as Parameters<typeof referenceStep>[0];
  for (let step = 0; step < STEPS_PER_EPOCH; step++) {
    const own = { ...hyperparameters, averageWeight: step === 0 ? 1 : 1 - DECAY };
    const config = { network: referenceNetwork(network, seed), hyperparameters: own };
    state = referenceStep(state, batchAt(step), config).state;
  }
  return state;
}

/** The same epoch on the GPU, with the weights it began with. */
async function deviceEpoch(engine: Engine): Promise<Tensors & { readonly before: readonly Float64Array[] }> {
  const { network, rule } = engine.build, names = stateSlots(rule);
  const read = async (buffer: string, length: number): Promise<Float32Array> =>
    new Float32Array(await engine.program.read({ buffer, offset: 0, bytes: 4 * length }));
  const parameters = async (): Promise<Float32Array[]> => {
    const arena = await read('parameters', network.stride);
    return network.tensors.map((tensor) => unpadTensor(tensor, arena));
  };
  const before = (await parameters()).map((values) => Float64Array.from(values));
  const resident = await engine.residents.attach(trainingData(), 'train');
  engine.residents.shuffle(resident, 0);
  await engine.train(resident, { first: 0, count: STEPS_PER_EPOCH }, { step: 0, steps: STEPS_PER_EPOCH, active: [true], reductions: [() => 0] }).collect();
  const state = await read('state', names.length * network.stride);
  const slots = network.tensors.map((tensor) =>
    Object.fromEntries(names.map((name, s) => [name, Float64Array.from(unpadTensor(tensor, state, s * network.stride))])));
  return { before, weights: await parameters(), slots };
}

const largest = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (most, x) => Math.max(most as number, Math.abs(x as number)), 0) as number;

/** Weights that are off by a rounding: what they become shows what rounding can do in an epoch. */
const nudged = (weights: readonly Float64Array[], id: number): Float64Array[] =>
  weights.map((values, i) => values.map((w, j) => w * (1 + EPSILON * Math.sign(draw(values.length, 900 + 10 * id + i)[j]!))));

async function checkRule(device: Device, name: RuleName, hyperparameters: Hyperparameters): Promise<void> {
  const hasRatio = name === 'lars' || name === 'lamb';
  const config = smallConfig({ optimizer: optimizerOf(hyperparameters, name), averaging: ema(DECAY), fusion: hasRatio ? 'none' : 'layer' });
  const engine = await Engine.create(programsOn(device), prepare(config, 'software'));
  try {
    const { network } = engine.build, { seed } = engine.settings[0]!;
    const got = await deviceEpoch(engine);
    const want = referenceEpoch(got.before, network, seed, hyperparameters);
    const others = [0, 1, 2].map((id) => referenceEpoch(nudged(got.before, id), network, seed, hyperparameters));
    network.tensors.forEach((tensor, i) => {
      const check = (label: string, pick: (tensors: Tensors) => ArrayLike<number>): void => {
        // What cumulative L1 took is a difference of weights.
        const values = pick(want), own = 16 * EPSILON * largest(label === 'cumulative' ? want.weights[i]! : values);
        const spread = Float64Array.from(values, (x, j) => own + 8 * Math.max(...others.map((other) => Math.abs(pick(other)[j]! - x))));
        expectClose(`${tensor.name} ${label}`, pick(got), values, 0, spread, tensor.shape.at(-1)!);
      };
      check('weights', ({ weights }) => weights[i]!);
      for (const slot of stateSlots(engine.build.rule)) check(slot, ({ slots }) => slots[i]![slot]!);
    });
  } finally {
    engine.destroy();
  }
}

/** Rates for weights of about 0.3, with penalties that an epoch shows. */
export function hyperparametersOf(name: RuleName): Hyperparameters {
  const base = name === 'ftrl' ? { ...RULES.ftrl, initialAccumulator: 0.1 } : RULES[name];
  const decay = isRefused(name, { weightDecay: 1e-2 }) ? {} : { weightDecay: 0.1 };
  return { ...base, l1: 1e-3, l2: 1e-2, ...decay };
}

export const ruleCases: readonly Case[] = [
  ...(Object.keys(RULES) as RuleName[]).map((name): Case => ({
    name: `network: an epoch of ${name} equals the reference's`, run: (device) => checkRule(device, name, hyperparametersOf(name)),
  })),
  {
    name: 'network: an epoch of adam with cumulative L1 equals the reference\'s',
    run: (device) => checkRule(device, 'adam', { ...RULES.adam, l1: 1e-2, l1Rule: 'cumulative', l2: 1e-2, l2Rule: 'proximal', nonNegative: true }),
  },
];
