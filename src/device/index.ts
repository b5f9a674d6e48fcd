/** How a GPUDevice is obtained, described, lost and closed. */
export type { AdapterReport } from './adapter.ts';
export { Device, openDevice, type OpenDeviceOptions } from './device.ts';
export { type FindOptions, type Probe, probe } from './find.ts';
