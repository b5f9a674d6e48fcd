/** `optim.verify()`: what is right is called right, what is broken is named, and nothing of the caller's changes. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { adam, clipByGlobalNorm, ema, ftrl, l1, l2, lamb, maxNorm, sgd, swa, type Optimizer } from '../../src/index.ts';
import { createOptim, type OptimOptions } from '../../src/optim/index.ts';
import { FaultyDevice } from '../faults/faulty-device.ts';
import { KINDS } from '../faults/kinds.ts';
import { numbers } from '../scheduler/models.ts';
import { useDevice } from '../train/device.ts';
import { Watch } from '../train/watch.ts';
import { subject } from './verify.ts';

const device = useDevice();
/** It compiles a text once. */
let faulty: FaultyDevice;
beforeAll(() => { faulty = new FaultyDevice(device().gpu); });
afterEach(() => faulty.heal());

const RIGHT: Readonly<Record<string, readonly [Optimizer, Partial<OptimOptions>?]>> = {
  'adam, l1, l2, an average': [adam({ learningRate: 1e-3, regularizers: [l1(1e-4), l2(1e-4)] }), { averaging: ema(0.99) }],
  'nesterov, l1, clip, max-norm, skip': [sgd({
    learningRate: 0.1, momentum: 0.9, nesterov: true, clip: clipByGlobalNorm(1), regularizers: [l1(1e-4), maxNorm(2)],
  }), { onNonFinite: 'skip', averaging: swa({ start: 100, every: 10 }) }],
  'lamb': [lamb()],
  'ftrl, one in flight': [ftrl({ learningRate: 0.1, regularizers: [l1(1e-3)] }), { stepsInFlight: 1 }],
};

test.each(Object.entries(RIGHT))('every number of a device that is right is right: %s', async (_, [optimizer, more]) => {
  const { optim, destroy } = await subject(faulty.gpu, optimizer, more);
  const report = await optim.verify();
  expect(report.wrong).toEqual([]);
  expect(report).toMatchObject({ ok: true, adapter: device().adapter.name });
  const names = report.kernels.map(({ kernel }) => kernel);
  expect(names).toContain('view-update');
  expect(report.kernels.every(({ worst }) => worst <= 1)).toBe(true);
  await destroy();
});

const ALL = RIGHT['nesterov, l1, clip, max-norm, skip']!;

test('weights, state and where it stands are as they were, in the middle of a training, and no buffer stays', async () => {
  const { optim, caller, buffers, destroy } = await subject(faulty.gpu, ...ALL);
  for (let i = 0; i < 3; i++) caller.step(optim);
  const watch = new Watch(device().gpu);
  try {
    const [weights, file] = [await Promise.all(buffers.map((buffer) => caller.read(buffer))), await optim.save()], live = watch.liveBytes;
    expect((await optim.verify()).ok).toBe(true);
    expect(watch.liveBytes).toBe(live);
    expect(await Promise.all(buffers.map((buffer) => caller.read(buffer)))).toEqual(weights);
    expect(await optim.save()).toEqual(file);
    caller.step(optim);
    expect([optim.step, (await optim.flags()).skipped]).toEqual([4, 0]);
  } finally {
    watch.restore();
    await destroy();
  }
});

test('an update that was encoded and not yet submitted is not disturbed, and no usage but STORAGE is needed', async () => {
  const { gpu } = device(), made = [0, 1].map(() => gpu.createBuffer({ size: 256, usage: 0x80 })) as [GPUBuffer, GPUBuffer];
  const optim = await createOptim(device(), { parameters: [{ buffer: made[0], length: 64, gradient: { buffer: made[1] } }], optimizer: adam() });
  const encoder = gpu.createCommandEncoder(), pass = encoder.beginComputePass();
  optim.encode(pass);
  expect((await optim.verify()).ok).toBe(true);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
  optim.destroy();
  made.forEach((buffer) => buffer.destroy());
  await expect(optim.verify()).rejects.toMatchObject({ code: 'destroyed' });
});

describe('a fault in a kernel is named', () => {
  const FAULTS = ['dropped', 'a tile of zeros', 'all of zeros', 'stored as f16', 'read as f16'];
  for (const kernel of ['view-norms', 'view-update', 'view-unit-constraint']) {
    test(kernel, async () => {
      const { optim, destroy } = await subject(faulty.gpu, ...ALL);
      expect((await optim.verify()).ok).toBe(true);
      let tried = 0;
      for (const name of FAULTS) {
        const site = [...faulty.sites.values()].find((one) => one.kernel === kernel)!, fault = KINDS.find((kind) => kind.name === name)!.at(site, numbers(3));
        if (fault === undefined) continue; // The kernel has no place for it.
        faulty.inject((one) => one.kernel === kernel && one.label === site.label, fault);
        const { ok, wrong } = await optim.verify();
        expect(faulty.hits, name).toBeGreaterThan(0);
        expect([ok, wrong[0]?.kernel, wrong[0]?.label], name).toEqual([false, kernel, site.label]);
        tried++;
      }
      expect(tried).toBeGreaterThan(2);
      faulty.heal();
      expect((await optim.verify()).ok).toBe(true);
      await destroy();
    });
  }

  test('only where many run together, and only in the last row of the table', async () => {
    const { optim, destroy } = await subject(faulty.gpu, ...ALL);
    let dispatches = 0;
    faulty.inject(({ kernel }) => kernel === 'view-update', ({ run }) => { if (++dispatches !== 2 * 3 + 3) run(); });
    const { ok, wrong } = await optim.verify();
    expect([ok, wrong[0]?.label]).toEqual([false, 'updates in one pass do not give what they give one by one']);
    dispatches = 0;
    faulty.inject(({ kernel }) => kernel === 'view-update', ({ run }) => { if (++dispatches !== 1) run(); });
    expect((await optim.verify()).wrong[0]).toMatchObject({ kernel: 'view-update', step: 63, where: 'w' });
    await destroy();
  });
});
