/** Whole plans in float64 against the reference network, which knows nothing of plans: every rule, fusion and replica. */
import { describe, expect, test } from 'vitest';
import type { RuleName } from '../../src/kernels/rule.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { dense, dropout, prelu, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { activityL1, activityL2, groupLasso, maxNorm, orthogonal } from '../../src/model/regularizers.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import { permutation, STREAM } from '../../src/random.ts';
import { referenceStep, type Hyperparameters, type ReferenceConfig, type ReferenceNetwork, type ReferenceState } from '../../src/reference/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { expectClose } from '../cases/compare.ts';
import { goldenDataset, goldenLayers, goldenOptimizer } from '../cases/network/golden.ts';
import { goldenPrelus } from '../golden/golden.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { hyperparametersOf, optimizerOf } from '../cases/network/rules.ts';
import { SMALL_BATCH, STEPS_PER_EPOCH, trainingData } from '../cases/network/support.ts';
import { RULES } from '../cases/rules.ts';
import { float64Engine, slotsOf, tensorsOf, train, type Float64Engine } from './support.ts';

const DECAY = 0.9;
/** Rows hold f32 numbers: six steps are off by a few of their roundings. */
const TOLERANCE = 2e-6;

interface Results {
  readonly state: ReferenceState;
  /** Of every sample, negative for a miss. */
  readonly samples: readonly number[];
}

/** What a case makes of the reference's network. */
type Change = (network: ReferenceNetwork) => ReferenceNetwork;

/** An epoch of the reference: six steps, the last of five samples. */
function referenceEpoch(
  { engine }: Float64Engine, replica: number, weights: readonly Float64Array[], config: Omit<ReferenceConfig, 'network'>, averaged: boolean, change: Change,
): Results {
  const { network } = engine.build, { seed, dropouts } = engine.settings[replica]!;
  const data = trainingData(), order = permutation(data.length, seed, STREAM.shuffle, 0), samples: number[] = [];
  let state: ReferenceState = { weights, slots: weights.map(() => ({})), step: 0 };
  for (let step = 0; step < STEPS_PER_EPOCH; step++) {
    const averageWeight = averaged ? (step === 0 ? 1 : 1 - DECAY) : undefined, position = step * SMALL_BATCH;
    const own = { ...config, network: change(referenceNetwork(network, seed, dropouts as readonly number[])), hyperparameters: { ...config.hyperparameters, averageWeight } };
    const count = Math.min(SMALL_BATCH, data.length - position);
    const stepped = referenceStep(state, { ...data, order, position, count, batch: SMALL_BATCH }, own);
    state = stepped.state;
    samples.push(...Array.from(stepped.losses.subarray(0, count), (loss, i) => (stepped.hits[i] === 1 ? loss : -loss)));
  }
  return { state, samples };
}

const largest = (values: Float64Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Trains an epoch on both, and compares losses, weights and state of every replica. */
async function check(
  changes: Partial<TrainerConfig>, configOf: (replica: number) => Omit<ReferenceConfig, 'network'>, tolerance = TOLERANCE,
  change: Change = (network) => network,
): Promise<void> {
  const made = await float64Engine(changes), { replicas } = made.engine.build;
  const before = Array.from({ length: replicas }, (_, replica) => tensorsOf(made, 'parameters', replica));
  const { samples, flags } = await train(made, STEPS_PER_EPOCH);
  before.forEach((weights, replica) => {
    const want = referenceEpoch(made, replica, weights, configOf(replica), changes.averaging !== undefined, change);
    // Read as f32.
    expectClose(`replica ${replica}, losses`, samples[replica]!.losses, want.samples, tolerance, tolerance);
    expect([...flags[replica]!].every((flag) => flag === 0xffffffff)).toBe(true);
    const slots = slotsOf(made, replica);
    tensorsOf(made, 'parameters', replica).forEach((got, i) => {
      const name = `replica ${replica}, tensor ${i}`, wanted = want.state.weights[i]!;
      expectClose(name, got, wanted, 0, tolerance * largest(wanted));
      for (const [slot, values] of Object.entries(slots[i]!)) {
        const own = want.state.slots[i]![slot]!;
        // What cumulative L1 took is a difference of weights.
        expectClose(`${name}, ${slot}`, values, own, 0, tolerance * largest(slot === 'cumulative' ? wanted : own));
      }
    });
  });
}

const REPLICAS: readonly Overrides[] = [{}, { seed: 9, dropout: 0.25 }, { seed: 12, l2: 0 }];
/** Lion's metric may be tiny, and the proximal threshold is divided by it. */
const toleranceOf = (name: RuleName): number => (name === 'lion' ? 8 * TOLERANCE : TOLERANCE);
const isRatio = (name: RuleName): boolean => name === 'lars' || name === 'lamb';
const fusionsOf = (name: RuleName): readonly Fusion[] => (isRatio(name) ? ['none'] : ['none', 'layer', 'full']);

describe.each(Object.keys(RULES) as RuleName[])('%s, with penalties, decay and average', (name) => {
  const hyperparameters = hyperparametersOf(name);
  const changes = { optimizer: optimizerOf(hyperparameters, name), averaging: ema(DECAY) };

  test.each(fusionsOf(name))('fusion %s, one replica and three', async (fusion) => {
    await check({ ...changes, fusion }, () => ({ hyperparameters }), toleranceOf(name));
    const ofReplica = (replica: number): Hyperparameters => ({ ...hyperparameters, ...(replica === 2 && { l2: 0 }) });
    await check({ ...changes, fusion, replicas: REPLICAS }, (replica) => ({ hyperparameters: ofReplica(replica) }), toleranceOf(name));
  });
});

const SGD: Hyperparameters = { ...RULES.momentum, learningRate: 0.05 };

describe('around the update', () => {
  test.each(['none', 'layer', 'full'] as const)('rules on units, and their average, fusion %s', async (fusion) => {
    const optimizer = { ...optimizerOf(SGD, 'momentum'), regularizers: [groupLasso(1e-3), maxNorm(0.8)] };
    await check({ optimizer, fusion, averaging: ema(DECAY) }, () => ({ hyperparameters: SGD, weightRules: { groupLasso: 1e-3, maxNorm: 0.8 } }));
  });

  test('the orthogonal penalty', async () => {
    const optimizer = { ...optimizerOf(SGD, 'momentum'), regularizers: [orthogonal(0.01)] };
    await check({ optimizer, replicas: REPLICAS.slice(0, 2) }, () => ({ hyperparameters: SGD, weightRules: { orthogonal: 0.01 } }));
  });

  test('clipping by the global norm', async () => {
    const optimizer = { ...optimizerOf(SGD, 'momentum'), clip: clipByGlobalNorm(0.05) };
    await check({ optimizer, replicas: REPLICAS.slice(0, 2) }, () => ({ hyperparameters: { ...SGD, clip: { by: 'globalNorm', threshold: 0.05 } } }));
  });

  test('onNonFinite skip counts corrections itself', async () => {
    await check({ optimizer: adam({ learningRate: 0.01 }), onNonFinite: 'skip' }, () => ({ hyperparameters: { optimizer: 'adam', learningRate: 0.01 } }));
  });

  test.each(['none', 'layer', 'full'] as const)('penalties on activations, fusion %s', async (fusion) => {
    const optimizer = { ...optimizerOf(SGD, 'momentum'), regularizers: [activityL1(0.1), activityL2(0.2)] };
    const withActivity = (network: ReferenceNetwork): ReferenceNetwork =>
      ({ ...network, layers: network.layers.map((layer, n) => (n < network.layers.length - 1 ? { ...layer, activity: { l1: 0.1, l2: 0.2 } } : layer)) });
    await check({ optimizer, fusion, replicas: REPLICAS.slice(0, 2) }, () => ({ hyperparameters: SGD }), TOLERANCE, withActivity);
  });
});

test('two accumulated batches of 8 are one of 16', async () => {
  const changes = { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), replicas: [{ dropout: 0 }] };
  const [halves, whole] = [await float64Engine({ ...changes, accumulate: 2, batchSize: 8 }), await float64Engine({ ...changes, batchSize: 16 })];
  await train(halves, 3);
  await train(whole, 3);
  const want = tensorsOf(whole, 'parameters', 0);
  tensorsOf(halves, 'parameters', 0).forEach((got, i) => expectClose(`tensor ${i}`, got, want[i]!, 1e-12, 1e-14));
});

/** Slopes behind dropout and before it, one for all and one for each unit. */
const learned = (per: 'layer' | 'unit'): Model => sequential([13], [
  dropout(0.2), dense(11), prelu({ per }), dropout(0.5), dense(9), relu(), dense(7), prelu({ per: per === 'unit' ? 'layer' : 'unit' }), dense(5),
]);

describe.each(['layer', 'unit'] as const)('slopes per %s', (per) => {
  const model = learned(per), plain = { ...optimizerOf(SGD, 'momentum') };

  test.each(['none', 'layer', 'full'] as const)('momentum, decay and l2 that they do not take, their average; fusion %s, three replicas', async (fusion) => {
    const hyperparameters: Hyperparameters = { ...SGD, l2: 0.01, l2Rule: 'coupled' };
    const ofReplica = (replica: number): Hyperparameters => ({ ...hyperparameters, ...(replica === 2 && { l2: 0 }) });
    await check({ model, optimizer: optimizerOf(hyperparameters, 'momentum'), fusion, averaging: ema(DECAY), replicas: REPLICAS }, (replica) => ({ hyperparameters: ofReplica(replica) }));
  });

  test.each(Object.keys(RULES) as RuleName[])('%s', async (name) => {
    // Without the proximal threshold that Lion's tiny metric divides; and LARS's rate is for tensors with a ratio, which slopes are not.
    const hyperparameters = { ...(name === 'lion' ? RULES.lion : hyperparametersOf(name)), ...(name === 'lars' && { learningRate: 0.02 }) };
    await check({ model, optimizer: optimizerOf(hyperparameters, name), fusion: isRatio(name) ? 'none' : 'layer' }, () => ({ hyperparameters }), toleranceOf(name));
  });

  test('their gradients count in the global norm', async () => {
    await check({ model, optimizer: { ...plain, clip: clipByGlobalNorm(0.05) } }, () => ({ hyperparameters: { ...SGD, clip: { by: 'globalNorm', threshold: 0.05 } } }));
  });

  test('onNonFinite skip', async () => {
    await check({ model, optimizer: adam({ learningRate: 0.01 }), onNonFinite: 'skip' }, () => ({ hyperparameters: { optimizer: 'adam', learningRate: 0.01 } }));
  });

  test.each(['none', 'full'] as const)('penalties on activations, rules on units; fusion %s', async (fusion) => {
    const withActivity = (network: ReferenceNetwork): ReferenceNetwork =>
      ({ ...network, layers: network.layers.map((layer, n) => (n < network.layers.length - 1 ? { ...layer, activity: { l1: 0.1, l2: 0.2 } } : layer)) });
    const optimizer = { ...plain, regularizers: [activityL1(0.1), activityL2(0.2), maxNorm(0.8)] };
    await check({ model, optimizer, fusion }, () => ({ hyperparameters: SGD, weightRules: { maxNorm: 0.8 } }), TOLERANCE, withActivity);
  });

  test('ten steps are those of PyTorch in double, to every digit, whatever is fused', async () => {
    const file = goldenPrelus.find((one) => one.model.prelu === per)!, [golden] = file.cases, { batch, seed, samples, steps } = file.model;
    for (const fusion of ['none', 'layer', 'full'] as const) {
      const made = await float64Engine({ model: goldenLayers(file.model), optimizer: goldenOptimizer(golden!.hyperparameters), batchSize: batch, seed, fusion, replicas: [{}] });
      const { engine } = made, resident = await engine.residents.attach(goldenDataset(file.model), 'train'), perEpoch = Math.ceil(samples / batch);
      for (let step = 0; step < steps; step += perEpoch) {
        engine.residents.shuffle(resident, step / perEpoch);
        await engine.train(resident, { first: 0, count: perEpoch }, { step, steps, active: [true], reductions: [() => 0] }).collect();
      }
      tensorsOf(made, 'parameters', 0).forEach((values, i) => {
        const { name } = engine.build.network.tensors[i]!, at = file.indices[name]!;
        expectClose(`${name}, fusion ${fusion}`, at.map((index) => values[index]!), golden!.weights[name]!.samples, 1e-10, 1e-13);
      });
      const names = engine.build.network.tensors.map(({ name }) => name);
      expect(names).toEqual(Object.keys(golden!.weights));
    }
  });
});

test('two accumulated batches make one gradient of the slopes', async () => {
  const changes = { model: learned('layer'), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), replicas: [{ dropout: 0 }] };
  const [halves, whole] = [await float64Engine({ ...changes, accumulate: 2, batchSize: 8 }), await float64Engine({ ...changes, batchSize: 16 })];
  await train(halves, 3);
  await train(whole, 3);
  const want = tensorsOf(whole, 'parameters', 0);
  tensorsOf(halves, 'parameters', 0).forEach((got, i) => expectClose(`tensor ${i}`, got, want[i]!, 1e-12, 1e-14));
});
