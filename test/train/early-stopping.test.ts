/** Early stopping and best weights: who stops when, what is kept, what is put back. */
import { beforeAll, describe, expect, test } from 'vitest';
import { GradshaderError, InputError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { ftrl, sgd } from '../../src/model/optimizers/index.ts';
import { NO_EPOCH, nextBest, stopAfter, type BestEpoch } from '../../src/train/early-stopping.ts';
import { estimateMemory } from '../../src/train/estimate.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, smallData, tensorBits, trainingData, validationData, withTrainer, type History } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const EPOCHS = 10;
const REPLICAS = 3;
/** The second and the third overfit or jump about; the first learns slowly. */
const config = smallConfig({
  optimizer: sgd({ learningRate: 0.01, momentum: 0.5 }), replicas: [{}, { learningRate: 1, seed: 4 }, { learningRate: 0.4, momentum: 0.9 }],
});
const options: FitOptions = { epochs: EPOCHS, validation: validationData() };

/** Training that never stops: history, and bits and parameters after each epoch. */
interface Free {
  readonly history: History;
  readonly bits: Record<string, number[]>[][];
  readonly parameters: Map<string, Float32Array>[];
}
let free: Free;
beforeAll(async () => {
  free = await withTrainer(device(), config, async (trainer) => {
    const found: { history: History[number][]; bits: Free['bits']; parameters: Free['parameters'] } = { history: [], bits: [], parameters: [] };
    const data = trainingData();
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      found.history.push(...(await fitAll(trainer, data, { ...options, steps: 6 * epoch })));
      found.bits.push(await Promise.all([0, 1, 2].map((replica) => tensorBits(trainer, replica))));
      found.parameters.push(await trainer.parameters());
    }
    return found;
  });
});

const figures = (replica: number, of: 'loss' | 'accuracy'): number[] => free.history.map(({ replicas }) => replicas[replica]!.validation![of]);

/** Keras's EarlyStopping: the epoch (1-based) after which it stops, Infinity if never, and its best one until then. */
function keras(values: readonly number[], { patience, minDelta = 0, mode = 'min' }: { patience: number; minDelta?: number; mode?: 'min' | 'max' }): { epoch: number; best: number } {
  let [best, at, wait] = [mode === 'min' ? Infinity : -Infinity, 0, 0];
  for (const [epoch, value] of values.entries()) {
    wait++;
    if (mode === 'min' ? value < best - minDelta : value > best + minDelta) [best, at, wait] = [value, epoch + 1, 0];
    else if (wait >= patience && epoch > 0) return { epoch: epoch + 1, best: at };
  }
  return { epoch: Infinity, best: at };
}

const replicaOf = (parameters: Map<string, Float32Array>, replica: number): Record<string, number[]> =>
  Object.fromEntries([...parameters].map(([name, values]) => {
    const size = values.length / REPLICAS;
    return [name, [...values.subarray(replica * size, (replica + 1) * size)]];
  }));

describe('the rule', () => {
  const follow = (values: number[], monitor: 'loss' | 'accuracy', minimumChange: number): BestEpoch =>
    values.reduce((best, value, i) => nextBest(best, i + 1, value, monitor, minimumChange), NO_EPOCH);

  test('counts epochs that are no better, more than the minimum change', () => {
    expect(follow([3, 2, 2, 1.95], 'loss', 0.1)).toEqual({ value: 2, epoch: 2, bad: 2 });
    expect(follow([0.5, 0.5, 0.6], 'accuracy', 0)).toEqual({ value: 0.6, epoch: 3, bad: 0 });
    expect(follow([0.5, 0.6], 'accuracy', 0.1 + 1e-12)).toEqual({ value: 0.5, epoch: 1, bad: 1 });
  });

  test('a figure that is not finite is no improvement, also as the first', () => {
    expect(follow([NaN, Infinity], 'loss', 0)).toEqual({ value: null, epoch: 0, bad: 2 });
    expect(follow([NaN, 4, NaN, -Infinity], 'loss', 0)).toEqual({ value: 4, epoch: 2, bad: 2 });
  });

  test('stops after as many as the patience', () => {
    expect(stopAfter(7, { value: 1, epoch: 5, bad: 2 }, 2)).toEqual({ epoch: 7, best: 5 });
    expect(stopAfter(7, { value: 1, epoch: 5, bad: 2 }, 3)).toBeNull();
  });
});

describe('replicas stop each for itself', () => {
  const stopping: [string, NonNullable<FitOptions['earlyStopping']>][] = [
    ['loss, patience 1', { patience: 1, restoreBest: false }],
    ['loss, patience 2, minimum change', { patience: 2, minimumChange: 0.02, restoreBest: false }],
    ['accuracy, patience 3', { patience: 3, monitor: 'accuracy', restoreBest: false }],
  ];
  test.each(stopping)('%s: when Keras would, frozen bit for bit, the others as if alone', async (_, earlyStopping) => {
    const { patience, minimumChange, monitor = 'loss' } = earlyStopping as { patience: number; minimumChange?: number; monitor?: 'loss' | 'accuracy' };
    const want = Array.from({ length: REPLICAS }, (_r, replica) =>
      keras(figures(replica, monitor), { patience, minDelta: minimumChange ?? 0, mode: monitor === 'loss' ? 'min' : 'max' }));
    // Otherwise the test would show nothing.
    expect(want.some(({ epoch }) => epoch < EPOCHS - 1) && want.some(({ epoch }) => epoch > want.reduce((least, own) => Math.min(least, own.epoch), EPOCHS))).toBe(true);
    await withTrainer(device(), config, async (trainer) => {
      const history = await fitAll(trainer, trainingData(), { ...options, earlyStopping });
      expect(history.length).toBe(Math.min(EPOCHS, Math.max(...want.map(({ epoch }) => epoch))));
      for (const [replica, { epoch, best }] of want.entries()) {
        const last = Math.min(epoch, history.length);
        expect(await tensorBits(trainer, replica)).toEqual({ ...free.bits[last - 1]![replica] });
        history.forEach(({ replicas }, i) => {
          const own = replicas[replica]!;
          expect(own.stopped).toEqual(i + 1 >= epoch ? { epoch, best } : undefined);
          const { stopped: _stopped, ...numbers } = own;
          // Its training figures are those of its last epoch, its validation that of its frozen weights.
          expect(numbers).toEqual(i + 1 <= epoch ? free.history[i]!.replicas[replica] : { ...free.history[epoch - 1]!.replicas[replica], learningRate: numbers.learningRate });
        });
      }
    });
  });

  test('a later fit with it leaves them stopped, one without it trains them on', async () => {
    const earlyStopping = { patience: 1, restoreBest: false };
    await withTrainer(device(), config, async (trainer) => {
      const first = await fitAll(trainer, trainingData(), { ...options, earlyStopping, epochs: 6 });
      const frozen = first.at(-1)!.replicas.findIndex(({ stopped }) => stopped !== undefined);
      const bits = await tensorBits(trainer, frozen);
      await fitAll(trainer, trainingData(), { ...options, earlyStopping, epochs: 7 });
      expect(await tensorBits(trainer, frozen)).toEqual(bits);
      const [epoch] = await fitAll(trainer, trainingData(), { ...options, epochs: trainer.epoch + 1 });
      expect(epoch!.replicas[frozen]).not.toHaveProperty('stopped');
      expect(Number.isFinite(epoch!.replicas[frozen]!.loss)).toBe(true);
      expect(await tensorBits(trainer, frozen)).not.toEqual(bits);
    });
  });

  test('when all have stopped fit ends, and has nothing more to do', async () => {
    await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: 0 }) }), async (trainer) => {
      const stopping = { ...options, earlyStopping: { patience: 3 } };
      expect((await fitAll(trainer, trainingData(), stopping)).map(({ stopped }) => stopped)).toEqual([undefined, undefined, undefined, { epoch: 4, best: 1 }]);
      expect(await fitAll(trainer, trainingData(), stopping)).toEqual([]);
      expect([trainer.epoch, trainer.step]).toEqual([4, 24]);
    });
  });

  test('a replica that diverges does not hold up one that stops', async () => {
    const replicas = [{ learningRate: 0 }, { learningRate: 1e30 }];
    await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: 0.1 }), replicas }), async (trainer) => {
      const history = await fitAll(trainer, trainingData(), { ...options, earlyStopping: { patience: 2 } });
      expect(history.length).toBe(3);
      expect(history.at(-1)!.replicas.map(({ stopped, diverged }) => [stopped, diverged === undefined])).toEqual([[{ epoch: 3, best: 1 }, true], [undefined, false]]);
    });
  });
});

describe('best weights', () => {
  test('are put back when a replica stops, and at the last epoch where it did not', async () => {
    const want = Array.from({ length: REPLICAS }, (_, replica) => keras(figures(replica, 'loss'), { patience: 2 }));
    expect(new Set(want.map(({ best }) => best)).size).toBeGreaterThan(1);
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { ...options, earlyStopping: { patience: 2 } });
      const parameters = await trainer.parameters();
      for (const [replica, { best }] of want.entries()) {
        expect(replicaOf(parameters, replica), `replica ${replica}`).toEqual(replicaOf(free.parameters[best - 1]!, replica));
      }
      expect(await trainer.parameters({ weights: 'best' })).toEqual(parameters);
    });
  });

  test('are kept without stopping, read, saved and loaded; training is not touched', async () => {
    const bestOf = (replica: number): number => keras(figures(replica, 'accuracy'), { patience: Infinity, mode: 'max' }).best;
    await withTrainer(device(), config, async (trainer) => {
      await expect(trainer.parameters({ weights: 'best' })).rejects.toThrow(/keepBest or earlyStopping/);
      const history = await fitAll(trainer, trainingData(), { ...options, keepBest: 'accuracy' });
      expect(history).toEqual(free.history);
      expect(await trainer.parameters()).toEqual(free.parameters.at(-1));
      const best = await trainer.parameters({ weights: 'best' });
      for (let replica = 0; replica < REPLICAS; replica++) {
        expect(replicaOf(best, replica)).toEqual(replicaOf(free.parameters[bestOf(replica) - 1]!, replica));
      }
      const file = await trainer.save({ weights: 'best' });
      expect(readParameters(file)).toEqual(best);
      for (const [bytes, current] of [[file, best], [await trainer.save(), free.parameters.at(-1)]] as const) {
        const loaded = await Trainer.load(device(), bytes, { verify: 'off' });
        expect(await loaded.parameters()).toEqual(current);
        expect(await loaded.parameters({ weights: 'best' })).toEqual(best);
        loaded.destroy();
      }
    });
  });

  test('with an average it is the average that is monitored, kept and put back', async () => {
    const averaging = ema(0.9);
    const own = { ...config, averaging };
    const seen: { averaged: number; parameters: Map<string, Float32Array> }[] = [];
    await withTrainer(device(), { ...own, replicas: [{ learningRate: 0.4, momentum: 0.9 }] }, async (trainer) => {
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const [event] = await fitAll(trainer, trainingData(), { ...options, steps: 6 * epoch });
        seen.push({ averaged: event!.averaged!.loss, parameters: await trainer.parameters({ weights: 'average' }) });
      }
    });
    const { best } = keras(seen.map(({ averaged }) => averaged), { patience: Infinity });
    await withTrainer(device(), { ...own, replicas: [{ learningRate: 0.4, momentum: 0.9 }] }, async (trainer) => {
      await fitAll(trainer, trainingData(), { ...options, earlyStopping: { patience: EPOCHS } });
      for (const weights of ['best', 'current', 'average'] as const) {
        expect(await trainer.parameters({ weights }), weights).toEqual(seen[best - 1]!.parameters);
      }
    });
  });

  test('FTRL goes on from what was put back, not from where its z was', async () => {
    const validation = smallData(21, { id: 5 });
    await withTrainer(device(), smallConfig({ optimizer: ftrl({ learningRate: 1 }) }), async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 6, validation, earlyStopping: { patience: 1 } });
      const best = await trainer.parameters();
      trainer.set({ learningRate: 1e-9 });
      await fitAll(trainer, trainingData(), { epochs: trainer.epoch + 1 });
      for (const [name, values] of await trainer.parameters()) {
        values.forEach((w, i) => expect(Math.abs(w - best.get(name)![i]!), name).toBeLessThan(1e-5));
      }
    });
  });

  test('their memory is known beforehand, and within the budget', async () => {
    const [train, validation] = [trainingData(), validationData()];
    const data = { train, evaluate: [validation], adapter: 'software' } as const;
    const [without, kept] = [estimateMemory(config, data), estimateMemory(config, { ...data, keepBest: true })];
    await withTrainer(device(), { ...config, memoryBudgetBytes: kept.total }, async (trainer) => {
      await fitAll(trainer, train, { ...options, validation, epochs: 1 });
      expect(trainer.memory()).toEqual(without);
      await fitAll(trainer, train, { ...options, validation, epochs: 2, keepBest: 'loss' });
      expect(trainer.memory()).toEqual(kept);
    });
    await withTrainer(device(), { ...config, memoryBudgetBytes: kept.total - 4 }, async (trainer) => {
      const refused = fitAll(trainer, train, { ...options, validation, epochs: 1, keepBest: 'loss' });
      await expect(refused).rejects.toThrow(GradshaderError);
      await expect(refused).rejects.toMatchObject({ code: 'out-of-memory' });
      expect(trainer.step).toBe(0);
    });
  });
});

test.each([
  [{ earlyStopping: { patience: 1 }, validation: undefined }, /earlyStopping chooses by a validation set/],
  [{ keepBest: 'loss', validation: undefined }, /keepBest chooses by a validation set/],
  [{ earlyStopping: { patience: 0 } }, /patience must be a whole number of 1 or more, got 0/],
  [{ earlyStopping: { patience: 1.5 } }, /got 1\.5/],
  [{ earlyStopping: {} }, /patience .* got undefined/],
  [{ earlyStopping: 5 }, /earlyStopping takes an object with patience, .*got 5/],
  [{ earlyStopping: { patience: 1, minimumChange: NaN } }, /minimumChange must be .*, got NaN/],
  [{ earlyStopping: { patience: 1, monitor: 'penalty' } }, /monitor must be 'loss' or 'accuracy', got "penalty"/],
  [{ earlyStopping: { patience: 1, restoreBest: 1 } }, /restoreBest must be true or false, got 1/],
  [{ keepBest: true }, /keepBest must be 'loss' or 'accuracy', got true/],
  [{ keepBest: 'accuracy', earlyStopping: { patience: 1 } }, /keepBest is 'accuracy', earlyStopping monitors 'loss'/],
] as const)('fit with %j is refused before any work', async (change, message) => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const refused = fitAll(trainer, trainingData(), { ...options, ...change } as FitOptions);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(message);
    expect(trainer.step).toBe(0);
  });
});
