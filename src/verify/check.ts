/**
 * Dispatch by dispatch: each is run alone on the device, and its float64 twin on the operands that the device had. So no
 * rounding adds up, every bound is that of one operation, and what is wrong is named. All of what a dispatch may write is
 * looked at; what it need not write must be as it was.
 */

import { now } from '../host.ts';
import { rowsOf, type Row } from '../float64/rows.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import type { CopyRange, Executor, LoadedPlan } from '../scheduler/executor.ts';
import { bounds } from './bounds.ts';
import { isBeyond, isOfRange } from './beyond.ts';
import { compareFloats, compareWords } from './compare.ts';
import type { Allowed, Look } from './look.ts';
import { boundBy, type Bound, type Mirror } from './mirror.ts';
import { partsOf, type Part } from './parts.ts';

/** A wrong number, and how many there are in what the dispatch wrote into the buffer. */
export interface Wrong {
  readonly buffer: string;
  /** Element of the buffer. */
  readonly element: number;
  readonly wanted: number;
  readonly got: number;
  readonly allowed: number;
  readonly count: number;
}

/** What came of one dispatch. */
export interface Checked {
  readonly plan: string;
  readonly step: number;
  readonly kernel: string;
  readonly label: string;
  /** Largest error in parts of its bound. */
  readonly worst: number;
  readonly wrong?: Wrong;
  readonly milliseconds: number;
}

/** One step of a plan: a row per replica. */
export interface CheckedStep {
  readonly loaded: LoadedPlan;
  readonly rows: Uint8Array<ArrayBuffer>;
  /** The same for the mirror, where its samples lie elsewhere. */
  readonly mirrorRows: Uint8Array<ArrayBuffer>;
  /** Of the row table. */
  readonly slot: number;
}

/** A dispatch to be run. */
interface Job {
  readonly loaded: LoadedPlan;
  readonly dispatch: Dispatch;
  readonly step: number;
  readonly slot: number;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly entries: readonly Row[];
}

/** A group's results in two logs, one of words and one of floats: copied there dispatch by dispatch, and read once. */
const LOGS = ['words', 'floats'] as const;
const GROUP_BYTES = 2 ** 20;

/** What lies in a part of a buffer: words, or the bits of floats. */
interface Piece extends Part {
  readonly contents: Uint32Array<ArrayBuffer>;
}

const floatsOf = ({ contents: { buffer, byteOffset, length } }: Piece): Float32Array => new Float32Array(buffer, byteOffset, length);

/** Makes each one when it is first asked for. */
function remembered<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name)!;
  };
}

/** Pieces of a buffer of floats in their places. */
function inPlace(pieces: readonly Piece[], length: number): Float32Array {
  const all = new Float32Array(length);
  for (const piece of pieces) all.set(floatsOf(piece), piece.at);
  return all;
}

/** All that the dispatch may write, by buffer. */
type Contents = ReadonlyMap<string, readonly Piece[]>;

const writtenBy = (dispatch: Dispatch): Bound[] => boundBy(dispatch).filter(({ isWritten }) => isWritten);

function jobsOf(steps: readonly CheckedStep[]): Job[] {
  return steps.flatMap(({ loaded, rows, mirrorRows, slot }, step) => loaded.plan.dispatches.map((dispatch, i): Job => ({
    loaded: { plan: loaded.plan, dispatches: [loaded.dispatches[i]] }, dispatch, step, slot, rows, entries: rowsOf(mirrorRows, dispatch.shape.row),
  })));
}

export class Checker {
  readonly #executor: Executor;
  readonly #mirror: Mirror;
  /** Whether something left the range of f32 by now, as float64 says it must or may: what follows need not be finite. */
  #leftRange = false;

  constructor(executor: Executor, mirror: Mirror) {
    this.#executor = executor;
    this.#mirror = mirror;
  }

  /**
   * Runs all dispatches of the steps, one after the other, up to a wrong one; the device is at the next ones while these are looked at.
   * @param onward told how much is done; what it throws ends the test
   * @param onStep called when the last of a step's dispatches was looked at: its results lie in the mirror
   */
  async run(steps: readonly CheckedStep[], { onward, onStep }: { onward?: (done: number) => void; onStep?: (step: number) => void } = {}): Promise<Checked[]> {
    const jobs = jobsOf(steps), groups = this.#groups(jobs), checked: Checked[] = [];
    const bytes = Math.max(4, ...groups.map((group) => group.reduce((sum, job) => sum + this.#bytesOf(job), 0)));
    const logs = [0, 1].flatMap((turn) => LOGS.map((kind) => `verify.${kind}.${turn}`));
    await this.#executor.addBuffers(logs.map((name) => ({ name, bytes, category: 'metrics' })));
    let ahead = this.#start(groups[0]!, 0);
    ahead.catch(() => {}); // Thrown where it is awaited.
    try {
      for (const [i, group] of groups.entries()) {
        onward?.(i / groups.length);
        let start = now();
        const results = await ahead, next = groups[i + 1];
        if (next !== undefined) {
          ahead = this.#start(next, i + 1);
          ahead.catch(() => {}); // Thrown where it is awaited.
        }
        for (const [j, job] of group.entries()) {
          const found = { ...this.#look(job, results[j]!), milliseconds: now() - start };
          checked.push(found);
          // What follows was given wrong numbers.
          if (found.wrong !== undefined) return checked;
          if (jobs[checked.length]?.step !== job.step) onStep?.(job.step);
          start = now();
        }
      }
      return checked;
    } finally {
      await ahead.catch(() => {}); // It still reads the logs.
      this.#executor.removeBuffers(logs);
    }
  }

  #bytesOf({ dispatch }: Job): number {
    return writtenBy(dispatch).flatMap((one) => this.#partsOf(dispatch, one)).reduce((sum, { length }) => sum + 4 * length, 0);
  }

  #partsOf(dispatch: Dispatch, { binding, buffer }: Bound): Part[] {
    return partsOf(dispatch, binding, this.#mirror.of(buffer).bytes / 4);
  }

  #groups(jobs: readonly Job[]): Job[][] {
    const groups: Job[][] = [];
    let room = 0;
    for (const job of jobs) {
      const bytes = this.#bytesOf(job);
      if (bytes > room) {
        groups.push([]);
        room = GROUP_BYTES;
      }
      groups.at(-1)!.push(job);
      room -= bytes;
    }
    return groups;
  }

  /** Submits a group; what its dispatches left. */
  async #start(group: readonly Job[], turn: number): Promise<Contents[]> {
    const ends = { words: 0, floats: 0 };
    const places = group.map(({ loaded, dispatch, rows, slot }) => {
      // Not collected: reading the logs waits for all.
      this.#executor.submit({ plan: loaded, steps: 1, rows, slots: [slot], read: {} });
      return writtenBy(dispatch).map((one) => {
        const kind = one.isWords ? 'words' : 'floats', to = `verify.${kind}.${turn % 2}`;
        const copies = this.#partsOf(dispatch, one).map(({ at, length }): Required<CopyRange> => {
          const copy = { from: one.buffer, to, offset: 4 * at, target: ends[kind], bytes: 4 * length };
          ends[kind] += copy.bytes;
          return copy;
        });
        this.#executor.copy(copies);
        return { buffer: one.buffer, kind, copies } as const;
      });
    });
    const read = async (kind: (typeof LOGS)[number]): Promise<ArrayBuffer> =>
      (ends[kind] === 0 ? new ArrayBuffer(0) : this.#executor.read({ buffer: `verify.${kind}.${turn % 2}`, offset: 0, bytes: ends[kind] }));
    const [words, floats] = await Promise.all([read('words'), read('floats')]), logs = { words, floats };
    return places.map((own) => new Map(own.map(({ buffer, kind, copies }) => [buffer, copies.map(({ offset, target, bytes }): Piece =>
      ({ at: offset / 4, length: bytes / 4, contents: new Uint32Array(logs[kind], target, bytes / 4) }))])));
  }

  #look({ dispatch, entries, loaded, step }: Job, contents: Contents): Omit<Checked, 'milliseconds'> {
    const found = this.#compare(dispatch, entries, contents);
    this.#take(dispatch, contents);
    return { plan: loaded.plan.name, step, kernel: dispatch.kernel, label: dispatch.label, ...found };
  }

  /** The device's results become the twins' operands. */
  #take(dispatch: Dispatch, contents: Contents): void {
    for (const { buffer, isWords } of writtenBy(dispatch)) {
      const storage = this.#mirror.of(buffer);
      void (isWords ? storage.words : storage.floats);
      for (const { at, contents: words } of contents.get(buffer)!) storage.write(words, 4 * at);
    }
  }

  #compare(dispatch: Dispatch, rows: readonly Row[], contents: Contents): Pick<Checked, 'worst' | 'wrong'> {
    const mirror = this.#mirror, bound = boundBy(dispatch);
    // Whether words or floats lie in a buffer is known from here on.
    for (const { buffer, isWords } of bound) void (isWords ? mirror.of(buffer).words : mirror.of(buffer).floats);
    const bufferOf = (name: string): string => bound.find(({ binding }) => binding === name)!.buffer;
    const gradients = new Map<string, Float64Array>();
    const run = mirror.runOf(dispatch, rows, (replica, tensor, gradient) => gradients.set(`${replica} ${tensor}`, gradient));
    mirror.run(dispatch, run);
    const look: Look = {
      ...run, want: run.floats, before: (binding) => mirror.of(bufferOf(binding)).written,
      got: remembered((binding) => inPlace(contents.get(bufferOf(binding))!, mirror.of(bufferOf(binding)).bytes / 4)),
      gradientOf: (replica, tensor) => gradients.get(`${replica} ${tensor}`)!,
    };
    const allowed = bounds[dispatch.kernel]!(look);
    const results = bound.filter(({ isWritten }) => isWritten).map((one) => this.#difference(one, contents.get(one.buffer)!, allowed));
    const worst = Math.max(0, ...results.map((one) => one.worst)), wrong = results.find((result) => result.wrong !== undefined)?.wrong;
    const isExcused = wrong !== undefined && (this.#leftRange ? isOfRange(dispatch, wrong) : isBeyond(dispatch, look, gradients.values()));
    this.#leftRange ||= isExcused || results.some(({ leftRange }) => leftRange);
    return wrong === undefined || isExcused ? { worst: Math.min(1, worst) } : { worst, wrong };
  }

  #difference({ binding, buffer, isWords }: Bound, pieces: readonly Piece[], allowed: Allowed): { worst: number; leftRange: boolean; wrong?: Wrong } {
    const storage = this.#mirror.of(buffer), own = allowed[binding];
    const found = pieces.map((piece) => {
      const { at, length, contents } = piece;
      if (isWords) {
        const want = storage.words.subarray(at, at + length);
        return { ...compareWords(contents, want), got: contents, want, bound: undefined, first: at };
      }
      const got = floatsOf(piece), want = storage.floats.subarray(at, at + length), bound = own?.subarray(at, at + length);
      return { ...compareFloats(got, want, bound), got, want, bound, first: at };
    });
    const worst = Math.max(0, ...found.map((one) => one.worst)), leftRange = found.some((one) => one.leftRange), count = found.reduce((sum, { wrong }) => sum + wrong, 0);
    if (count === 0) return { worst, leftRange };
    const { at, first, got, want, bound } = found.reduce((a, b) => (b.wrong > 0 && (a.wrong === 0 || b.worst > a.worst) ? b : a));
    return { worst, leftRange, wrong: { buffer, element: first + at, wanted: want[at]!, got: got[at]!, allowed: bound?.[at] ?? 0, count } };
  }
}
