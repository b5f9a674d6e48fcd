/** Statistics of what goes through a network forward and backward. All that it takes is made for one call, and goes with it. */

import { checkDataset, subset, type Dataset, type OwnDataset } from '../data/dataset.ts';
import type { Device } from '../device/index.ts';
import { labelBytes, packedLabels, targetFormat } from '../data/labels.ts';
import { packedInputs } from '../data/resident.ts';
import { InputError } from '../errors.ts';
import { parameterArena, type Build, type DataFormat } from '../compile/build.ts';
import { residentBuffers, rowBytes } from '../compile/buffers.ts';
import { loadLoweringsOf } from '../compile/graphs.ts';
import { inspectGraph, layerValues } from '../compile/inspect.ts';
import type { Clock } from '../compile/rows.ts';
import { pad4, unpadTensor } from '../model/arena.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { weightLayers, type Tensor } from '../model/network.ts';
import { checkOptions, demandWhole } from '../options.ts';
import { bufferBytes, type BufferSpec } from '../scheduler/buffers.ts';
import type { Bytes, ReadRange } from '../scheduler/executor.ts';
import { makePlan, type Plan } from '../scheduler/plan.ts';
import { programsOn } from '../webgpu/program.ts';
import { clocksOf } from './clocks.ts';
import type { Engine } from './engine.ts';
import { checkBudget } from './limits.ts';
import { normalisedAs } from './residents.ts';
import { Rows } from './rows.ts';
import { meanWeights, readyForTargets } from './targets.ts';
import type { TrainingState } from './training-state.ts';
import type { Seat } from './verify/fall-back.ts';

export interface InspectOptions {
  /** The first so many samples of the data set. Default a batch, or all where there are fewer. */
  readonly samples?: number;
}

/** Of all elements of a value together: samples and units, or inputs and units of a weight. In double precision, of f32 numbers. */
export interface Statistics {
  readonly mean: number;
  /** sqrt(mean((x - mean(x))^2)): that of these elements, not an estimate of a larger population's. */
  readonly deviation: number;
  /** Share of elements that are exactly 0, in [0, 1]. */
  readonly zeros: number;
}

/** What a layer hands on. */
export interface OutputStatistics extends Statistics {
  /** Root of the mean over samples of the variance over units: 0 where all units do the same. */
  readonly unitDeviation: number;
  /** Share of units that gave 0 for every sample: with ReLU, dead ones, as far as these samples say. */
  readonly dead: number;
}

/** A dense layer: z = x W + b, and h, what it hands on, behind its activation. One that is used again is looked at where it is used first. */
export interface LayerInspection {
  /** As parameters are named: 'layers.0'. */
  readonly name: string;
  readonly units: number;
  /** Of z. */
  readonly preactivations: Statistics;
  /** Of h; of the last layer, whose z are the logits, the same. */
  readonly outputs: OutputStatistics;
  /** Of d loss / d z; absent where the layer and all below it are frozen. */
  readonly gradient?: Statistics;
  /** Of d loss / d W, which a step without penalties follows; absent where W is frozen. */
  readonly weightGradient?: Statistics;
}

/** What went through a network, forward and backward, without changing it. */
export interface Inspection {
  /** Training steps done. */
  readonly step: number;
  readonly samples: number;
  /** From the input on. */
  readonly layers: readonly LayerInspection[];
}

/** Nothing fused, so that everything is there; one step of these samples. */
const inspected = (build: Build, batchSize: number): Build => ({ ...build, batchSize, capacity: 1, accumulate: 1, fusion: 'none', rules: [], orthogonalLayers: [] });

function elementStatistics(values: ArrayLike<number>): Statistics {
  const { length } = values;
  let sum = 0, squares = 0, zeros = 0;
  for (let i = 0; i < length; i++) sum += values[i]!;
  const mean = sum / length;
  for (let i = 0; i < length; i++) {
    squares += (values[i]! - mean) ** 2;
    zeros += Number(values[i] === 0);
  }
  return { mean, deviation: Math.sqrt(squares / length), zeros: zeros / length };
}

/** @param values [samples, units] */
function outputStatistics(values: Float32Array, units: number): OutputStatistics {
  const samples = values.length / units, alive = new Uint8Array(units);
  let variances = 0;
  for (let sample = 0; sample < samples; sample++) {
    const own = values.subarray(sample * units, (sample + 1) * units);
    variances += elementStatistics(own).deviation ** 2;
    own.forEach((value, unit) => { if (value !== 0) alive[unit] = 1; });
  }
  const dead = alive.reduce((count, is) => count + Number(is === 0), 0);
  return { ...elementStatistics(values), unitDeviation: Math.sqrt(variances / samples), dead: dead / units };
}

/** The samples as they are uploaded, and how a plan reads them. */
function uploads(data: OwnDataset, build: Build, table: Float32Array<ArrayBuffer> | undefined): { format: DataFormat; buffers: readonly (BufferSpec & { readonly data: Bytes })[] } {
  const { bytes, rowWords, format } = packedInputs(data), name = 'inspected';
  return {
    format: { name, format, inputWords: rowWords, normalised: normalisedAs(build, data), target: targetFormat(data) },
    buffers: [
      { name: `${name}.inputs`, bytes: bytes.byteLength, category: 'data', data: bytes as Uint8Array<ArrayBuffer> },
      { name: `${name}.labels`, bytes: labelBytes(data), category: 'data', data: packedLabels(data) },
      ...(table ? [{ name: `${name}.normalisation`, bytes: table.byteLength, category: 'data', data: table } as const] : []),
    ],
  };
}

type Kind = 'preactivations' | 'outputs' | 'gradient' | 'weightGradient';

/** Where what is looked at of a layer comes to lie, replica by replica. */
interface Place {
  readonly layer: number;
  readonly kind: Kind;
  readonly range: ReadRange;
  readonly rows: number;
  readonly columns: number;
}

function placesOf(build: Build, { results }: Plan, replica: number): Place[] {
  const { network, batchSize: rows } = build;
  const value = (layer: number, kind: Kind, name: string, columns: number): Place[] => {
    if (results[name] === undefined) return [];
    const { buffer, offset, stride } = results[name];
    return [{ layer, kind, range: { buffer, offset: 4 * (offset + replica * stride), bytes: 4 * rows * pad4(columns) }, rows, columns }];
  };
  const gradient = (layer: number, { offset, paddedLength, shape }: Tensor): Place => ({
    layer, kind: 'weightGradient', range: { buffer: 'gradients', offset: 4 * parameterArena(build).offset(replica) + 4 * offset, bytes: 4 * paddedLength }, rows: shape[0]!, columns: shape[1]!,
  });
  return weightLayers(network).flatMap(({ name, outputs, weight }, n) => {
    const names = layerValues(name), isTrained = results[names.gradient] !== undefined && !weight.isFrozen;
    return [
      ...value(n, 'preactivations', names.preactivations, outputs), ...value(n, 'outputs', names.outputs, outputs), ...value(n, 'gradient', names.gradient, outputs),
      ...(isTrained ? [gradient(n, weight)] : []),
    ];
  });
}

const valuesIn = (bytes: ArrayBuffer, { rows, columns }: Place): Float32Array =>
  unpadTensor({ shape: [rows, columns], length: rows * columns, offset: 0 }, new Float32Array(bytes));

function layersOf({ network }: Build, places: readonly Place[], values: readonly Float32Array[]): LayerInspection[] {
  return weightLayers(network).map(({ name, outputs: units }, n): LayerInspection => {
    const own = (kind: Kind): Float32Array | undefined => values[places.findIndex((place) => place.layer === n && place.kind === kind)];
    const gradient = own('gradient'), weightGradient = own('weightGradient');
    return {
      name, units, preactivations: elementStatistics(own('preactivations')!), outputs: outputStatistics(own('outputs')!, units),
      ...(gradient && { gradient: elementStatistics(gradient) }), ...(weightGradient && { weightGradient: elementStatistics(weightGradient) }),
    };
  });
}

/** Of a training that has no horizon yet: no schedule's first value depends on it. */
const ANY_HORIZON = 1000;

/** Numbers as the next update will see them, dropout off. */
function rowsOf(build: Build, engine: Engine, state: TrainingState, { stride, data }: { stride: number; data: OwnDataset }): Uint8Array<ArrayBuffer> {
  const settings = engine.settings.map((own): ReplicaSettings => ({ ...own, dropouts: own.dropouts.map(() => 0) }));
  const clocks = clocksOf(engine, state).map((clock): Clock => ({ ...clock, steps: clock.steps || ANY_HORIZON, t: clock.step + 1 }));
  const divisor = meanWeights(data, build.loss)?.reduce((sum, weight) => sum + weight, 0);
  const header = { step: state.step, position: 0, count: build.batchSize, active: true, order: 0, ...(divisor !== undefined && { divisor: divisor || 1 }) };
  return new Rows(build, settings, stride).fill(1, (_slot, replica) => ({ header, clock: clocks[replica]! }));
}

/** The buffers that a plan binds, of those that a trainer of this build has. */
function ownBuffers(build: Build, plan: Plan): BufferSpec[] {
  const bound = new Set(plan.dispatches.flatMap(({ bindings }) => bindings.map(({ buffer }) => buffer)));
  return residentBuffers(build).filter(({ name }) => bound.has(name));
}

/** One batch, checked, and what it is seen by: before training what normalises is learned of the data set for this alone. @throws InputError */
async function samplesOf({ build: { network, loss, batchSize }, residents }: Engine, data: Dataset, options: InspectOptions): Promise<{ data: OwnDataset; table: Float32Array<ArrayBuffer> | undefined }> {
  const { samples } = checkOptions<InspectOptions>('inspect', options, ['samples']), own = checkDataset(data, 'The data to inspect with');
  if (samples !== undefined) demandWhole('inspect: samples', samples);
  if (own.width !== network.inputs) throw new InputError(`${own.name}: samples have ${own.width} values, the model takes ${network.inputs}.`);
  const seen = await residents.seen(own, true);
  await readyForTargets(own, loss, network.outputs, seen?.rangeOf);
  return { data: subset(own, { end: Math.min(own.length, samples ?? batchSize) }) as OwnDataset, table: seen?.table }; // Of its own arrays.
}

/** One inspection per replica. The engine's weights are read, and nothing of it is written. */
export async function inspectEngine({ engine, prepared: { config } }: Pick<Seat, 'engine' | 'prepared'>, device: Device, state: TrainingState, given: Dataset, options: InspectOptions): Promise<Inspection[]> {
  const { data, table } = await samplesOf(engine, given, options), build = inspected(engine.build, data.length);
  await loadLoweringsOf(build);
  const { format, buffers } = uploads(data, build, table), plan = makePlan(inspectGraph(build, format));
  const places = Array.from({ length: build.replicas }, (_, replica) => placesOf(build, plan, replica)), values = places.flat().map(({ range }) => range);
  const specs = [...ownBuffers(build, plan), ...buffers.map(({ data: _, ...spec }): BufferSpec => spec)], readBytes = values.reduce((sum, { bytes }) => sum + bytes, 0);
  const added = specs.reduce((sum, spec) => sum + bufferBytes(spec), 2 * readBytes) + Object.values(plan.buffers).reduce((sum, bytes) => sum + bytes, 0);
  const { activations = 0, total, ...others } = engine.memory();
  checkBudget(config.memoryBudgetBytes, { ...others, activations: activations + added, total: total + added });
  const weights = await engine.program.read({ buffer: 'parameters', offset: 0, bytes: parameterArena(build).bytes });
  const program = await programsOn(device).create({ owner: 'inspect', buffers: specs, rowBytes: rowBytes(build), capacity: 1, readBytes });
  try {
    program.write('parameters', new Uint8Array(weights));
    for (const { name, data: bytes } of buffers) program.write(name, bytes);
    const rows = rowsOf(build, engine, state, { stride: program.rowStride, data });
    const read = await program.submit({ plan: await program.load(plan), steps: 1, rows, read: { values }, fresh: values }).collect();
    const found = places.flat().map((place, i) => valuesIn(read.values[i]!, place));
    return places.map((own, replica): Inspection => ({ step: state.step, samples: data.length, layers: layersOf(build, own, found.slice(replica * own.length, (replica + 1) * own.length)) }));
  } finally {
    program.destroy();
  }
}
