/** What an open device's default tiles and fusion depend on. */

import type { Device } from '../device/index.ts';
import { InputError } from '../errors.ts';
import type { AdapterTraits } from '../compile/tiles.ts';

/** @throws InputError for a GPUDevice as it is, and anything else that is not from openDevice */
export function adapterTraits(device: Device): AdapterTraits {
  const state = device?.adapter?.state;
  if (state === undefined) throw new InputError('The device must come from openDevice(); a GPUDevice of yours from openDevice({ device }).');
  const { features, limits } = device.gpu;
  return { state, name: device.adapter.name, subgroups: features.has('subgroups'), maxThreads: limits.maxComputeInvocationsPerWorkgroup };
}
