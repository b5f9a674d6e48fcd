/** What is read once more because marks were found in it: they may be what the caller gave. Loaded where it happens. */

import type { Device } from '../device/index.ts';
import type { ReadRange } from '../scheduler/executor.ts';
import { POISON } from '../scheduler/results.ts';
import { notCopied } from '../scheduler/unwritten.ts';
import { BUFFER_USAGE } from './flags.ts';

/** A range, and how many bytes from the beginning it is copied to. */
export interface Placed extends ReadRange {
  readonly at: number;
}

/** No bit of it is the first mark's. */
const OTHER = ~POISON >>> 0;

/**
 * Reads into a buffer that was filled with another mark. No contents are both marks: where the other one lies and did not before,
 * nothing was copied.
 * @param copied copies the places to a buffer; what lies there then
 * @throws GradshaderError 'unwritten'
 */
export async function secondLook(device: Device, first: Uint32Array, places: readonly Placed[], copied: (target: GPUBuffer) => Promise<ArrayBuffer>): Promise<ArrayBuffer> {
  const size = first.byteLength, usage = BUFFER_USAGE.staging;
  const target = await device.checked('a buffer to read results with', () => device.gpu.createBuffer({ label: 'read again', size, usage, mappedAtCreation: true }), size);
  try {
    new Uint32Array(target.getMappedRange()).fill(OTHER);
    target.unmap();
    const contents = (await copied(target)).slice(0), words = new Uint32Array(contents);
    const found = places.find(({ at, bytes }) => words.subarray(at / 4, (at + bytes) / 4).some((word, i) => word === OTHER && first[at / 4 + i] !== OTHER));
    if (found === undefined) return contents;
    throw notCopied(found);
  } finally {
    target.destroy();
  }
}
