/** What a self-test puts into a trainer's buffers: drawn from a seed, nothing 0 where anything may be. */

import { NO_FLAG } from '../../kernels/snapshot.ts';
import { parameterArena, stateArena, type Build } from '../../compile/build.ts';
import { uniforms } from '../../random.ts';
import type { BufferSpec } from '../../scheduler/buffers.ts';
import type { Bytes } from '../../scheduler/executor.ts';
import type { Dataset } from '../../data/dataset.ts';
import { packedInputs } from '../../data/resident.ts';
import type { Resident } from '../residents.ts';
import { allBuffers } from '../memory.ts';

/** Bytes for a buffer. */
export interface Write {
  readonly buffer: string;
  readonly offset: number;
  readonly data: Bytes;
}

/** Drawn once and repeated: a prime count, so that no two rows are alike. */
const PATTERN = 65_521;

/** Numbers in [-1, 1), the next ones at each call. */
export function drawer(seed: number): (length: number) => Float32Array {
  const pattern = Float32Array.from(uniforms(PATTERN, seed, 0), (u) => 2 * u - 1);
  let next = 0;
  return (length) => {
    const out = new Float32Array(length);
    for (let at = 0; at < length;) {
      const count = Math.min(length - at, PATTERN - next);
      out.set(pattern.subarray(next, next + count), at);
      at += count;
      next = (next + count) % PATTERN;
    }
    return out;
  };
}

type Draw = ReturnType<typeof drawer>;

const ROOT_3 = Math.sqrt(3);

/** Weights that keep the size of what goes through (He et al. 2015): `rms` is that of the network's inputs. */
const weightSize = (fanIn: number, layer: number, rms: number): number => Math.sqrt(2 / fanIn) / (layer === 0 ? rms : 1);
const BIAS = 0.2;

function parametersOf(build: Build, draw: Draw, rms: number): Float32Array<ArrayBuffer> {
  const arena = parameterArena(build), data = new Float32Array(arena.length);
  for (let replica = 0; replica < build.replicas; replica++) {
    for (const tensor of build.network.tensors) {
      const size = tensor.role === 'weight' ? ROOT_3 * weightSize(tensor.fanIn, tensor.layer, rms) : BIAS;
      arena.put(tensor, draw(tensor.length).map((u) => size * u), data, replica);
    }
  }
  return data;
}

/** About how large each layer's gradients are: a softmax's error, handed down by weights of the above size. */
function gradientSizes({ network: { layers } }: Build, count: number): number[] {
  const sizes: number[] = [];
  let delta = 0.3 / count;
  for (const { inputs, outputs } of layers.toReversed()) {
    sizes.unshift(0.5 * delta * Math.sqrt(count));
    delta *= 0.7 * Math.sqrt(outputs) * Math.sqrt(2 / inputs);
  }
  return sizes;
}

/** From a draw in [-1, 1), by slot: what sums squares is above 0, and above what its mean has. */
const SLOTS: Readonly<Record<string, (size: number, u: number) => number>> = {
  v: (size, u) => size * size * (1 + 0.5 * u), vmax: (size, u) => size * size * (1 + 0.5 * u), n: (size, u) => size * size * (1 + 0.5 * u),
  sum: (size, u) => size * size * (1 + 0.5 * u), u: (size, u) => size * (1 + 0.5 * u), delta: (_size, u) => 1e-4 * (1 + 0.5 * u),
  mean: (size, u) => 0.5 * size * u, cumulative: (_size, u) => 1e-3 * u, average: (_size, u) => 0.1 * u,
};
const momentumSlot = (size: number, u: number): number => size * u;

function stateOf(build: Build, draw: Draw, count: number): Float32Array<ArrayBuffer> {
  const arena = stateArena(build), data = new Float32Array(arena.length), sizes = gradientSizes(build, count);
  for (let replica = 0; replica < build.replicas; replica++) {
    for (const tensor of build.network.tensors) {
      for (const slot of arena.slots) {
        const of = SLOTS[slot] ?? momentumSlot;
        arena.put(tensor, draw(tensor.length).map((u) => of(sizes[tensor.layer]!, u)), data, replica, slot);
      }
    }
  }
  return data;
}

/** Samples of the data set's own kind, about as large as 1 when the network sees them. */
function samplesOf({ data, format: { format } }: Resident, count: number, draw: Draw): Dataset {
  const { width, scale, offset, classes } = data, drawn = draw(count * width);
  const most = Math.min(255, Math.max(3, Math.round(1 / Math.abs(scale))));
  const inputs = format === 'u8'
    ? Uint8Array.from(drawn, (u) => 1 + Math.floor(((u + 1) / 2) * most * (1 - 2 ** -20)))
    : drawn.map((u) => (u - offset) / scale);
  return { ...data, inputs, length: count, targets: Uint32Array.from(draw(count), (u) => Math.min(classes - 1, Math.floor(((u + 1) / 2) * classes))) };
}

function rmsOf({ inputs, scale, offset }: Dataset): number {
  let sum = 0;
  for (let i = 0; i < inputs.length; i++) sum += (inputs[i]! * scale + offset) ** 2;
  return Math.sqrt(sum / inputs.length) || 1;
}

/** Samples of a test, in the place of the data set's first ones. */
const samplesAt = ({ format: { name } }: Resident, data: Dataset): Write[] => [
  { buffer: `${name}.inputs`, offset: 0, data: packedInputs(data).bytes as Uint8Array<ArrayBuffer> },
  { buffer: `${name}.labels`, offset: 0, data: data.targets.slice() },
];

/** What is written over and may hold anything: it is poisoned. */
const isScratch = ({ name, category }: BufferSpec): boolean =>
  category === 'activations' || category === 'gradients' || category === 'snapshot' || (category === 'metrics' && name !== 'flags' && name !== 'skips');

const NOT_WRITTEN = 0x7fc00000; // A quiet NaN.

/** Between tensors nothing is ever written, and zeros must stay. */
function poisonFor({ name, bytes }: BufferSpec, { network: { tensors, stride }, replicas }: Build): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  if (name !== 'gradients') return words.fill(NOT_WRITTEN);
  for (let replica = 0; replica < replicas; replica++) {
    for (const { offset, paddedLength } of tensors) words.fill(NOT_WRITTEN, replica * stride + offset, replica * stride + offset + paddedLength);
  }
  return words;
}

export interface Contents {
  /** Samples of a batch, by data set. */
  readonly counts: readonly number[];
  /** What a step reads, for the device and for its mirror. */
  readonly writes: readonly Write[];
  /** What it must write. */
  readonly poison: readonly Write[];
  /** The mirror's buffers. It has those samples only. */
  readonly buffers: readonly BufferSpec[];
}

/** Every sample once, in another order for each seed. */
const ordersOf = ({ format: { name }, orders = [] }: Resident, count: number): Write[] => [...new Set(orders)].map((start, i) => ({
  buffer: `${name}.order`, offset: 4 * start, data: Uint32Array.from({ length: count }, (_, b) => (count - 1 - b + i) % count),
}));

/** @param residents those that are evaluated, the first of them perhaps trained on */
export function contentsOf(build: Build, residents: readonly Resident[]): Contents {
  const draw = drawer(1), counts = residents.map(({ data }) => Math.min(build.batchSize, data.length));
  const samples = residents.map((resident, i) => samplesOf(resident, counts[i]!, draw)), [count = 1] = counts;
  const specs = allBuffers(build), own = residents.flatMap((resident, i) => samplesAt(resident, samples[i]!));
  const state = stateOf(build, draw, build.accumulate > 1 ? 2 * count : count);
  const isThere = (name: string): boolean => specs.some((spec) => spec.name === name);
  return {
    counts,
    writes: [
      { buffer: 'parameters', offset: 0, data: parametersOf(build, draw, rmsOf(samples[0]!)) },
      ...(state.length > 0 ? [{ buffer: 'state', offset: 0, data: state }] : []),
      { buffer: 'flags', offset: 0, data: new Uint32Array(build.replicas * build.network.tensors.length).fill(NO_FLAG) },
      ...(isThere('skips') ? [{ buffer: 'skips', offset: 0, data: new Uint32Array(2 * build.replicas) }] : []),
      ...own, ...residents.flatMap((resident, i) => ordersOf(resident, counts[i]!)),
    ],
    poison: specs.filter(isScratch).map((spec): Write => ({ buffer: spec.name, offset: 0, data: poisonFor(spec, build) })),
    buffers: [
      ...specs,
      ...own.map(({ buffer, data: bytes }): BufferSpec => ({ name: buffer, bytes: bytes.byteLength, category: 'data' })),
      ...residents.filter(({ orders }) => orders !== undefined).map(({ data, format: { name }, orders }): BufferSpec =>
        ({ name: `${name}.order`, bytes: 4 * new Set(orders).size * data.length, category: 'data' })),
    ],
  };
}
