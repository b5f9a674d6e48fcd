/** What penalties are reported from. Everything is read through the staging there is: no buffer is made. */

import { gramSize } from '../kernels/gram.ts';
import { readBytes, rowBytes } from '../compile/buffers.ts';
import { parameterArena, type Build } from '../compile/build.ts';
import { sumsGraph } from '../compile/graphs.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { WeightLayer } from '../model/network.ts';
import { rowTable, writeRow, type Clock } from '../compile/rows.ts';
import type { Executor, LoadedPlan, ReadRange } from '../scheduler/executor.ts';
import { makePlan } from '../scheduler/plan.ts';

/** Whatever the step, for kernels that read weights only. */
const HEADER = { step: 0, position: 0, count: 0, active: true, order: 0, slot: 0 };

export class Readings {
  readonly #build: Build;
  readonly #program: Executor;
  readonly #sums: LoadedPlan;
  readonly #grams = new Map<number, LoadedPlan>();
  readonly #rows: Uint8Array<ArrayBuffer>;

  private constructor(build: Build, program: Executor, sums: LoadedPlan) {
    this.#build = build;
    this.#program = program;
    this.#sums = sums;
    this.#rows = new Uint8Array(program.rowStride);
  }

  static async create(build: Build, program: Executor): Promise<Readings> {
    const readings = new Readings(build, program, await program.load(makePlan(sumsGraph(build))));
    for (const layer of build.orthogonalLayers) {
      const { gramGraph } = await import('../compile/lower-penalty.ts');
      readings.#grams.set(layer, await program.load(makePlan(gramGraph(build, build.network.layers[layer] as WeightLayer))));
    }
    return readings;
  }

  /** All that may run. */
  get plans(): LoadedPlan[] {
    return [this.#sums, ...this.#grams.values()];
  }

  #writeRows(settings: readonly ReplicaSettings[], clocks: readonly Clock[] = []): void {
    const { rule: { name: rule }, replicas, groups } = this.#build;
    const table = rowTable(this.#rows.buffer);
    const entry = rowBytes(this.#build) / replicas;
    settings.forEach((own, replica) => writeRow(table, replica * entry, HEADER, { settings: own, rule, groups }, clocks[replica]));
  }

  /** A range of a buffer, of which the plan makes anew what is said, in pieces that fit the staging. */
  async #read({ buffer, offset, bytes }: ReadRange, plan: LoadedPlan, fresh: readonly ReadRange[]): Promise<Float32Array> {
    const result = new Uint8Array(bytes);
    const largest = readBytes(this.#build);
    for (let at = 0; at < bytes; at += largest) {
      const piece = { buffer, offset: offset + at, bytes: Math.min(largest, bytes - at) };
      const runs = at === 0 && fresh.length > 0;
      const pending = this.#program.submit({ plan, steps: runs ? 1 : 0, rows: this.#rows, read: { pieces: [piece] }, fresh: runs ? fresh : [] });
      const { pieces } = await pending.collect();
      result.set(new Uint8Array(pieces[0]!), at);
    }
    return new Float32Array(result.buffer);
  }

  /** Per replica and chunk: sum |w|, sum w^2, zeros, the level of sum w^2 (`kernels/squares.ts`). */
  sums(settings: readonly ReplicaSettings[]): Promise<Float32Array> {
    const { replicas, network } = this.#build;
    this.#writeRows(settings);
    const sums = { buffer: 'sums', offset: 0, bytes: 16 * replicas * network.chunks };
    return this.#read(sums, this.#sums, [sums]);
  }

  /** The parameter arenas of all replicas. */
  weights(): Promise<Float32Array> {
    return this.#read({ buffer: 'parameters', offset: 0, bytes: parameterArena(this.#build).bytes }, this.#sums, []);
  }

  /**
   * Products of a layer's weight with itself, [size, size] padded to 4, one matrix per replica. Where the penalty's
   * strength is 0 at the time of the clock it is not made, and holds anything: `isMade` says where it is.
   */
  async gram(layer: number, settings: readonly ReplicaSettings[], clocks: readonly Clock[], isMade: readonly boolean[]): Promise<Float32Array[]> {
    this.#writeRows(settings, clocks);
    const plan = this.#grams.get(layer)!;
    const { buffer, offset, stride } = plan.plan.results['gram']!;
    const { paddedInputs, paddedOutputs } = this.#build.network.layers[layer]!;
    const length = gramSize({ inputs: paddedInputs, outputs: paddedOutputs }) ** 2;
    const bytes = 4 * ((settings.length - 1) * stride + length);
    const made = isMade.flatMap((is, replica): ReadRange[] => (is ? [{ buffer, offset: 4 * (offset + replica * stride), bytes: 4 * length }] : []));
    const all = await this.#read({ buffer, offset: 4 * offset, bytes }, plan, made);
    return settings.map((_, replica) => all.subarray(replica * stride, replica * stride + length));
  }
}
