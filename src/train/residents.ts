/** The data sets of a trainer that lie on its GPU. */

import { checkDataset, type Dataset, type OwnDataset } from '../data/dataset.ts';
import { labelBytes, packedLabels, targetFormat } from '../data/labels.ts';
import { checkResident, isU8, packedInputs } from '../data/resident.ts';
import { epochOrder } from '../data/shuffle.ts';
import { InputError } from '../errors.ts';
import type { Build, DataFormat } from '../compile/build.ts';
import { isKnown, type Normalize } from '../model/normalize.ts';
import { evaluateGraph, predictGraph, trainGraph, type Weights } from '../compile/graphs.ts';
import type { Category } from '../scheduler/buffers.ts';
import type { Executor, LoadedPlan } from '../scheduler/executor.ts';
import { makePlan } from '../scheduler/plan.ts';
import type { Seen } from './normalised.ts';
import type { Prepared } from './prepare.ts';
import { CLASS_FORMAT, usualScaleOf } from '../target.ts';
import { checkBudget } from './limits.ts';
import { meanWeights, readyForTargets } from './targets.ts';

/** A data set on the GPU. Its arrays were read once: they may have changed since, or be gone. */
export interface Resident extends Partial<Seen> {
  /** What the caller calls it by. */
  readonly source: Dataset;
  /** What that held then. */
  readonly held: readonly unknown[];
  readonly data: Omit<OwnDataset, 'inputs' | 'targets' | 'weights'>;
  readonly format: DataFormat;
  /** What the loss's mean divides by, by sample: their weights, where it asks for these. */
  readonly meanWeights?: Float64Array | undefined;
  /** The same in the order of each permutation. */
  orderedWeights?: Float64Array;
  /** Start of each replica's permutation in the order buffer, when training on it was asked for. */
  orders?: readonly number[];
  train?: LoadedPlan;
  /** Evaluation with the current weights, and with their running average. */
  current?: LoadedPlan;
  average?: LoadedPlan;
  /** What metrics are made of: plans that give every sample's outputs, by weights, and the targets as they were uploaded. */
  readonly scored: { current?: LoadedPlan; average?: LoadedPlan; targets?: ArrayBuffer };
}

/** A plan for prediction, and how the samples come that it takes. */
export interface Predicting extends Partial<Pick<Seen, 'drawn'>> {
  readonly loaded: LoadedPlan;
  readonly format: DataFormat;
}

/** Data sets kept on the GPU at most; the one not used for longest goes first. */
const MAX_RESIDENT = 4;

/** Where samples to predict lie, by the name of a data set's buffers. */
export const PREDICT = 'predict';

/** What a data set on the GPU is made of. */
const heldBy = ({ inputs, targets, weights, length, classes, scale, offset }: Dataset): unknown[] => [inputs, targets, weights, length, classes, scale, offset];

/** Where the caller has put other arrays or numbers into a data set since, it is another one. */
const isOf = ({ source, held }: Resident, data: Dataset): boolean => source === data && heldBy(data).every((one, i) => one === held[i]);

/** Whether inputs are seen by a table: where they are normalised, and where scale and offset are not those of their format. */
export const normalisedAs = ({ normalised }: Pick<Build, 'normalised'>, data: Pick<Dataset, 'inputs' | 'scale' | 'offset'>): DataFormat['normalised'] =>
  normalised ?? (data.scale === usualScaleOf(isU8(data) ? 'u8' : 'f32') && data.offset === 0 ? undefined : 'all');

export class Residents {
  /** Data sets that a running fit needs: they are never sent away. */
  readonly pinned = new Set<Dataset>();
  /** What normalises inputs, once that is known. */
  normalize: Normalize | undefined;
  readonly #prepared: Prepared;
  readonly #program: Executor;
  #residents: Resident[] = [];
  readonly #predict = new Map<string, LoadedPlan>();
  #attached = 0;

  constructor(prepared: Prepared, program: Executor) {
    this.#prepared = prepared;
    this.#program = program;
    const { normalize } = prepared.config;
    if (isKnown(normalize)) this.normalize = normalize;
  }

  /** Brings a data set onto the GPU, with what is needed to train on it or to evaluate. */
  async attach(data: Dataset, use: 'train' | Weights): Promise<Resident> {
    const { build } = this.#prepared, { network, loss } = build;
    const known = this.#residents.find((one) => isOf(one, data));
    const own = known === undefined ? checkDataset(data, `The data to ${use === 'train' ? 'train' : 'evaluate'} on`) : undefined;
    const { name, width } = own ?? known!.data;
    if (width !== network.inputs) throw new InputError(`${name}: samples have ${width} values, the model takes ${network.inputs}.`);
    const seen = await this.seen(own ?? data, use === 'train', known);
    if (own !== undefined) await readyForTargets(own, loss, network.outputs, seen?.rangeOf);
    const resident = known ?? (await this.#upload(data, own!));
    await Object.assign(resident, seen).place?.(resident.format.name);
    this.#residents = [resident, ...this.#residents.filter((other) => other !== resident)];
    if (use === 'train' && resident.orders === undefined) await this.#addOrders(resident);
    resident[use] ??= await this.#program.load(
      makePlan(use === 'train' ? trainGraph(build, resident.format) : evaluateGraph(build, resident.format, use)),
    );
    return resident;
  }

  /** What a data set is to be seen by, where that is a table which is not there yet. @throws InputError */
  async seen(data: Dataset, trains = false, known?: Resident): Promise<Seen | undefined> {
    const { build, config } = this.#prepared, normalised = known === undefined ? normalisedAs(build, data) : known.format.normalised;
    if (!normalised || (known?.table && known.normalize === this.normalize)) return undefined;
    return (await import('./normalised.ts')).seenOf(data, { asked: config.normalize, known: this.normalize, trains, program: this.#program, residents: this });
  }

  async #upload(source: Dataset, own: OwnDataset): Promise<Resident> {
    const { build } = this.#prepared, { limits } = this.#program, { inputs: _inputs, targets: _targets, weights: _weights, ...data } = own;
    checkResident(own, Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize));
    const { bytes, rowWords, format: kind } = packedInputs(own);
    const labels = packedLabels(own), target = targetFormat(own);
    this.makeRoom(bytes.byteLength + labelBytes(own));
    const name = `data.${this.#attached++}`;
    await this.#program.addBuffers([
      { name: `${name}.inputs`, bytes: bytes.byteLength, category: 'data' },
      { name: `${name}.labels`, bytes: labelBytes(own), category: 'data' },
    ]);
    this.#program.write(`${name}.inputs`, bytes);
    this.#program.write(`${name}.labels`, labels);
    const format: DataFormat = { name, format: kind, inputWords: rowWords, normalised: normalisedAs(build, own), target };
    return { source, held: heldBy(source), data, format, meanWeights: meanWeights(own, build.loss), scored: {} };
  }

  /** What predicts from samples that come like this, and are seen like this. */
  async predicting({ format, inputWords, normalised }: Omit<DataFormat, 'name' | 'target'>, weights: Weights, seen?: Partial<Seen>): Promise<Predicting> {
    await seen?.place?.(PREDICT);
    const { build } = this.#prepared, own: DataFormat = { name: PREDICT, format, inputWords, normalised, target: CLASS_FORMAT }, key = JSON.stringify([own, weights]);
    const loaded = this.#predict.get(key) ?? (await this.#program.load(makePlan(predictGraph(build, own, weights))));
    this.#predict.set(key, loaded);
    return { loaded, format: own, drawn: seen?.drawn };
  }

  /** What metrics need of a data set that is there. */
  async addScored({ format, scored, data: { length } }: Resident, weights: Weights): Promise<void> {
    const { name, inputWords, target: { kind, labelWords } } = format;
    scored[weights] ??= await this.#program.load(makePlan(predictGraph(this.#prepared.build, format, weights)));
    // The caller's array may be another by now.
    const [part, words] = kind === 'inputs' ? ['inputs', inputWords] : ['labels', labelWords];
    scored.targets ??= await this.#program.read({ buffer: `${name}.${part}`, offset: 0, bytes: 4 * length * words });
  }

  /** Sends data sets away until `added` bytes fit the budget. @throws OutOfMemoryError */
  makeRoom(added: number, category: Category = 'data'): void {
    const { memoryBudgetBytes = Infinity } = this.#prepared.config;
    const isFull = (): boolean => category === 'data' && this.#residents.length >= MAX_RESIDENT;
    while (isFull() || this.#program.memory().total + added > memoryBudgetBytes) {
      if (!this.#evict()) break;
    }
    const now = this.#program.memory();
    checkBudget(memoryBudgetBytes, { ...now, [category]: (now[category] ?? 0) + added, total: now.total + added });
  }

  /** Sends the data set away that was not used for longest; false when a running fit needs them all. */
  #evict(): boolean {
    const oldest = this.#residents.findLast(({ source }) => !this.pinned.has(source));
    if (oldest === undefined) return false;
    this.#residents = this.#residents.filter((resident) => resident !== oldest);
    const { format } = oldest;
    this.#program.removeBuffers(
      ['inputs', 'labels', 'order', 'normalisation'].map((part) => `${format.name}.${part}`).filter((name) => this.#program.has(name)),
    );
    return true;
  }

  /** One permutation per distinct seed; replicas of one seed share it. */
  async #addOrders(resident: Resident): Promise<void> {
    const seeds = [...new Set(this.#prepared.settings.map(({ seed }) => seed))];
    const { length } = resident.data;
    this.makeRoom(4 * seeds.length * length);
    await this.#program.addBuffers([
      { name: `${resident.format.name}.order`, bytes: 4 * seeds.length * length, category: 'data' },
    ]);
    resident.orders = this.#prepared.settings.map(({ seed }) => seeds.indexOf(seed) * length);
  }

  /** Uploads an epoch's permutations. `epoch` is 0-based. */
  shuffle(resident: Resident, epoch: number): void {
    const { data, format, orders, meanWeights: weights } = resident;
    if (weights !== undefined) resident.orderedWeights ??= new Float64Array((Math.max(...orders!) + data.length));
    const seen = new Set<number>();
    this.#prepared.settings.forEach(({ seed }, replica) => {
      const order = orders![replica]!;
      if (seen.has(order)) return;
      seen.add(order);
      const own = epochOrder(data.length, seed, epoch) as Uint32Array<ArrayBuffer>;
      this.#program.write(`${format.name}.order`, own, 4 * order);
      if (weights !== undefined) own.forEach((sample, i) => { resident.orderedWeights![order + i] = weights[sample]!; });
    });
  }
}
