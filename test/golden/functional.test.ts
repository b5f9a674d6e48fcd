/** Models of the functional form against PyTorch in double: ten steps of each, in float64 and on a device. */
import { describe, expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { knowAll } from '../../src/model/know-all.ts';
import { add, concatenate, input, model, type Value } from '../../src/model/functional.ts';
import { heNormal } from '../../src/model/inits/makers.ts';
import { dense, relu, sigmoid, slice, softplus, tanh, tied, type Dense } from '../../src/model/layers/index.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import type { Model } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { philox } from '../../src/reference/index.ts';
import type { Progress } from '../../src/train/events.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { float64Engine, tensorsOf, train } from '../float64/support.ts';
import { useDevice } from '../train/device.ts';
import { GOLDEN_STREAM } from './golden.ts';
import file from './functional.json' with { type: 'json' };

const device = useDevice();
knowAll();

const { width, classes, batch, samples, seed, steps } = file;
// PyTorch's weights are drawn so: before a tanh it is not what is drawn where nobody says.
const layer = (units: number, more: Parameters<typeof dense>[1] = {}): Dense => dense(units, { init: heNormal(), ...more });

const MODELS: Readonly<Record<string, (x: Value) => Value>> = {
  'residual': (x) => {
    const h = x.to(layer(11), relu());
    return add(h, h.to(layer(11), relu())).to(layer(classes));
  },
  'dense connections': (x) => {
    const a = concatenate(x, x.to(layer(7), tanh()));
    return concatenate(a, a.to(layer(5), tanh())).to(layer(classes));
  },
  'two inputs': (x) => concatenate(x.to(slice(0, 6), layer(5), tanh()), x.to(slice(6, 13), layer(5), tanh())).to(layer(classes)),
  'hidden slices': (x) => {
    const h = x.to(layer(9), tanh());
    return add(h.to(slice(0, 5), layer(5), tanh()), h.to(slice(4, 9))).to(layer(classes));
  },
  'a layer three times': (x) => {
    const shared = layer(11);
    return x.to(layer(11), softplus(), shared, tanh(), tied(shared), tanh(), tied(shared), tanh(), layer(classes));
  },
  'tied autoencoder': autoencoder,
  'tied autoencoder of labels': autoencoder,
  'frozen in the middle': (x) => x.to(layer(11), relu(), layer(9, { frozen: true }), relu(), layer(classes)),
  'frozen below': (x) => x.to(layer(11, { frozen: true, activation: relu() }), layer(classes)),
  'sigmoid at the end': (x) => x.to(layer(7), tanh(), layer(width), sigmoid()),
};

function autoencoder(x: Value): Value {
  const outer = layer(7), inner = layer(3);
  return x.to(outer, relu(), inner, relu(), tied(inner, { transposed: true }), relu(), tied(outer, { transposed: true }));
}

const modelOf = (name: string): Model => model(MODELS[name]!(input([width])));

const inputs = Uint8Array.from(philox({ seed, stream: GOLDEN_STREAM.inputs, step: 0, length: samples * width }), (word) => word >>> 24);
const labels = Uint32Array.from(philox({ seed, stream: GOLDEN_STREAM.targets, step: 0, length: samples }), (word) => Math.floor((word / 2 ** 32) * classes));
const taught = (loss: string) => dataset({ inputs, scale: 1 / 256, shape: [width], ...(loss === 'softmax-cross-entropy' ? { targets: labels, classes } : { targets: 'inputs' }) });

test('every model has its golden values', () => {
  expect(file.models.map(({ name }) => name)).toEqual(Object.keys(MODELS));
});

describe.each(file.models)('$name', ({ name, loss, losses, parameters }) => {
  const config = {
    model: modelOf(name), loss: { type: loss } as Loss, batchSize: batch, seed, optimizer: sgd({ learningRate: file.learningRate, momentum: file.momentum }),
  };

  test('ten steps in float64 to 1e-10', async () => {
    const made = await float64Engine({ ...config, replicas: [{}], maxStepsPerSubmit: steps });
    await train(made, steps, taught(loss) as never);
    tensorsOf(made, 'parameters', 0).forEach((tensor, i) => expectClose(`tensor ${i}`, tensor, parameters[i]!, 1e-10, 1e-10));
  });

  test.each(['none', 'full'] as const)('ten steps on the device, fusion %s', async (fusion) => {
    const trainer = await Trainer.create(device(), { ...config, fusion, verify: 'off' });
    try {
      const progress: Progress[] = [];
      await trainer.fit(taught(loss), { epochs: 1, stepsPerSubmit: 1, onProgress: (one) => progress.push(one) });
      expectClose('loss', [progress[0]!.loss], [losses[0]!], 64 * EPSILON, 0);
      const got = [...(await trainer.parameters()).values()];
      expect(got.length).toBe(parameters.length);
      got.forEach((tensor, i) => {
        const wanted = parameters[i]!, [rows, columns] = tensor.shape as [number, number?];
        // Files have [out, in].
        const turned = columns === undefined ? tensor : Float32Array.from(tensor, (_v, at) => tensor[(at % rows) * columns + Math.floor(at / rows)]!);
        expectClose(`tensor ${i}`, turned, wanted, 0, 16 * EPSILON * Math.max(...wanted.map(Math.abs)));
      });
    } finally {
      trainer.destroy();
    }
  });
});
