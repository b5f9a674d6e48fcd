/** SHA-256 where the host has none: the vectors of FIPS 180-4 and its successor's examples, and the host's own beside ours. */
import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { sha256 } from '../../src/digest.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

// csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values, SHA-256; the empty message of CAVP.
const VECTORS: readonly (readonly [what: string, bytes: Uint8Array<ArrayBuffer>, digest: string])[] = [
  ['nothing', bytesOf(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['one block', bytesOf('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['two blocks', bytesOf('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'), '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ['a million letters', bytesOf('a'.repeat(1e6)), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

async function withoutSubtle<T>(work: () => Promise<T>): Promise<T> {
  vi.stubGlobal('crypto', { getRandomValues: () => {} }); // as in jsdom
  try {
    return await work();
  } finally {
    vi.unstubAllGlobals();
  }
}

test.each(VECTORS)('%s', async (_, bytes, digest) => {
  expect(await sha256(bytes)).toBe(digest);
  expect(await withoutSubtle(() => sha256(bytes))).toBe(digest);
});

test('every length around the ends of blocks, and views that do not begin at 0', async () => {
  const all = Uint8Array.from({ length: 300 }, (_, i) => (i * 151 + 7) & 255);
  for (let length = 0; length < 200; length += 1) {
    const view = all.subarray(3, 3 + length), wanted = createHash('sha256').update(view).digest('hex');
    expect(await withoutSubtle(() => sha256(view)), `${length} bytes`).toBe(wanted);
  }
});
