/**
 * A drawn digit brought into MNIST's form (LeCun et al. 1998, section III.A): scaled into a 20 x 20 box with its
 * aspect ratio kept, then placed in 28 x 28 by its centre of mass. Pure.
 *
 * What the files themselves show is followed: all ink boxes are 20 on the longer side, and the centre of mass lies
 * within half a pixel of the middle of pixel (14, 14), because the box was moved by whole pixels.
 */

import { mat3, vec2, type Mat3 } from 'wgpu-matrix';

/** Ink on paper: width * height values, row-major, 0 = paper, 255 = ink. Pixel (x, y) covers [x, x + 1) x [y, y + 1). */
export interface Ink {
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

export const SIDE = 28;
const BOX = 20;
const MIDDLE = 14.5;

export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Sum of all values, and their centre of mass. */
  readonly mass: number;
  readonly x: number;
  readonly y: number;
}

/** The box around all ink and its centre of mass; undefined for blank paper. */
export function extentOf({ values, width, height }: Ink): Extent | undefined {
  let left = width, top = height, right = 0, bottom = 0, mass = 0, x = 0, y = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column]!;
      if (value === 0) continue;
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
      top = Math.min(top, row);
      bottom = row + 1;
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  return mass === 0 ? undefined : { left, top, right, bottom, mass, x: x / mass, y: y / mass };
}

/** From the drawing's coordinates to those of the 28 x 28 image. */
export function mnistTransform({ left, top, right, bottom, x, y }: Extent): Mat3 {
  const scale = BOX / Math.max(right - left, bottom - top);
  const centred = mat3.translation([SIDE / 2, SIDE / 2]);
  mat3.scale(centred, [scale, scale], centred);
  mat3.translate(centred, [-(left + right) / 2, -(top + bottom) / 2], centred);
  const [massX = 0, massY = 0] = vec2.transformMat3([x, y], centred);
  const shift = mat3.translation([Math.round(MIDDLE - massX), Math.round(MIDDLE - massY)]);
  return mat3.multiply(shift, centred);
}

/** The source pixels in [from, to), with their shares of the interval. */
interface Span {
  readonly first: number;
  readonly shares: readonly number[];
}

function span(from: number, to: number, length: number): Span {
  const first = Math.max(0, Math.floor(from));
  const end = Math.min(length, Math.ceil(to));
  const shares: number[] = [];
  for (let i = first; i < end; i++) shares.push((Math.min(to, i + 1) - Math.max(from, i)) / (to - from));
  return { first, shares };
}

/**
 * Every target pixel is the mean of the ink over the rectangle it covers: the exact box filter, so thin strokes
 * neither vanish nor alias at any scale. `transform` may scale and move.
 */
export function areaAverage({ values, width, height }: Ink, transform: Mat3): Uint8Array {
  const back = mat3.inverse(transform);
  const edges = Array.from({ length: SIDE + 1 }, (_, i) => vec2.transformMat3([i, i], back));
  const spans = (axis: 0 | 1, length: number): Span[] =>
    Array.from({ length: SIDE }, (_, i) => span(edges[i]![axis]!, edges[i + 1]![axis]!, length));
  const columns = spans(0, width);
  const rows = spans(1, height);
  const result = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < result.length; i++) {
    const row = rows[Math.floor(i / SIDE)]!;
    const column = columns[i % SIDE]!;
    let sum = 0;
    for (let y = 0; y < row.shares.length; y++) {
      const start = (row.first + y) * width + column.first;
      let line = 0;
      for (let x = 0; x < column.shares.length; x++) line += column.shares[x]! * values[start + x]!;
      sum += row.shares[y]! * line;
    }
    result[i] = Math.round(sum);
  }
  return result;
}

/** The drawing as MNIST would have it; undefined for blank paper. */
export function toMnist(ink: Ink): Uint8Array | undefined {
  const extent = extentOf(ink);
  return extent && areaAverage(ink, mnistTransform(extent));
}
