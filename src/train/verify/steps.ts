/** What a self-test runs: training steps, what is read of weights, evaluations, a prediction. */

import { pad4 } from '../../model/arena.ts';
import type { LoadedPlan, ReadRange, Submit } from '../../scheduler/executor.ts';
import type { Engine } from '../engine.ts';
import type { Resident } from '../residents.ts';
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
  /** No replica is active: nothing may change. */
  readonly isIdle?: boolean;
}

/** Steps of one plan, submitted together. */
export interface TestSubmit {
  readonly once?: NonNullable<Submit['once']>;
  readonly loaded: LoadedPlan;
  readonly steps: readonly TestStep[];
}

/** A batch on the device, and where the mirror has its samples. */
interface Evaluated {
  readonly device: Batch;
  readonly mirror: Batch;
}

const WEIGHTS = ['current', 'average'] as const;

/** Steps of a test's longest submit where the trainer has made no longer one, or the longest is not asked for. */
const STEPS = 16;

export class SelfTest {
  readonly engine: Engine;
  readonly subject: Subject;
  readonly contents: Contents;
  /** Whether submits are as long as the trainer's own. */
  isLong = true;
  readonly #rows: TestRows;
  /** What evaluates on each data set, and what gives its outputs. More may be loaded while the test is used: they are no part of it. */
  readonly #evaluating: readonly (readonly LoadedPlan[])[];
  readonly #scoring: readonly (readonly LoadedPlan[])[];
  /** Large dispatches that were run with a whole batch. */
  readonly #seen = new Set<string>();

  constructor(engine: Engine, subject: Subject) {
    this.engine = engine;
    this.subject = subject;
    this.contents = contentsOf(engine.build, subject);
    this.#evaluating = subject.residents.map((resident) => WEIGHTS.flatMap((weights) => resident[weights] ?? []));
    this.#scoring = subject.residents.map(({ scored }) => WEIGHTS.flatMap((weights) => scored[weights] ?? []));
    this.#rows = new TestRows(engine.build, engine.settings, engine.program.rowStride, this.contents.rms);
  }

  /** Everything, in its order. Each turn takes other places in the order: no result depends on them. */
  submits(turn = 0): TestSubmit[] {
    const { residents, predicts } = this.subject;
    this.#seen.clear();
    return [
      ...this.trained(turn), ...this.#readings(), ...residents.flatMap(({ data }, i) => [...this.#evaluations(data.length, i), ...this.#scores(data.length, i)]),
      ...(predicts === undefined ? [] : this.#predicted(predicts.loaded)),
    ];
  }

  #losses(slot: number, count: number, isActive: (replica: number) => boolean = () => true): ReadRange[] {
    const { replicas, capacity, batchSize } = this.engine.build;
    return Array.from({ length: replicas }, (_, replica) => replica).filter(isActive)
      .map((replica) => ({ buffer: 'samples', offset: 4 * batchSize * (replica * capacity + slot), bytes: 4 * count }));
  }

  /** As long as any submit was, or some steps: what comes last of many dispatches must be what comes last of few. */
  get #longest(): number {
    const { build: { capacity }, longestSubmit } = this.engine;
    return Math.min(capacity, Math.max(STEPS, this.isLong ? longestSubmit : 0));
  }

  /** Training steps, a submit each: two are under way together. */
  trained(turn = 0): TestSubmit[] {
    const resident = this.#training;
    if (resident === undefined) return [];
    this.#isKnown(resident.train!);
    const submits = this.#batches(turn).map((_, i): TestSubmit => ({ loaded: resident.train!, steps: [this.#trainingStep(resident, turn, i, 0)] }));
    return [{ once: this.engine.onceIn(resident), ...submits[0]! }, ...submits.slice(1)];
  }

  /** The same as neighbours, at the end of the longest submit; before them nothing trains. */
  trainedLate(turn = 0): TestSubmit[] {
    const resident = this.#training, batches = this.#batches(turn), first = this.#longest - batches.length;
    if (resident === undefined || first < 0) return [];
    const steps = Array.from({ length: this.#longest }, (_, slot) => this.#trainingStep(resident, turn, Math.max(0, slot - first), slot, slot < first));
    return [{ loaded: resident.train!, steps }];
  }

  get #training(): Resident | undefined {
    return this.subject.trains ? this.subject.residents[0] : undefined;
  }

  #batches(turn: number): Batch[] {
    const count = this.contents.drawn[0]?.count ?? 0, length = this.subject.residents[0]?.data.length ?? 0;
    return trainedBatches({ length, count, accumulate: this.engine.build.accumulate, turn });
  }

  /** Of several replicas the first one stops before the last step, unless that alone would update it. */
  #trainingStep({ train, orders }: Resident, turn: number, i: number, slot: number, isIdle = false): TestStep {
    const { replicas, accumulate } = this.engine.build, batches = this.#batches(turn);
    const stops = replicas > 1 && accumulate === 1 && i === batches.length - 1;
    const isActive = (replica: number): boolean => !isIdle && !(stops && replica === 0);
    const rows = this.#rows.train(batches, i, slot, orders!, isActive);
    return { loaded: train!, rows, mirrorRows: rows, slot, results: this.#losses(slot, batches[i]!.count, isActive), isIdle };
  }

  /** What is read of the weights. It must leave the losses as they were. */
  #readings(): TestSubmit[] {
    const resident = this.#training, { build: { replicas, network }, readings } = this.engine;
    if (resident === undefined) return [];
    const batches = this.#batches(0), rows = this.#rows.train(batches, batches.length - 1, 0, resident.orders!, () => true);
    const sums = { buffer: 'sums', offset: 0, bytes: 16 * replicas * network.chunks };
    return readings.plans.map((plan, i): TestSubmit => ({ loaded: plan, steps: [{ loaded: plan, rows, mirrorRows: rows, slot: 0, results: i === 0 ? [sums] : [] }] }));
  }

  /** Whether its products, where they are large, were run by now with whole batches. */
  #isKnown({ plan: { dispatches } }: LoadedPlan): boolean {
    const large = dispatches.filter(isLarge).map(textOf), isKnown = large.length > 0 && large.every((text) => this.#seen.has(text));
    large.forEach((text) => this.#seen.add(text));
    return isKnown;
  }

  #evaluatingStep(loaded: LoadedPlan, { device, mirror }: Evaluated, slot: number, results: readonly ReadRange[]): TestStep {
    return { loaded, rows: this.#rows.evaluate(device, slot), mirrorRows: this.#rows.evaluate(mirror, slot), slot, results };
  }

  /** Samples at the data set's end, some in its middle and at its beginning. */
  #placed(loaded: LoadedPlan, length: number, i: number): Evaluated[] {
    const { count: whole, places } = this.contents.drawn[i]!, few = fewOf(whole), middle = Math.floor((length - few) / 2);
    const at = (position: number): Evaluated => ({ device: { position, count: few }, mirror: { position: places.indexOf(position), count: few } });
    const count = this.#isKnown(loaded) ? few : whole, last = (samples: number): Batch => ({ position: samples - count, count });
    return [{ device: last(length), mirror: last(places.length) }, at(middle), at(0)];
  }

  /** All but the first are last of a long submit. */
  #evaluations(length: number, i: number): TestSubmit[] {
    return this.#evaluating[i]!.flatMap((loaded) => {
      const batches = this.#placed(loaded, length, i), late = this.#longest - 2;
      const step = (n: number, slot: number): TestStep => this.#evaluatingStep(loaded, batches[n]!, slot, this.#losses(slot, batches[n]!.device.count));
      if (late < 1) return batches.map((_, n): TestSubmit => ({ loaded, steps: [step(n, 0)] }));
      const idle = Array.from({ length: late - 1 }, (_, before): TestStep => {
        const rows = this.#rows.evaluate(batches[0]!.device, 1 + before, false);
        return { loaded, rows, mirrorRows: rows, slot: 1 + before, results: [], isIdle: true };
      });
      return [{ loaded, steps: [step(0, 0), ...idle, step(1, late), step(2, late + 1)] }];
    });
  }

  /** One batch after the other, as predictions are submitted. */
  #predicted(loaded: LoadedPlan): TestSubmit[] {
    const { batchSize } = this.engine.build, few = fewOf(batchSize);
    const whole: Batch = { position: 0, count: this.#isKnown(loaded) ? few : batchSize }, batches = [{ position: batchSize - few, count: few }, whole];
    return this.#outputs(loaded, batches.map((batch) => ({ device: batch, mirror: batch })), 'probabilities');
  }

  /** The same of a data set's samples: what metrics are made of. */
  #scores(length: number, i: number): TestSubmit[] {
    return this.#scoring[i]!.flatMap((loaded) => this.#outputs(loaded, this.#placed(loaded, length, i), 'logits'));
  }

  #outputs(loaded: LoadedPlan, batches: readonly Evaluated[], output: 'logits' | 'probabilities'): TestSubmit[] {
    const { replicas, network } = this.engine.build, { buffer, offset, stride } = loaded.plan.results[output]!;
    return batches.map((batch): TestSubmit => {
      const results = Array.from({ length: replicas }, (_, replica): ReadRange =>
        ({ buffer, offset: 4 * (offset + replica * stride), bytes: 4 * batch.device.count * pad4(network.outputs) }));
      return { loaded, steps: [this.#evaluatingStep(loaded, batch, 0, results)] };
    });
  }
}
