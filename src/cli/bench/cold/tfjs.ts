/**
 * Cold start of TensorFlow.js on WebGPU with no more of it than a training page needs: the core, the backend, and the
 * optimizer's own loop (its layers API would add to what is loaded).
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { BATCH, CLASSES, coldStart, DROPOUT, L2, LEARNING_RATE, MOMENTUM, samples, SIZES, type Stage } from './data.ts';

interface Layer {
  readonly w: tf.Variable<tf.Rank.R2>;
  readonly b: tf.Variable<tf.Rank.R1>;
}

/** He-normal weights, biases of 0. */
const initial = (): Layer[] => SIZES.slice(1).map((units, i) => ({
  w: tf.variable(tf.randomNormal<tf.Rank.R2>([SIZES[i]!, units], 0, Math.sqrt(2 / SIZES[i]!))),
  b: tf.variable(tf.zeros<tf.Rank.R1>([units])),
}));

/** Softmax cross-entropy with dropout, plus L2 on the weights. */
function lossOf(layers: readonly Layer[], x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar {
  let values: tf.Tensor2D = x;
  layers.forEach(({ w, b }, i) => {
    const dropped = tf.dropout(i === 0 ? values : tf.relu(values), i === 0 ? DROPOUT.input : DROPOUT.hidden) as tf.Tensor2D;
    values = tf.add(tf.matMul(dropped, w), b);
  });
  const penalty = tf.mul(tf.addN(layers.map(({ w }) => tf.sum(tf.square(w)))), L2 / 2);
  return tf.add(tf.losses.softmaxCrossEntropy(y, values), penalty) as tf.Scalar;
}

async function run(stage: Stage): Promise<number> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU adapter.');
  await tf.ready();
  stage('adapter and device');
  const layers = initial();
  stage('weights');
  const { images, labels } = samples();
  const x = tf.tidy(() => tf.div(tf.tensor2d(Float32Array.from(images), [labels.length, SIZES[0]]), 255) as tf.Tensor2D);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), CLASSES, 1, 0, 'float32') as tf.Tensor2D);
  const optimizer = tf.train.momentum(LEARNING_RATE, MOMENTUM);
  const loss = optimizer.minimize(() => lossOf(layers, tf.slice(x, 0, BATCH), tf.slice(y, 0, BATCH)), true)!;
  const [value] = await loss.data();
  stage('data and first step');
  return value!;
}

void coldStart(run);
