/** One pass over a value. */

import type { MapShape } from '../../kernels/map.ts';
import { map as reference } from '../../reference/index.ts';
import { eachActive, put, take, viewed, type Twin } from '../twin.ts';
import { activationOf, layerBelow } from './below.ts';
import { slopesOf } from './slopes.ts';

export const map: Twin<MapShape> = (run) => {
  const { rows, columns, width, add, activation, entry, slopes, below } = run.shape, size = { rows, columns, width };
  eachActive(run, (row, replica) => {
    const of = (binding: string): Float64Array => take(viewed(run, binding, replica, size));
    put(viewed(run, 'output', replica, size), reference({
      input: of('input'), other: add ? of('other') : undefined, ...activationOf(row, activation, entry),
      slopes: slopesOf(() => run.floats('parameters'), slopes, replica * (slopes?.parametersStride ?? 0), width), width,
      below: layerBelow(row, below, of('stored'), rows),
    }));
  });
};
