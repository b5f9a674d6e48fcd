/** The worker: holds the GPU device, the data and the network, so that the page never waits for them. */

import { DeviceLostError, loadIdx, openDevice, probe, Trainer, type ClassDataset, type Device, type Progress } from '../src/index.ts';
import { failureOf } from './failure.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { configOf, trainingSet } from './network.ts';
import type { Settings } from './settings.ts';

interface Mnist {
  readonly train: ClassDataset;
  readonly test: ClassDataset;
}

class Session {
  readonly #post: (message: FromWorker) => void;
  readonly #dataUrl: string;
  #data: Promise<Mnist> | undefined;
  #device: Device | undefined;
  #network: { readonly trainer: Trainer; readonly train: ClassDataset; readonly test: ClassDataset } | undefined;
  #stop: AbortController | undefined;

  constructor(post: (message: FromWorker) => void, dataUrl: string) {
    this.#post = post;
    this.#dataUrl = dataUrl;
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'start': return this.#busy((signal) => this.#start(message.settings, signal));
      case 'continue': return this.#busy((signal) => this.#fit(message.epochs, signal));
      case 'stop': return this.#stop?.abort();
      case 'classify': return this.#classify(message.pixels);
      case 'test-image': return this.#showTestImage();
    }
  }

  async sayAdapter(): Promise<void> {
    this.#post({ type: 'adapter', probe: await probe() });
  }

  /** One training at a time; whatever it throws reaches the page in words. */
  async #busy(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    try {
      await work(this.#stop.signal);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#stop = undefined;
    }
  }

  #fail(error: unknown): void {
    if (error instanceof DeviceLostError) {
      this.#network = undefined;
      this.#device = undefined;
    }
    this.#post({ type: 'failed', failure: failureOf(error), resumable: this.#network !== undefined });
  }

  async #start(settings: Settings, signal: AbortSignal): Promise<void> {
    this.#post({ type: 'phase', phase: 'loading' });
    const { train, test } = await this.#load();
    this.#post({ type: 'phase', phase: 'preparing' });
    this.#network?.trainer.destroy();
    this.#network = undefined;
    this.#device ??= await openDevice({ software: 'fallback' });
    const trainer = await Trainer.create(this.#device, configOf(settings));
    this.#network = { trainer, train: trainingSet(settings, train), test };
    await this.#fit(settings.epochs, signal);
  }

  async #fit(epochs: number, signal: AbortSignal): Promise<void> {
    if (this.#network === undefined) return;
    const { trainer, train, test } = this.#network;
    this.#post({ type: 'phase', phase: 'training' });
    const onProgress = (progress: Progress): void => this.#post({ type: 'progress', progress });
    for await (const epoch of trainer.fit(train, { epochs, validation: test, signal, onProgress })) {
      this.#post({ type: 'epoch', epoch });
    }
    const [hash = ''] = await trainer.hash();
    this.#post({ type: 'rest', done: trainer.epoch >= epochs, epoch: trainer.epoch, step: trainer.step, hash });
  }

  /** Fetched once; a failure may be tried again. */
  #load(): Promise<Mnist> {
    const file = (name: string): string => new URL(name, this.#dataUrl).href;
    const part = (prefix: string, name: string): Promise<ClassDataset> => loadIdx({
      images: file(`${prefix}-images-idx3-ubyte`), labels: file(`${prefix}-labels-idx1-ubyte`), classes: 10, name,
    });
    this.#data ??= Promise.all([part('train', 'MNIST train'), part('t10k', 'MNIST test')])
      .then(([train, test]) => ({ train, test }))
      .catch((error: unknown) => {
        this.#data = undefined;
        throw error;
      });
    return this.#data;
  }

  async #classify(pixels: Uint8Array): Promise<void> {
    const network = this.#network;
    if (network === undefined) return this.#post({ type: 'classified' });
    try {
      const probabilities = await network.trainer.predict(pixels);
      this.#post({ type: 'classified', probabilities: Array.from(probabilities as Float32Array) });
    } catch (error) {
      this.#post({ type: 'classified' });
      // A network that was replaced meanwhile is no failure; a lost device is told once, by training if that runs.
      if (network === this.#network && this.#stop === undefined) this.#fail(error);
    }
  }

  async #showTestImage(): Promise<void> {
    try {
      const { inputs, targets, length, width } = (await this.#load()).test;
      const index = Math.floor(Math.random() * length);
      const pixels = Uint8Array.from(inputs.subarray(index * width, (index + 1) * width));
      this.#post({ type: 'test-image', pixels, label: targets[index]! });
    } catch (error) {
      this.#fail(error);
    }
  }
}

const session = new Session((message) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker speaks to its own page only
  self.postMessage(message);
}, new URL('mnist/', self.location.href).href);
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => void session.receive(data));
void session.sayAdapter();
