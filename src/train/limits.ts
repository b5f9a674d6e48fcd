/** Whether a trainer fits: the device's limits, and the user's budget. */

import { OutOfMemoryError } from '../errors.ts';
import { readBytes, rowBytes } from '../compile/buffers.ts';
import type { Build } from '../compile/build.ts';
import { rowTableBytes, type Limits, type MemoryReport } from '../scheduler/buffers.ts';
import { ECHO_BYTES } from '../scheduler/results.ts';
import { allBuffers, trainerMemory } from './memory.ts';

/** Largest number of replicas whose row and buffers fit `limits`; 0 if not even one does. */
function largestReplicaCount(build: Build, limits: Limits): number {
  const fits = (replicas: number): boolean => {
    const candidate = { ...build, replicas };
    const storage = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    return rowBytes(candidate) <= limits.maxUniformBufferBindingSize &&
      replicas <= limits.maxComputeWorkgroupsPerDimension &&
      allBuffers(candidate).every(({ bytes }) => bytes <= storage) &&
      rowTableBytes({ rowBytes: rowBytes(candidate), capacity: build.capacity }) <= limits.maxBufferSize &&
      readBytes(candidate) + ECHO_BYTES <= limits.maxBufferSize;
  };
  let low = 0;
  let high = build.replicas;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @throws OutOfMemoryError before anything is allocated */
export function checkFits(build: Build, limits: Limits): void {
  const largest = largestReplicaCount(build, limits);
  if (largest >= build.replicas) return;
  const { total } = trainerMemory(build);
  throw new OutOfMemoryError(
    `${build.replicas === 1 ? 'The network does' : `${build.replicas} replicas do`} not fit this device's limits (${limits.maxStorageBufferBindingSize} bytes per ` +
      `storage binding, ${limits.maxUniformBufferBindingSize} per uniform binding). ` +
      (largest > 0
        ? `The largest number that fits is ${largest}.`
        : `${build.replicas === 1 ? '' : 'Not even one fits. '}Use a smaller network or batch.`),
    total,
  );
}

/** @throws OutOfMemoryError naming the largest categories */
export function checkBudget(budget: number | undefined, memory: MemoryReport): void {
  if (budget === undefined || memory.total <= budget) return;
  const { total, ...parts } = memory;
  const largest = Object.entries(parts).sort(([, a], [, b]) => b - a).slice(0, 3)
    .map(([name, bytes]) => `${name} ${bytes}`).join(', ');
  throw new OutOfMemoryError(
    `Training needs ${total} bytes of GPU memory (${largest}); the budget is ${budget}. ` +
      'Use fewer replicas, a smaller batch, fewer samples or a larger budget.',
    total,
  );
}
