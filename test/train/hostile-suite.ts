/** The tests of hostile.ts, so many files of each format. */
import { beforeAll, expect, test } from 'vitest';
import { BadFileError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { useDevice } from './device.ts';
import { attack, flipped, formats, type Format } from './hostile.ts';

const NAMES = [
  'IDX', 'gzip', 'parameters', 'parameters of a checkpoint', 'checkpoint', 'checkpoint with other values', 'checkpoint of format 2', 'checkpoint of format 1', "optimizer's state",
];

/** @param loads checkpoints that are loaded on the device, too */
export function attackAll(rounds: number, loads: number, timeout: number): void {
  const device = useDevice();
  let all: Record<string, Format>;
  beforeAll(async () => {
    all = formats(await withTrainer(device(), smallConfig({ averaging: ema(0.9), replicas: [{}, { seed: 4 }] }), (trainer) => trainer.save()));
  });

  test.each(NAMES)(`%s, mutated ${rounds} times: soon, typed, and never silently other than what was written`, async (name) => {
    const { taken, refused, slowest, bytes, peak } = await attack(all[name]!, { seed: 12, rounds });
    console.log(`${name}: ${refused} refused, ${taken} taken; the slowest took ${slowest.toFixed(0)} ms; at most ${(bytes / 2 ** 20).toFixed(0)} MiB, the process ${(peak / 2 ** 20).toFixed(0)} MiB more`);
    expect(refused).toBeGreaterThan(rounds / 4);
    expect(slowest).toBeLessThan(1000);
    expect(bytes).toBeLessThan(2 ** 27);
    expect(peak).toBeLessThan(2 ** 28);
  }, timeout);

  test(`Trainer.load of ${loads} checkpoints with other values: soon and typed on the device, too`, async () => {
    const load = async (bytes: Uint8Array): Promise<unknown> => { (await Trainer.load(device(), bytes)).destroy(); return undefined; };
    const { taken, refused, slowest, bytes, peak } = await attack({ ...all['checkpoint with other values']!, read: load }, { seed: 14, rounds: loads });
    console.log(`Trainer.load: ${refused} refused, ${taken} taken; the slowest took ${slowest.toFixed(0)} ms; at most ${(bytes / 2 ** 20).toFixed(0)} MiB, the process ${(peak / 2 ** 20).toFixed(0)} MiB more`);
    expect(refused).toBeGreaterThan(loads / 4);
    expect(slowest).toBeLessThan(10_000);
    expect(peak).toBeLessThan(2 ** 29);
  }, timeout);

  test('every bit flipped in the data of a file of ours is seen', () => {
    for (const name of ['parameters of a checkpoint', 'checkpoint', "optimizer's state"]) {
      const { file, read } = all[name]!;
      for (let round = 0; round < rounds; round++) expect(() => read(flipped(file, 13, round)), `${name} ${round}`).toThrow(BadFileError);
    }
  }, timeout);
}
