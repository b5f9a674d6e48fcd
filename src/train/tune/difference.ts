/** Whether two candidates computed the same, but for the order of additions. Pure. */

/** Units in the last place of the value itself, and parts of the mean change, by which rounding may differ. */
const LAST_PLACES = 4 * 2 ** -23;
const OF_CHANGE = 1e-3;
/**
 * One element in so many may differ more: rules that look at a gradient's sign (Lion, the first step of Adam) turn a
 * difference in rounding around 0 into a whole step.
 */
const EXCEPTIONS = 100_000;

/** What was computed into a buffer: its floats before and after. Three views of equal length. */
export interface Computed {
  readonly before: Float32Array;
  readonly want: Float32Array;
  readonly got: Float32Array;
}

/**
 * Elements that differ by more than rounding. The same bits are the same, NaN included; NaN and a number never are.
 * The mean change is that of `want` against `before`, over what changed at all.
 */
export function countWrong({ before, want, got }: Computed): number {
  const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [gotBits, wantBits] = [bits(got), bits(want)];
  let squares = 0;
  let changed = 0;
  for (let i = 0; i < want.length; i++) {
    const change = want[i]! - before[i]!;
    if (change === 0 || !Number.isFinite(change)) continue;
    squares += change * change;
    changed++;
  }
  const scale = OF_CHANGE * Math.sqrt(squares / Math.max(1, changed));
  let wrong = 0;
  for (let i = 0; i < want.length; i++) {
    if (gotBits[i] === wantBits[i]) continue;
    const allowed = scale + LAST_PLACES * Math.abs(want[i]!);
    if (!(Math.abs(got[i]! - want[i]!) <= allowed)) wrong++;
  }
  return wrong;
}

/** How many wrong elements of what an update wrote are still rounding. */
export const allowedWrong = (length: number): number => Math.floor(length / EXCEPTIONS);
