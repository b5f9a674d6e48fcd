/** Numbers that updates hand on from one to the next on the CPU, while several are in flight. In double precision. */

import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { HandedOn } from '../compile/groups.ts';
import type { Clock } from '../compile/rows.ts';
import { valueAt } from '../model/schedules/index.ts';

/** By tensor. */
type Numbers = readonly number[];

export class Carried {
  /** Per replica: after the updates whose results were taken; null before the first. Saved in checkpoints. */
  readonly taken: (Numbers | null)[];
  /** After updates in flight: by step, per replica. */
  readonly #ahead = new Map<number, Numbers[]>();

  constructor(taken: readonly (Numbers | null)[]) {
    this.taken = [...taken];
  }

  /** Before a replica's update at `step`. Updates are asked for in their order, each at least once. */
  before(replica: number, step: number): Numbers | null {
    return this.#ahead.get(step - 1)?.[replica] ?? this.taken[replica]!;
  }

  /** Per replica: after the last update that was asked for. */
  get last(): (Numbers | null)[] {
    const ahead = [...this.#ahead.values()].at(-1);
    return this.taken.map((taken, replica) => ahead?.[replica] ?? taken);
  }

  /** After that update. */
  after(replica: number, step: number, make: (before: Numbers | null) => Numbers): Numbers {
    const all = this.#ahead.get(step) ?? [];
    this.#ahead.set(step, all);
    return (all[replica] ??= make(this.before(replica, step)));
  }

  /** Results of `steps` updates from `step` on were taken. A frozen replica had none: its numbers stay. */
  take(step: number, steps: number): void {
    for (let at = step; at < step + steps; at++) {
      this.#ahead.get(at)?.forEach((numbers, replica) => { this.taken[replica] = numbers; });
      this.#ahead.delete(at);
    }
  }
}

type PerReplica = readonly (Numbers | null)[];

/** By replica, as rows are written with. */
export const handedOn = (l1Totals: PerReplica, lastRates: PerReplica): HandedOn[] =>
  l1Totals.map((totals, replica) => ({ l1Totals: totals ?? undefined, lastRates: lastRates[replica] ?? undefined }));

/** Updates from here on begin with what a state says. */
export function resumeCarried(engine: { l1Totals: Carried; lastRates: Carried }, { l1Totals, lastRates }: { readonly l1Totals: PerReplica; readonly lastRates: PerReplica }): void {
  engine.l1Totals = new Carried(l1Totals);
  engine.lastRates = new Carried(lastRates);
}

const ratesAt = ({ tensors }: ReplicaSettings, { step, steps, reductions }: Clock): number[] =>
  tensors.map(({ values }) => valueAt(values['learningRate']!, step, steps, reductions));

/** Cumulative L1: the sums of learning rate * l1 over all updates up to that of `clock`. */
export function l1TotalsAt(totals: Carried, replica: number, settings: ReplicaSettings, clock: Clock): Numbers {
  return totals.after(replica, clock.step, (before) => {
    const rates = ratesAt(settings, clock);
    return settings.tensors.map(({ penalties }, tensor) => {
      const { rule, strength } = penalties.l1!;
      if (rule !== 'cumulative') return 0;
      return (before?.[tensor] ?? 0) + rates[tensor]! * valueAt(strength, clock.step, clock.steps, clock.reductions);
    });
  });
}

/**
 * FTRL: learning rates of the update before that of `clock`, undefined before the first. Its state is scaled by them,
 * so a change by `set` or by a plateau must be seen, not only one by the step.
 */
export function lastRatesAt(rates: Carried, replica: number, settings: ReplicaSettings, clock: Clock): Numbers | undefined {
  rates.after(replica, clock.step, () => ratesAt(settings, clock));
  return rates.before(replica, clock.step) ?? undefined;
}
