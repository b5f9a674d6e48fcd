/**
 * jax-js as its documentation recommends: the whole training step under one `jit`, value and gradient by
 * `valueAndGrad`, momentum written as its optax package writes it (`trace`), dropout from its own random numbers, arrays
 * resident, and `blockUntilReady` now and then so that the queue does not grow without end.
 */

import type * as JaxModule from '@jax-js/jax';
import type { Array as JaxArray, Device as Backend, OwnedFunction } from '@jax-js/jax';
import { batchArrays, batchRanges, type BatchRange, type Contestant, type Peer, type Run, type Task } from './contestant.ts';

type Jax = typeof JaxModule;
// jax-js takes trees of type aliases only.
type Layer = { w: JaxArray; b: JaxArray };
type State = { parameters: Layer[]; trace: Layer[]; key: JaxArray };
type Batch = { x: JaxArray; y: JaxArray };

/** "It's recommended to call this regularly in an iterative computation": jax-js on `blockUntilReady`. */
const STEPS_BETWEEN_WAITS = 100;

/** Logits of a batch; dropout with a key per dropout layer, none without keys. Takes ownership, as jax-js functions do. */
function forward(jax: Jax, { dropout }: Task, parameters: Layer[], x: JaxArray, keys: readonly JaxArray[]): JaxArray {
  const { nn, numpy: np, random } = jax;
  let next = 0;
  return parameters.reduce((input, { w, b }, n) => {
    const rate = dropout[n]!;
    let h = n === 0 ? input : nn.relu(input);
    if (rate > 0 && keys.length > 0) {
      // Not `bernoulli`: its jit is the library's own and keeps constants on the backend that used it first.
      const kept = random.bits(keys[next++]!, h.shape).greaterEqual(np.array(Math.round(rate * 2 ** 32), { dtype: np.uint32 }));
      h = np.where(kept, h.mul(1 / (1 - rate)), 0);
    }
    return np.dot(h, w).add(b);
  }, x);
}

/** state, batch -> [state, loss before the update]. */
function stepOf(jax: Jax, task: Task): OwnedFunction<(state: State, batch: Batch) => [State, JaxArray]> {
  const { jit, nn, random, tree, valueAndGrad } = jax;
  const drops = task.dropout.filter((rate) => rate > 0).length;
  const lossOf = (parameters: Layer[], x: JaxArray, y: JaxArray, keys: JaxArray[]): JaxArray => {
    const rows = x.shape[0]!;
    return nn.logSoftmax(forward(jax, task, parameters, x, keys)).mul(y).sum().mul(-1 / rows);
  };
  const moved = (w: JaxArray, trace: JaxArray, gradient: JaxArray): { w: JaxArray; trace: JaxArray } => {
    const next = trace.mul(task.momentum).add(gradient);
    return { w: w.sub(next.ref.mul(task.learningRate)), trace: next };
  };
  return jit(({ parameters, trace, key }: State, { x, y }: Batch): [State, JaxArray] => {
    const [nextKey, ...keys] = drops === 0 ? [key] : [...random.split(key, drops + 1)];
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(parameters), x, y, keys) as [JaxArray, Layer[]];
    const updated = parameters.map(({ w, b }, n) => ({
      w: moved(w.ref, trace[n]!.w, gradients[n]!.w.add(w.mul(task.l2))),
      b: moved(b, trace[n]!.b, gradients[n]!.b),
    }));
    return [{
      parameters: updated.map(({ w, b }) => ({ w: w.w, b: b.w })),
      trace: updated.map(({ w, b }) => ({ w: w.trace, b: b.trace })),
      key: nextKey!,
    }, loss];
  });
}

/** parameters, inputs -> logits. */
const logitsOf = (jax: Jax, task: Task): OwnedFunction<(parameters: Layer[], x: JaxArray) => JaxArray> =>
  jax.jit((parameters: Layer[], x: JaxArray): JaxArray => forward(jax, task, parameters, x, []));

/**
 * logits, one-hot targets -> 1 where the label's logit is the largest. Apart from the sum over the rows, and not by `argmax`:
 * reductions one within the other, or argmax of 1024 rows, SwiftShader compiles until its memory ends.
 */
const hitsOf = ({ jit, numpy: np }: Jax): OwnedFunction<(logits: JaxArray, y: JaxArray) => JaxArray> =>
  jit((logits: JaxArray, y: JaxArray): JaxArray => np.max(logits.ref, 1).equal(logits.mul(y).sum(1)).astype(np.int32));

/** right answers so far, those of a batch -> right answers. */
const countOf = ({ jit }: Jax): OwnedFunction<(count: JaxArray, hits: JaxArray) => JaxArray> =>
  jit((count: JaxArray, hits: JaxArray): JaxArray => count.add(hits.sum()));

class JaxRun implements Run {
  readonly #jax: Jax;
  readonly #task: Task;
  readonly #step: ReturnType<typeof stepOf>;
  readonly #logits: ReturnType<typeof logitsOf>;
  readonly #hits: ReturnType<typeof hitsOf>;
  readonly #count: ReturnType<typeof countOf>;
  #state: State;
  #training: Batch[] = [];
  #images: (Batch & { readonly rows: number })[] = [];
  #steps = 0;
  #loss: JaxArray | undefined;

  constructor(jax: Jax, task: Task) {
    this.#jax = jax;
    this.#task = task;
    this.#step = stepOf(jax, task);
    this.#logits = logitsOf(jax, task);
    this.#hits = hitsOf(jax);
    this.#count = countOf(jax);
    const { numpy: np, random } = jax, { sizes, parameters } = task;
    const layers = sizes.slice(1).map((outputs, n) => ({
      w: np.array(parameters[2 * n]!).reshape([sizes[n]!, outputs]), b: np.array(parameters[2 * n + 1]!),
    }));
    const trace = layers.map(({ w, b }) => ({ w: np.zeros(w.shape), b: np.zeros(b.shape) }));
    this.#state = { parameters: layers, trace, key: random.key(task.seed) };
  }

  #batch(range: BatchRange): Batch {
    const { data, sizes } = this.#task, { numpy: np } = this.#jax, { inputs, oneHot } = batchArrays(data, range), rows = range.end - range.first;
    return { x: np.array(inputs).reshape([rows, sizes[0]!]), y: np.array(oneHot).reshape([rows, data.classes]) };
  }

  /** On first use: what only trains need not hold the images, and the other way round. */
  #batches(): Batch[] {
    const { data, batch } = this.#task;
    if (this.#training.length === 0) this.#training = batchRanges(data.length, batch, { whole: true }).map((range) => this.#batch(range));
    return this.#training;
  }

  #imageBatches(): readonly (Batch & { readonly rows: number })[] {
    const { data, batch } = this.#task;
    if (this.#images.length === 0) {
      this.#images = batchRanges(data.length, batch).map((range) => ({ ...this.#batch(range), rows: range.end - range.first }));
    }
    return this.#images;
  }

  #next(): void {
    const batches = this.#batches(), { x, y } = batches[this.#steps++ % batches.length]!;
    this.#loss?.dispose();
    const [state, loss] = this.#step(this.#state, { x: x.ref, y: y.ref }) as [State, JaxArray];
    this.#state = state;
    this.#loss = loss;
  }

  async #lastLoss(): Promise<number> {
    return (await this.#loss!.ref.data())[0]!;
  }

  async losses(steps: number): Promise<number[]> {
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      this.#next();
      losses.push(await this.#lastLoss());
    }
    return losses;
  }

  async train(steps: number): Promise<void> {
    for (let i = 1; i <= steps; i++) {
      this.#next();
      if (i % STEPS_BETWEEN_WAITS === 0) await this.#jax.blockUntilReady(this.#loss!);
    }
    await this.#lastLoss();
  }

  async infer(batches: number): Promise<{ images: number; hits: number }> {
    const { numpy: np, tree, blockUntilReady } = this.#jax, all = this.#imageBatches();
    let hits = np.array(0, { dtype: np.int32 }), images = 0;
    for (let i = 0; i < batches; i++) {
      const { x, y, rows } = all[i % all.length]!;
      const logits = this.#logits(tree.ref(this.#state.parameters), x.ref) as JaxArray;
      hits = this.#count(hits, this.#hits(logits, y.ref) as JaxArray) as JaxArray;
      images += rows;
      if ((i + 1) % STEPS_BETWEEN_WAITS === 0) await blockUntilReady(hits);
    }
    return { images, hits: (await hits.data())[0]! };
  }

  async dispose(): Promise<void> {
    const { tree } = this.#jax;
    tree.dispose([this.#state, this.#training, this.#images.map(({ x, y }) => ({ x, y }))]);
    this.#loss?.dispose();
    this.#step.dispose();
    this.#logits.dispose();
    this.#hits.dispose();
    this.#count.dispose();
  }
}

/**
 * Starts one backend of jax-js and makes it the default.
 * @throws when this environment has no such backend
 */
export async function jaxPeer(backend: Backend & ('webgpu' | 'wasm'), version: string): Promise<Peer> {
  const jax = await import('@jax-js/jax');
  const started = await jax.init(backend);
  if (!started.includes(backend)) throw new Error(`jax-js found no ${backend} here.`);
  const name = `jax-js ${backend}`;
  const hasThreads = typeof SharedArrayBuffer !== 'undefined' && typeof Worker !== 'undefined';
  const threads = hasThreads ? navigator.hardwareConcurrency : 1;
  const contestant: Contestant = {
    name, library: 'jax-js', backend, version, way: 'one jit per step',
    notes: () => ({ dtype: 'float32', ...(backend === 'wasm' && { threads }) }),
    async prepare(task) {
      jax.defaultDevice(backend);
      return new JaxRun(jax, task);
    },
  };
  return { name, ways: [contestant], close: async () => {} };
}
