/** The public Trainer: what it computes, over shapes that break tiles, and what it refuses. */
import { describe, expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { permutation, STREAM, uniforms } from '../../src/random.ts';
import { referenceForward, referenceInit, referenceStep, softmax, softmaxCrossEntropy as referenceLoss, type ReferenceBatch } from '../../src/reference/index.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { Evaluation } from '../../src/train/events.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { fitAll, smallConfig, smallData, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

/** Everything valid, in the data's own order. */
const batchOf = (data: ClassDataset): ReferenceBatch => ({
  ...data, order: Uint32Array.from({ length: data.length }, (_, i) => i), position: 0, count: data.length, batch: data.length,
});

/** Logits of the trainer's present weights, dropout off, in double. */
async function logitsOf(trainer: Trainer, model: Model, data: ClassDataset, replica = 0): Promise<Float64Array> {
  const network = describeNetwork(model);
  const parameters = await trainer.parameters();
  const weights = network.tensors.map(({ name, shape, length }) => {
    const own = parameters.get(name)!.subarray(replica * length, (replica + 1) * length);
    const [rows, columns] = shape;
    return columns === undefined ? own : Float64Array.from(own, (_, i) => own[(i % columns) * rows! + Math.floor(i / columns)]!);
  });
  return referenceForward(weights, batchOf(data), referenceNetwork(network, 1)).logits;
}

const asF32 = (data: ClassDataset): ClassDataset => dataset({ ...data, inputs: Float32Array.from(data.inputs, (x) => x * data.scale + data.offset), scale: 1, offset: 0 });

describe('shapes that break tiles: six steps equal the float64 reference', () => {
  const cases: [string, Model, { batch: number; samples: number; width: number; classes: number }][] = [
    ['a single layer (softmax regression)', sequential([13], [dense(5)]), { batch: 8, samples: 21, width: 13, classes: 5 }],
    ['a single layer of one input, two classes', sequential([1], [dense(2)]), { batch: 3, samples: 10, width: 1, classes: 2 }],
    ['odd widths beyond a tile', sequential([67], [dropout(0.2), dense(69), relu(), dropout(0.3), dense(33), relu(), dense(3)]), { batch: 33, samples: 70, width: 67, classes: 3 }],
    ['layers of one unit', sequential([5], [dense(1), dense(7), relu(), dense(2)]), { batch: 4, samples: 12, width: 5, classes: 2 }],
    ['batch of one', sequential([13], [dropout(0.1), dense(9), relu(), dense(5)]), { batch: 1, samples: 6, width: 13, classes: 5 }],
    ['a batch larger than the data set', sequential([13], [dense(9), relu(), dense(5)]), { batch: 50, samples: 21, width: 13, classes: 5 }],
    ['forty classes', sequential([41], [dense(19), relu(), dropout(0.25), dense(40)]), { batch: 16, samples: 40, width: 41, classes: 40 }],
    ['dropout without ReLU', sequential([13], [dense(11), dropout(0.5), dense(6), dropout(0.2), dense(5)]), { batch: 8, samples: 21, width: 13, classes: 5 }],
    ['six layers', sequential([9], [dense(8), relu(), dense(7), relu(), dense(6), relu(), dense(5), relu(), dense(4), relu(), dense(3)]), { batch: 7, samples: 20, width: 9, classes: 3 }],
  ];
  const fusions: Fusion[] = ['none', 'layer', 'full'];
  test.each(cases)('%s', async (_, model, { batch, samples, width, classes }) => {
    const data = smallData(samples, { width, classes });
    const network = describeNetwork(model);
    const reference = referenceNetwork(network, 3);
    const [steps, perEpoch] = [6, Math.ceil(samples / batch)];
    let state = referenceInit(reference);
    for (let step = 0; step < steps; step++) {
      const position = (step % perEpoch) * batch;
      const order = permutation(samples, 3, STREAM.shuffle, Math.floor(step / perEpoch));
      const count = Math.min(batch, samples - position);
      state = referenceStep(state, { ...data, order, position, count, batch }, {
        network: reference, hyperparameters: { optimizer: 'momentum', learningRate: 0.1, momentum: 0.9, l2: 0.01 },
      }).state;
    }
    for (const fusion of fusions) {
      const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l2(0.01)] });
      await withTrainer(device(), smallConfig({ model, optimizer, batchSize: batch, fusion }), async (trainer) => {
        await fitAll(trainer, data, { epochs: Math.ceil(steps / perEpoch), steps });
        expect(trainer.step).toBe(steps);
        const parameters = await trainer.parameters();
        network.tensors.forEach(({ name, shape: [rows, columns] }, i) => {
          const want = state.weights[i]!;
          const file = columns === undefined ? want : Float64Array.from(want, (_x, at) => want[(at % rows!) * columns + Math.floor(at / rows!)]!);
          const largest = Math.max(...want.map(Math.abs), 1e-3);
          expectClose(`${fusion}, ${name}`, parameters.get(name)!, file, 0, 16 * EPSILON * largest, rows);
        });
      });
    }
  });
});

describe('evaluate', () => {
  test('counts every sample, with a remainder, for every replica, and gives the reference\'s loss', async () => {
    const data = validationData(); // 21 samples in batches of 8
    const config = smallConfig({ replicas: [{}, { seed: 5 }, { learningRate: 0.01 }] });
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 2 });
      const results = (await trainer.evaluate(data)) as Evaluation[];
      expect(results.length).toBe(3);
      for (const [replica, { loss, accuracy }] of results.entries()) {
        const logits = await logitsOf(trainer, config.model, data, replica);
        const want = referenceLoss({ logits, targets: data.targets, classes: 5, batch: 21, count: 21 });
        expectClose('loss', [loss], [want.losses.reduce((a, b) => a + b, 0) / 21], 1e-6, 0);
        expect(accuracy * 21).toBeCloseTo(want.hits.reduce((a, b) => a + b, 0), 10);
      }
    });
  });

  test('gives one result for one replica, and the same as fit\'s validation', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1, validation: validationData() });
      expect(await trainer.evaluate(validationData())).toEqual(epoch!.validation);
    });
  });

  test('u8 and the same numbers as f32 agree', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const data = dataset({ ...validationData(), offset: -0.5 });
      const [u8, f32] = [await trainer.evaluate(data), await trainer.evaluate(asF32(data))] as [Evaluation, Evaluation];
      expect(u8.accuracy).toBe(f32.accuracy);
      expectClose('loss', [u8.loss], [f32.loss], 1e-6, 0);
    });
  });
});

describe('predict', () => {
  const config = smallConfig({ replicas: [{}, { seed: 5 }] });

  test('probabilities and logits are the reference\'s, and their hits are evaluate\'s', async () => {
    await withTrainer(device(), config, async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 2 });
      const data = validationData();
      const probabilities = (await trainer.predict(data)) as Float32Array[];
      const logits = (await trainer.predict(data, { logits: true })) as Float32Array[];
      const evaluations = (await trainer.evaluate(data)) as Evaluation[];
      for (const replica of [0, 1]) {
        const want = await logitsOf(trainer, config.model, data, replica);
        expectClose('logits', logits[replica]!, want, 0, 16 * EPSILON * Math.max(...want.map(Math.abs)), 5);
        expectClose('probabilities', probabilities[replica]!, softmax({ logits: want, batch: 21, classes: 5 }), 0, 1e-6, 5);
        const hits = Array.from({ length: 21 }, (_, row) => {
          const own = probabilities[replica]!.subarray(5 * row, 5 * row + 5);
          return own.indexOf(Math.max(...own)) === data.targets[row];
        }).filter(Boolean).length;
        expect(evaluations[replica]!.accuracy).toBe(hits / 21);
      }
    });
  });

  test('one sample, as u8, as f32, and out of a data set, without a mark on the training', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const data = validationData();
      const all = (await trainer.predict(data)) as Float32Array;
      expect(all.length).toBe(21 * 5);
      const bytes = data.inputs.slice(0, 13) as Uint8Array;
      const hash = await trainer.hash();
      const u8 = (await trainer.predict(bytes)) as Float32Array;
      const f32 = (await trainer.predict(Float32Array.from(bytes, (x) => x / 255))) as Float32Array;
      expect(u8).toEqual(all.subarray(0, 5));
      expectClose('f32', f32, u8, 1e-6, 0);
      expectClose('sum', [u8.reduce((a, b) => a + b, 0)], [1], 1e-6, 0);
      expect(await trainer.hash()).toEqual(hash);
    });
  });

  test('logits of ten thousand do not overflow', async () => {
    const model = sequential([2], [dense(2)]);
    await withTrainer(device(), smallConfig({ model }), async (trainer) => {
      await trainer.setParameters(new Map([['layers.0.weight', Float32Array.of(1e4, 0, 0, -1e4)], ['layers.0.bias', new Float32Array(2)]]));
      expect(await trainer.predict(Float32Array.of(1, 0, 0, 1, -1, 1))).toEqual(Float32Array.of(1, 0, 1, 0, 0.5, 0.5));
      const data = dataset({ inputs: Float32Array.of(1, 0, 0, 1), targets: [0, 1], shape: [2] });
      expect(await trainer.evaluate(data)).toEqual({ loss: 5000, accuracy: 0.5 });
    });
  });
});

describe('epoch events', () => {
  test('loss and accuracy are means over all samples, penalty and zeros are those of the last weights', async () => {
    const optimizer = sgd({ learningRate: 0.1, regularizers: [l1(0.05), l2(0.02)] });
    await withTrainer(device(), smallConfig({ optimizer }), async (trainer) => {
      const progress: [number, number, number][] = [];
      const history = await fitAll(trainer, trainingData(), {
        epochs: 3, stepsPerSubmit: 1, onProgress: ({ stepInEpoch, loss, step }) => { progress.push([stepInEpoch, loss, step]); },
      });
      expect(progress.map(([stepInEpoch, , step]) => [stepInEpoch, step])).toEqual(Array.from({ length: 18 }, (_, i) => [(i % 6) + 1, i + 1]));
      // The last running mean of an epoch is the epoch's.
      expect(history.map(({ loss }) => loss)).toEqual([5, 11, 17].map((i) => progress[i]![1]));
      const weights = [0, 1, 2].map((n) => trainer.parameters().then((all) => all.get(`layers.${n}.weight`)!));
      const all = (await Promise.all(weights)).flatMap((values) => [...values]);
      const penalty = all.reduce((sum, w) => sum + 0.05 * Math.abs(w) + 0.01 * w * w, 0);
      const last = history.at(-1)!;
      expectClose('penalty', [last.penalty, last.objective], [penalty, last.loss + penalty], 1e-6, 0);
      expect(last.zeros).toBe(all.filter((w) => w === 0).length / all.length);
      expect(last.zeros).toBeGreaterThan(0.1);
      expect([last.epoch, last.step, last.learningRate]).toEqual([3, 18, 0.1]);
    });
  });

  test('it learns', async () => {
    const model = sequential([13], [dense(32), relu(), dense(5)]);
    await withTrainer(device(), smallConfig({ model, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), batchSize: 16 }), async (trainer) => {
      const history = await fitAll(trainer, smallData(400), { epochs: 15 });
      expect(history.at(-1)!.accuracy).toBeGreaterThan(0.9);
      expect(history[0]!.loss).toBeGreaterThan(2 * history.at(-1)!.loss);
    });
  });
});

describe('summary and parameters', () => {
  test('summary names every layer, its shape and its parameters', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const lines = trainer.summary().split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
      expect(lines.slice(0, 9)).toEqual([
        'layer | shape | parameters', 'dropout 0.1 | [13] | 0', 'dense (layers.0) | [13] -> [11] | 154', 'relu | [11] | 0',
        'dropout 0.2 | [11] | 0', 'dense (layers.1) | [11] -> [7] | 84', 'relu | [7] | 0', 'dropout 0.3 | [7] | 0', 'dense (layers.2) | [7] -> [5] | 40',
      ]);
      expect(lines[9]).toMatch(/^278 parameters, softmax-cross-entropy, momentum, batch 8, 1 replica, \d+\.\d MiB on the GPU$/);
    });
  });

  test('parameters are [out, in], with a leading axis for replicas, and come back as they were set', async () => {
    await withTrainer(device(), smallConfig({ replicas: [{}, { seed: 9 }] }), async (trainer) => {
      const values = new Map([['layers.1.weight', Float32Array.from(uniforms(2 * 77, 1, 2))], ['layers.2.bias', Float32Array.from(uniforms(10, 1, 3))]]);
      const before = await trainer.parameters();
      await trainer.setParameters(values);
      const after = await trainer.parameters();
      for (const [name, value] of before) expect(after.get(name)).toEqual(values.get(name) ?? value);
      expect(before.get('layers.0.weight')!.length).toBe(2 * 13 * 11);
    });
  });
});

describe('what is refused, before any work', () => {
  const create = (changes: Record<string, unknown>): Promise<Trainer> => Trainer.create(device(), { ...smallConfig(), ...changes } as TrainerConfig);
  const tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8 };
  test.each<[Record<string, unknown>, RegExp]>([
    [{ batchSize: 0 }, /batchSize must be a whole number of 1 or more, got 0/],
    [{ batchSize: 2.5 }, /batchSize.*2\.5/],
    [{ maxStepsPerSubmit: NaN }, /maxStepsPerSubmit.*NaN/],
    [{ replicas: [] }, /number of replicas.*got 0/],
    [{ replicas: [{ rate: 1 }] }, /"rate" is not known/],
    [{ seed: -1 }, /seed/],
    [{ loss: { type: 'squared' } }, /another of the library's losses, got \{"type":"squared"\}/],
    [{ loss: undefined }, /softmaxCrossEntropy/],
    [{ fusion: 'all' }, /'none', 'layer' or 'full', got "all"/],
    [{ tiles: { wide: { ...tile, rowBlocks: 5 }, narrow: tile } }, /tiles\.wide.*1 to 4/],
    [{ tiles: { wide: tile, narrow: { ...tile, workgroupY: 33 } } }, /tiles\.narrow.*256/],
    [{ memoryBudgetBytes: -5 }, /memoryBudgetBytes.*-5/],
    [{ targetSubmitMilliseconds: 0 }, /targetSubmitMilliseconds.*got 0/],
    [{ model: { inputShape: [13], layers: [{ type: 'relu' }] } }, /there must be a dense layer/],
  ])('create with %j', async (changes, message) => {
    await expect(create(changes)).rejects.toThrow(InputError);
    await expect(create(changes)).rejects.toThrow(message);
  });

  test.each<[Partial<FitOptions>, RegExp]>([
    [{ epochs: 0 }, /epochs must be a whole number of 1 or more, got 0/],
    [{ epochs: 1.5 }, /epochs.*1\.5/],
    [{ steps: 0 }, /steps.*0/],
    [{ stepsPerSubmit: -1 }, /stepsPerSubmit.*-1/],
  ])('fit with %j', async (options, message) => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      await expect(fitAll(trainer, trainingData(), { epochs: 1, ...options })).rejects.toThrow(message);
      expect(trainer.step).toBe(0);
    });
  });

  test('data that does not fit the model', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      const narrow = smallData(10, { width: 12 });
      const many = dataset({ ...smallData(10), classes: 6 });
      for (const [data, message] of [[narrow, /samples have 12 values, the model takes 13/], [many, /6 classes.*5 outputs/]] as const) {
        await expect(fitAll(trainer, data, { epochs: 1 })).rejects.toThrow(message);
        await expect(fitAll(trainer, trainingData(), { epochs: 1, validation: data })).rejects.toThrow(message);
        await expect(trainer.evaluate(data)).rejects.toThrow(message);
      }
      await expect(trainer.predict(narrow)).rejects.toThrow(InputError);
      await expect(trainer.predict(new Float32Array(14))).rejects.toThrow(/14 values.*13/);
      await expect(trainer.predict(new Uint8Array(0))).rejects.toThrow(InputError);
      expect((await fitAll(trainer, trainingData(), { epochs: 1 })).length).toBe(1);
    });
  });

  test('set and setParameters', async () => {
    await withTrainer(device(), smallConfig({ replicas: [{}, {}] }), async (trainer) => {
      const hash = await trainer.hash();
      for (const [overrides, replica, message] of [
        [{ speed: 1 }, undefined, /"speed" is not known/], [Object.create({ learningRate: 1 }) as never, undefined, /set: learningRate comes from/],
        ...['00', '01', '1e0', ' 0', '+0', '-0', '0x0', '0.0'].map((layer) => [{ [`layers.${layer}.learningRate`]: 1 }, undefined, /is not known/] as const), [{ seed: 3 }, undefined, /seed cannot change/],
        [{ l1: 0.1 }, 2, /replicas 0 to 1, got 2/], [{ l1: 0.1 }, 0.5, /got 0\.5/], [{ l2: 0.1 }, undefined, /without l2Coupled.*strength 0/],
        [{ learningRate: -1 }, 0, /learningRate/],
      ] as const) {
        expect(() => trainer.set(overrides, replica)).toThrow(InputError);
        expect(() => trainer.set(overrides, replica)).toThrow(message);
      }
      await expect(trainer.setParameters(new Map([['layers.7.bias', new Float32Array(5)]]))).rejects.toThrow(/no "layers\.7\.bias"; it has layers\.0\.weight/);
      await expect(trainer.setParameters(new Map([['layers.2.bias', new Float32Array(5)]]))).rejects.toThrow(/layers\.2\.bias.*10 values.*got.*5/);
      expect(await trainer.hash()).toEqual(hash);
    });
  });

  test('softmaxCrossEntropy is the only loss', () => {
    expect(softmaxCrossEntropy()).toEqual({ type: 'softmax-cross-entropy' });
  });
});
