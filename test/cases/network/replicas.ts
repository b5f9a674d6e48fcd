/** Replicas train as if alone: bit for bit what a single run with the same numbers gives. */
import type { Device } from '../../../src/device/index.ts';
import { cosine } from '../../../src/model/schedules/index.ts';
import type { Fusion } from '../../../src/compile/tiles.ts';
import type { Overrides } from '../../../src/model/hyperparameters.ts';
import type { TrainerConfig } from '../../../src/train/trainer-config.ts';
import type { Case } from '../../hosts/cases.ts';
import {
  expectDifferent, expectSame, expectTrue, fitAll, OPTIMIZERS, smallConfig, STEPS_PER_EPOCH, tensorBits, trainingData,
  validationData, withTrainer, type History,
} from './support.ts';

interface Outcome {
  readonly history: History;
  readonly bits: readonly Record<string, number[]>[];
  readonly hashes: readonly string[];
  readonly predictions: readonly (readonly number[])[];
}

/** Ends in the middle of the second epoch. */
const STEPS = STEPS_PER_EPOCH + 4;

async function outcome(device: Device, config: TrainerConfig, { steps = STEPS, stepsPerSubmit = 3 } = {}): Promise<Outcome> {
  return withTrainer(device, config, async (trainer) => {
    const validation = validationData();
    const history = await fitAll(trainer, trainingData(), { epochs: 3, steps, stepsPerSubmit, validation });
    const predictions = [await trainer.predict(validation)].flat();
    const bits = [];
    for (let replica = 0; replica < trainer.replicas; replica++) bits.push(await tensorBits(trainer, replica));
    return { history, bits, hashes: await trainer.hash(), predictions: predictions.map((values) => [...values]) };
  });
}

const VARIANTS: readonly Overrides[] = [
  {}, { seed: 11 }, { learningRate: 0.02 }, { l1: 0 }, { l1: 0.01, 'layers.1.dropout': 0 }, { seed: 5, dropout: 0.4, l1: 0.003, 'layers.0.learningRate': 0.03 },
];

/** The replicas of one run against as many runs of one. */
async function checkReplicas(device: Device, config: TrainerConfig): Promise<void> {
  const together = await outcome(device, { ...config, replicas: VARIANTS });
  expectTrue('an epoch ended', together.history.length === 1);
  expectDifferent('hashes of different replicas', together.hashes);
  for (const [replica, overrides] of VARIANTS.entries()) {
    const alone = await outcome(device, { ...config, replicas: [overrides] });
    const label = `replica ${replica} of ${JSON.stringify(overrides)}`;
    expectSame(`${label}: tensors`, together.bits[replica], alone.bits[0]);
    expectSame(`${label}: hash`, together.hashes[replica], alone.hashes[0]);
    expectSame(`${label}: predictions`, together.predictions[replica], alone.predictions[0]);
    expectSame(`${label}: history`, together.history.map((epoch) => epoch.replicas[replica]), alone.history.map((epoch) => epoch.replicas[0]));
  }
}

/** One replica's learning rate is far too large: it stops at finite weights, and the others do not notice. */
async function checkFrozen(device: Device, fusion: Fusion): Promise<void> {
  const config = smallConfig({ fusion });
  const run = (replicas: readonly Overrides[], steps: number): Promise<Outcome> => outcome(device, { ...config, replicas }, { steps, stepsPerSubmit: 2 });
  const others: Overrides[] = [{ seed: 4 }, { learningRate: 0.01 }];
  const steps = 3 * STEPS_PER_EPOCH;
  const mixed = await run([others[0]!, { learningRate: 1e30 }, others[1]!], steps);
  for (const [replica, place] of [[0, 0], [1, 2]] as const) {
    const alone = await run([others[replica]!], steps);
    expectSame(`tensors of replica ${place}`, mixed.bits[place], alone.bits[0]);
    expectSame(`history of replica ${place}`, mixed.history.map((epoch) => epoch.replicas[place]), alone.history.map((epoch) => epoch.replicas[0]));
  }
  const [first, , last] = mixed.history.map((epoch) => epoch.replicas[1]!);
  expectTrue('the diverged replica says so', first?.diverged !== undefined && first.diverged.tensor.startsWith('layers.'));
  expectSame('what it says stays', last?.diverged, first?.diverged);
  expectTrue('its tensors are finite', floatsOf(mixed.bits[1]!).every(Number.isFinite));
  // Frozen means frozen: one epoch or three leave the same bits.
  const short = await run([others[0]!, { learningRate: 1e30 }, others[1]!], STEPS_PER_EPOCH);
  expectSame('its tensors after one epoch and after three', mixed.bits[1], short.bits[1]);
}

/** Two replicas diverge in different submits of one epoch: both are put back. */
async function checkTwoFrozen(device: Device): Promise<void> {
  const late = cosine(0.01, { final: 1e30 });
  const replicas: Overrides[] = [{}, { learningRate: 1e30 }, { learningRate: late }];
  const { history, bits } = await outcome(device, smallConfig({ replicas }), { steps: STEPS_PER_EPOCH, stepsPerSubmit: 1 });
  const steps = history[0]!.replicas.map(({ diverged }) => diverged?.step ?? -1);
  expectTrue(`only the others diverged, one after the other: ${steps}`, steps[0] === -1 && steps[1]! >= 0 && steps[2]! > steps[1]!);
  for (const replica of [1, 2]) expectTrue(`replica ${replica} is finite`, floatsOf(bits[replica]!).every(Number.isFinite));
}

const floatsOf = (bits: Record<string, number[]>): number[] =>
  Object.values(bits).flatMap((words) => [...new Float32Array(Uint32Array.from(words).buffer)]);

export const replicaCases: readonly Case[] = [
  ...(['momentum', 'adam'] as const).map((name): Case => ({
    name: `network: replicas equal their single runs bit for bit over an epoch end, ${name}`,
    // Declared with all penalties, so that single runs are built the same whatever they override.
    run: (device) => checkReplicas(device, smallConfig({ optimizer: OPTIMIZERS[name]!() })),
  })),
  { name: 'network: replicas equal their single runs, fully fused', run: (device) => checkReplicas(device, smallConfig({ fusion: 'full' })) },
  { name: 'network: replicas equal their single runs, nothing fused', run: (device) => checkReplicas(device, smallConfig({ fusion: 'none' })) },
  { name: 'network: a diverged replica is frozen, the others go on as if alone', run: (device) => checkFrozen(device, 'layer') },
  { name: 'network: two replicas that diverge in different submits are both put back', run: checkTwoFrozen },
  { name: 'network: a diverged replica is frozen, nothing fused', run: (device) => checkFrozen(device, 'none') },
];
