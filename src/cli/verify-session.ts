/** One self-test from settings to its report. Knows no host: it runs in Node and in a page alike. */
import { openDevice } from '../device/index.ts';
import { Trainer } from '../train/trainer.ts';
import type { VerifyReport } from '../verify/report.ts';
import { kindOf, loadData, type Read } from './data.ts';
import { trainerConfig, type Settings } from './settings.ts';

export interface VerifyJob {
  readonly settings: Settings;
  /** Copies of the network side by side. */
  readonly replicas: number;
  readonly software: 'fallback' | 'only';
}

export interface VerifyListener {
  verified(report: VerifyReport): void | Promise<void>;
}

/** @throws what opening a device, reading the data and testing throw */
export async function runVerify({ settings, replicas, software }: VerifyJob, read: Read, listener: VerifyListener): Promise<void> {
  const { train, classes } = await loadData(settings, read);
  const device = await openDevice({ software });
  try {
    const copies = Array.from({ length: replicas }, () => ({}));
    const trainer = await Trainer.create(device, { ...trainerConfig(settings, train.shape, classes, train.length, kindOf(train)), replicas: copies });
    try {
      await listener.verified(await trainer.verify(train));
    } finally {
      trainer.destroy();
    }
  } finally {
    await device.close();
  }
}
