/** The libraries of the peers suite compute the same network: losses of ten steps and right answers, on a small one. */
import { createRequire } from 'node:module';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreement, differences, expectedLosses, isWithin, type Expected } from '../../src/bench/peers/agreement.ts';
import type { Contestant, Peer } from '../../src/bench/peers/contestant.ts';
import { gradshaderContestant } from '../../src/bench/peers/gradshader.ts';
import { jaxPeer } from '../../src/bench/peers/jax.ts';
import { lendGlobals } from '../../src/bench/peers/lend.ts';
import { pyTorchPeer } from '../../src/bench/peers/pytorch.ts';
import { tensorFlowPeer } from '../../src/bench/peers/tfjs.ts';
import { openDevice, type Device } from '../../src/device/index.ts';
import { smallTask } from './peers-support.ts';

let device: Device;
let giveBack: () => void;
let expected: Expected;
/** Right answers among all images after ten steps. */
let expectedHits: number;

/** Trains ten steps, then answers for every image. */
async function hitsOf(contestant: Contestant): Promise<{ images: number; hits: number }> {
  const task = smallTask(), run = await contestant.prepare(task);
  await run.losses(10);
  const found = await run.infer(Math.ceil(task.data.length / task.batch));
  await run.dispose();
  return found;
}

beforeAll(async () => {
  device = await openDevice({ software: 'fallback' });
  giveBack = await lendGlobals();
  expected = await expectedLosses(device, smallTask());
  expectedHits = (await hitsOf(gradshaderContestant(device))).hits;
});

afterAll(async () => {
  giveBack();
  await device.close();
});

async function expectAgreement({ ways, close }: Peer): Promise<void> {
  expect(ways.length).toBeGreaterThan(0);
  for (const contestant of ways) {
    const { fromFloat64, fromGradshader, agrees } = await agreement(contestant, smallTask(), expected);
    expect({ way: contestant.way, worst: Math.max(...fromFloat64, ...fromGradshader) < 2e-5, agrees }).toEqual({ way: contestant.way, worst: true, agrees: true });
    expect(await hitsOf(contestant)).toEqual({ images: 100, hits: expectedHits });
    // With dropout there is no common answer: it runs, and still learns.
    const run = await contestant.prepare({ ...smallTask([0.2, 0.5, 0.5]), l2: 0 });
    const first = await run.losses(1);
    await run.train(8);
    const last = await run.losses(6);
    expect(Math.max(...last)).toBeLessThan(first[0]! + 1);
    expect(isWithin(differences(first, expected.float64.slice(0, 1)), 1e-4)).toBe(false);
    await run.dispose();
  }
  await close();
}

test("gradshader's losses are those of the float64 reference, and they fall", () => {
  expect(isWithin(differences(expected.gradshader, expected.float64), 2e-5)).toBe(true);
  expect(expected.float64.at(-1)!).toBeLessThan(0.8 * expected.float64[0]!);
});

test('without its L2 a task does not agree: the penalty is seen in the losses', async () => {
  const { fromFloat64, agrees } = await agreement(gradshaderContestant(device), { ...smallTask(), l2: 0 }, expected);
  expect(agrees).toBe(false);
  expect(Math.max(...fromFloat64)).toBeGreaterThan(1e-3);
});

test('jax-js wasm', async () => expectAgreement(await jaxPeer('wasm', '0')));

test('jax-js webgpu, on the GPU that Node lends it', async () => expectAgreement(await jaxPeer('webgpu', '0')));

test.each(['wasm', 'webgpu'])('TensorFlow.js %s, both ways', async (backend) => {
  // As CommonJS, as Node loads it: all parts then share one core.
  const require = createRequire(import.meta.url);
  const core = require('@tensorflow/tfjs-core') as typeof Core;
  require(`@tensorflow/tfjs-backend-${backend}`);
  expect(await core.setBackend(backend)).toBe(true);
  const peer = tensorFlowPeer({ core, layers: require('@tensorflow/tfjs-layers') as typeof Layers }, backend, '0', () => ({}));
  expect(peer.ways.map(({ way }) => way)).toEqual(['optimizer.minimize', 'trainOnBatch']);
  const before = core.memory().numTensors;
  await expectAgreement(peer);
  // Three runs of each way; the library's momentum keeps the scalar of its learning rate.
  expect(core.memory().numTensors).toBe(before + 2 * 3);
});

test('PyTorch on the CPU, or why there is none', async () => {
  const peer = await pyTorchPeer('cpu').catch((error: Error) => error);
  if (peer instanceof Error) expect(peer.message).toMatch(/no python3 on the PATH|cannot import torch/);
  else await expectAgreement(peer);
});

test('what was lent to the libraries is taken back', async () => {
  const names = ['GPUBufferUsage', 'WorkerGlobalScope'] as const;
  expect(names.every((name) => name in globalThis)).toBe(true);
  giveBack();
  expect(names.some((name) => name in globalThis)).toBe(false);
});
