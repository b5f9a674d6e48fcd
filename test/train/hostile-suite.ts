/** The tests of hostile.ts, so many files of each format. */
import { beforeAll, expect, test } from 'vitest';
import { BadFileError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { attack, flipped, formats, type Format } from './hostile.ts';

const NAMES = [
  'IDX', 'gzip', 'parameters', 'parameters of a checkpoint', 'checkpoint', 'checkpoint with other values', 'checkpoint of format 2', 'checkpoint of format 1', "optimizer's state",
];

export function attackAll(rounds: number, timeout: number): void {
  const device = useDevice();
  let all: Record<string, Format>;
  beforeAll(async () => {
    all = formats(await withTrainer(device(), smallConfig({ averaging: ema(0.9), replicas: [{}, { seed: 4 }] }), (trainer) => trainer.save()));
  });

  test.each(NAMES)(`%s, mutated ${rounds} times: soon, typed, and never silently other than what was written`, async (name) => {
    const { taken, refused, slowest, bytes } = await attack(all[name]!, { seed: 12, rounds });
    console.log(`${name}: ${refused} refused, ${taken} taken; the slowest took ${slowest.toFixed(0)} ms; at most ${(bytes / 2 ** 20).toFixed(0)} MiB`);
    expect(refused).toBeGreaterThan(rounds / 4);
    expect(slowest).toBeLessThan(1000);
    expect(bytes).toBeLessThan(2 ** 27);
  }, timeout);

  test('every bit flipped in the data of a file of ours is seen', () => {
    for (const name of ['parameters of a checkpoint', 'checkpoint', "optimizer's state"]) {
      const { file, read } = all[name]!;
      for (let round = 0; round < rounds; round++) expect(() => read(flipped(file, 13, round)), `${name} ${round}`).toThrow(BadFileError);
    }
  }, timeout);
}
