/** Numbers that overflow where a finite weight hides it: in the optimizer's state, and in weights that are finite and no good. */
import { expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { BadFileError, InputError, NonFiniteError } from '../../src/errors.ts';
import { readSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { namedOptimizer, OPTIMIZER_NAMES } from '../../src/model/optimizers/named.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, STEPS_PER_EPOCH, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { edited } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const plain = sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);

/** The training set with one value of one sample as large as this. */
function withOutlier(value: number): ClassDataset {
  const data = trainingData(), inputs = Float32Array.from(data.inputs, (x) => x / 255);
  inputs[13 * 7 + 4] = value;
  return dataset({ inputs, targets: data.targets, shape: [13], classes: 5, name: 'one outlier' });
}

/** Evaluated on clean data. */
const lossOf = async (trainer: Trainer): Promise<number> => (await trainer.evaluate(trainingData()) as { loss: number }).loss;

// Each overflows some second moment, and no weight, at one of these, if it has one.
const OUTLIERS = [1e20, 1e22];

test.each(OPTIMIZER_NAMES)('%s: one outlier either leaves all state finite or is an error', async (name) => {
  await withTrainer(device(), smallConfig({ model: plain, optimizer: namedOptimizer(name), fusion: 'none' }), async (trainer) => {
    const initial = await trainer.parameters();
    for (const value of OUTLIERS) {
      const error = await fitAll(trainer, withOutlier(value), { epochs: trainer.epoch + 1, stepsPerSubmit: 2 }).then(() => undefined, (thrown: unknown) => thrown);
      if (error !== undefined) expect(error).toBeInstanceOf(NonFiniteError);
      for (const [tensor, { data }] of readSafetensors(await trainer.save({ nonFinite: 'allow' }), name).tensors) {
        expect(new Float32Array(data.slice().buffer).every(Number.isFinite), `${tensor} after ${value}: ${error}`).toBe(true);
      }
      await trainer.setParameters(initial);
    }
  });
});

test('state that overflows is an error that says so, names step and tensor, and puts weights and state back', async () => {
  const config = smallConfig({ model: plain, optimizer: adam({ learningRate: 1e-3 }) });
  await withTrainer(device(), config, async (trainer) => {
    const before = await tensorBits(trainer);
    const error: NonFiniteError = await fitAll(trainer, withOutlier(1e22), { epochs: 1, stepsPerSubmit: STEPS_PER_EPOCH }).then(() => undefined, (thrown) => thrown);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ isState: true, replica: 0, code: 'non-finite' });
    expect(error.message).toMatch(/^Step \d: the optimizer's state of layers\.\d\.(weight|bias) is no longer finite\./);
    expect(await tensorBits(trainer)).toEqual(before);
    expect((await fitAll(trainer, trainingData(), { epochs: 1 })).length).toBe(1);
  });
});

test("under 'skip' an update that overflows the state is left out, whatever the gradient", async () => {
  const config = smallConfig({ model: plain, optimizer: adam({ learningRate: 1e-3 }), onNonFinite: 'skip', fusion: 'none' });
  await withTrainer(device(), config, async (trainer) => {
    const [epoch] = await fitAll(trainer, withOutlier(1e22), { epochs: 1 });
    expect(epoch!.skipped).toBe(1);
    // The file is refused if one number in it is not finite.
    expect((await trainer.save()).length).toBeGreaterThan(0);
  });
});

for (const stepsPerSubmit of [1, 2, STEPS_PER_EPOCH]) {
  for (const [name, optimizer] of [['sgd at rate 1e25', sgd({ learningRate: 1e25 })], ['adam at rate 1e20', adam({ learningRate: 1e20 })]] as const) {
    test(`${name}, ${stepsPerSubmit} steps per submit: what is put back trains on`, async () => {
      const config = smallConfig({ model: plain, optimizer });
      await withTrainer(device(), config, async (trainer) => {
        const initial = await tensorBits(trainer);
        await expect(fitAll(trainer, trainingData(), { epochs: 2, stepsPerSubmit })).rejects.toThrow(NonFiniteError);
        // The first step throws every weight away, so that only the initial ones ever gave a finite loss.
        expect(await lossOf(trainer)).toBeLessThan(10);
        expect([trainer.step, trainer.epoch]).toEqual([0, 0]);
        expect(await tensorBits(trainer)).toEqual(initial);
        trainer.set({ learningRate: 0.01 });
        const history = await fitAll(trainer, trainingData(), { epochs: 2 });
        // As if nothing had been tried before.
        await withTrainer(device(), config, async (fresh) => {
          fresh.set({ learningRate: 0.01 });
          expect(history).toEqual(await fitAll(fresh, trainingData(), { epochs: 2 }));
          expect(await tensorBits(trainer)).toEqual(await tensorBits(fresh));
        });
      });
    });
  }
}

test('weights that no forward pass has tried, at the end of a fit: the next one over that set goes back to where they were tried', async () => {
  const data = trainingData();
  await withTrainer(device(), smallConfig({ model: plain, optimizer: sgd({ learningRate: 0.05 }) }), async (trainer) => {
    await fitAll(trainer, data, { epochs: 1, steps: STEPS_PER_EPOCH - 1, stepsPerSubmit: 1 });
    const good = await tensorBits(trainer);
    trainer.set({ learningRate: 1e20 });
    // Its last step spoils the weights, and nothing looks at them.
    expect((await fitAll(trainer, data, { epochs: 1 })).length).toBe(1);
    const error = await fitAll(trainer, data, { epochs: 2 }).then(() => undefined, (thrown: Error) => thrown);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error!.message).toContain(`The weights of step ${STEPS_PER_EPOCH - 1}, the last good ones`);
    expect(trainer.step).toBe(STEPS_PER_EPOCH - 1);
    expect(await tensorBits(trainer)).toEqual(good);
  });
});

test('a loss beyond f32 is an error where the gradient of the formula is finite', async () => {
  await withTrainer(device(), smallConfig({ model: sequential([13], [dense(5)]), optimizer: sgd({ learningRate: 0.1 }) }), async (trainer) => {
    // Logits of 3e38 and -3e38: their softmax is 1 and 0, and their difference is no number of f32.
    const bias = Float32Array.of(3e38, -3e38, -3e38, -3e38, -3e38);
    await trainer.setParameters(new Map([['layers.0.weight', new Float32Array(65)], ['layers.0.bias', bias]]));
    await expect(fitAll(trainer, trainingData(), { epochs: 1 })).rejects.toThrow(/^Step 0: layers\.0\.(weight|bias) is no longer finite/);
    expect((await trainer.parameters()).get('layers.0.bias')).toEqual(bias);
  });
});

test('save, load, setParameters and readParameters refuse what is not finite, unless told', async () => {
  await withTrainer(device(), smallConfig({ model: plain, optimizer: adam({ learningRate: 1e-3 }) }), async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 1 });
    const weight = (await trainer.parameters()).get('layers.1.weight')!;
    weight[5] = NaN;
    weight[9] = Infinity;
    const values = new Map([['layers.1.weight', weight]]);
    await expect(trainer.setParameters(values)).rejects.toThrow(InputError);
    await expect(trainer.setParameters(values)).rejects.toThrow(/layers\.1\.weight: value 5 is NaN.*nonFinite: 'allow'/);
    await expect(trainer.setParameters(values, { nonFinite: 'yes' as 'allow' })).rejects.toThrow(/'refuse' or 'allow', got "yes"/);
    const good = await trainer.save();
    await trainer.setParameters(values, { nonFinite: 'allow' });
    await expect(trainer.save()).rejects.toThrow(NonFiniteError);
    await expect(trainer.save()).rejects.toThrow(/^Step 6: layers\.1\.weight is no longer finite\..*value 5 is NaN/);
    const bad = await trainer.save({ nonFinite: 'allow' });
    await expect(Trainer.load(device(), bad, 'bad')).rejects.toThrow(BadFileError);
    await expect(Trainer.load(device(), bad, 'bad')).rejects.toThrow(/^bad: tensor layers\.1\.weight: value 5 is NaN/);
    const loaded = await Trainer.load(device(), bad, { nonFinite: 'allow' });
    expect((await loaded.parameters()).get('layers.1.weight')).toEqual(weight);
    loaded.destroy();
    expect(() => readParameters(bad, 'bad')).toThrow(/^bad: tensor "layers\.1\.weight": value 5 is NaN/);
    expect(readParameters(bad, 'bad', { nonFinite: 'allow' }).get('layers.1.weight')).toEqual(weight);
    // State as well.
    const spoiled = edited(good, (_, tensors) => {
      const { data, ...tensor } = tensors.get('optimizer.v.layers.0.weight')!;
      const moments = new Float32Array(data.slice().buffer);
      moments[3] = Infinity;
      tensors.set('optimizer.v.layers.0.weight', { ...tensor, data: new Uint8Array(moments.buffer) });
    });
    await expect(Trainer.load(device(), spoiled, 'state')).rejects.toThrow(/^state: tensor optimizer\.v\.layers\.0\.weight: value 3 is Infinity/);
  });
});

test('weights of another origin are read the same way', () => {
  const values = Float32Array.of(1, -Infinity);
  const bytes = writeSafetensors(new Map([['layers.0.bias', { dtype: 'F32', shape: [2], data: new Uint8Array(values.buffer) }]]));
  expect(() => readParameters(bytes)).toThrow(/value 1 is -Infinity/);
  expect(readParameters(bytes, 'w', { nonFinite: 'allow' }).get('layers.0.bias')).toEqual(values);
});
