import { InputError } from '../errors.ts';
import { requireFields, requireLength } from './check.ts';

export interface SlopeGradientOptions {
  /** d loss / d output of the activation, [batch, width] */
  readonly delta: ArrayLike<number>;
  /** What the activation was made from, z, [batch, width] */
  readonly input: ArrayLike<number>;
  /** One slope for each column, or one for all: [width] or [1] */
  readonly slopes: ArrayLike<number>;
  readonly batch: number;
  readonly width: number;
}

export interface SlopeGradientResult {
  /** d loss / d z, [batch, width] */
  readonly output: Float64Array;
  /** d loss / d slope of each column, [width]: one slope for all takes their total. */
  readonly sums: Float64Array;
}

/** Throws InputError unless there is one, or one for each column. */
export function requireSlopes(kernel: string, slopes: ArrayLike<number>, width: number): void {
  if (slopes.length === 1 || slopes.length === width) return;
  throw new InputError(`${kernel}: slopes must have 1 element or ${width}, got ${slopes.length}. Give one for all columns, or one for each.`);
}

/**
 * PReLU, backward: dz = dy where z > 0, else a dy; da[j] = sum over rows r of dy[r, j] min(z[r, j], 0).
 * Throws InputError when an array has the wrong length.
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, equations 8 to 10; at 0 as in PyTorch.
 */
export function slopeGradient(options: SlopeGradientOptions): SlopeGradientResult {
  const { delta, input, slopes, batch, width } =
    requireFields('slope-gradient', options, { delta: 'values', input: 'values', slopes: 'values', batch: 'size', width: 'size' });
  requireLength('slope-gradient', 'delta', delta, batch * width);
  requireLength('slope-gradient', 'input', input, batch * width);
  requireSlopes('slope-gradient', slopes, width);
  const output = new Float64Array(batch * width), sums = new Float64Array(width);
  for (let i = 0; i < batch * width; i++) {
    const isAbove = input[i]! > 0;
    output[i] = isAbove ? delta[i]! : slopes[i % slopes.length]! * delta[i]!;
    sums[i % width]! += isAbove ? 0 : delta[i]! * input[i]!;
  }
  return { output, sums };
}
