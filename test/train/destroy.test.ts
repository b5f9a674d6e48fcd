import { afterAll, beforeAll, expect, test } from 'vitest';
import { adam, dense, InputError, openDevice, sequential, softmaxCrossEntropy, Trainer, type Device } from '../../src/index.ts';

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(async () => device?.close());

test('a trainer destroyed while it predicts rejects that call, and the device serves the next trainer', async () => {
  const config = { model: sequential([16], [dense(10)]), loss: softmaxCrossEntropy(), optimizer: adam() };
  const first = await Trainer.create(device, config);
  await first.predict(new Uint8Array(16));
  const waiting = expect(first.predict(new Uint8Array(16))).rejects.toMatchObject({ code: 'destroyed' });
  // Its plan is loaded, so it submits and begins to wait within microtasks; no result can arrive between those.
  for (let i = 0; i < 100; i++) await Promise.resolve();
  first.destroy();
  await waiting;
  const second = await Trainer.create(device, config);
  const probabilities = await second.predict(new Uint8Array(16));
  expect(probabilities).toHaveLength(10);
  second.destroy();
});

test('a trainer is made by create, and new says so', () => {
  const loose = Trainer as unknown as new (...values: unknown[]) => Trainer;
  expect(() => new loose()).toThrow(InputError);
  expect(() => new loose(device, {})).toThrow('Use await Trainer.create(device, config).');
});
