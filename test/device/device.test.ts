import { afterEach, describe, expect, test } from 'vitest';
import { type Device, openDevice } from '../../src/device/index.ts';
import { DeviceLostError, GradshaderError, OutOfMemoryError } from '../../src/errors.ts';

const MAP_READ = 0x1;
const COPY_DST = 0x8;
const STORAGE = 0x80;

const opened: Device[] = [];
async function open(options: Parameters<typeof openDevice>[0] = {}): Promise<Device> {
  const device = await openDevice({ software: 'fallback', ...options });
  opened.push(device);
  return device;
}
afterEach(async () => {
  for (const device of opened.splice(0)) await device.close();
});
const never = <T>(): Promise<T> => new Promise<T>(() => {});
const readable = (device: Device): GPUBuffer =>
  device.gpu.createBuffer({ label: 'readable', size: 16, usage: MAP_READ | COPY_DST });

describe('limits', () => {
  test("'default' is the specification's defaults and no optional feature", async () => {
    const { gpu } = await open({ limits: 'default' });
    expect(gpu.limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(gpu.limits.maxComputeWorkgroupStorageSize).toBe(16384);
    expect(gpu.limits.maxComputeInvocationsPerWorkgroup).toBe(256);
    expect(gpu.limits.maxStorageBufferBindingSize).toBe(134217728);
    expect(gpu.limits.maxBufferSize).toBe(268435456);
    expect([...gpu.features].filter((feature) => feature !== 'core-features-and-limits')).toEqual([]);
  });

  test("'adapter' gets what the adapter offers", async () => {
    const { gpu, adapter } = await open();
    expect(gpu.limits.maxStorageBufferBindingSize).toBe(adapter.limits['maxStorageBufferBindingSize']);
    expect(gpu.limits.maxBufferSize).toBe(adapter.limits['maxBufferSize']);
  });
});

describe('loss', () => {
  test('reaches every waiting promise, a pending mapping, and every later guard', async () => {
    const device = await open();
    const buffer = readable(device);
    const waits = [device.guard(never()), device.guard(never()), device.guard(buffer.mapAsync(1)), device.mapped(never())];
    const outcomes = Promise.allSettled(waits);
    device.gpu.destroy(); // Not by close(): to the library this is a loss.
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(DeviceLostError) });
    }
    expect(device.lost).toBeInstanceOf(DeviceLostError);
    await expect(device.guard(Promise.resolve(1))).rejects.toBe(device.lost);
    await expect(device.checked('a buffer', () => readable(device))).rejects.toBe(device.lost);
  });

  test('an aborted mapping counts as loss', async () => {
    const device = await open();
    const buffer = readable(device);
    const wait = device.guard(buffer.mapAsync(1));
    buffer.destroy();
    await expect(wait).rejects.toBeInstanceOf(DeviceLostError);
    expect(device.lost?.message).toContain('mapping was aborted');
  });

  test('our own close is not a loss, but ends every wait', async () => {
    const device = await open();
    const wait = device.guard(never());
    const outcome = expect(wait).rejects.toMatchObject({ code: 'closed' });
    await device.close();
    await outcome;
    await device.close();
    expect(device.lost).toBeUndefined();
    await expect(device.guard(Promise.resolve(1))).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('errors', () => {
  test('a refused object is a typed error that names it', async () => {
    const device = await open();
    const refused = device.checked('the weights', () => device.gpu.createBuffer({ size: 16, usage: 0 }));
    await expect(refused).rejects.toMatchObject({ code: 'validation' });
    await expect(refused).rejects.toThrow('the weights');
  });

  test('concurrent checks blame the right one', async () => {
    const device = await open();
    const make = (usage: number) => () => device.gpu.createBuffer({ size: 16, usage });
    const outcomes = await Promise.allSettled([
      device.checked('good', make(STORAGE)),
      device.checked('bad', make(0)),
      device.checked('late', async () => make(STORAGE)()),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('what the work throws comes through, and leaves no scope open', async () => {
    const device = await open();
    const own = new Error('own');
    await expect(device.checked('x', () => Promise.reject(own))).rejects.toBe(own);
    await expect(device.checked('x', () => { throw own; })).rejects.toBe(own);
    await expect(device.gpu.popErrorScope()).rejects.toThrow();
  });

  test('a GPU without memory left is an OutOfMemoryError with the bytes asked for', async () => {
    const device = await open();
    const size = device.gpu.limits.maxBufferSize;
    const buffers: GPUBuffer[] = [];
    let error: unknown;
    try {
      for (let i = 0; i < 200; i += 1) {
        const make = (): GPUBuffer => device.gpu.createBuffer({ label: 'big', size, usage: STORAGE });
        buffers.push(await device.checked(`buffer ${i}`, make, size));
      }
    } catch (caught) {
      error = caught;
    }
    for (const buffer of buffers) buffer.destroy();
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error).toMatchObject({ bytes: size, message: expect.stringContaining(`${size} bytes`) });
    const small = await device.checked('a small one', () => readable(device));
    small.destroy();
  });

  test('an error outside every scope is thrown by the next guard, once', async () => {
    const device = await open();
    device.gpu.createBuffer({ label: 'stray', size: 16, usage: 0 });
    await device.gpu.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(device.guard(Promise.resolve(1))).rejects.toBeInstanceOf(GradshaderError);
    await expect(device.guard(Promise.resolve(1))).resolves.toBe(1);
  });

  test('an error outside every scope rejects those who wait', async () => {
    const device = await open();
    const wait = device.guard(never());
    const outcome = expect(wait).rejects.toThrow('stray');
    device.gpu.createBuffer({ label: 'stray', size: 16, usage: 0 });
    await device.gpu.queue.onSubmittedWorkDone();
    await outcome;
  });
});

describe("a caller's device", () => {
  test('is used, described and never destroyed', async () => {
    const owner = await open();
    const device = await openDevice({ device: owner.gpu });
    expect(device.gpu).toBe(owner.gpu);
    expect(device.adapter.state).toBe(owner.adapter.state);
    await device.close();
    await expect(device.guard(Promise.resolve(1))).rejects.toMatchObject({ code: 'closed' });
    const buffer = await owner.checked('still alive', () => readable(owner));
    await owner.guard(buffer.mapAsync(1));
    expect(owner.lost).toBeUndefined();
  });

  test('reports its loss', async () => {
    const owner = await open();
    const device = await openDevice({ device: owner.gpu });
    const wait = device.guard(never());
    const outcome = expect(wait).rejects.toBeInstanceOf(DeviceLostError);
    await owner.close();
    await outcome;
  });
});

test('while a mapping is pending, the event loop turns about once a millisecond, and no more once it has ended', async () => {
  const device = await open();
  let turns = 0;
  let isCounting = true;
  const count = (): void => {
    turns++;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const start = performance.now();
  await device.mapped(new Promise<void>((resolve) => { setTimeout(resolve, 200); }));
  const paused = turns;
  expect(performance.now() - start).toBeGreaterThan(180);
  expect(paused).toBeGreaterThan(10);
  expect(paused).toBeLessThan(300);
  await new Promise<void>((resolve) => { setTimeout(resolve, 200); });
  isCounting = false;
  expect(turns - paused).toBeGreaterThan(2 * paused);
  await expect(device.mapped(Promise.reject(new RangeError('its own')))).rejects.toThrow('its own');
});
