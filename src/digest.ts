/** SHA-256 in hexadecimal, on every host. A leaf. */

const hexadecimal = (digest: Uint8Array): string => Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * By the host's own implementation, or by ours where there is none: pages that are no secure context, and tests that
 * imitate a page (jsdom), have no `crypto.subtle`.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = (globalThis as { crypto?: Partial<Crypto> }).crypto?.subtle;
  if (subtle !== undefined) return hexadecimal(new Uint8Array(await subtle.digest('SHA-256', bytes)));
  return hexadecimal((await import('./sha256.ts')).sha256Bytes(bytes));
}
