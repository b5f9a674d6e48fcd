/** Checkpoints that were damaged since they were written: every change is seen, and the tensor named. */
import { beforeAll, expect, test } from 'vitest';
import { BadFileError, GradshaderError } from '../../src/errors.ts';
import { CHECKSUMS } from '../../src/files/checksums.ts';
import { readSafetensors, writeSafetensors, type Tensor } from '../../src/files/safetensors.ts';
import { dense } from '../../src/model/layers/index.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';
import { edited, resealed } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  file = await withTrainer(device(), smallConfig(), (trainer) => trainer.save());
});

const opened = (): { tensors: Map<string, Tensor>; metadata: Record<string, string> } => readSafetensors(file.slice(), 'own');
const load = (bytes: Uint8Array): Promise<unknown> => Trainer.load(device(), bytes, 'mine');

test('one flipped bit, in any tensor: it is named', async () => {
  const { tensors } = opened();
  for (const [name, { data }] of tensors) {
    // The data of `opened` are views of its copy of the file.
    const broken = new Uint8Array(data.buffer.slice(0));
    broken[data.byteOffset + Math.floor(data.length / 2)]! ^= 4;
    await expect(load(broken), name).rejects.toThrow(BadFileError);
    await expect(load(broken), name).rejects.toThrow(`mine: the bytes of "tensor ${name}" are not as they were written`);
    expect(() => readParameters(broken, 'mine'), name).toThrow(`tensor ${name}`);
  }
});

test('tensors that changed places, other metadata, no checksums, broken ones', async () => {
  const cases: [string, (tensors: Map<string, Tensor>, metadata: Record<string, string>) => void, RegExp][] = [
    ['changed places', (tensors) => {
      const [a, b] = ['layers.0.weight', 'optimizer.momentum.layers.0.weight'].map((name) => tensors.get(name)!);
      tensors.set('layers.0.weight', b!).set('optimizer.momentum.layers.0.weight', a!);
    }, /"tensor layers\.0\.weight"/],
    ['a digit of the configuration', (_, metadata) => {
      metadata['gradshader.training'] = metadata['gradshader.training']!.replace('"momentum":0.9', '"momentum":0.8');
    }, /"metadata gradshader\.training"/],
    ['an older version', (_, metadata) => { metadata['gradshader.format'] = '2'; }, /"metadata gradshader\.format"/],
    ['no checksums', (_, metadata) => { delete metadata[CHECKSUMS]; }, /checksums .* are missing/],
    ['no JSON', (_, metadata) => { metadata[CHECKSUMS] += '}'; }, /the bytes of/],
    ['null', (_, metadata) => { metadata[CHECKSUMS] = 'null'; }, /the bytes of/],
    ['a sum too many', (_, metadata) => { metadata[CHECKSUMS] = metadata[CHECKSUMS]!.replace('{', '{"tensor x":"0",'); }, /tensor x/],
  ];
  for (const [name, edit, message] of cases) {
    const { tensors, metadata } = opened();
    edit(tensors, metadata);
    const broken = writeSafetensors(tensors, metadata);
    await expect(load(broken), name).rejects.toThrow(BadFileError);
    await expect(load(broken), name).rejects.toThrow(message);
  }
});

test('without checksums a file of format 2 is read still', async () => {
  const { tensors, metadata } = opened();
  delete metadata[CHECKSUMS];
  const trainer = await Trainer.load(device(), writeSafetensors(tensors, { ...metadata, 'gradshader.format': '2' }));
  trainer.destroy();
});

test.each<[string, Parameters<typeof edited>[1], RegExp]>([
  ['a layer of a hundred million units', ({ config }) => { config.model.layers[1] = dense(1e8); }, /should be F32 \[100000000,13\]/],
  ['more elements than can be counted', ({ config }) => { config.model.layers[1].units = 2 ** 52; config.model.inputShape = [2 ** 52]; }, /should be F32/],
  ['replicas that are not in it', ({ config, state }) => {
    config.replicas = Array.from({ length: 1000 }, () => ({}));
    for (const [name, rows] of Object.entries(state)) if (Array.isArray(rows)) state[name] = config.replicas.map(() => rows[0]);
  }, /should be F32 \[1000,/],
  ['a model that cannot be', ({ config }) => { config.model.layers[1].units = -1; }, /cannot be made: .*units/],
  ['an optimizer that there is not', ({ config }) => { config.optimizer.rule = 'sgdd'; }, /cannot be made|lacks parts/],
  ['a batch of half a sample', ({ config }) => { config.batchSize = 0.5; }, /cannot be made: batchSize/],
  ['a set of nothing there is', (training) => { training.sets = [{ overrides: { lerningRate: 1 } }]; }, /cannot be made: /],
  ['a set of a replica that there is not', (training) => { training.sets = [{ overrides: { learningRate: 1 }, replica: 7 }]; }, /cannot be made: .*replica/],
])('%s: refused by what the file itself holds, at once', async (_, edit, message) => {
  const broken = edited(file, edit), start = performance.now();
  await expect(load(broken)).rejects.toThrow(BadFileError);
  await expect(load(broken)).rejects.toThrow(message);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('nesting of a hundred thousand levels is no stack overflow', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const place of [/"type":"dense"/, /"regularizers":/]) {
    const { tensors, metadata } = opened(), own = metadata['gradshader.training']!;
    const broken = own.replace(place, (found) => `"deep":${deep},${found}`);
    expect(broken).not.toBe(own);
    await expect(load(resealed(tensors, { ...metadata, 'gradshader.training': broken }))).rejects.toThrow(GradshaderError);
  }
});
