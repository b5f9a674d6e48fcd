/** The row table of one submit, on the CPU. */

import type { Build } from '../compile/build.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { rowBytes } from '../compile/buffers.ts';
import { RowWriter } from '../compile/row-writer.ts';
import { rowTable, type Clock, type RowHeader, type RowTable } from '../compile/rows.ts';

/** What a replica does in one step; without a clock nothing is updated. */
export interface StepOfReplica {
  readonly header: Omit<RowHeader, 'slot'>;
  readonly clock?: Clock;
}

export class Rows {
  readonly #build: Build;
  readonly #stride: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #table: RowTable;
  #settings: readonly ReplicaSettings[];
  #writer: RowWriter;
  #longest = 0;

  /** @param stride bytes from one step's rows to the next */
  constructor(build: Build, settings: readonly ReplicaSettings[], stride: number) {
    this.#build = build;
    this.#stride = stride;
    this.#bytes = new Uint8Array(stride * build.capacity);
    this.#table = rowTable(this.#bytes.buffer);
    this.#settings = settings;
    this.#writer = new RowWriter(build.rule.name, settings, build.groups);
  }

  get settings(): readonly ReplicaSettings[] {
    return this.#settings;
  }

  set settings(settings: readonly ReplicaSettings[]) {
    this.#settings = settings;
    this.#writer = new RowWriter(this.#build.rule.name, settings, this.#build.groups);
  }

  /** Steps of the longest submit so far. */
  get longest(): number {
    return this.#longest;
  }

  /** Rows of `steps` steps; `row` says what a replica does in the step of a slot. */
  fill(steps: number, row: (slot: number, replica: number) => StepOfReplica): Uint8Array<ArrayBuffer> {
    const { replicas } = this.#build;
    this.#longest = Math.max(this.#longest, steps);
    const entry = rowBytes(this.#build) / replicas;
    for (let slot = 0; slot < steps; slot++) {
      for (let replica = 0; replica < replicas; replica++) {
        const { header, clock } = row(slot, replica);
        this.#writer.write(this.#table, slot * this.#stride + replica * entry, replica, { ...header, slot }, clock);
      }
    }
    return this.#bytes;
  }
}
