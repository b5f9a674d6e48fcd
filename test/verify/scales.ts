/** The self-test on data of any size: a right adapter is never called wrong. */
import { expect } from 'vitest';
import { dataset, type Dataset } from '../../src/data/dataset.ts';
import type { Device } from '../../src/device/index.ts';
import { uniforms } from '../../src/random.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';

/** Bytes cannot be small where the scale is large, so that the network sees numbers as large as it. */
export function scaledData(kind: 'u8' | 'f32', scale: number): Dataset {
  const drawn = uniforms(45 * 13, 77, 1), inputs = kind === 'u8' ? Uint8Array.from(drawn, (u) => Math.floor(256 * u)) : Float32Array.from(drawn, (u) => u / scale);
  return dataset({ inputs, targets: Uint32Array.from({ length: 45 }, (_, i) => i % 5), shape: [13], scale });
}

export const KINDS = ['u8', 'f32'] as const;
export const SCALES = [1e16, 1e19, 1e20, 1e30, 1e-30];

export async function passesAt(device: Device, scale: number, changes: Partial<TrainerConfig>): Promise<void> {
  for (const kind of KINDS) {
    await withTrainer(device, smallConfig(changes), async (trainer) => {
      const { wrong, kernels } = await trainer.verify(scaledData(kind, scale));
      expect(wrong, `${kind} times ${scale}`).toEqual([]);
      for (const { kernel, worst } of kernels) expect(worst, kernel).toBeLessThanOrEqual(1);
    });
  }
}
