/** Checkpoints of format 2, written before layers became ops, go on with the same bits. */
import { expect, test } from 'vitest';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { OPTIONS, predictOn, trainOn, TRAININGS } from './format-2.ts';
import type { Epoch } from '../../src/train/events.ts';
import saved from './format-2.json' with { type: 'json' };

const device = useDevice();
const NAMES = Object.keys(TRAININGS) as Exclude<keyof typeof saved, 'made'>[];

/** What an epoch said then. */
const then = ({ horizon: _horizon, nonFinite: _nonFinite, replicas, ...epoch }: Omit<Epoch, 'seconds' | 'imagesPerSecond'>): unknown => ({ ...epoch, replicas: replicas.map(({ nonFinite: _, ...own }) => own) });

test.each(NAMES)('%s: history, weights, best epochs and predictions are those of then', async (name) => {
  const { checkpoint, step, history, hash, best, predictions } = saved[name];
  const bytes = Uint8Array.from(atob(checkpoint), (character) => character.charCodeAt(0));
  const trainer = await Trainer.load(device(), bytes, { file: 'old', verify: 'off' });
  try {
    expect(trainer.step).toBe(step);
    // Epochs did not say their horizon then.
    expect((await fitAll(trainer, trainOn(), OPTIONS)).map(then)).toEqual(history);
    expect(await trainer.hash()).toEqual(hash);
    expect(trainer.best).toEqual(best);
    expect([await trainer.predict(predictOn())].flat().map((one) => [...one].slice(0, 10))).toEqual(predictions);
  } finally {
    trainer.destroy();
  }
});
