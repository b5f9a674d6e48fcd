/** What a self-test puts into a trainer's buffers: drawn from a seed, nothing 0 where anything may be. */

import { NO_FLAG } from '../../kernels/snapshot.ts';
import { parameterArena, stateArena, type Build, type DataFormat } from '../../compile/build.ts';
import { uniforms } from '../../random.ts';
import type { BufferSpec } from '../../scheduler/buffers.ts';
import type { ReadRange } from '../../scheduler/executor.ts';
import type { Dataset } from '../../data/dataset.ts';
import { packedLabels } from '../../data/labels.ts';
import { packedInputs } from '../../data/resident.ts';
import { usualScaleOf } from '../../target.ts';
import type { Predicting, Resident } from '../residents.ts';
import { allBuffers } from '../memory.ts';
import { drawnAt, placesOf, scattered, type Write } from './places.ts';
import { trainedBatches } from './rows.ts';

/** Drawn once and repeated: a prime count, so that no two rows are alike. */
const PATTERN = 65_521;

/** Numbers in [-1, 1), the next ones at each call. */
function drawer(seed: number): (length: number) => Float32Array<ArrayBuffer> {
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

/** What samples look like. */
type Kind = Pick<Dataset, 'width' | 'classes' | 'targetWidth'> & { readonly format: DataFormat };

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

/** Samples of a kind, about as large as 1 when the network sees them. */
function samplesOf({ width, classes, targetWidth, format: { format, target } }: Kind, count: number, draw: Draw): Dataset {
  const drawn = draw(count * width);
  const inputs = format === 'u8' ? new Uint8Array(drawn.map((u) => 1 + Math.floor(((u + 1) / 2) * 255 * (1 - 2 ** -20)))) : drawn;
  const targets = target.kind === 'inputs' ? target.kind : target.kind === 'vector' ? draw(count * targetWidth).map((u) => (u + 1) / 2)
    : Uint32Array.from(draw(count), (u) => Math.min(classes - 1, Math.floor(((u + 1) / 2) * classes)));
  const weights = target.isWeighted ? { weights: draw(count).map((u) => 1 + u / 2) } : {};
  return { name: 'drawn', shape: [width], width, classes, targetWidth, scale: usualScaleOf(format), offset: 0, inputs, length: count, targets, ...weights };
}

/** The table that samples are seen by, where there is one. */
const tableOf = ({ format: { name }, drawn }: Pick<Predicting, 'format' | 'drawn'>, draw: Draw): Write[] =>
  (drawn ? [{ buffer: `${name}.normalisation`, offset: 0, data: drawn(draw) }] : []);

function rmsOf({ inputs, scale }: Dataset): number {
  let sum = 0;
  for (let i = 0; i < inputs.length; i++) sum += (inputs[i]! * scale) ** 2;
  return Math.sqrt(sum / inputs.length) || 1;
}

/** What is written over and may hold anything: it is poisoned. */
const isScratch = ({ name, category }: BufferSpec): boolean =>
  category === 'activations' || category === 'gradients' || category === 'snapshot' || (category === 'metrics' && name !== 'flags' && name !== 'skips');

const NOT_WRITTEN = 0x7fc00000; // A quiet NaN.

/** Between tensors nothing is ever written, nor where one is frozen: zeros must stay. */
function poisonFor({ name, bytes }: BufferSpec, { network: { tensors, stride }, replicas }: Build): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  if (name !== 'gradients') return words.fill(NOT_WRITTEN);
  for (let replica = 0; replica < replicas; replica++) {
    for (const { offset, paddedLength } of tensors.filter(({ isFrozen }) => !isFrozen)) words.fill(NOT_WRITTEN, replica * stride + offset, replica * stride + offset + paddedLength);
  }
  return words;
}

/** What a test is to run. */
export interface Subject {
  /** Data sets on the device. The first is trained on, where `trains`. */
  readonly residents: readonly Resident[];
  readonly trains: boolean;
  /** How samples to predict come. */
  readonly predicts?: Predicting;
}

/** A data set of which some samples are drawn ones. */
export interface Drawn {
  /** Samples of a batch. */
  readonly count: number;
  /** Where they lie on the device. The mirror has them alone, one after the other. */
  readonly places: readonly number[];
}

export interface Contents {
  /** By data set. */
  readonly drawn: readonly Drawn[];
  /** Of the first one's samples, as the network sees them. */
  readonly rms: number;
  /** What a step reads: on both sides, on the device, and in its mirror. */
  readonly writes: readonly Write[];
  readonly deviceWrites: readonly Write[];
  readonly mirrorWrites: readonly Write[];
  /** The order of the samples in a turn, on the device. */
  orderWrites(turn: number): readonly Write[];
  /** What it must write. */
  readonly poison: readonly Write[];
  /** The mirror's buffers. */
  readonly buffers: readonly BufferSpec[];
  /** What the trainer has in these is put aside; samples to predict are written anew before they are read. */
  readonly kept: readonly ReadRange[];
  /** What training steps change: weights, state, flags, counts. */
  readonly trained: readonly ReadRange[];
  /** What is put by of them at a training's beginning. */
  readonly snapshot: readonly ReadRange[];
}

interface SampleWrites {
  readonly deviceWrites: readonly Write[];
  readonly mirrorWrites: readonly Write[];
}

function writesOf({ format }: Resident, { places }: Drawn, data: Dataset, seen: readonly Write[]): SampleWrites {
  const bytes = packedInputs(data).bytes, inputs = new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / 4), labels = packedLabels(data), words = format.target.labelWords;
  const names = { inputs: `${format.name}.inputs`, labels: `${format.name}.labels` };
  return {
    deviceWrites: [...scattered(names.inputs, inputs, format.inputWords, places), ...(words > 0 ? scattered(names.labels, labels, words, places) : []), ...seen],
    mirrorWrites: [{ buffer: names.inputs, offset: 0, data: inputs }, { buffer: names.labels, offset: 0, data: labels }, ...seen],
  };
}

/** The test's batches of an epoch's order, another for each seed. */
function ordersOf({ data: { length }, format: { name }, orders = [] }: Resident, { count, places }: Drawn, accumulate: number, turn: number): SampleWrites {
  const buffer = `${name}.order`, drawn = places.length;
  const windows = [...new Set(orders)].flatMap((start, i) => trainedBatches({ length, count, accumulate, turn }).map(({ position, count: size }, w) =>
    ({ buffer, offset: 4 * (start + position), data: drawnAt(size, drawn, i + w) })));
  return { deviceWrites: windows.map(({ data, ...where }) => ({ ...where, data: data.map((place) => places[place]!) })), mirrorWrites: windows };
}

const whole = ({ name, bytes }: BufferSpec): ReadRange => ({ buffer: name, offset: 0, bytes });
const rangeOf = ({ buffer, offset, data: { byteLength } }: Write): ReadRange => ({ buffer, offset, bytes: byteLength });

/** Samples to predict, in the buffer that they always come in, and what they are seen by. */
function toPredict({ build, predicts }: { build: Build; predicts: NonNullable<Subject['predicts']> }, draw: Draw): Write[] {
  const { network: { inputs: width, outputs: classes }, batchSize } = build;
  return [
    { buffer: 'predict.inputs', offset: 0, data: packedInputs(samplesOf({ width, classes, targetWidth: 0, format: predicts.format }, batchSize, draw)).bytes as Uint8Array<ArrayBuffer> },
    ...tableOf(predicts, draw),
  ];
}

export function contentsOf(build: Build, { residents, trains, predicts }: Subject): Contents {
  const draw = drawer(1), drawn = residents.map(({ data: { length } }): Drawn => {
    const count = Math.min(build.batchSize, length);
    return { count, places: placesOf(length, count) };
  });
  const samples = residents.map(({ data: { width, classes, targetWidth }, format }, i) => samplesOf({ width, classes, targetWidth, format }, drawn[i]!.places.length, draw));
  const own = residents.map((resident, i) => writesOf(resident, drawn[i]!, samples[i]!, tableOf(resident, draw))), ordersAt = (turn: number): SampleWrites | undefined =>
    (trains ? ordersOf(residents[0]!, drawn[0]!, build.accumulate, turn) : undefined);
  const specs = allBuffers(build), count = drawn[0]?.count ?? build.batchSize, hasState = trains || build.rule.average;
  const state = hasState ? stateOf(build, draw, build.accumulate > 1 ? 2 * count : count) : new Float32Array();
  const rms = samples[0] === undefined ? 1 : rmsOf(samples[0]);
  // What a training keeps is no matter of a test that trains nothing, nor is an optimizer's state without an average in it.
  const isOwn = ({ name, category }: BufferSpec): boolean => trains || (category !== 'snapshot' && (hasState || name !== 'state'));
  const isThere = (name: string): boolean => specs.some((spec) => spec.name === name);
  const writes: Write[] = [
    { buffer: 'parameters', offset: 0, data: parametersOf(build, draw, rms) },
    ...(state.length > 0 ? [{ buffer: 'state', offset: 0, data: state }] : []),
    { buffer: 'flags', offset: 0, data: new Uint32Array(build.replicas * build.network.tensors.length).fill(NO_FLAG) },
    ...(isThere('skips') ? [{ buffer: 'skips', offset: 0, data: new Uint32Array(2 * build.replicas) }] : []),
  ];
  const asked = predicts === undefined ? [] : toPredict({ build, predicts }, draw);
  const onDevice = own.flatMap(({ deviceWrites }) => deviceWrites), trained = writes.map(rangeOf);
  const snapshot = specs.filter((spec) => isOwn(spec) && spec.category === 'snapshot' && spec.bytes > 0).map(whole);
  const orders = residents.slice(0, trains ? 1 : 0).map(({ data: { length }, format: { name }, orders: starts }): BufferSpec =>
    ({ name: `${name}.order`, bytes: 4 * new Set(starts).size * length, category: 'data' }));
  return {
    drawn, rms,
    writes: [...writes, ...asked],
    deviceWrites: onDevice,
    mirrorWrites: [...own.flatMap(({ mirrorWrites }) => mirrorWrites), ...(ordersAt(0)?.mirrorWrites ?? [])],
    orderWrites: (turn) => ordersAt(turn)?.deviceWrites ?? [],
    poison: specs.filter((spec) => isScratch(spec) && isOwn(spec)).map((spec): Write => ({ buffer: spec.name, offset: 0, data: poisonFor(spec, build) })),
    buffers: [
      ...specs.filter(isOwn),
      ...asked.filter(({ buffer }) => !isThere(buffer)).map(({ buffer, data }): BufferSpec => ({ name: buffer, bytes: data.byteLength, category: 'data' })),
      ...own.flatMap(({ mirrorWrites }) => mirrorWrites).map(({ buffer, data: bytes }): BufferSpec => ({ name: buffer, bytes: bytes.byteLength, category: 'data' })),
      ...orders,
    ],
    // Samples too are read from the device: the arrays they came from are the caller's, who may have changed them since.
    kept: [...trained, ...onDevice.map(rangeOf), ...orders.map(whole), ...snapshot],
    trained: trains ? trained : [],
    snapshot,
  };
}
