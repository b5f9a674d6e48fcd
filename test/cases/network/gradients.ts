/** The gradients of a whole network on the GPU equal the float64 reference's, whose own are proven by differences. */
import type { Device } from '../../../src/device/index.ts';
import { weightLayers, type Network } from '../../../src/model/network.ts';
import { unpadTensor } from '../../../src/model/arena.ts';
import { dense, dropout, relu } from '../../../src/model/layers/index.ts';
import { sequential, type Model } from '../../../src/model/model.ts';
import { permutation, STREAM } from '../../../src/random.ts';
import { referenceGradients, type ReferenceNetwork } from '../../../src/reference/index.ts';
import { prepare } from '../../../src/train/prepare.ts';
import { Engine } from '../../../src/train/engine.ts';
import { programsOn } from '../../../src/webgpu/program.ts';
import type { Case } from '../../hosts/cases.ts';
import { EPSILON, expectClose } from '../compare.ts';
import { expectTrue, SMALL_BATCH, smallConfig, smallModel, trainingData } from './support.ts';

const plainModel = (): Model => sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);

/** Dropout straight after a product, without ReLU: backward has to draw the mask again. */
const linearModel = (): Model => sequential([13], [dropout(0.2), dense(9), dropout(0.4), dense(6), relu(), dropout(0.5), dense(5)]);

/** The network as the reference takes it; a dropout layer's index in the model is its stream's. */
export function referenceNetwork(network: Network, seed: number, rates?: readonly number[]): ReferenceNetwork {
  const dropoutOf = (found: Network['dropouts'][number] | undefined): { rate: number; layer: number } | undefined =>
    found && { rate: rates?.[found.index] ?? found.rate, layer: found.stream - STREAM.dropout };
  const dense = weightLayers(network), layers = dense.map(({ inputs, outputs, name, tensors: [weight, bias] }, i) => {
    const from = network.nodes.findIndex(({ parameters }) => parameters?.name === name);
    const to = network.nodes.findIndex(({ parameters }) => parameters !== undefined && parameters.name === dense[i + 1]?.name);
    const behind = network.nodes.slice(from + 1, to < 0 ? undefined : to);
    const activation = behind.map(({ layer }) => layer).find((layer) => layer.type === 'relu' || layer.type === 'prelu');
    return {
      inWidth: inputs, outWidth: outputs, activation: activation?.type ?? ('none' as const), slopes: activation?.type === 'prelu' ? activation.per : undefined,
      init: weight!.init, biasInit: bias!.init,
      dropout: dropoutOf(behind.find(({ dropout }) => dropout !== undefined)?.dropout),
    };
  });
  return { layers, inputDropout: dropoutOf(network.layers[0]!.inputDropout), seed };
}

/** Runs one step of a batch at a time on fresh weights, and compares every tensor's gradient, all replicas. */
async function checkGradients(device: Device, model: Model, batches: readonly number[]): Promise<void> {
  const hasDropout = model.layers.some(({ type }) => type === 'dropout');
  const replicas = [{}, { seed: 9, ...(hasDropout && { dropout: 0.25 }) }];
  const engine = await Engine.create(programsOn(device), prepare(smallConfig({ model, fusion: 'none', replicas }), 'software'));
  try {
    const { network } = engine.build;
    const data = trainingData();
    const resident = await engine.residents.attach(data, 'train');
    engine.residents.shuffle(resident, 0);
    for (const batch of batches) {
      engine.reset();
      // The training step picks the masks; it need not be the batch's place in the epoch.
      const step = batch + 2 ** 20;
      const before = new Float32Array(await engine.program.read({ buffer: 'parameters', offset: 0, bytes: 8 * network.stride }));
      await engine.train(resident, { first: batch, count: 1 }, { step, steps: 1, active: [true, true], reductions: [() => 0, () => 0] }).collect();
      const gradients = new Float32Array(await engine.program.read({ buffer: 'gradients', offset: 0, bytes: 8 * network.stride }));
      engine.settings.forEach(({ seed, dropouts }, replica) => {
        const want = referenceGradients(
          network.tensors.map((tensor) => unpadTensor(tensor, before, replica * network.stride)),
          {
            inputs: data.inputs, targets: data.targets, order: permutation(data.length, seed, STREAM.shuffle, 0),
            position: batch * SMALL_BATCH, count: Math.min(SMALL_BATCH, data.length - batch * SMALL_BATCH),
            batch: SMALL_BATCH, scale: data.scale, offset: data.offset,
          },
          referenceNetwork(network, seed, dropouts as readonly number[]), step,
        ).gradients;
        network.tensors.forEach((tensor, i) => {
          const got = unpadTensor(tensor, gradients, replica * network.stride);
          const largest = Math.max(...want[i]!.map(Math.abs));
          expectTrue(`${tensor.name} has a gradient`, largest > 0);
          // Three layers of sums of at most 13 rounded products, each way.
          expectClose(`batch ${batch}, replica ${replica}, ${tensor.name}`, got, want[i]!, 0, 16 * EPSILON * largest, tensor.shape.at(-1)!);
        });
      });
    }
  } finally {
    engine.destroy();
  }
}

/** Of six batches: the first, and the last, which has five samples. */
const BATCHES = [0, 5];

const models = {
  'without dropout': plainModel(),
  'with dropout': smallModel(),
  'with dropout and no activation': linearModel(),
  'of a single layer': sequential([13], [dropout(0.3), dense(5)]),
};

export const gradientCases: readonly Case[] = Object.entries(models).map(([what, model]) => ({
  name: `network: gradients ${what} equal the reference's, full and partial batch`,
  run: (device) => checkGradients(device, model, BATCHES),
}));
