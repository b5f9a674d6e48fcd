/** Normalisation is part of the model: learned of the training set, kept, and the same for whatever reads inputs. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dataset, split, type Dataset } from '../../src/data/dataset.ts';
import { loadCsv } from '../../src/data/table/csv.ts';
import { InputError } from '../../src/errors.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { binaryCrossEntropy, meanSquaredError } from '../../src/model/losses/makers.ts';
import { sequential } from '../../src/model/model.ts';
import type { Evaluation } from '../../src/train/events.ts';
import { normalize, type NormalizeOptions } from '../../src/model/normalize-maker.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { uniforms } from '../../src/random.ts';
import { gather } from '../../src/reference/gather.ts';
import { estimateMemory, planOf } from '../../src/train/estimate.ts';
import { centerAndSpread, learned } from '../../src/train/normalised.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { fitAll, smallConfig, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

type Seen = Readonly<Record<'standard' | 'minMax' | 'standardAll' | 'minMaxAll', readonly (readonly number[])[]>>;
const golden = (JSON.parse(readFileSync('test/golden/tables.json', 'utf8')) as { normalised: Readonly<Record<string, Seen>> }).normalised;
const KINDS = [['standard', { kind: 'standard' }], ['minMax', { kind: 'minMax' }], ['standardAll', { kind: 'standard', per: 'all' }], ['minMaxAll', { kind: 'minMax', per: 'all' }]] as const;
const TARGETS: Readonly<Record<string, string>> = { 'iris.csv': 'species', 'breast-cancer.csv': 'diagnosis', 'diabetes.csv': 'progression' };
const FAR = [[4, 5], [7, 5], [13, 5], [16, 5]].map((row) => row.map((value) => 1e6 + value));
/** As in make-tables.py. */
const PIXELS = Uint8Array.from({ length: 420 }, (_, i) => (i % 7 === 6 ? 9 : (i ** 2 * 37) % 256));

const vectors = (data: Dataset): Dataset => dataset({ inputs: data.inputs, shape: [data.width], scale: data.scale, offset: data.offset, targets: new Float32Array(data.length), targetWidth: 1 });
async function tableOf(name: string): Promise<Dataset> {
  if (name === 'bytes') return dataset({ inputs: PIXELS, targets: 'inputs', shape: [7], scale: 1 / 127.5, offset: -1 });
  return name === 'far' ? dataset({ inputs: FAR, targets: 'inputs' }) : (await loadCsv(`test/data/tables/${name}`, { target: TARGETS[name]! })).data;
}
const rowsOf = ({ length }: Dataset): number[] => [0, 1, 2, 3, length - 1];

/** What goes into the network comes out of it: one dense layer that leaves its input as it is. */
async function seenOf(config: Partial<TrainerConfig>, data: Dataset, work: (trainer: Trainer) => Promise<Float32Array>): Promise<Float32Array> {
  const { width } = data, same = smallConfig({ model: sequential([width], [dense(width)]), loss: meanSquaredError(), optimizer: sgd({ learningRate: 0 }), ...config });
  return withTrainer(device(), same, async (trainer) => {
    const weight = new Float32Array(width * width);
    for (let i = 0; i < width; i++) weight[i * width + i] = 1;
    await trainer.setParameters(new Map([['layers.0.weight', weight]]));
    return work(trainer);
  });
}
const own = (data: Dataset): Dataset => dataset({ inputs: data.inputs, shape: [data.width], scale: data.scale, offset: data.offset, targets: 'inputs' });

describe.each(Object.keys(golden))('%s, against scikit-learn', (name) => {
  test.each(KINDS)('%s', async (kind, options) => {
    const data = await tableOf(name), rows = rowsOf(data), numbers = learned(normalize(options), data);
    const features = Array.from({ length: data.width }, (_, feature) => centerAndSpread(numbers, feature));
    const want = golden[name]![kind].flat(), reference = gather({
      inputs: data.inputs, width: data.width, scale: data.scale, offset: data.offset, order: rows, position: 0, count: 5, batch: 5,
      normalisation: { center: features.map(([center]) => center), factor: features.map(([, spread]) => 1 / spread) },
    });
    want.forEach((value, i) => {
      // MinMaxScaler itself makes x * (1 / range) - minimum / range of it.
      const [center, spread] = features[i % data.width]!, itsOwn = options.kind === 'minMax' ? 2 ** -51 * Math.abs(center / spread) : 0;
      expect(Math.abs(reference[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)) + itsOwn);
    });
    const seen = await seenOf({ normalize: normalize(options) }, data, async (trainer) => {
      await fitAll(trainer, own(data), { epochs: 1 });
      return await trainer.predict(data) as Float32Array;
    });
    rows.forEach((row, r) => features.forEach(([center, spread], feature) => {
      // Four roundings; and the center was rounded once, of what is stored.
      const got = seen[row * data.width + feature]!, value = want[r * data.width + feature]!, shift = Math.abs((center - data.offset) / spread);
      expect(Math.abs(got - value)).toBeLessThanOrEqual(2 ** -22 * Math.abs(value) + 2 ** -24 * shift + 1e-12);
    }));
  });
});

test('a constant is seen as exactly 0, by whatever scale and offset', async () => {
  for (const [scale, offset] of [[1, 0], [1 / 127.5, -1], [3.7, 100]] as const) {
    const inputs = Float32Array.from({ length: 30 }, (_, i) => (i % 3 === 1 ? 0.1 : i)), data = dataset({ inputs, targets: 'inputs', shape: [3], scale, offset });
    const seen = await seenOf({ normalize: normalize() }, data, async (trainer) => {
      await fitAll(trainer, data, { epochs: 1 });
      return await trainer.predict(data) as Float32Array;
    });
    expect(seen.filter((_, i) => i % 3 === 1)).toEqual(new Float32Array(10));
  }
});

const NORMALIZE = [normalize(), normalize({ kind: 'minMax' }), normalize({ per: 'all' })];
const bitsOf = async (trainer: Trainer, data: Parameters<Trainer['predict']>[0]): Promise<Uint8Array> => {
  const found = await trainer.predict(data);
  return new Uint8Array((Array.isArray(found) ? found[0]! : found).slice().buffer as ArrayBuffer);
};
const scaled = (scale: number, offset = 0): Dataset => dataset({ ...trainingData(), scale, offset });
const floats = (): Dataset => dataset({ ...trainingData(), inputs: Float32Array.from(trainingData().inputs), scale: 0.25, offset: 3 });

describe('predict(raw) after load is predict(data set) before, bit for bit (FC16)', () => {
  const cases: readonly (readonly [string, Dataset, Partial<TrainerConfig>])[] = [
    ['bytes', trainingData(), {}], ['bytes seen as p / 127.5 - 1', scaled(1 / 127.5, -1), {}], ['floats with a scale', floats(), {}],
    ...NORMALIZE.flatMap((one) => ([['bytes', trainingData()], ['bytes with a scale', scaled(1 / 127.5, -1)], ['floats with a scale', floats()]] as const)
      .map(([what, data]) => [`${what}, ${one.kind} per ${one.per}`, data, { normalize: one }] as const)),
    ['two replicas', trainingData(), { normalize: normalize(), replicas: [{}, { l1: 0 }] }], ['apart', trainingData(), { normalize: normalize(), fusion: 'none' }],
  ];
  test.each(cases)('%s', async (_, data, config) => {
    await withTrainer(device(), smallConfig(config), async (trainer) => {
      await fitAll(trainer, data, { epochs: 1, validation: validationData() });
      const before = await bitsOf(trainer, data), evaluated = await trainer.evaluate(data), file = await trainer.save();
      expect(await bitsOf(trainer, data.inputs)).toEqual(before);
      const loaded = await Trainer.load(device(), file, { verify: 'off' });
      try {
        expect(await bitsOf(loaded, data.inputs)).toEqual(before);
        expect(await bitsOf(loaded, data)).toEqual(before);
        expect(await loaded.evaluate(data)).toEqual(evaluated);
        expect(loaded.config.normalize).toEqual(trainer.config.normalize);
        expect(await loaded.save()).toEqual(file);
        expect(readSafetensors(file, 'file').metadata['gradshader.format']).toBe(config.normalize ? '4' : '3');
      } finally {
        loaded.destroy();
      }
    });
  });
});

test('real values count: bytes, and floats of the same, are seen alike; of another kind raw arrays are as ever', async () => {
  await withTrainer(device(), smallConfig({ normalize: normalize() }), async (trainer) => {
    await fitAll(trainer, scaled(1 / 127.5, -1), { epochs: 1 });
    const bytes = trainingData().inputs, want = await trainer.predict(bytes) as Float32Array;
    const real = await trainer.predict(Float32Array.from(bytes, (value) => value / 127.5 - 1)) as Float32Array;
    const stored = await trainer.predict(dataset({ ...trainingData(), inputs: Float32Array.from(bytes), scale: 1 / 127.5, offset: -1 })) as Float32Array;
    for (const other of [real, stored]) other.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThan(1e-5));
    expect(stored).not.toEqual(await trainer.predict(dataset({ ...trainingData(), inputs: Float32Array.from(bytes) })));
  });
});

test('it is learned once, of the training set alone, also where training stops and goes on, or comes from a file', async () => {
  await withTrainer(device(), smallConfig({ normalize: normalize() }), async (trainer) => {
    expect(trainer.config.normalize).toEqual({ kind: 'standard', per: 'feature' });
    const { train, validation } = split(trainingData(), { validation: 9, seed: 2 });
    await fitAll(trainer, train, { epochs: 2, steps: 3, validation });
    const known = trainer.config.normalize;
    expect(known).toEqual(learned(normalize(), train));
    const loaded = await Trainer.load(device(), await trainer.save(), { verify: 'off' });
    await fitAll(trainer, train, { epochs: 2, validation });
    await fitAll(loaded, train, { epochs: 2, validation });
    expect(await loaded.hash()).toEqual(await trainer.hash());
    await fitAll(loaded, scaled(1), { epochs: 3, horizon: 'keep' });
    expect([trainer.config.normalize, loaded.config.normalize]).toEqual([known, known]);
    loaded.destroy();
  });
});

test('numbers that are given are those that are learned', async () => {
  const { mean, deviation } = learned(normalize(), trainingData());
  const hashes = await Promise.all([normalize(), normalize({ mean: mean!, deviation: deviation! })].map((one) => withTrainer(device(), smallConfig({ normalize: one }), async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 2 });
    return trainer.hash();
  })));
  expect(hashes[1]).toEqual(hashes[0]);
});

test('what is not known yet is asked for; a fit that fails before its first step has learned nothing', async () => {
  await withTrainer(device(), smallConfig({ normalize: normalize() }), async (trainer) => {
    const refused = async (): Promise<void> => {
      for (const call of [() => trainer.evaluate(trainingData()), () => trainer.predict(trainingData()), () => trainer.predict(trainingData().inputs)]) {
        await expect(call()).rejects.toThrow('What normalises the inputs is not known yet');
      }
    };
    await refused();
    expect((await trainer.verify(scaled(1))).wrong).toEqual([]);
    await refused();
    const spoiled = Float32Array.from(trainingData().inputs);
    spoiled[20] = NaN;
    await expect(fitAll(trainer, dataset({ ...trainingData(), inputs: spoiled, scale: 1 }), { epochs: 1 })).rejects.toThrow(/value 7 of sample 1 is NaN/);
    await expect(fitAll(trainer, scaled(3), { epochs: 1, validation: dataset({ inputs: new Float32Array(4), targets: [0, 1], shape: [2] }) })).rejects.toThrow(InputError);
    await refused();
    expect(trainer.config.normalize).toEqual(normalize());
    await fitAll(trainer, trainingData(), { epochs: 1 });
    expect(trainer.config.normalize).toEqual(learned(normalize(), trainingData()));
  });
});

test('a test sees kernels and tables right, and a training is the same with it', async () => {
  for (const one of [...NORMALIZE, undefined]) {
    for (const data of [scaled(1 / 127.5, -1), floats(), own(floats())]) {
      const config = smallConfig({ ...(one && { normalize: one }), ...(data.targets === 'inputs' && { loss: meanSquaredError(), model: sequential([13], [dropout(0.1), dense(7), relu(), dense(13)]) }) });
      const run = (verify: 'once' | 'off'): Promise<unknown> => withTrainer(device(), { ...config, verify }, async (trainer) => {
        await fitAll(trainer, data, { epochs: 1 });
        const report = verify === 'off' ? undefined : await trainer.verify(data);
        expect(report?.wrong ?? []).toEqual([]);
        return [await trainer.hash(), await trainer.predict(data), await trainer.evaluate(data)];
      });
      expect(await run('once')).toEqual(await run('off'));
    }
  }
});

describe('targets', () => {
  test('inputs as targets are what the network sees, classes and vectors stay as they are', async () => {
    const data = floats(), seen = learned(normalize(), data);
    await withTrainer(device(), smallConfig({ normalize: normalize(), model: sequential([13], [dense(13)]), loss: meanSquaredError(), optimizer: sgd({ learningRate: 1e-3 }), metrics: ['mae'] }), async (trainer) => {
      await fitAll(trainer, own(data), { epochs: 1 });
      const outputs = await trainer.predict(data) as Float32Array, { loss, metrics } = await trainer.evaluate(own(data)) as Evaluation & { metrics: { mae: number } };
      let squares = 0, sizes = 0;
      data.inputs.forEach((value: number, i: number) => {
        const [center, spread] = centerAndSpread(seen, i % 13), target = (value * data.scale + data.offset - center) / spread;
        squares += (outputs[i]! - target) ** 2;
        sizes += Math.abs(outputs[i]! - target);
      });
      expect(Math.abs(loss - squares / outputs.length)).toBeLessThan(1e-5 * loss);
      expect(Math.abs(metrics.mae - sizes / outputs.length)).toBeLessThan(1e-5 * metrics.mae);
      const given = vectors(data);
      expect(await trainer.evaluate(dataset({ ...given, targets: new Float32Array(13 * data.length), targetWidth: 13 }))).toMatchObject({ loss: expect.closeTo(outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length, 4) });
    });
  });

  test('a loss of what lies in [0, 1] takes inputs that minMax brings there, and no others', async () => {
    const config = (one: NormalizeOptions): TrainerConfig => smallConfig({ normalize: normalize(one), model: sequential([13], [dense(13)]), loss: binaryCrossEntropy(), optimizer: adam() });
    await withTrainer(device(), config({ kind: 'minMax' }), (trainer) => fitAll(trainer, own(floats()), { epochs: 1 }));
    await withTrainer(device(), config({}), (trainer) => expect(fitAll(trainer, own(floats()), { epochs: 1 })).rejects.toThrow(InputError));
  });
});

describe('numbers are data, not text (FC17)', () => {
  test('two trainers with other numbers run the same WGSL', () => {
    const texts = [{ mean: 3, deviation: 2 }, { mean: -7e5, deviation: 1e-3 }].map((numbers) => planOf(smallConfig({ normalize: normalize(numbers) }), 'software').dispatches.map(wgslOf));
    expect(texts[1]).toEqual(texts[0]);
    const plain = planOf(smallConfig(), 'software').dispatches.map(wgslOf), differ = plain.filter((text, i) => text !== texts[0]![i]);
    expect(differ).toHaveLength(1);
    expect(plain.join()).not.toContain('normalisation');
  });

  test.each([['no normalisation', {}, 1], ['standard', { normalize: normalize({ mean: 0, deviation: 1 }) }, 0]] as const)('40 data sets with another scale each: %s', async (_, config, most) => {
    const { gpu } = device(), kept = gpu.createComputePipeline, keptAsync = gpu.createComputePipelineAsync;
    let made = 0;
    Object.assign(gpu, {
      createComputePipeline: (...args: Parameters<typeof kept>) => { made++; return kept.apply(gpu, args); },
      createComputePipelineAsync: (...args: Parameters<typeof keptAsync>) => { made++; return keptAsync.apply(gpu, args); },
    });
    try {
      await withTrainer(device(), smallConfig(config), async (trainer) => {
        await trainer.evaluate(trainingData());
        made = 0;
        for (let i = 0; i < 40; i++) await trainer.evaluate(scaled(1 + i / 100, -i / 50));
        expect(made).toBeLessThanOrEqual(most);
      });
    } finally {
      Object.assign(gpu, { createComputePipeline: kept, createComputePipelineAsync: keptAsync });
    }
  });
});

test.each(NORMALIZE)('memory is as estimated, before and after: $kind per $per', async (one) => {
  const config = smallConfig({ normalize: one });
  await withTrainer(device(), config, async (trainer) => {
    expect(trainer.memory()).toEqual(estimateMemory(config, { adapter: 'software' }));
    await fitAll(trainer, trainingData(), { epochs: 1, validation: validationData() });
    await trainer.predict(trainingData());
    expect(trainer.memory()).toEqual(estimateMemory(config, { adapter: 'software', train: trainingData(), evaluate: [validationData()] }));
  });
  expect(estimateMemory(smallConfig(), { evaluate: [scaled(2)] }).total - estimateMemory(smallConfig(), { evaluate: [trainingData()] }).total).toBe(48);
});

test('columns of any size train at a rate that is nothing for them as they are', async () => {
  const inputs = Float32Array.from(uniforms(64 * 3, 5, 1), (u, i) => (i % 3 === 0 ? 1e5 * u : i % 3 === 1 ? 1e-3 * u : 500 + u)), targets = Float32Array.from({ length: 64 }, (_, i) => inputs[3 * i]! / 1e5 + 1e3 * inputs[3 * i + 1]!);
  const data = dataset({ inputs, targets, targetWidth: 1, shape: [3] }), config = smallConfig({ model: sequential([3], [dense(8), relu(), dense(1)]), loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.05 }) });
  await withTrainer(device(), config, async (trainer) => {
    const end = await fitAll(trainer, data, { epochs: 20 }).then((epochs) => epochs.at(-1)!.loss, () => Infinity);
    expect(end).toBeGreaterThan(0.1); // The variance of the targets is 0.17.
  });
  await withTrainer(device(), { ...config, normalize: normalize() }, async (trainer) => expect((await fitAll(trainer, data, { epochs: 20 })).at(-1)!.loss).toBeLessThan(0.05));
});
