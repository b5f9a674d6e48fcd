/**
 * TensorFlow.js in the ways its documentation trains: an optimizer's `minimize` over plain ops inside `tidy`, and a
 * layers model's `trainOnBatch`. Data, weights and momentum are resident tensors; nothing waits inside a step.
 */

import type * as Core from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { batchArrays, batchRanges, type Contestant, type Peer, type Run, type Task } from './contestant.ts';

export interface TensorFlow {
  readonly core: typeof Core;
  readonly layers: typeof Layers;
}

interface Batch {
  readonly x: Tensor2D;
  readonly y: Tensor2D;
}

interface ImageBatch {
  readonly x: Tensor2D;
  readonly targets: Tensor1D;
  readonly rows: number;
}

/** What differs between the ways. A step's cost is the loss with the L2 penalty of the weights before it. */
interface Network {
  /** The weights, without the biases. */
  readonly weights: readonly Tensor[];
  step(batch: Batch): Scalar | Promise<number>;
  logits(x: Tensor2D): Tensor2D;
  dispose(): void;
}

type Way = (tf: TensorFlow, task: Task) => Network;

const penaltyOf = ({ core }: TensorFlow, weights: readonly Tensor[], l2: number): Scalar =>
  core.mul<Scalar>(core.addN(weights.map((w) => core.sum(core.square(w)))), l2 / 2);

/** `tf.train.momentum(...).minimize(() => loss + penalty)`. */
const minimize: Way = (tf, task) => {
  const { core } = tf, { sizes, parameters, dropout, l2, learningRate, momentum } = task;
  // A variable is a copy: the tensors it is made of are tidied away.
  const variable = <R extends Rank>(make: () => Tensor<R>): Variable<R> => core.tidy(() => core.variable(make()));
  const layers = sizes.slice(1).map((outputs, n) => ({
    w: variable<Rank.R2>(() => core.tensor2d(parameters[2 * n]!, [sizes[n]!, outputs])),
    b: variable<Rank.R1>(() => core.tensor1d(parameters[2 * n + 1]!)),
  }));
  const optimizer = core.train.momentum(learningRate, momentum), weights = layers.map(({ w }) => w);
  const forward = (x: Tensor2D, isTraining: boolean): Tensor2D => layers.reduce<Tensor2D>((input, { w, b }, n) => {
    const h = n === 0 ? input : core.relu(input), rate = dropout[n]!;
    return core.add<Tensor2D>(core.matMul(isTraining && rate > 0 ? core.dropout(h, rate) : h, w), b);
  }, x);
  const cost = ({ x, y }: Batch): Scalar => core.add(core.losses.softmaxCrossEntropy(y, forward(x, true)), penaltyOf(tf, weights, l2));
  return {
    weights,
    step: (batch) => optimizer.minimize(() => cost(batch), true)!,
    logits: (x) => forward(x, false),
    dispose: () => {
      layers.forEach(({ w, b }) => core.dispose([w, b]));
      optimizer.dispose();
    },
  };
};

/** Dropout, Dense with `kernelRegularizer` and ReLU, softmax and categorical cross-entropy, by `trainOnBatch`. */
const trainOnBatch: Way = ({ core, layers: tfl }, task) => {
  const { sizes, parameters, dropout, l2, learningRate, momentum } = task, last = sizes.length - 2;
  const dense = sizes.slice(1).map((units, n) => tfl.layers.dense({
    units, activation: n < last ? 'relu' : 'softmax', inputShape: [sizes[n]!],
    // Its l2 is a coefficient of the sum of squares, so that the gradient is 2 * l2 * w.
    kernelRegularizer: tfl.regularizers.l2({ l2: l2 / 2 }),
  }));
  const model: Layers.Sequential = tfl.sequential({
    layers: dense.flatMap((layer, n) => [
      ...(dropout[n]! > 0 ? [tfl.layers.dropout({ rate: dropout[n]!, inputShape: [sizes[n]!] })] : []), layer,
    ]),
  });
  const optimizer = core.train.momentum(learningRate, momentum);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  core.tidy(() => dense.forEach((layer, n) => layer.setWeights([
    core.tensor2d(parameters[2 * n]!, [sizes[n]!, sizes[n + 1]!]), core.tensor1d(parameters[2 * n + 1]!),
  ])));
  return {
    get weights() {
      return dense.map((layer) => layer.getWeights()[0]!);
    },
    step: ({ x, y }) => model.trainOnBatch(x, y) as Promise<number>,
    logits: (x) => model.predictOnBatch(x) as Tensor2D,
    dispose: () => {
      model.dispose();
      optimizer.dispose();
    },
  };
};

class TensorFlowRun implements Run {
  readonly #tf: TensorFlow;
  readonly #task: Task;
  readonly #network: Network;
  #training: Batch[] = [];
  #images: ImageBatch[] = [];
  #steps = 0;
  #cost: Scalar | Promise<number> | undefined;

  constructor(tf: TensorFlow, task: Task, way: Way) {
    this.#tf = tf;
    this.#task = task;
    this.#network = way(tf, task);
  }

  /** Both on first use: what only trains need not hold the images, and the other way round. */
  #batches(): readonly Batch[] {
    const { data, batch } = this.#task, { core } = this.#tf;
    if (this.#training.length === 0) {
      this.#training = batchRanges(data.length, batch, { whole: true }).map((range) => {
        const { inputs, oneHot } = batchArrays(data, range);
        return { x: core.tensor2d(inputs, [batch, data.width]), y: core.tensor2d(oneHot, [batch, data.classes]) };
      });
    }
    return this.#training;
  }

  #imageBatches(): readonly ImageBatch[] {
    const { data, batch } = this.#task, { core } = this.#tf;
    if (this.#images.length === 0) {
      this.#images = batchRanges(data.length, batch).map((range) => {
        const { inputs, targets } = batchArrays(data, range), rows = targets.length;
        return { x: core.tensor2d(inputs, [rows, data.width]), targets: core.tensor1d(targets, 'int32'), rows };
      });
    }
    return this.#images;
  }

  #next(): void {
    const batches = this.#batches(), batch = batches[this.#steps++ % batches.length]!;
    if (this.#cost !== undefined && !(this.#cost instanceof Promise)) this.#cost.dispose();
    this.#cost = this.#network.step(batch);
  }

  async #lastCost(): Promise<number> {
    const cost = await this.#cost!;
    return typeof cost === 'number' ? cost : (await cost.data())[0]!;
  }

  /** Without the penalty, which the library's loss has in it. */
  async losses(steps: number): Promise<number[]> {
    const { core } = this.#tf, losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      const penalty = core.tidy(() => penaltyOf(this.#tf, this.#network.weights, this.#task.l2));
      this.#next();
      losses.push((await this.#lastCost()) - (await penalty.data())[0]!);
      penalty.dispose();
    }
    return losses;
  }

  async train(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      this.#next();
      // trainOnBatch reads its loss: it may not start the next one before, or all would be in memory at once.
      if (this.#cost instanceof Promise) await this.#cost;
    }
    await this.#lastCost();
  }

  async infer(batches: number): Promise<{ images: number; hits: number }> {
    const { core } = this.#tf, all = this.#imageBatches();
    let hits = core.scalar(0, 'int32') as Tensor, images = 0;
    for (let i = 0; i < batches; i++) {
      const { x, targets, rows } = all[i % all.length]!, before = hits;
      hits = core.tidy(() => core.add(before, core.sum(core.equal(core.argMax(this.#network.logits(x), 1), targets))));
      before.dispose();
      images += rows;
    }
    const count = (await hits.data())[0]!;
    hits.dispose();
    return { images, hits: count };
  }

  async dispose(): Promise<void> {
    if (this.#cost !== undefined && !(this.#cost instanceof Promise)) this.#cost.dispose();
    this.#training.forEach(({ x, y }) => this.#tf.core.dispose([x, y]));
    this.#images.forEach(({ x, targets }) => this.#tf.core.dispose([x, targets]));
    this.#network.dispose();
  }
}

/** Both ways on one backend that was started. */
export function tensorFlowPeer(tf: TensorFlow, backend: string, version: string, notes: () => Readonly<Record<string, string | number>>): Peer {
  const name = `TensorFlow.js ${backend}`;
  const contestant = (label: string, way: Way): Contestant => ({
    name, library: 'TensorFlow.js', backend, version, way: label, notes,
    async prepare(task) {
      await tf.core.setBackend(backend);
      return new TensorFlowRun(tf, task, way);
    },
  });
  return { name, ways: [contestant('optimizer.minimize', minimize), contestant('trainOnBatch', trainOnBatch)], close: async () => {} };
}
