/** What a self-test runs: training steps, what is read of weights, evaluations, a prediction. */

import { pad4 } from '../../model/arena.ts';
import type { LoadedPlan, ReadRange, Submit } from '../../scheduler/executor.ts';
import type { Engine } from '../engine.ts';
import { contentsOf, type Contents, type Subject } from './contents.ts';
import { isLarge, textOf } from './large.ts';
import { fewOf } from './places.ts';
import { TestRows, trainedBatches, type Batch } from './rows.ts';

/** One step of a plan. */
export interface TestStep {
  readonly loaded: LoadedPlan;
  readonly rows: Uint8Array<ArrayBuffer>;
  /** The same for the mirror, which has its samples elsewhere. */
  readonly mirrorRows: Uint8Array<ArrayBuffer>;
  /** Of the row table, and of a submit's results. */
  readonly slot: number;
  /** What it makes, to be known by its bits. */
  readonly results: readonly ReadRange[];
}

/** Steps of one plan, submitted together. */
export interface TestSubmit {
  readonly once?: NonNullable<Submit['once']>;
  readonly loaded: LoadedPlan;
  readonly steps: readonly TestStep[];
  /** The step, if there is one, before which others run in which no replica is active. */
  readonly idleBefore: number;
}

/** A batch on the device, and where the mirror has its samples. */
interface Evaluated {
  readonly device: Batch;
  readonly mirror: Batch;
}

const WEIGHTS = ['current', 'average'] as const;

/** The first slot of a submit, and where there are two steps the last one; others of the later ones in other turns. */
function slotsOf(count: number, capacity: number, turn: number): number[] {
  const later = capacity < 2 ? 0 : 1 + ((capacity - 2 + turn) % (capacity - 1));
  return [0, later].slice(0, count);
}

/** Steps one after the other in submits, as their slots allow. */
function inSubmits(loaded: LoadedPlan, steps: readonly TestStep[], idleBefore: number): TestSubmit[] {
  const submits: { loaded: LoadedPlan; steps: TestStep[]; idleBefore: number }[] = [];
  steps.forEach((step, i) => {
    if (i === 0 || step.slot <= steps[i - 1]!.slot) submits.push({ loaded, steps: [], idleBefore });
    submits.at(-1)!.steps.push(step);
  });
  return submits;
}

export class SelfTest {
  readonly engine: Engine;
  readonly subject: Subject;
  readonly contents: Contents;
  readonly #rows: TestRows;
  /** What evaluates on each data set. More may be loaded while the test is used: they are no part of it. */
  readonly #evaluating: readonly (readonly LoadedPlan[])[];
  /** Large dispatches that were run with a whole batch. */
  readonly #seen = new Set<string>();

  constructor(engine: Engine, subject: Subject) {
    this.engine = engine;
    this.subject = subject;
    this.contents = contentsOf(engine.build, subject);
    this.#evaluating = subject.residents.map((resident) => WEIGHTS.flatMap((weights) => resident[weights] ?? []));
    this.#rows = new TestRows(engine.build, engine.settings, engine.program.rowStride, this.contents.rms);
  }

  /** Everything, in its order. Each turn takes other slots: no result depends on them. */
  submits(turn = 0): TestSubmit[] {
    const { residents, predicts } = this.subject;
    this.#seen.clear();
    return [
      ...this.trained(turn), ...this.#readings(), ...residents.flatMap(({ data }, i) => this.#evaluations(data.length, i, turn)),
      ...(predicts === undefined ? [] : this.#predicted(predicts.loaded)),
    ];
  }

  #losses(slot: number, count: number): ReadRange[] {
    const { replicas, capacity, batchSize } = this.engine.build;
    return Array.from({ length: replicas }, (_, replica) => ({ buffer: 'samples', offset: 4 * batchSize * (replica * capacity + slot), bytes: 4 * count }));
  }

  /** Training steps, as neighbours: what one leaves the next one finds. */
  trained(turn = 0): TestSubmit[] {
    return this.#trained(slotsOf(2, this.engine.build.capacity, turn), Infinity);
  }

  /** The same at the end of the longest submit there is: what comes last of many dispatches must be what comes last of few. */
  trainedLate(): TestSubmit[] {
    const { capacity } = this.engine.build;
    return capacity > 2 ? this.#trained([capacity - 2, capacity - 1], 0) : [];
  }

  #trained(slots: readonly number[], idleBefore: number): TestSubmit[] {
    const { subject: { residents: [resident], trains }, contents: { drawn } } = this;
    if (!trains) return [];
    const { data, train, orders } = resident!, batches = trainedBatches(data.length, drawn[0]!.count);
    const steps = batches.map((_, i): TestStep => {
      const slot = slots[i]!, rows = this.#rows.train(batches, i, slot, orders!);
      return { loaded: train!, rows, mirrorRows: rows, slot, results: this.#losses(slot, batches[i]!.count) };
    });
    this.#isKnown(train!);
    const [first, ...more] = inSubmits(train!, steps, idleBefore);
    return [{ once: this.engine.onceIn(resident!), ...first! }, ...more];
  }

  /** What is read of the weights. It must leave the losses as they were. */
  #readings(): TestSubmit[] {
    const { subject: { residents: [resident], trains }, engine: { build: { replicas, network }, readings }, contents: { drawn } } = this;
    if (!trains) return [];
    const { data, orders } = resident!, batches = trainedBatches(data.length, drawn[0]!.count);
    const rows = this.#rows.train(batches, batches.length - 1, 0, orders!), sums = { buffer: 'sums', offset: 0, bytes: 16 * replicas * network.chunks };
    return readings.plans.map((plan, i): TestSubmit => ({ loaded: plan, steps: [{ loaded: plan, rows, mirrorRows: rows, slot: 0, results: i === 0 ? [sums] : [] }], idleBefore: 1 }));
  }

  /** Whether its products, where they are large, were run by now with whole batches. */
  #isKnown({ plan: { dispatches } }: LoadedPlan): boolean {
    const large = dispatches.filter(isLarge).map(textOf), isKnown = large.length > 0 && large.every((text) => this.#seen.has(text));
    large.forEach((text) => this.#seen.add(text));
    return isKnown;
  }

  #evaluated(loaded: LoadedPlan, batches: readonly Evaluated[], turn: number, resultsOf: (slot: number, count: number) => ReadRange[]): TestSubmit[] {
    const slots = slotsOf(batches.length, this.engine.build.capacity, turn);
    const steps = batches.map(({ device, mirror }, i): TestStep => {
      const slot = slots[i]!;
      return { loaded, rows: this.#rows.evaluate(device, slot), mirrorRows: this.#rows.evaluate(mirror, slot), slot, results: resultsOf(slot, device.count) };
    });
    return inSubmits(loaded, steps, 1);
  }

  /** Samples at the data set's end, and some at its beginning. */
  #evaluations(length: number, i: number, turn: number): TestSubmit[] {
    const { count: whole, places } = this.contents.drawn[i]!, few = fewOf(whole), first: Batch = { position: 0, count: few };
    return this.#evaluating[i]!.flatMap((loaded) => {
      const count = this.#isKnown(loaded) ? few : whole, last = (samples: number): Batch => ({ position: samples - count, count });
      const batches = [{ device: last(length), mirror: last(places.length) }, { device: first, mirror: first }];
      return this.#evaluated(loaded, batches, turn, (slot, own) => this.#losses(slot, own));
    });
  }

  #predicted(loaded: LoadedPlan): TestSubmit[] {
    const { batchSize, replicas, network } = this.engine.build, few = fewOf(batchSize);
    const whole: Batch = { position: 0, count: this.#isKnown(loaded) ? few : batchSize }, batches = [{ position: batchSize - few, count: few }, whole];
    const { buffer, offset, stride } = loaded.plan.results['probabilities']!;
    // One after the other, as predictions are submitted.
    return batches.flatMap((batch) => this.#evaluated(loaded, [{ device: batch, mirror: batch }], 0, (_, count) => Array.from({ length: replicas }, (__, replica) =>
      ({ buffer, offset: 4 * (offset + replica * stride), bytes: 4 * count * pad4(network.outputs) }))));
  }
}
