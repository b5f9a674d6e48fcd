/** A device of which some kernels are broken, and what a training on it leaves. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openDevice, type Device } from '../../src/device/index.ts';
import type { WrongResultError } from '../../src/errors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { fitAll, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { FaultyDevice, type Site } from '../faults/faulty-device.ts';
import { useDevice } from '../train/device.ts';


export const data = trainingData();
const validation = validationData();

export const errorOf = (promise: Promise<unknown>): Promise<WrongResultError> =>
  promise.then(() => { throw new Error('Nothing was thrown.'); }, (error: unknown) => error as WrongResultError);

export const isProduct = ({ kernel }: Site): boolean => kernel === 'dense-forward';

/** A dispatch that is wrong, and the tiles and fusion that do without. */
export interface Broken {
  readonly config: () => TrainerConfig;
  readonly isBroken: (site: Site) => boolean;
  readonly instead: object;
}

export interface Bench {
  readonly device: () => Device;
  readonly faulty: () => FaultyDevice;
  /** Trains on a device of which that is broken: like one that began with what is right. */
  readonly fallsBack: (broken: Broken) => Promise<void>;
}

/** Counts buffers that were made and not destroyed. */
function watched(gpu: GPUDevice, alive: Set<GPUBuffer>): GPUDevice {
  const { createBuffer } = gpu;
  gpu.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(gpu, descriptor), { destroy } = buffer;
    alive.add(buffer);
    buffer.destroy = (): undefined => {
      alive.delete(buffer);
      destroy.call(buffer);
    };
    return buffer;
  };
  return gpu;
}

/** All that a training of two epochs leaves. */
const trained = (device: Device, config: TrainerConfig) => withTrainer(device, config, async (trainer) => {
  trainer.set({ learningRate: 0.02 });
  const history = await fitAll(trainer, data, { epochs: 2, validation, keepBest: 'loss' });
  const again = await Trainer.load(device, await trainer.save());
  again.destroy();
  return { history, bits: await tensorBits(trainer), memory: trainer.memory(), config: trainer.config, fallback: trainer.fallback, saved: again.config.tiles };
});

/** Each test begins without a fault, and leaves no buffer. */
export function useBench(): Bench {
  const real = useDevice(), alive = new Set<GPUBuffer>();
  let faulty: FaultyDevice, device: Device, before = 0;
  beforeAll(async () => {
    process.env['XDG_CACHE_HOME'] = '/dev/null'; // Nothing is remembered beyond this.
    faulty = new FaultyDevice(watched(real().gpu, alive));
    device = await openDevice({ device: faulty.gpu });
  });
  beforeEach(() => {
    faulty.heal();
    device.verified.clear();
    before = alive.size;
  });
  afterEach(() => expect(alive.size).toBe(before));
  afterAll(() => device.close());
  return {
    device: () => device,
    faulty: () => faulty,
    async fallsBack({ config, isBroken, instead }) {
      faulty.inject(isBroken, () => {});
      const { fallback, saved, ...got } = await trained(device, config());
      expect(fallback).toMatchObject({ ok: false, wrong: [{ kernel: expect.stringMatching(/^dense-(forward|weight-update)$/) }] });
      expect(got.config).toMatchObject(instead);
      expect(saved).toEqual(got.config.tiles);
      faulty.heal();
      const { fallback: none, saved: _, ...wanted } = await trained(device, { ...config(), tiles: got.config.tiles!, fusion: got.config.fusion! });
      expect(none).toBeUndefined();
      expect(got).toEqual(wanted);
    },
  };
}
