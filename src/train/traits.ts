/** What an open device's default tiles and fusion depend on. */

import type { AdapterState, Device } from '../device/index.ts';
import { InputError } from '../errors.ts';
import type { AdapterClass, AdapterTraits } from '../compile/tiles.ts';

/**
 * An adapter of unknown kind is planned for as a GPU: it probably is one, and on a CPU that plan is slower, not wrong.
 */
export const classOf = (state: AdapterState): AdapterClass => (state === 'software' ? state : 'hardware');

/** @throws InputError for a GPUDevice as it is, and anything else that is not from openDevice */
export function adapterTraits(device: Device): AdapterTraits {
  const state = device?.adapter?.state;
  if (state === undefined) throw new InputError('The device must come from openDevice(); a GPUDevice of yours from openDevice({ device }).');
  const { features, limits } = device.gpu;
  return { state: classOf(state), name: device.adapter.name, subgroups: features.has('subgroups'), maxThreads: limits.maxComputeInvocationsPerWorkgroup };
}
