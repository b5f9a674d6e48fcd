/** A dispatch on the device and on its float64 twin, on the same buffers: whatever may be written must agree. */
import { rowsOf } from '../../src/float64/rows.ts';
import { twins } from '../../src/float64/twins.ts';
import type { Binding, DispatchShape } from '../../src/kernels/kernel.ts';
import { EPSILON, expectClose, expectWords } from './compare.ts';
import type { Contents } from './contents.ts';
import { runKernel, tableOf, type Bench, type Run } from './run-kernel.ts';

/** How far the floats of a binding may be off. Without one they must be equal after rounding. */
export interface Tolerance {
  readonly relative?: number;
  /** One for all, or by the wanted value and its place in the buffer. Where it is infinite nothing is compared. */
  readonly absolute?: number | ((value: number, i: number) => number);
  /** Things that must agree to the last one, whatever the tolerance: signs, and exact zeros. */
  readonly exactly?: 'signs' | 'zeros';
}

/** A dispatch's buffers by binding: floats unrounded. */
export type Numbers = Readonly<Record<string, Float64Array | Uint32Array>>;

/** Moves inputs up or down by as much as rounding may. */
export type Move = (numbers: Numbers, sign: 1 | -1) => void;

const isWords = ({ type }: Binding): boolean => type === 'u32';

const numbersOf = <Shape extends DispatchShape>({ kernel, buffers }: Run<Shape>): Numbers =>
  Object.fromEntries(kernel.bindings.filter(({ name }) => buffers[name] !== undefined).map((binding) => {
    const { words, floats } = buffers[binding.name]!;
    return [binding.name, isWords(binding) ? words.slice() : Float64Array.from(floats)];
  }));

/** The buffers after the dispatch in float64. */
export function runTwin<Shape extends DispatchShape>(run: Run<Shape>, change: (numbers: Numbers) => void = () => {}): Numbers {
  const { kernel, shape, rows, places = {} } = run, numbers = numbersOf(run);
  change(numbers);
  twins[kernel.name]!({
    shape, views: places, constants: kernel.constants(shape), rows: rowsOf(tableOf(rows, shape), shape.row),
    floats: (name) => numbers[name] as Float64Array, words: (name) => numbers[name] as Uint32Array,
  });
  return numbers;
}

/** An operation in f32 gives the exact result of operands that are off by less than this. */
export const ROUNDING = 2 * EPSILON;

/** A binding's floats, or some of them, off by a rounding. */
export const rounding = (binding: string, isMoved: (i: number) => boolean = () => true): Move => (numbers, sign) => {
  const values = numbers[binding]!;
  values.forEach((x, i) => { if (isMoved(i)) values[i] = x * (1 + sign * ROUNDING); });
};

/**
 * How far a binding's floats move when one kind of input after the other moves by a rounding. Where a result is
 * ill-conditioned (a threshold divided by a tiny metric, a cancellation) no order of f32 operations could do better.
 */
function spreadOf<Shape extends DispatchShape>(run: Run<Shape>, want: Numbers, moves: readonly Move[]): (binding: string, i: number) => number {
  const pairs = moves.map((move) => ([1, -1] as const).map((sign) => runTwin(run, (numbers) => move(numbers, sign))));
  return (binding, i) => pairs.reduce((sum, pair) => sum + Math.max(...pair.map((moved) => Math.abs(moved[binding]![i]! - want[binding]![i]!))), 0);
}

const EXACTLY = { signs: (x: number): number => Number(x >= 0), zeros: (x: number): number => Number(x === 0) } as const;

/**
 * Throws Mismatch unless the floats are the wanted ones. What float64 leaves as it was, the device must leave bit for
 * bit: pads, gaps between operands, frozen replicas.
 */
function expectFloats(
  label: string, got: Contents, before: Contents, want: Float64Array, { relative = 0, absolute = 0, exactly }: Tolerance,
  spread: (i: number) => number,
): void {
  const boundOf = (value: number, i: number): number => (typeof absolute === 'number' ? absolute : absolute(value, i)) + spread(i);
  const isKept = (i: number): boolean => Object.is(want[i], before.floats[i]);
  const all = Array.from(want, (_, i) => i), kept = all.filter(isKept);
  expectWords(`${label}, what must not change`, kept.map((i) => got.words[i]!), kept.map((i) => before.words[i]!));
  const changed = all.filter((i) => !isKept(i) && boundOf(want[i]!, i) !== Infinity);
  const exact = relative === 0 && absolute === 0 ? Math.fround : (x: number): number => x;
  const [found, wanted] = [changed.map((i) => got.floats[i]!), changed.map((i) => want[i]!)];
  expectClose(label, found, wanted.map(exact), relative, changed.map((i) => boundOf(want[i]!, i)));
  if (exactly !== undefined) expectWords(`${label}, ${exactly}`, found.map(EXACTLY[exactly]), wanted.map(EXACTLY[exactly]));
}

/** Runs a dispatch on both; returns what the device made. */
export async function expectTwin<Shape extends DispatchShape>(
  bench: Bench, run: Run<Shape>, tolerances: Readonly<Record<string, Tolerance>> = {}, moves: readonly Move[] = [],
): Promise<Record<string, Contents>> {
  const got = await runKernel(bench, run), want = runTwin(run), spread = spreadOf(run, want, moves);
  for (const binding of run.kernel.bindings.filter(({ access }) => access === 'read-write')) {
    const { name } = binding;
    if (isWords(binding)) expectWords(name, got[name]!.words, want[name]!);
    else expectFloats(name, got[name]!, run.buffers[name]!, want[name] as Float64Array, tolerances[name] ?? {}, (i) => spread(name, i));
  }
  return got;
}
