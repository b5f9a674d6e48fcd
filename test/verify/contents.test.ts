/** What a self-test puts into a trainer's buffers, and puts aside. */
import { expect, test } from 'vitest';
import { ema } from '../../src/model/averaging.ts';
import { contentsOf, type Subject } from '../../src/train/verify/contents.ts';
import { smallConfig, trainingData } from '../cases/network/support.ts';
import { faultyEngine } from './faulty.ts';

async function stateIn(trains: boolean, averages: boolean): Promise<boolean[]> {
  const { engine } = await faultyEngine(smallConfig(averages ? { averaging: ema(0.9) } : {}));
  const resident = await engine.residents.attach(trainingData(), trains ? 'train' : 'current');
  const subject: Subject = { residents: [resident], trains }, { writes, kept, buffers } = contentsOf(engine.build, subject);
  return [writes.map(({ buffer }) => buffer), kept.map(({ buffer }) => buffer), buffers.map(({ name }) => name)].map((names) => names.includes('state'));
}

test('an optimizer\'s state is moved for a test that reads it, and for no other: it may be twice as large as the weights', async () => {
  expect(await stateIn(true, false)).toEqual([true, true, true]);
  expect(await stateIn(false, true)).toEqual([true, true, true]);
  expect(await stateIn(false, false)).toEqual([false, false, false]);
});
