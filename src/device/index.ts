/** How a GPUDevice is obtained, described, lost and closed. */
export type { AdapterReport, AdapterState } from './adapter.ts';
export { checkDevice, Device, openDevice, type OpenDeviceOptions } from './device.ts';
export { type FindOptions, probe } from './find.ts';
export type { Probe } from './probe.ts';
