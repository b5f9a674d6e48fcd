/** IDX files built by hand, from the format's description and not by the library. */
import { expect } from 'vitest';

export function idxBytes(shape: readonly number[], data: ArrayLike<number>, type = 0x08): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((size, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, size));
  bytes.set(Array.from(data), 4 + 4 * shape.length);
  return bytes;
}

/** Three images of 2 x 2 and their labels. */
export const images = idxBytes([3, 2, 2], [0, 1, 2, 3, 10, 11, 12, 13, 252, 253, 254, 255]);
export const labels = idxBytes([3], [2, 0, 1]);

type ErrorClass = new (...args: never[]) => Error;

/** The call throws (or rejects with) exactly this class, and the message says each of the given things. */
export async function expectFault(call: () => unknown, type: ErrorClass, ...says: (string | number)[]): Promise<void> {
  const error = await (async () => call())().then(() => undefined, (cause: unknown) => cause);
  expect(error).toBeInstanceOf(type);
  for (const words of says) expect((error as Error).message).toContain(String(words));
}
