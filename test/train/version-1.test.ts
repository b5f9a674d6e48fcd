/** Checkpoints of format version 1, written by gradshader 0.1.0 itself, go on as they did there. */
import { expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { BadFileError } from '../../src/errors.ts';
import { uniforms } from '../../src/random.ts';
import { readTraining } from '../../src/train/restore.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { expectClose } from '../cases/compare.ts';
import { fitAll } from '../cases/network/support.ts';
import { edited } from './checkpoints.ts';
import { useDevice } from './device.ts';
import saved from './version-1.json' with { type: 'json' };

const device = useDevice();
const NAMES = ['sgd', 'momentum', 'nesterov', 'adam'] as const;
const bytesOf = (name: (typeof NAMES)[number]): Uint8Array => Uint8Array.from(atob(saved[name].checkpoint), (character) => character.charCodeAt(0));

/** What the checkpoints were trained on: 20 samples in batches of 8. */
function data(): ClassDataset {
  const inputs = Uint8Array.from(uniforms(20 * 6, 77, 1), (u) => Math.floor(256 * u));
  const targets = Uint32Array.from({ length: 20 }, (_, row) => {
    const sums = new Float64Array(3);
    for (let i = 0; i < 6; i++) sums[i % 3]! += inputs[row * 6 + i]!;
    return sums.indexOf(Math.max(...sums));
  });
  return dataset({ inputs, targets, shape: [6], classes: 3, name: 'version 1' });
}

// Saved after four of six steps, in the middle of the second epoch, with a `set`; trained on to four epochs there.
test.each(NAMES)('%s: the same losses and weights, but for rounding', async (name) => {
  const { losses, parameters } = saved[name];
  const trainer = await Trainer.load(device(), bytesOf(name), { file: 'old', verify: 'off' });
  try {
    expect([trainer.step, trainer.epoch, trainer.replicas]).toEqual([4, 1, losses[0]!.length]);
    const history = await fitAll(trainer, data(), { epochs: 4, horizon: 'keep' });
    expect(history.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
    history.forEach(({ replicas }, i) => expectClose(`losses of epoch ${i + 2}`, replicas.map(({ loss }) => loss), losses[i]!, 1e-5, 0));
    for (const [tensor, values] of await trainer.parameters()) {
      expectClose(tensor, values, (parameters as Record<string, number[]>)[tensor]!, 1e-4, 1e-6);
    }
    // The same bits as before layers became ops.
    expect(await trainer.hash()).toEqual(saved[name].hash);
    // From here on it is a file of today.
    const again = await Trainer.load(device(), await trainer.save(), { verify: 'off' });
    expect(await again.hash()).toEqual(await trainer.hash());
    expect(again.config).toEqual(trainer.config);
    again.destroy();
  } finally {
    trainer.destroy();
  }
});

test('hyperparameters are what they were called then', () => {
  const optimizerOf = (name: (typeof NAMES)[number]): unknown => readTraining(bytesOf(name), 'old').training.config.optimizer;
  expect(optimizerOf('momentum')).toMatchObject({
    rule: 'momentum', hyperparameters: { learningRate: { schedule: 'cosine', initial: 0.1, final: 0 }, momentum: 0.9, dampening: 0.2, weightDecay: 0 },
  });
  expect(optimizerOf('adam')).toMatchObject({
    rule: 'adam', hyperparameters: { learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  });
});

test.each([
  ['no optimizer', (training: { config: Record<string, unknown> }) => { delete training.config['optimizer']; }],
  ['an optimizer of another kind', (training: { config: Record<string, unknown> }) => { training.config['optimizer'] = 'adam'; }],
  ['no state', (training: Record<string, unknown>) => { training['state'] = null; }],
  ['no configuration', (training: Record<string, unknown>) => { training['config'] = 7; }],
] as const)('broken ones are refused: %s', async (_, edit) => {
  await expect(Trainer.load(device(), edited(bytesOf('adam'), edit), 'old')).rejects.toThrow(BadFileError);
});
