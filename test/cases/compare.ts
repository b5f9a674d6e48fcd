/** The one comparison of numbers in all tests. Pure: it runs in pages too. */

/** Spacing of f32 numbers at 1, relative: the unit of every tolerance here. */
export const EPSILON = 2 ** -23;

/** What every comparison throws, so that a wrong answer cannot be mistaken for a broken test. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/**
 * Throws Mismatch unless got and want have the same length and |got - want| <= absolute + relative * |want| everywhere;
 * `absolute` may be one number or one per element.
 * NaN never passes, not even for NaN; infinities must match in sign. The message gives the count, and the first and
 * the worst element with both values; indices are [row, column] when the number of `columns` is given.
 */
export function expectClose(
  label: string, got: ArrayLike<number>, want: ArrayLike<number>, relative: number,
  absolute: number | ArrayLike<number>, columns?: number,
): void {
  if (got.length !== want.length) throw new Mismatch(`${label}: wanted ${want.length} elements, got ${got.length}`);
  const errorOf = (i: number): number => {
    if (got[i] === want[i]) return 0;
    const error = Math.abs(got[i]! - want[i]!);
    return Number.isNaN(error) ? Infinity : error;
  };
  const boundOf = (i: number): number => (typeof absolute === 'number' ? absolute : absolute[i]!) + relative * Math.abs(want[i]!);
  const isWrong = (i: number): boolean => {
    const error = errorOf(i);
    return error !== 0 && !(error < Infinity && error <= boundOf(i));
  };
  let count = 0, first = -1, worst = -1;
  for (let i = 0; i < want.length; i++) {
    if (!isWrong(i)) continue;
    if (count++ === 0) first = worst = i;
    else if (errorOf(i) > errorOf(worst)) worst = i;
  }
  if (count === 0) return;
  const index = (i: number): string => (columns === undefined ? `${i}` : `${Math.floor(i / columns)}, ${i % columns}`);
  const show = (i: number): string => `[${index(i)}] ${got[i]} instead of ${want[i]}`;
  throw new Mismatch(
    `${label}: ${count} of ${want.length} wrong; first ${show(first)}, worst ${show(worst)} ` +
      `(error ${errorOf(worst)}, allowed ${boundOf(worst)})`,
  );
}

/** Throws Mismatch unless the words are equal. */
export function expectWords(label: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  if (got.length !== want.length) throw new Mismatch(`${label}: wanted ${want.length} words, got ${got.length}`);
  const show = (word: number): string => `0x${word.toString(16).padStart(8, '0')}`;
  for (let i = 0; i < want.length; i++) {
    if (got[i] !== want[i]) throw new Mismatch(`${label}: word ${i} is ${show(got[i]!)} instead of ${show(want[i]!)}`);
  }
}
