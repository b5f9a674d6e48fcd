/** Candidates on the device: their buffers, their numbers and their times. */

import type { Device } from '../../device/index.ts';
import { GradshaderError } from '../../errors.ts';
import { ROW_BINDING } from '../../kernels/kernel.ts';
import { stateArena } from '../../compile/build.ts';
import { residentBuffers, rowBytes } from '../../compile/buffers.ts';
import { initialParameters, initialState } from '../../compile/init.ts';
import { rowTable, writeRow } from '../../compile/rows.ts';
import { uniforms } from '../../random.ts';
import { bufferBytes, type BufferSpec } from '../../scheduler/buffers.ts';
import { Program, type ReadyPlan } from '../../webgpu/program.ts';
import type { Prepared } from '../prepare.ts';
import type { Contender } from './compete.ts';
import { allowedWrong, countWrong } from './difference.ts';
import type { Candidate, Subject } from './subjects.ts';

/** A buffer's contents as they were before any run. */
const before = (name: string): string => `${name} before`;

/** Random numbers are drawn once and repeated: a prime count, so that no two rows are alike. */
const PATTERN = 65_521;

/** What rules write that look at a gradient's sign: see `allowedWrong`. */
const HAS_EXCEPTIONS = ['parameters', 'state'];

/** Of a larger buffer, only its beginning and its end are compared. */
const COMPARED_BYTES = 2 ** 23;

const bound = (subjects: readonly Subject[], wanted: (access: string) => boolean): Set<string> =>
  new Set(subjects.flatMap(({ candidates: [{ plan }] }) => plan.dispatches.flatMap(({ bindings }) =>
    bindings.filter(({ access, buffer }) => wanted(access) && !(buffer in plan.tables)).map(({ buffer }) => buffer))));

/** The buffers that the subjects bind, and of those they write, what was in them before. */
export function benchBuffers(prepared: Prepared, subjects: readonly Subject[]): BufferSpec[] {
  const sizes = Object.entries(subjects[0]?.candidates[0].plan.buffers ?? {});
  const all: BufferSpec[] = [
    ...residentBuffers({ ...prepared.build, capacity: 1 }),
    ...sizes.map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'activations' })),
  ];
  const used = bound(subjects, (access) => access !== 'uniform');
  const written = bound(subjects, (access) => access === 'read-write');
  return [
    ...all.filter(({ name }) => used.has(name)),
    ...all.filter(({ name }) => written.has(name)).map((spec): BufferSpec => ({ ...spec, name: before(spec.name) })),
  ];
}

export class Bench {
  readonly #program: Program;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #rows: Uint8Array<ArrayBuffer>;

  private constructor(program: Program, specs: readonly BufferSpec[], rows: Uint8Array<ArrayBuffer>) {
    this.#program = program;
    this.#sizes = new Map(specs.map((spec) => [spec.name, bufferBytes(spec)]));
    this.#rows = rows;
  }

  /** Makes and fills the buffers: initial weights, random activations. @throws OutOfMemoryError; nothing stays */
  static async create(device: Device, prepared: Prepared, subjects: readonly Subject[]): Promise<Bench> {
    const buffers = benchBuffers(prepared, subjects);
    const program = await Program.create(device, { owner: 'tuner', buffers, rowBytes: rowBytes(prepared.build), capacity: 1, readBytes: 4 });
    const bench = new Bench(program, buffers, rowOf(prepared, program.rowStride));
    bench.#fill(prepared);
    return bench;
  }

  #fill({ build, settings }: Prepared): void {
    const { network, rule } = build;
    const pattern = Float32Array.from(uniforms(PATTERN, 1, 0), (u) => 2 * u - 1);
    const weights = initialParameters(network, 1);
    const states = stateArena(build).length > 0 ? settings.map((one) => initialState(network, rule, one, weights)) : [];
    for (const [name, bytes] of this.#sizes) {
      const [source] = name.split(' ');
      const write = (values: readonly Float32Array<ArrayBuffer>[], at = 0): void => {
        values.forEach((one, i) => this.#program.write(name, one, at + i * one.byteLength));
      };
      if (source === 'parameters') write(settings.map(() => weights));
      else if (source === 'state') write(states);
      else if (source!.startsWith('activations.')) {
        for (let at = 0; at < bytes; at += pattern.byteLength) write([pattern.subarray(0, Math.min(PATTERN, (bytes - at) / 4))], at);
      }
    }
  }

  /** Milliseconds of a submit that dispatches nothing: the least of three. */
  async latency(subject: Subject, now: () => number): Promise<number> {
    const { plan } = subject.candidates[0];
    const nothing = await this.#program.load({ ...plan, dispatches: [], tables: {} });
    const times: number[] = [];
    for (let i = 0; i < 3; i++) times.push(await this.#run(nothing, writtenBy(plan)[0]!, now));
    return Math.min(...times);
  }

  async #run(plan: ReadyPlan, read: string, now: () => number): Promise<number> {
    const start = now();
    await this.#program.submit({ plan, steps: 1, rows: this.#rows, read: { first: [{ buffer: read, offset: 0, bytes: 4 }] } }).collect();
    return now() - start;
  }

  /** The subject's candidates; the first that runs is what others are compared with. */
  contenders({ candidates }: Subject, now: () => number): Contender[] {
    let want: ReadonlyMap<string, Float32Array> | undefined;
    return candidates.map((candidate): Contender => {
      let loaded: ReadyPlan;
      const [read] = writtenBy(candidate.plan);
      return {
        name: candidate.name,
        prepare: async () => {
          loaded = await this.#program.load(candidate.plan);
          const got = await this.#outputs(candidate, loaded, now);
          if (want === undefined) want = got;
          else await this.#compare(want, got);
        },
        time: (runs) => this.#run({ ...loaded, dispatches: Array.from({ length: runs }, () => loaded.dispatches).flat() }, read!, now),
      };
    });
  }

  /** What one run makes of the same beginning. */
  async #outputs({ plan }: Candidate, loaded: ReadyPlan, now: () => number): Promise<Map<string, Float32Array>> {
    const written = writtenBy(plan);
    this.#program.copy(written.map((name) => ({ from: before(name), to: name, offset: 0, bytes: this.#sizes.get(name)! })));
    await this.#run(loaded, written[0]!, now);
    const outputs = new Map<string, Float32Array>();
    for (const name of written) outputs.set(name, await this.#read(name));
    return outputs;
  }

  async #read(name: string): Promise<Float32Array> {
    const size = this.#sizes.get(name.replace(/ before$/, ''))!;
    const half = Math.min(size, COMPARED_BYTES) / 2;
    const parts = size <= COMPARED_BYTES
      ? [{ buffer: name, offset: 0, bytes: size }]
      : [{ buffer: name, offset: 0, bytes: half }, { buffer: name, offset: size - half, bytes: half }];
    const all = new Float32Array(Math.min(size, COMPARED_BYTES) / 4);
    let at = 0;
    for (const part of parts) {
      all.set(new Float32Array(await this.#program.read(part)), at);
      at += part.bytes / 4;
    }
    return all;
  }

  /** @throws GradshaderError 'wrong-numbers' */
  async #compare(want: ReadonlyMap<string, Float32Array>, got: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, values] of got) {
      const wrong = countWrong({ before: await this.#read(before(name)), want: want.get(name)!, got: values });
      if (wrong > (HAS_EXCEPTIONS.includes(name) ? allowedWrong(values.length) : 0)) {
        throw new GradshaderError('wrong-numbers', `${wrong} of ${values.length} numbers in ${name} are not those of the default tile.`);
      }
    }
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.#program.destroy();
  }
}

const writtenBy = (plan: Candidate['plan']): string[] => [...new Set(plan.dispatches.flatMap(({ bindings }) =>
  bindings.filter(({ access, buffer }) => access === 'read-write' && buffer !== ROW_BINDING.name).map(({ buffer }) => buffer)))];

/** One step's rows: a full batch, in the middle of a schedule that may begin at a learning rate of 0. */
function rowOf({ build, settings }: Prepared, rowStride: number): Uint8Array<ArrayBuffer> {
  const { batchSize, rule: { name: rule }, groups } = build;
  const rows = new Uint8Array(rowStride);
  const entry = rowBytes(build) / settings.length;
  settings.forEach((one, replica) => {
    const header = { step: 1, position: 0, count: batchSize, active: true, order: 0, slot: 0 };
    writeRow(rowTable(rows.buffer), replica * entry, header, { settings: one, rule, groups }, { step: 1, steps: 2, t: 2 });
  });
  return rows;
}
