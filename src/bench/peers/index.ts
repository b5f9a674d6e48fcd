/** The suite `peers`: other libraries on the same network, batches and optimizer, in the same run, in turns with gradshader. */

import { isNode } from '../../host.ts';
import { openDevice, type Device } from '../../device/index.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { agreement, AGREEMENT, differences, expectedLosses, isWithin, type Expected } from './agreement.ts';
import { alternate, type Work } from '../alternate.ts';
import { FLAGSHIP_BATCH, FLAGSHIP_DROPOUT, FLAGSHIP_OPTIMIZER, syntheticImages } from '../flagship.ts';
import type { Contestant, Peer, Run, Task } from './contestant.ts';
import { gradshaderContestant } from './gradshader.ts';
import { lendGlobals } from './lend.ts';
import { peerRows, resultOf } from './rows.ts';
import { NO_DROPOUT, taskOf } from './task.ts';

const BATCH = FLAGSHIP_BATCH;
const INFERENCE_BATCHES = [32, 1024] as const;
const INFERENCE_IMAGES = 10_000;
/** An epoch of MNIST in whole batches where steps are fast; less where data would only take memory. */
const TRAINING_IMAGES = { hardware: 468 * BATCH, unknown: 128 * BATCH, software: 128 * BATCH } as const;
/** Pinned in package.json; the package does not say it. */
export const JAX_VERSION = '0.1.25';

export interface Starter {
  readonly name: string;
  start(): Promise<Peer>;
}

const jax = (backend: 'webgpu' | 'wasm'): Starter => ({
  name: `jax-js ${backend}`,
  start: async () => (await import('./jax.ts')).jaxPeer(backend, JAX_VERSION),
});
const tensorFlow = (backend: 'webgpu' | 'wasm'): Starter => ({
  name: `TensorFlow.js ${backend}`,
  start: async () => (await import('./tfjs-start.ts')).startTensorFlow(backend),
});
const pyTorch = (backend: string, mode: 'cpu' | 'cuda' | 'cuda-graphs'): Starter => ({
  name: `PyTorch ${backend}`,
  start: async () => (await import('./pytorch.ts')).pyTorchPeer(mode),
});

/** Every library and backend that this host can hope to have. */
export const starters = (): readonly Starter[] => [
  jax('webgpu'), tensorFlow('webgpu'), jax('wasm'), tensorFlow('wasm'),
  ...(isNode() ? [pyTorch('CPU', 'cpu'), pyTorch('CUDA eager', 'cuda'), pyTorch('CUDA graphs', 'cuda-graphs')] : []),
];

/** One kind of work, with gradshader made ready for it and its samples of all pairs so far. */
interface Comparison {
  readonly what: string;
  readonly kind: 'train' | 'infer';
  readonly task: Task;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly own: Run;
  readonly ownSamples: number[];
}

const workOf = (run: Run, kind: Comparison['kind']): Work => ({
  run: async (count) => {
    if (kind === 'infer') return (await run.infer(count)).images;
    await run.train(count);
    return count;
  },
});

async function comparisons(device: Device): Promise<Comparison[]> {
  const own = gradshaderContestant(device), images = TRAINING_IMAGES[device.adapter.state];
  const training = taskOf(syntheticImages(images), BATCH, FLAGSHIP_DROPOUT);
  const network = training.sizes.join('-'), test = syntheticImages(INFERENCE_IMAGES);
  const inference = INFERENCE_BATCHES.map((batch) => taskOf(test, batch, NO_DROPOUT));
  return [
    {
      what: `train/batch=${BATCH}`, kind: 'train', task: training, own: await own.prepare(training), ownSamples: [],
      parameters: { network, batch: BATCH, optimizer: FLAGSHIP_OPTIMIZER, dropout: FLAGSHIP_DROPOUT.join('/'), images },
    },
    ...await Promise.all(inference.map(async (task): Promise<Comparison> => ({
      what: `inference/batch=${task.batch}`, kind: 'infer', task, own: await own.prepare(task), ownSamples: [],
      parameters: { network, batch: task.batch, images: INFERENCE_IMAGES },
    }))),
  ];
}

/** The ways that compute what gradshader computes; the others are left out with the difference. */
async function agreeing(context: SuiteContext, peer: Peer, task: Task, expected: Expected): Promise<Contestant[]> {
  const kept: Contestant[] = [];
  for (const contestant of peer.ways) {
    context.signal.throwIfAborted();
    const { name, way } = contestant, key = `peers/agreement/${name}/${way}`;
    context.progress(`peers: ${name} (${way}), ten losses`);
    const { fromGradshader, fromFloat64, agrees } = await agreement(contestant, task, expected);
    const largest = { 'from gradshader': Math.max(...fromGradshader), 'from float64': Math.max(...fromFloat64) };
    if (agrees) kept.push(contestant);
    else {
      const reason = `its losses over ${AGREEMENT.steps} steps without dropout differ by ${largest['from gradshader']} from gradshader's and ${largest['from float64']} from float64's, more than ${AGREEMENT.tolerance}.`;
      context.omit({ suite: 'peers', key, reason });
      continue;
    }
    context.emit({
      key, suite: 'peers', label: `${name}, ${way}: losses`, unit: 'difference', better: 'lower', samples: fromGradshader, derived: largest,
      meaning: `Difference of the loss from gradshader's in each of ${AGREEMENT.steps} steps without dropout, same weights and batches.`,
      parameters: { library: contestant.library, backend: contestant.backend, way },
    });
  }
  return kept;
}

async function compare(context: SuiteContext, comparison: Comparison, contestants: readonly Contestant[]): Promise<void> {
  const { what, kind, task, own, ownSamples } = comparison, { seconds, repetitions: rounds, budgetSeconds } = context.options;
  context.progress(`peers: ${contestants[0]!.name}, ${what}`);
  const runs: Run[] = [];
  try {
    for (const contestant of contestants) runs.push(await contestant.prepare(task));
    const works = [own, ...runs].map((run) => workOf(run, kind));
    const [ownNow, ...samples] = await alternate(works, { seconds, rounds, budgetSeconds, signal: context.signal });
    ownSamples.push(...ownNow!);
    const ways = contestants.map((contestant, i) => ({ contestant, samples: samples[i]! }));
    for (const row of peerRows({ ...comparison, own: ownNow!, ways })) context.emit(row);
  } finally {
    for (const run of runs) await run.dispose();
  }
}

/** One peer from start to end. What fails is left out with the peer's own words; an abort goes on to the caller. */
async function measurePeer(context: SuiteContext, starter: Starter, all: readonly Comparison[], task: Task, expected: Expected): Promise<void> {
  const guarded = async <T>(key: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      context.signal.throwIfAborted();
      context.omit({ suite: 'peers', key, reason: error instanceof Error ? error.message : String((error as { message?: unknown }).message ?? error) });
      return undefined;
    }
  };
  const peer = await guarded(`peers/${starter.name}`, () => starter.start());
  if (peer === undefined) return;
  try {
    const contestants = await guarded(`peers/agreement/${peer.name}`, () => agreeing(context, peer, task, expected));
    if (contestants === undefined || contestants.length === 0) return;
    for (const comparison of all) await guarded(`peers/${comparison.what}/${peer.name}`, () => compare(context, comparison, contestants));
  } finally {
    await peer.close();
  }
}

/** The same on a new device: a peer may take the first one down with the GPU process of its browser. */
async function revived(lost: Device, all: readonly Comparison[]): Promise<[Device, Comparison[]]> {
  const device = await openDevice({ software: lost.adapter.state === 'software' ? 'only' : 'never' });
  const again = await comparisons(device);
  return [device, again.map((comparison, i) => ({ ...comparison, ownSamples: all[i]!.ownSamples }))];
}

export const peersSuite: Suite = (context) => measurePeers(context, starters());

/** The suite on some of the peers. */
export async function measurePeers(context: SuiteContext, peers: readonly Starter[]): Promise<void> {
  const { device, signal } = context;
  context.progress("peers: the losses in float64, and gradshader's");
  const task = taskOf(syntheticImages(AGREEMENT.steps * BATCH), BATCH, NO_DROPOUT);
  const expected = await expectedLosses(device, task);
  const off = differences(expected.gradshader, expected.float64);
  if (!isWithin(off, AGREEMENT.tolerance)) {
    context.omit({ suite: 'peers', key: 'peers', reason: `gradshader's own losses differ from float64's by ${Math.max(...off)}.` });
    return;
  }
  let own = device, all = await comparisons(own);
  const giveBack = await lendGlobals();
  try {
    for (const starter of peers) {
      signal.throwIfAborted();
      if (own.lost !== undefined) [own, all] = await revived(own, all);
      await measurePeer(context, starter, all, task, expected);
    }
  } finally {
    // When the signal aborts too: the ratios that were measured are to gradshader's own figure.
    for (const comparison of all) {
      if (comparison.ownSamples.length > 0) context.emit(resultOf(comparison, gradshaderContestant(device), comparison.ownSamples));
    }
    giveBack();
    for (const { own: run } of all) await run.dispose();
    if (own !== device) await own.close();
  }
}
