/** One software or hardware device per test file. */
import { afterAll, beforeAll } from 'vitest';
import { type Device, openDevice } from '../../src/device/index.ts';

/** Opens a device before the file's tests and closes it after them. No adapter is a failure. */
export function useDevice(): () => Device {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openDevice({ software: 'fallback' });
  });
  afterAll(async () => {
    await device?.close();
  });
  return () => {
    if (device === undefined) throw new Error('The device is opened before the first test.');
    return device;
  };
}
