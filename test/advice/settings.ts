/** Advice on what users write down: models, data, optimizers, options. Nothing of it needs a GPU. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { resolveTiles, traitsOf } from '../../src/compile/tiles.ts';
import { checkGivenTiles } from '../../src/compile/given-tiles.ts';
import { dataset, shuffleTargets, subset } from '../../src/data/dataset.ts';
import { idxDataset } from '../../src/data/idx-dataset.ts';
import { loadIdx } from '../../src/data/load.ts';
import { packageFolder } from '../../src/data/node-files.ts';
import {
  activityL1, adam, adamw, binaryCrossEntropy, concatenate, constant, clipByNorm, clipByValue, dense, dropout, estimateMemory, ftrl, groupLasso, identity, input, l1, l2, lars, leakyRelu, maxNorm, meanSquaredError, model as modelOf, normalize, orthogonal, pairOf, planOf, prelu, randomUniform, relu,
  sequential, sgd, sigmoid, slice, softmax, softmaxCrossEntropy, tanh, tied, zeros, type Layer, type Loss, type TrainerConfig,
} from '../../src/index.ts';
import { readSafetensors } from '../../src/files/safetensors-read.ts';
import { writeSafetensors } from '../../src/files/safetensors-write.ts';
import { checkModel } from '../../src/model/model.ts';
import { idxBytes, images, labels } from '../data/helpers.ts';
import { advice, type Advice } from './support.ts';

const two = (optimizer: TrainerConfig['optimizer'], more: Partial<TrainerConfig> = {}): TrainerConfig => ({
  model: sequential([3], [dense(4), relu(), dense(2)]), loss: softmaxCrossEntropy(), optimizer, batchSize: 4, ...more,
});
const plan = (optimizer: TrainerConfig['optimizer'], more: Partial<TrainerConfig> = {}) => () => planOf(two(optimizer, more), 'software');
const rate = { learningRate: 0.1 }, learned = sequential([3], [dense(4), prelu(), dense(2)]);

/** Runs `work` with files in a folder, which is removed afterwards. */
async function withFiles(files: Readonly<Record<string, Uint8Array | string>>, work: (at: (name: string) => string) => unknown): Promise<void> {
  const folder = mkdtempSync(join('node_modules', '.advice-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    await work((name) => resolve(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const float = idxBytes([1, 1, 2], new Uint8Array(8), 0x0d);
const data = dataset({ inputs: Uint8Array.of(1, 2), targets: [0, 1], shape: [1] });

const FOREIGN = { zip: 'PK\x03\x04', bz2: 'BZh91AY&SY', npy: '\x93NUMPY\x01\0', html: '<!doctype html><p>404', lfs: 'version https://git-lfs.github.com/spec/v1\n', zlib: 'x\x9c\xcb\x48', pickle: '\x80\x04\x95', utf16: '\xff\xfe\x7b' };
const foreign = (kind: keyof typeof FOREIGN) => () => idxDataset(Uint8Array.from({ length: 40 }, (_, i) => FOREIGN[kind].charCodeAt(i) || 32), labels);
const wanted = (): unknown => idxDataset(images, labels);

/** Data from a server that sends half, waits, and sends the rest. */
async function fromSlowServer(options: { readonly timeoutMilliseconds?: number; readonly maxBytes?: number }): Promise<void> {
  const server = createServer(({ url }, response) => {
    const bytes = url === '/images' ? images : labels;
    response.writeHead(200, { 'Content-Length': bytes.length }).write(bytes.subarray(0, 4));
    setTimeout(() => response.end(bytes.subarray(4)), 200);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await loadIdx({ images: `${origin}/images`, labels: `${origin}/labels`, ...options });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const DATA: readonly Advice[] = [
  advice('Unpack it first.', foreign('bz2'), wanted),
  advice('Unpack it first (files of PyTorch', foreign('zip'), wanted),
  advice('Convert it first.', foreign('npy'), wanted),
  advice('Check the address.', foreign('html'), wanted),
  advice("Run 'git lfs pull', or get the file by its download address.", foreign('lfs'), wanted),
  advice('Unpack it first (zlib.decompress in Python).', foreign('zlib'), wanted),
  advice('is no protocol that is read. Give an address with https: or http:, or in Node a path.', () => loadIdx({ images: 'ftp://host/i', labels: 'ftp://host/l' }),
    () => withFiles({ i: images, l: labels }, (at) => loadIdx({ images: at('i'), labels: at('l') }))),
  advice('Load it in Python, and save its arrays in the format wanted.', foreign('pickle'), wanted),
  advice('Save the bytes as they are, with curl -o or Invoke-WebRequest -OutFile.', foreign('utf16'), wanted),
  advice('Unpack it once.', () => idxDataset(gzipSync(gzipSync(images)), labels), () => idxDataset(gzipSync(images), labels)),
  advice('Read the file first.', () => readSafetensors('/tmp/x' as never), () => readSafetensors(writeSafetensors(new Map(), {}))),
  advice('Await it first.', () => readSafetensors(Promise.resolve(writeSafetensors(new Map(), {})) as never), () => readSafetensors(writeSafetensors(new Map(), {}))),
  advice('Check the connection, or raise timeoutMilliseconds.', () => fromSlowServer({ timeoutMilliseconds: 20 }), () => fromSlowServer({ timeoutMilliseconds: 20_000 })),
  advice(' bytes as the server says, more than the ', () => fromSlowServer({ maxBytes: 5 }), () => fromSlowServer({ maxBytes: 1000 })),
  advice('Convert it first.', () => dataset({ inputs: new DataView(new ArrayBuffer(2)) as never, targets: [0, 1], shape: [1] }), () => dataset({ inputs: Float32Array.from([3, 4]), targets: [0, 1], shape: [1] })),
  advice('. Make it by dataset({ ... })', () => subset({ inputs: data.inputs, targets: data.targets, shape: [1] } as never, [1]), () => subset(dataset({ inputs: data.inputs, targets: data.targets, shape: [1] }), [1])),
  advice('Make it by dataset({ ... }) without ', () => subset({ ...data, length: 1 }, [0]), () => subset(dataset({ ...data, length: undefined } as never), [0])),
  advice('(targets is empty). Give at least one.', () => dataset({ inputs: new Uint8Array(), targets: [], shape: [1] }), () => dataset({ inputs: Uint8Array.of(1), targets: [0], shape: [1] })),
  advice('Give at least one index.', () => subset(data, []), () => subset(data, [1])),
  advice('Convert it, or build the data set with dataset({ inputs, targets, shape }).', () => idxDataset(float, labels), () => dataset({ inputs: new Float32Array(2), targets: [0], shape: [2] })),
  advice('Check the path.', () => loadIdx({ images: 'no-such-file', labels: 'nor-this' }),
    () => withFiles({ images, labels }, (at) => loadIdx({ images: at('images'), labels: at('labels') }))),
  advice('Check the address and the connection.', () => loadIdx({ images: 'http://127.0.0.1:1/x', labels: 'http://127.0.0.1:1/y' }),
    () => loadIdx({ images: `data:;base64,${Buffer.from(images).toString('base64')}`, labels: `data:;base64,${Buffer.from(labels).toString('base64')}` })),
  advice('bytes allowed. Raise maxBytes if it should.', () => idxDataset(gzipSync(images), labels, { maxBytes: 5 }), () => idxDataset(gzipSync(images), labels, { maxBytes: 100 })),
  advice('this npm package is not installed. Run: npm i ', () => packageFolder('gradshader-advice-test'), () => {
    const folder = join('node_modules', 'gradshader-advice-test');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}'); // as npm i leaves one
    try {
      return packageFolder('gradshader-advice-test');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }),
];

const tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8 } as const;
const narrow = tile;
const wide = { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8, slices: 4, depthBlocks: 4 } as const;
const model = (inputs?: readonly (readonly number[])[], ...layers: Layer[]) => () => checkModel({ inputShape: [3], layers, ...(inputs !== undefined && { inputs }) });

const leaky = sequential([3], [dense(4), leakyRelu(), dense(2)]);

const frozen = sequential([3], [dense(4, { frozen: true }), relu(), dense(2)]), thawed = sequential([3], [dense(4), relu(), dense(2)]);
const outer = dense(4), bound = sequential([3], [outer, relu(), tied(outer, { transposed: true })]);
/** A network that ends in this, and its loss. */
const ending = (last: Layer | undefined, loss: Loss) => plan(sgd(rate), { model: sequential([3], [dense(4), relu(), dense(2), ...(last ? [last] : [])]), loss });

const MODELS: readonly Advice[] = [
  advice('Make one input(shape) of all elements, and take its parts by slice(start, end).', () => modelOf(concatenate(input([1]), input([2])).to(dense(2))), () => {
    const x = input([3]);
    modelOf(concatenate(x.to(slice(0, 1)), x.to(slice(1, 3))).to(dense(2)));
  }),
  advice('Leave frozen out of it; a learning rate of 0 holds it as well.', plan(sgd(rate), { model: frozen, replicas: [{ 'layers.0.learningRate': 0.1 }] }), () => {
    plan(sgd(rate), { model: thawed, replicas: [{ 'layers.0.learningRate': 0.1 }] })();
    plan(sgd(rate), { model: thawed, replicas: [{ 'layers.0.learningRate': 0 }] })();
  }),
  advice('Give it to the layer that it is tied to.', plan(sgd(rate), { model: bound, loss: meanSquaredError(), replicas: [{ 'layers.1.l1': 0.1 }] }),
    plan(sgd(rate), { model: bound, loss: meanSquaredError(), replicas: [{ 'layers.0.l1': 0.1 }] })),
  advice('nothing is left to train. Leave frozen out of one.', () => sequential([3], [dense(2, { frozen: true })]), () => sequential([3], [dense(2)])),
  advice('Put it before a dense layer.', () => sequential([3], [dense(2), dropout(0.1)]), () => sequential([3], [dropout(0.1), dense(2)])),
  advice('Take softmaxCrossEntropy(), or leave softmax() out.', ending(softmax(), meanSquaredError()), () => {
    ending(softmax(), softmaxCrossEntropy())();
    ending(undefined, meanSquaredError())();
  }),
  advice('(), which the loss makes of them itself.', ending(tanh(), binaryCrossEntropy()), () => {
    ending(undefined, binaryCrossEntropy())();
    ending(sigmoid(), binaryCrossEntropy())();
  }),
  advice('Give a list for each.', model([[-1]], dense(4), dense(2)), model([[-1], [0]], dense(4), dense(2))),
  advice('makes a matrix, and slopes are none. Take a number, or another such as randomUniform(0, 0.5).', () => prelu({ init: identity() }), () => [prelu({ init: 0.1 }), prelu({ init: randomUniform(0, 0.5) })]),
  advice(
    'is for weights and biases, and this layer has slopes alone. Give it to another layer.', plan(sgd(rate), { model: learned, replicas: [{ 'layers.1.l1': 0.1 }] }),
    plan(sgd({ ...rate, regularizers: [l1(0)] }), { model: learned, replicas: [{ 'layers.2.l1': 0.1 }] }),
  ),
  advice('makes a matrix, and biases are none. Take another, such as zeros() or constant(0.1).', () => dense(2, { biasInit: identity() }), () => [dense(2, { biasInit: zeros() }), dense(2, { biasInit: constant(0.1) })]),
  advice('Leave it out.', model([[-1], [-1]], dense(4), dense(2)), model([[-1]], dense(2))),
  advice('Give it to a layer below.',
    () => planOf({ ...two(sgd(rate)), replicas: [{ 'layers.1.activityL1': 0.1 }], optimizer: sgd({ ...rate, regularizers: [activityL1(0)] }) }, 'software'),
    () => planOf({ ...two(sgd(rate)), replicas: [{ 'layers.0.activityL1': 0.1 }], optimizer: sgd({ ...rate, regularizers: [activityL1(0)] }) }, 'software')),
  advice('Give them alone or after layers.N., where N ', plan(sgd(rate), { replicas: [{ 'layer0.learningRate': 1 }] }), plan(sgd(rate), { replicas: [{ learningRate: 1, 'layers.1.learningRate': 1 }] })),
  advice('Give it one with rate 0, or leave the path out, for every dropout.', plan(sgd(rate), { replicas: [{ 'layers.0.dropout': 0.5 }] }), () => {
    const withDropout = sequential([3], [dropout(0), dense(4), relu(), dense(2)]);
    plan(sgd(rate), { model: withDropout, replicas: [{ 'layers.0.dropout': 0.5 }] })();
    plan(sgd(rate), { model: withDropout, replicas: [{ dropout: 0.5 }] })();
  }),
  advice('lies right behind that layer. Leave the path out, to reach every one.', plan(sgd(rate), { model: leaky, replicas: [{ 'layers.1.leakyRelu.slope': 0.1 }] }),
    plan(sgd(rate), { model: leaky, replicas: [{ 'leakyRelu.slope': 0.1 }] })),
  advice(' outputs. Give one for each.', plan(sgd(rate), { loss: softmaxCrossEntropy({ classWeights: [1, 2, 3] }) }), plan(sgd(rate), { loss: softmaxCrossEntropy({ classWeights: [1, 2] }) })),
  advice('from 1 on the decay flips signs. Make one of them smaller.', plan(adamw({ learningRate: 2, weightDecay: 1 })), () => {
    plan(adamw({ learningRate: 0.1, weightDecay: 1 }))();
    plan(adamw({ learningRate: 2, weightDecay: 0.1 }))();
  }),
  advice('Ask for fewer.', () => resolveTiles({ wide: { ...wide }, narrow }, { ...traitsOf('hardware'), maxThreads: 128 }, 8), () => resolveTiles({ wide: { ...wide, slices: 2 as const }, narrow }, { ...traitsOf('hardware'), maxThreads: 128 }, 8)),
  advice('Use fewer depthBlocks, fewer blocks or more threads.',
    () => checkGivenTiles({ wide: { ...wide, rowBlocks: 4, columnBlocks: 4, workgroupX: 4, workgroupY: 4, slices: 1, depthBlocks: 8 }, narrow }), () => {
      checkGivenTiles({ wide: { ...wide, rowBlocks: 4, columnBlocks: 4, workgroupX: 4, workgroupY: 4, slices: 1, depthBlocks: 1 }, narrow });
      checkGivenTiles({ wide: { ...wide, rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 1, depthBlocks: 4 }, narrow });
      checkGivenTiles({ wide: { ...wide, rowBlocks: 1, columnBlocks: 1, workgroupX: 16, workgroupY: 16, slices: 1, depthBlocks: 8 }, narrow });
    }),
  advice('Use fewer depthBlocks or fewer blocks.', () => checkGivenTiles({ wide: { ...wide, rowBlocks: 2, columnBlocks: 2, slices: 4, depthBlocks: 4 }, narrow }),
    () => checkGivenTiles({ wide: { ...wide, rowBlocks: 2, columnBlocks: 2, slices: 4, depthBlocks: 2 }, narrow })),
];

const RULES: readonly Advice[] = [
  advice('Use clipByValue, or another optimizer.', plan(lars({ ...rate, clip: clipByNorm(1) })), () => {
    plan(lars({ ...rate, clip: clipByValue(1) }))();
    plan(adam({ ...rate, clip: clipByNorm(1) }))();
  }),
  advice('Leave one of them out.', plan(sgd({ ...rate, clip: clipByNorm(1), regularizers: [orthogonal(0.1)] })), () => {
    plan(sgd({ ...rate, clip: clipByNorm(1) }))();
    plan(sgd({ ...rate, regularizers: [orthogonal(0.1)] }))();
  }),
  advice('only the update before it knows. Use sgd, with or without momentum.', plan(lars({ ...rate, regularizers: [groupLasso(0.1)] })), () => {
    plan(sgd({ ...rate, regularizers: [groupLasso(0.1)] }))();
    plan(sgd({ ...rate, momentum: 0.9, regularizers: [groupLasso(0.1)] }))();
  }),
  advice('has no closed form. Use sgd, with or without momentum.', plan(adam({ ...rate, regularizers: [groupLasso(0.1)] })), plan(sgd({ ...rate, momentum: 0.9, regularizers: [groupLasso(0.1)] }))),
  advice("so what was cut off comes back. Use l1's rule 'subgradient'.", plan(ftrl({ ...rate, regularizers: [l1(0.1, { rule: 'decoupled' })] })), plan(ftrl({ ...rate, regularizers: [l1(0.1, { rule: 'subgradient' })] }))),
  advice("Leave fusion out, or give 'none'.", plan(sgd({ ...rate, clip: clipByNorm(1) }), { fusion: 'full' }), () => {
    plan(sgd({ ...rate, clip: clipByNorm(1) }))();
    plan(sgd({ ...rate, clip: clipByNorm(1) }), { fusion: 'none' })();
  }),
  advice('it was transferred to another thread, or shrank. Give a copy.', () => {
    const inputs = Uint8Array.of(1, 2);
    structuredClone(inputs, { transfer: [inputs.buffer] });
    dataset({ inputs, targets: [0, 1], shape: [1] });
  }, () => dataset({ inputs: Uint8Array.of(1, 2).slice(), targets: [0, 1], shape: [1] })),
  advice(' Number the classes from 0', () => dataset({ inputs: Uint8Array.of(1, 2), targets: [-1, 0], shape: [1] }), () => dataset({ inputs: Uint8Array.of(1, 2), targets: [0, 1], shape: [1] })),
  advice(', or give targetWidth: 1 where these are values to be predicted', () => dataset({ inputs: Uint8Array.of(1, 2), targets: [0.5, 2], shape: [1] }),
    () => dataset({ inputs: Uint8Array.of(1, 2), targets: [0.5, 2], targetWidth: 1, shape: [1] })),
  advice('. Give classes: ', () => idxDataset(images, idxBytes([3], [1, 2, 3])), () => {
    idxDataset(images, idxBytes([3], [1, 2, 3]), { classes: 4 });
    dataset({ inputs: Uint8Array.of(1, 2), targets: [1, 2], classes: 3, shape: [1] });
  }),
  advice('Give at least one sample a weight above 0.', () => dataset({ inputs: Uint8Array.of(1, 2), targets: [0, 1], weights: [0, 0], shape: [1] }),
    () => dataset({ inputs: Uint8Array.of(1, 2), targets: [0, 1], weights: [0, 1], shape: [1] })),
  advice('Give a data set with targets of its own.', () => shuffleTargets(dataset({ inputs: Uint8Array.of(1, 2), targets: 'inputs', shape: [1] }), 1),
    () => shuffleTargets(data, 1)),
  advice('. Give as many of each.', () => normalize({ mean: [1, 2], deviation: [1] }), () => normalize({ mean: [1, 2], deviation: [1, 2] })),
  advice('Of a feature that never varies give 1.', () => normalize({ mean: 1, deviation: 0 }), () => normalize({ mean: 1, deviation: 1 })),
  advice('Give one per feature, or one number for all.', plan(sgd(rate), { normalize: normalize({ mean: [1], deviation: [1] }) }), () => {
    plan(sgd(rate), { normalize: normalize({ mean: [1, 1, 1], deviation: [1, 1, 1] }) })();
    plan(sgd(rate), { normalize: normalize({ mean: 1, deviation: 1 }) })();
  }),
  advice(': the kernels compute in f32, and ',
    () => maxNorm(1e-300), () => maxNorm(2 ** -126)),
  advice('Use a smaller batch or fewer replicas.',
    () => planOf({ ...two(sgd(rate)), batchSize: 2 ** 24 }, 'software'), () => planOf({ ...two(sgd(rate)), batchSize: 2 ** 10 }, 'software')),
];

export const settingsAdvice: readonly Advice[] = [...DATA, ...MODELS, ...RULES];

/** Verdicts are no errors: their advice is looked at in `verdicts`. */
export const verdicts: readonly (readonly [says: string, before: ReturnType<typeof pairOf>, after: readonly ReturnType<typeof pairOf>[]])[] = [
  ["Use the rules 'subgradient' and 'coupled'", pairOf('ftrl', { type: 'l1', rule: 'proximal' }), [pairOf('ftrl', { type: 'l1', rule: 'subgradient' }), pairOf('ftrl', { type: 'l2', rule: 'coupled' })]],
  ['a decay of the old ones is lost. Use l2(...).', pairOf('ftrl', { type: 'weightDecay', rule: 'decoupled' }), [pairOf('ftrl', { type: 'l2', rule: l2(1).rule })]],
];

export const memoryNeed = (): number => estimateMemory(two(sgd(rate)), { adapter: 'software' }).total;
export const twoLayers = two;
