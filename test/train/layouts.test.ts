/** Weights of other programs: [inputs, outputs] is never taken for [outputs, inputs]. */
import { expect, test } from 'vitest';
import { BadFileError, InputError } from '../../src/errors.ts';
import { f32Tensor, writeSafetensors } from '../../src/files/safetensors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

type Shapes = Readonly<Record<string, readonly number[]>>;
const count = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);
/** Each element is its own number. */
const numbers = (shape: readonly number[]): Float32Array<ArrayBuffer> => Float32Array.from({ length: count(shape) }, (_, i) => i);
const fileOf = (shapes: Shapes): Uint8Array =>
  writeSafetensors(new Map(Object.entries(shapes).map(([name, shape]) => [name, f32Tensor(shape, numbers(shape))])));

/** 3 - 2 - 2: one weight of two sizes, and one that is square. */
const config = smallConfig({ model: sequential([3], [dense(2), relu(), dense(2)]) });
const OURS: Shapes = { 'layers.0.weight': [2, 3], 'layers.0.bias': [2], 'layers.1.weight': [2, 2], 'layers.1.bias': [2] };
const THEIRS: Shapes = { ...OURS, 'layers.0.weight': [3, 2] };
const WIDE: Shapes = { 'layers.0.weight': [2, 3], 'layers.0.bias': [2] };

test('what the shapes say is taken, and what they say otherwise refused with what to do', async () => {
  expect(readParameters(fileOf(WIDE)).get('layers.0.weight')).toMatchObject({ shape: [2, 3] });
  const turned = fileOf({ 'layers.0.weight': [3, 2], 'layers.0.bias': [2] });
  expect(() => readParameters(turned, 'keras')).toThrow(BadFileError);
  expect(() => readParameters(turned, 'keras')).toThrow(/^keras: tensor "layers\.0\.weight" is \[3,2\] and its bias \[2\]: it lies as \[inputs, outputs\].*layout: 'in-out'/);
  // The advice: [0 1 | 2 3 | 4 5] by inputs is [0 2 4 | 1 3 5] by outputs.
  const weight = readParameters(turned, 'keras', { layout: 'in-out' }).get('layers.0.weight')!;
  expect([...weight]).toEqual([0, 2, 4, 1, 3, 5]);
  expect(weight.shape).toEqual([2, 3]);
  expect(() => readParameters(fileOf(WIDE), 'f', { layout: 'in-out' })).toThrow(/lies as 'out-in', not as the 'in-out'/);
  expect(() => readParameters(turned, 'f', { layout: 'out-in' })).toThrow(/lies as 'in-out', not as the 'out-in'/);
  expect(() => readParameters(fileOf({ 'layers.0.weight': [3, 4], 'layers.0.bias': [2] }))).toThrow(/not of one layer/);
  expect(() => readParameters(fileOf({ 'layers.0.weight': [6] }))).toThrow(/two axes/);
  expect(() => readParameters(turned, 'f', { layout: 'io' as 'in-out' })).toThrow(InputError);
});

test('a file of other names is told which it has, and under the right ones it is read', () => {
  const named = (names: readonly string[]) => writeSafetensors(new Map(names.map((name) => [name, f32Tensor([2], Float32Array.of(1, 2))])));
  expect(() => readParameters(named(['fc1.weight', 'fc1.bias']), 'torch')).toThrow(
    'torch: it holds no tensor named layers.N.weight or layers.N.bias, but "fc1.bias", "fc1.weight". Name them as parameters() of the trainer does, before the file is written.');
  expect(() => readParameters(named(Array.from({ length: 9 }, (_, i) => `w${i}`)), 'torch')).toThrow('"w7", ... (9)');
  expect(() => readParameters(named([]), 'empty')).toThrow(/layers\.N\.bias, nor any other\./);
  expect(readParameters(named(['layers.0.bias'])).size).toBe(1);
});

test('a square weight, or one without its bias, needs the layout said', () => {
  for (const shapes of [OURS, { 'layers.0.weight': [2, 3] }]) {
    expect(() => readParameters(fileOf(shapes), 'torch')).toThrow(/^torch: tensor "layers\.[01]\.weight" \[2,[23]\] does not say .*'out-in'.*'in-out'/);
  }
  expect([...readParameters(fileOf(OURS), 'f', { layout: 'out-in' }).get('layers.1.weight')!]).toEqual([0, 1, 2, 3]);
  expect([...readParameters(fileOf(THEIRS), 'f', { layout: 'in-out' }).get('layers.1.weight')!]).toEqual([0, 2, 1, 3]);
});

test('replicas are a leading axis', () => {
  const both = fileOf({ 'layers.0.weight': [2, 3, 2], 'layers.0.bias': [2, 2] });
  expect(() => readParameters(both)).toThrow(/lies as \[inputs, outputs\]/);
  const weight = readParameters(both, 'f', { layout: 'in-out' }).get('layers.0.weight')!;
  expect([...weight]).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
  expect(weight.shape).toEqual([2, 2, 3]);
});

test('setParameters compares shapes where they are known; own files need nothing said', async () => {
  await withTrainer(device(), config, async (trainer) => {
    const before = await trainer.hash();
    // Without its bias only the trainer can know.
    const guessed = readParameters(fileOf({ 'layers.0.weight': [3, 2] }), 'f', { layout: 'out-in' });
    await expect(trainer.setParameters(guessed)).rejects.toThrow(InputError);
    await expect(trainer.setParameters(guessed)).rejects.toThrow(/layers\.0\.weight must have the shape \[2,3\], got \[3,2\]: it lies the other way round.*in-out/);
    expect(await trainer.hash()).toEqual(before);
    await trainer.setParameters(readParameters(fileOf({ 'layers.0.weight': [3, 2] }), 'f', { layout: 'in-out' }));
    const parameters = await trainer.parameters();
    expect([...parameters.get('layers.0.weight')!]).toEqual([0, 2, 4, 1, 3, 5]);
    expect(parameters.get('layers.1.weight')!.shape).toEqual([2, 2]);
    expect(readParameters(await trainer.save())).toEqual(parameters);
    // Plain arrays say no shape: by their length, as documented.
    await trainer.setParameters(new Map([['layers.0.weight', Float32Array.of(5, 4, 3, 2, 1, 0)]]));
    expect((await trainer.parameters()).get('layers.0.weight')![0]).toBe(5);
  });
  await withTrainer(device(), { ...config, replicas: [{}, {}] }, async (trainer) => {
    expect((await trainer.parameters()).get('layers.0.weight')!.shape).toEqual([2, 2, 3]);
    const flat = readParameters(fileOf({ 'layers.0.weight': [2, 6] }), 'f', { layout: 'out-in' });
    await expect(trainer.setParameters(flat)).rejects.toThrow(/shape \[2,2,3\], got \[2,6\]: it is of another layer/);
  });
});

test('a checkpoint is read by its own model only', async () => {
  const file = await withTrainer(device(), config, (trainer) => trainer.save());
  const loaded = await Trainer.load(device(), file);
  loaded.destroy();
  expect(readParameters(file).get('layers.1.weight')!.shape).toEqual([2, 2]);
  expect(() => readParameters(file, 'f', { layout: 'in-out' })).toThrow(/lies as 'out-in'/);
});
