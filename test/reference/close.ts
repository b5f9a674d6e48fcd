/**
 * Throws unless got and want have the same length and |got - want| <= absolute + relative * |want| everywhere.
 * NaN never passes; infinities must match in sign. The message names the first and the worst element.
 */
export function expectClose(
  label: string, got: ArrayLike<number>, want: ArrayLike<number>, relative: number, absolute: number,
): void {
  if (got.length !== want.length) throw new Error(`${label}: wanted ${want.length} elements, got ${got.length}`);
  const wrong: number[] = [];
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i]! - want[i]!);
    const right = got[i] === want[i] || error <= absolute + relative * Math.abs(want[i]!);
    if (right && (Number.isFinite(want[i]) || got[i] === want[i])) continue;
    wrong.push(i);
    if (!(error <= Math.abs(got[worst]! - want[worst]!))) worst = i;
  }
  if (wrong.length === 0) return;
  const show = (i: number): string => `[${i}] ${got[i]} instead of ${want[i]}`;
  throw new Error(`${label}: ${wrong.length} of ${want.length} wrong; first ${show(wrong[0]!)}, worst ${show(worst)}`);
}
