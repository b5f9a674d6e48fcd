/** SHA-256 of parameters: equal bits, equal hash. */

import { sha256 } from '../digest.ts';

/** One hash per replica over its part of every tensor, in order. Each tensor has a leading replica axis. */
export function hashReplicas(tensors: readonly Float32Array[], replicas: number): Promise<string[]> {
  return Promise.all(Array.from({ length: replicas }, async (_, replica) => {
    const parts = tensors.map((values) => {
      const length = values.length / replicas;
      return values.subarray(replica * length, (replica + 1) * length);
    });
    const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return sha256(new Uint8Array(all.buffer));
  }));
}
