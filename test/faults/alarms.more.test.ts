/** A device that computes right is never accused: random networks, all optimizers, and whatever numbers they are given. */
import { expect, test } from 'vitest';
import { dataset, type Dataset } from '../../src/data/dataset.ts';
import { NonFiniteError } from '../../src/errors.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue } from '../../src/model/clip.ts';
import { namedOptimizer, OPTIMIZER_NAMES, type NamedOptions } from '../../src/model/optimizers/named.ts';
import { elasticNet, maxNorm } from '../../src/model/regularizers.ts';
import { uniforms } from '../../src/random.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { smallConfig, smallData } from '../cases/network/support.ts';
import { randomGraph } from '../graphs/generate.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();

/** Trains, with all tests on; whether numbers ended in infinity. */
async function trains(label: string, config: TrainerConfig, data: Dataset, epochs = 2): Promise<boolean> {
  const trainer = await Trainer.create(device(), { ...config, verify: 'once' });
  try {
    for await (const _ of trainer.fit(data, { epochs, validation: data }));
    const { ok, wrong } = await trainer.verify(data);
    expect(ok, `${label}: ${JSON.stringify(wrong)}`).toBe(true);
    return false;
  } catch (error) {
    if (error instanceof NonFiniteError) return true;
    throw new Error(`${label}: ${error}`, { cause: error });
  } finally {
    trainer.destroy();
  }
}

test.each(Array.from({ length: 12 }, (_, seed) => seed))('random network %i', async (seed) => {
  const { config, data } = randomGraph(400 + seed), fusion = (['none', 'layer', 'full'] as Fusion[])[seed % 3]!;
  await trains(`seed ${seed}`, { ...config, fusion }, data);
});

const RATES = [1e-12, undefined, 10] as const;
const CLIPS = [undefined, clipByValue(1e-3), clipByNorm(0.1), clipByGlobalNorm(100)] as const;
/** Their own norms would have to be those of clipped gradients; their state cannot be without an update. */
const CLIPPED_BY_VALUE = ['lars', 'lamb'], NEVER_SKIPPING = ['nadam', 'ftrl'];

test.each(OPTIMIZER_NAMES)('%s', async (name) => {
  for (const [i, learningRate] of RATES.entries()) {
    const clip = CLIPPED_BY_VALUE.includes(name) ? CLIPS[i % 2] : CLIPS[(OPTIMIZER_NAMES.indexOf(name) + i) % CLIPS.length];
    const options: NamedOptions = { ...(learningRate && { learningRate }), ...(clip && { clip }), regularizers: [...elasticNet({ l1: 1e-3, l2: 1e-3 }), ...(i === 1 ? [maxNorm(1)] : [])] };
    await trains(`${name}, rate ${learningRate}`, smallConfig({
      optimizer: namedOptimizer(name, options), fusion: 'none', ...(i === 0 && { averaging: ema(0.99) }), ...(i === 2 && !NEVER_SKIPPING.includes(name) && { onNonFinite: 'skip' }),
    }), smallData(45));
  }
});

const floats = (of: (u: number) => number): Dataset => {
  const { targets } = smallData(45);
  return dataset({ inputs: Float32Array.from(uniforms(45 * 13, 5, 9), of), targets, shape: [13], classes: 5, name: 'extremes' });
};
const bytes = (of: (u: number) => number): Dataset => {
  const { targets } = smallData(45);
  return dataset({ inputs: Uint8Array.from(uniforms(45 * 13, 5, 9), of), targets, shape: [13], classes: 5, name: 'bytes' });
};

test.each<[string, Dataset]>([
  ['all zeros', bytes(() => 0)], ['all 255', bytes(() => 255)], ['black and white', bytes((u) => (u < 0.5 ? 0 : 255))], ['all one number', floats(() => 0.3)],
  ['1e-20', floats((u) => 1e-20 * u)], ['1e-38', floats((u) => 1.2e-38 * u)], ['1e10', floats((u) => 1e10 * (u - 0.5))], ['1e30', floats((u) => 1e30 * (u - 0.5))],
  ['one outlier', floats((u) => (u > 0.998 ? 1e18 : u))], ['sparse', floats((u) => (u > 0.98 ? 1 : 0))],
  ['far from 0', floats((u) => 1e6 + u)], ['scaled bytes', { ...bytes((u) => Math.floor(256 * u)), scale: 1e-12, offset: 3 } as Dataset], ['one sample', smallData(1)],
])('data: %s', async (label, data) => {
  for (const fusion of ['none', 'full'] as const) await trains(`${label}, ${fusion}`, smallConfig({ fusion }), data);
});

test('many epochs', async () => {
  await trains('many epochs', smallConfig(), smallData(45), 60);
});
