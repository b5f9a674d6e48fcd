/** Metrics of a trainer: from what it predicts, by evaluate and by fit, and what follows them. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  binaryAccuracy, dataset, dense, ema, f1, plateau, recall, sequential, sgd, softmaxCrossEntropy, topK, Trainer,
  type Classified, type Dataset, type Evaluation, type Overrides,
} from '../../src/index.ts';
import { metricsOf, scorer, type Scores } from '../../src/metrics/index.ts';
import { nextPlateau, START_PLATEAU } from '../../src/model/schedules/index.ts';
import { Pace } from '../../src/scheduler/pace.ts';
import { attachEvaluated } from '../../src/train/attach.ts';
import { nextBest, NO_EPOCH } from '../../src/train/early-stopping.ts';
import { askedAtCall, evaluateAsked } from '../../src/train/evaluate.ts';
import { initialState } from '../../src/train/training-state.ts';
import { SelfTest } from '../../src/train/verify/steps.ts';
import { verifyEngine } from '../../src/train/verify/verify.ts';
import { fitAll, smallConfig, smallData, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { FAULTS, faultyEngine } from '../verify/faulty.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const CLASSES = 5;
const names = ['accuracy', 'top2', 'f1', 'f1Micro', 'precisionWeighted', 'recall'] as const;

/** The same from what `predict` gives. */
function scoresOf(logits: Float32Array, { targets, length }: Dataset): Scores {
  const own = scorer({ outputs: 'classes', width: CLASSES }, { metrics: metricsOf('metrics', [...names]), confusion: true });
  own.add({ count: length, outputs: logits, stride: CLASSES, targets: targets as Uint32Array });
  return own.value();
}

describe('evaluate', () => {
  test('tells the metrics of what the network predicts, whatever the batches; loss and accuracy are as ever', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      await trainer.fit(trainingData(), { epochs: 3 });
      for (const data of [validationData(), smallData(3, { id: 9 }), smallData(16, { id: 7 })]) {
        const plain = await trainer.evaluate(data) as Evaluation, { metrics, confusion, ...rest } = await trainer.evaluate(data, { metrics: [...names], confusion: true }) as Evaluation;
        expect(rest).toEqual(plain);
        expect({ metrics, confusion }).toEqual(scoresOf(await trainer.predict(data, { logits: true }) as Float32Array, data));
        expect(Object.keys(metrics!)).toEqual(names);
        expect(metrics!['accuracy']).toBe(plain.accuracy);
        expect(confusion!.flat().reduce((a, b) => a + b)).toBe(data.length);
        expect(confusion!.reduce((sum, row, i) => sum + row[i]!, 0) / data.length).toBe(plain.accuracy);
      }
    });
  });

  test('replicas each have their own, of their average weights too; the same seed, the same numbers', async () => {
    const config = smallConfig({ replicas: [{}, { seed: 8 }, {}], averaging: ema(0.5), metrics: [...names] });
    await withTrainer(device(), config, async (trainer) => {
      await trainer.fit(trainingData(), { epochs: 2 });
      const data = validationData();
      for (const weights of ['current', 'average'] as const) {
        const found = await trainer.evaluate(data, { weights, confusion: true }) as Evaluation[], logits = await trainer.predict(data, { logits: true, weights }) as Float32Array[];
        expect(found.map(({ metrics, confusion }) => ({ metrics, confusion }))).toEqual(logits.map((own) => scoresOf(own, data)));
        expect(found[2]).toEqual(found[0]);
        expect(found[1]).not.toEqual(found[0]);
      }
    });
  });

  test('by default those of the configuration; [] is none; the accuracy alone is told without any outputs', async () => {
    await withTrainer(device(), smallConfig({ metrics: ['f1'] }), async (trainer) => {
      const data = validationData(), keys = async (options?: object): Promise<string[]> => Object.keys((await trainer.evaluate(data, options) as Evaluation).metrics ?? {});
      expect(await keys()).toEqual(['f1']);
      expect(await keys({ metrics: [recall({ average: 'micro' }), topK(3)] })).toEqual(['recallMicro', 'top3']);
      expect(await keys({ metrics: [] })).toEqual([]);
      expect(await keys({ confusion: true })).toEqual(['f1']);
      expect(await trainer.evaluate(data, { metrics: ['accuracy'] })).toEqual({ ...await trainer.evaluate(data, { metrics: [] }), metrics: { accuracy: (await trainer.evaluate(data) as Evaluation).accuracy } });
    });
  });

  test('of the targets that were uploaded, whatever became of the array', async () => {
    await withTrainer(device(), smallConfig({ metrics: ['f1'] }), async (trainer) => {
      const data = validationData(), first = await trainer.evaluate(data, { metrics: [] });
      const want = scoresOf(await trainer.predict(data, { logits: true }) as Float32Array, data).metrics['f1'];
      data.targets.fill(0);
      const { metrics, ...rest } = await trainer.evaluate(data) as Evaluation;
      expect(rest).toEqual(first);
      expect(metrics!['f1']).toBe(want);
    });
  });

  test('no memory more than at the beginning but the data', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const data = validationData();
      await trainer.evaluate(data);
      const before = trainer.memory();
      await trainer.evaluate(data, { metrics: ['f1'], confusion: true });
      expect(trainer.memory()).toEqual(before);
    });
  });

  test('where weights overflow all figures are NaN, and the samples in no column', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const name = [...(await trainer.parameters()).keys()].findLast((one) => one.endsWith('.bias'))!;
      await trainer.setParameters(new Map([[name, new Float32Array(CLASSES).fill(NaN)]]), { nonFinite: 'allow' });
      const { loss, accuracy, metrics, confusion } = await trainer.evaluate(validationData(), { metrics: [...names], confusion: true }) as Evaluation;
      expect([loss, accuracy, ...Object.values(metrics!)]).toEqual(Array.from({ length: 2 + names.length }, () => NaN));
      expect(confusion!.flat()).toEqual(Array.from({ length: CLASSES ** 2 }, () => 0));
    });
  });

  test('two classes have a threshold', async () => {
    const data = smallData(30, { classes: 2 });
    await withTrainer(device(), { model: sequential([13], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 }, async (trainer) => {
      const probabilities = await trainer.predict(data) as Float32Array, right = (threshold: number): number =>
        [...data.targets].filter((target, i) => Number(probabilities[2 * i + 1]! > threshold) === target).length / data.length;
      const { metrics } = await trainer.evaluate(data, { metrics: ['accuracy', 'binaryAccuracy', binaryAccuracy({ threshold: 0.3 }), 'f1Binary'] }) as Evaluation;
      expect(metrics).toEqual({ accuracy: right(0.5), binaryAccuracy: right(0.5), 'binaryAccuracy@0.3': right(0.3), f1Binary: metrics!['f1Binary'] });
    });
  });
});

describe('fit', () => {
  const metrics = ['f1', topK(2)] as const;
  test('tells them in its epochs, the same as evaluate, and trains the same bits', async () => {
    const replicas: Overrides[] = [{}, { seed: 5 }], run = (more: object) => withTrainer(device(), smallConfig({ replicas, ...more }), async (trainer) => ({
      history: await fitAll(trainer, trainingData(), { epochs: 3, validation: validationData() }), evaluation: await trainer.evaluate(validationData()), hash: await trainer.hash(),
    }));
    const plain = await run({}), own = await run({ metrics });
    expect(own.hash).toEqual(plain.hash);
    expect(own.history.at(-1)!.replicas.map(({ validation }) => validation)).toEqual(own.evaluation);
    expect(Object.keys(own.history[0]!.validation!.metrics!)).toEqual(['f1', 'top2']);
    expect(own.history[0]!.validation!.metrics).not.toEqual(own.history[2]!.validation!.metrics);
    const strip = (one: object | undefined): object => ({ ...one, metrics: undefined });
    expect(own.history.map(({ replicas: all }) => all.map(({ validation }) => strip(validation)))).toEqual(plain.history.map(({ replicas: all }) => all.map(({ validation }) => strip(validation))));
  });

  test('early stopping, best epochs and plateaus follow a metric, in its direction', async () => {
    const schedule = plateau(0.3, { monitor: 'f1', patience: 0, threshold: 0, factor: 0.5 });
    const config = smallConfig({ metrics, optimizer: sgd({ learningRate: schedule, momentum: 0.5 }) });
    await withTrainer(device(), config, async (trainer) => {
      const history = await fitAll(trainer, trainingData(), { epochs: 12, validation: validationData(), earlyStopping: { patience: 2, monitor: 'f1' } });
      const values = history.map(({ validation }) => validation!.metrics!['f1']!), best = Math.max(...values);
      expect(trainer.best![0]).toEqual({ value: best, epoch: values.indexOf(best) + 1, bad: history.at(-1)!.stopped === undefined ? 12 - values.indexOf(best) - 1 : 2 });
      // The best weights are put back.
      expect((await trainer.evaluate(validationData()) as Evaluation).metrics!['f1']).toBe(best);
      let state = START_PLATEAU;
      const rates = values.map((value) => {
        const rate = 0.3 * 0.5 ** state.reductions;
        state = nextPlateau(state, schedule, value);
        return rate;
      });
      expect(history.map(({ learningRate }) => learningRate)).toEqual(rates);
      const file = await trainer.save();
      using loaded = await Trainer.load(device(), file, { verify: 'off' });
      expect(loaded.config.metrics).toEqual(metrics);
      expect(loaded.best).toEqual(trainer.best);
      expect(await loaded.evaluate(validationData())).toEqual(await trainer.evaluate(validationData()));
    });
  });

  test('directions: errors fall, all else rises, R^2 below 0 too', () => {
    const from = (values: number[], monitor: 'mae' | 'rmse' | 'mse' | 'r2' | 'top5' | 'f1@0.3'): number => values.reduce((best, value, i) => nextBest(best, i + 1, value, monitor, 0), NO_EPOCH).epoch;
    expect([from([3, 2, 4], 'mae'), from([3, 2, 4], 'rmse'), from([3, 2, 4], 'mse'), from([-3, -1, -2], 'r2'), from([0.2, 0.1, 0.3], 'top5'), from([0.2, 0.1, 0.3], 'f1@0.3')]).toEqual([2, 2, 2, 2, 3, 3]);
    const falls = (values: number[], monitor: 'mae' | 'r2'): number => {
      const schedule = plateau(1, { monitor, patience: 0, threshold: 0.1 });
      return values.reduce((state, value) => nextPlateau(state, schedule, value), START_PLATEAU).reductions;
    };
    expect([falls([3, 2, 1], 'mae'), falls([1, 2], 'mae'), falls([-2, -1], 'r2'), falls([-2, -1.9], 'r2'), falls([-2, -2], 'r2'), falls([0.5, 0.6], 'r2')]).toEqual([0, 1, 0, 1, 1, 0]);
  });

  test('a figure that the configuration does not name is not followed', async () => {
    await withTrainer(device(), smallConfig({ metrics: ['f1'] }), async (trainer) => {
      const fit = async (more: object): Promise<unknown> => await trainer.fit(trainingData(), { epochs: 2, validation: validationData(), ...more });
      await expect(fit({ keepBest: 'recall' })).rejects.toThrow("fit: keepBest: this trainer does not measure recall. Name it in the configuration's metrics.");
      await expect(fit({ keepBest: 'recal' })).rejects.toThrow("fit: keepBest must be 'loss', 'accuracy' or 'f1', got \"recal\".");
      await expect(fit({ earlyStopping: { patience: 1, monitor: 'top2' } })).rejects.toThrow(InputError);
      trainer.set({ learningRate: plateau(0.1, { monitor: 'mae' }) });
      await expect(fit({})).rejects.toThrow("fit: a plateau schedule's monitor: this trainer does not measure mae. Name it in the configuration's metrics.");
      expect(trainer.step).toBe(0);
    });
  });

  test('the signal stops the metrics of an epoch, too: the epoch ends when training goes on', async () => {
    await withTrainer(device(), smallConfig({ metrics }), async (trainer) => {
      const controller = new AbortController(), { signal } = controller;
      let steps = 0;
      const options = { epochs: 2, validation: smallData(400, { id: 2 }), stepsPerSubmit: 1 };
      const stopped = await trainer.fit(trainingData(), { ...options, signal, onProgress: () => { if (++steps === 6) setTimeout(() => controller.abort(), 5); } });
      expect(trainer.step).toBe(6);
      const last = await trainer.fit(trainingData(), options);
      expect(last!.epoch).toBe(2);
      expect([0, 1]).toContain(trainer.epoch - (stopped?.epoch ?? 0) - 1);
      expect(last!.validation!.metrics!['f1']).toBeGreaterThanOrEqual(0);
    });
  });
});

describe('refused before anything is made', () => {
  const create = (metrics: unknown) => Trainer.create(device(), smallConfig({ metrics: metrics as never }));
  test.each([
    ['no list', 'f1', "metrics must be a list of metrics such as ['f1', topK(3)], got \"f1\"."],
    ['a name that is near', ['precison'], 'metrics: there is no metric "precison". Did you mean precision?'],
    ['twice', ['f1', f1()], 'metrics: f1 is there twice. Name each metric once.'],
    ['as many as there are classes', ['top5'], 'metrics: top5 always holds, as there are 5 classes. Give a smaller number.'],
    ['of values', ['rmse'], "metrics: rmse is for values and probabilities of labels, and this loss is of classes. Use 'accuracy', 'top5' or 'f1'."],
  ])('%s', async (_, metrics, message) => {
    await expect(create(metrics)).rejects.toThrow(message);
    await withTrainer(device(), smallConfig(), async (trainer) => {
      await expect(trainer.evaluate(validationData(), { metrics: metrics as never })).rejects.toThrow(message);
      await expect(trainer.evaluate(validationData(), { confusion: 1 as never })).rejects.toThrow('evaluate: confusion must be true or false, got 1.');
    });
  });
});

test('the self-test looks at what gives the outputs before it is first used', async () => {
  await withTrainer(device(), smallConfig({ verify: 'once' }), async (trainer) => {
    const data = validationData();
    await trainer.evaluate(data);
    const { metrics } = await trainer.evaluate(data, { metrics: ['f1'] }) as Evaluation;
    expect(metrics!['f1']).toBe(scoresOf(await trainer.predict(data, { logits: true }) as Float32Array, data).metrics['f1']);
    const report = await trainer.verify(data);
    expect(report.ok).toBe(true);
  });
});

test.each([true, false])('a kernel of that alone that is wrong is found: %s', async (isScored) => {
  const { engine, executor } = await faultyEngine(smallConfig({ metrics: isScored ? ['f1'] : ['accuracy'] })), resident = await attachEvaluated(engine, validationData(), 'current');
  executor.faulty = { fault: FAULTS['dropped']!, hits: ({ kernel }) => kernel === 'softmax' };
  const { wrong } = await verifyEngine(new SelfTest(engine, { residents: [resident], trains: false }));
  expect(wrong.map(({ kernel }) => kernel)).toEqual(isScored ? ['softmax'] : []);
});

test('in float64 metrics are what they are on the device, where no logit is near another', async () => {
  const config = smallConfig({ metrics: [...names] }), { engine } = await faultyEngine(config), data = validationData();
  const evaluation = await evaluateAsked(engine, initialState(1), data, new Pace(100, engine.program.capacity), askedAtCall({ confusion: true }), undefined);
  await withTrainer(device(), config, async (trainer) => {
    const { loss, ...rest } = await trainer.evaluate(data, { confusion: true }) as Evaluation;
    const { loss: exact, ...want } = evaluation![0]!;
    expect(rest).toEqual(want);
    expect(loss).toBeCloseTo(exact, 5);
  });
});

describe('classify', () => {
  const animals = ['ant', 'bee', 'cat', 'dog', 'elk'];
  test('names and probabilities, the most probable first', async () => {
    await withTrainer(device(), smallConfig({ replicas: [{}, { seed: 9 }] }), async (trainer) => {
      const data = validationData(), all = await trainer.predict(data) as Float32Array[], logits = await trainer.predict(data, { logits: true }) as Float32Array[];
      const found = await trainer.classify(data, { names: animals, top: 3 }) as Classified[][];
      expect(found.map((own) => own.length)).toEqual([21, 21]);
      found.forEach((own, replica) => own.forEach(({ label, index, probability, top }, i) => {
        const row = [...logits[replica]!.subarray(CLASSES * i, CLASSES * (i + 1))];
        expect(index).toBe(row.indexOf(Math.max(...row)));
        expect(label).toBe(animals[index]);
        expect(probability).toBeCloseTo(all[replica]![CLASSES * i + index]!, 6);
        expect(probability).toBe(1 / row.reduce((sum, z) => sum + Math.exp(z - row[index]!), 0));
        expect(top![0]).toEqual({ label, index, probability });
        expect(top!.map((one) => one.index)).toEqual(row.map((z, at) => [z, at] as const).sort(([a], [b]) => b - a).slice(0, 3).map(([, at]) => at));
      }));
    });
  });

  test('names are those of the data, of the training after a checkpoint too, or none', async () => {
    const named = (data: Dataset): Dataset => dataset({ ...data, classNames: animals } as never);
    const labelsOf = async (trainer: Trainer, data: Dataset | Uint8Array | Float32Array): Promise<unknown[]> => [...new Set((await trainer.classify(data) as Classified[]).map(({ label }) => typeof label))];
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const raw = validationData().inputs;
      expect(await labelsOf(trainer, raw)).toEqual(['number']);
      expect(await labelsOf(trainer, named(validationData()))).toEqual(['string']);
      await trainer.fit(named(trainingData()), { epochs: 1 });
      expect(await labelsOf(trainer, raw)).toEqual(['string']);
      using loaded = await Trainer.load(device(), await trainer.save(), { verify: 'off' });
      expect(await loaded.classify(raw)).toEqual(await trainer.classify(raw));
      expect(await labelsOf(loaded, raw)).toEqual(['string']);
    });
  });

  test('where the outputs are not finite there is no class', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const inputs = Float32Array.from({ length: 26 }, (_, i) => (i === 3 ? NaN : 0.1));
      const [bad, good] = await trainer.classify(inputs, { top: 1 }) as Classified[];
      expect(bad).toEqual({ label: -1, index: -1, probability: NaN, top: [] });
      expect(good!.top).toEqual([{ label: good!.index, index: good!.index, probability: good!.probability }]);
    });
  });

  test.each([
    [{ top: 6 }, 'classify: top must be a whole number from 0 to 5, the number of classes, got 6.'],
    [{ names: ['a'] }, 'classify: names must be a list of 5 texts, one for each class, got ["a"].'],
    [{ name: animals }, 'classify has no option "name". Did you mean names?'],
    [{ weights: 'average' }, "weights: 'average' needs a trainer with averaging"],
  ])('%o is refused', async (options, message) => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      await expect(trainer.classify(validationData(), options as never)).rejects.toThrow(message);
    });
  });
});
