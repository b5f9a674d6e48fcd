/**
 * Cold start of jax-js on WebGPU, as its README and its MNIST page do it: the one backend that is used is started, the
 * data is on the device, and the whole step is under `jit`.
 */
import { defaultDevice, init, jit, nn, numpy as np, random, valueAndGrad } from '@jax-js/jax';
import { BATCH, CLASSES, coldStart, DROPOUT, L2, LEARNING_RATE, MOMENTUM, samples, SIZES, type Stage } from './data.ts';

type Layer = { w: np.Array; b: np.Array };

const WEIGHTS = SIZES.slice(1).map((units, i) => [SIZES[i]!, units] as const);

/** He-normal weights, biases of 0. */
function initial(): Layer[] {
  const keys = random.split(random.key(1), WEIGHTS.length);
  const layers = WEIGHTS.map(([inputs, units], i) => ({
    w: random.normal(keys.ref.slice(i), [inputs, units]).mul(Math.sqrt(2 / inputs)),
    b: np.zeros([units]),
  }));
  keys.dispose();
  return layers;
}

function drop(x: np.Array, key: np.Array, rate: number): np.Array {
  const kept = random.bernoulli(key, 1 - rate, x.shape);
  return np.where(kept, x.mul(1 / (1 - rate)), 0);
}

/** Softmax cross-entropy with dropout, plus L2 on the weights. */
function lossOf(layers: Layer[], x: np.Array, y: np.Array, key: np.Array): np.Array {
  const keys = random.split(key, layers.length);
  const penalty = layers.map(({ w }) => np.square(w.ref).sum()).reduce((a, b) => a.add(b)).mul(L2 / 2);
  let values = x;
  layers.forEach(({ w, b }, i) => {
    const rate = i === 0 ? DROPOUT.input : DROPOUT.hidden;
    values = np.dot(drop(i === 0 ? values : nn.relu(values), keys.ref.slice(i), rate), w).add(b);
  });
  keys.dispose();
  return nn.logSoftmax(values).mul(nn.oneHot(y, CLASSES)).sum().mul(-1 / BATCH).add(penalty);
}

const step = jit((layers: Layer[], velocities: Layer[], x: np.Array, y: np.Array, key: np.Array) => {
  const [loss, gradients] = valueAndGrad(lossOf)(layers.map(({ w, b }) => ({ w: w.ref, b: b.ref })), x, y, key);
  const next = gradients.map(({ w, b }, i) => ({ w: velocities[i]!.w.mul(MOMENTUM).add(w), b: velocities[i]!.b.mul(MOMENTUM).add(b) }));
  const updated = layers.map(({ w, b }, i) => ({ w: w.sub(next[i]!.w.ref.mul(LEARNING_RATE)), b: b.sub(next[i]!.b.ref.mul(LEARNING_RATE)) }));
  return [updated, next, loss] as [Layer[], Layer[], np.Array];
});

async function run(stage: Stage): Promise<number> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js found no WebGPU adapter.');
  defaultDevice('webgpu');
  stage('adapter and device');
  const layers = initial();
  const velocities = WEIGHTS.map(([inputs, units]) => ({ w: np.zeros([inputs, units]), b: np.zeros([units]) }));
  stage('weights');
  const { images, labels } = samples();
  const x = np.array(Float32Array.from(images)).mul(1 / 255).reshape([-1, SIZES[0]]);
  const y = np.array(Int32Array.from(labels), { dtype: np.int32 });
  const [, , loss] = step(layers, velocities, x.slice([0, BATCH]), y.slice([0, BATCH]), random.key(2));
  const value = (await loss.jsAsync()) as number;
  stage('data and first step');
  return value;
}

void coldStart(run);
