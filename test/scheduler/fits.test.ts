/** How many replicas fit a device, before anything is made: limits as data, no device is opened here. */
import { describe, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../src/errors.ts';
import { readBytes, rowBytes } from '../../src/compile/buffers.ts';
import type { Build } from '../../src/compile/build.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { checkSize, rowTableBytes } from '../../src/scheduler/buffers.ts';
import { prepare } from '../../src/train/prepare.ts';
import { checkFits } from '../../src/train/limits.ts';
import { allBuffers, trainerMemory } from '../../src/train/memory.ts';
import { flagship, FUSIONS, numbers, randomConfig, randomUpdateConfig } from './models.ts';

/** The specification's defaults, section 3.6.2 (limits), where a test does not say otherwise. */
const limitsOf = (changes: Partial<Record<keyof GPUSupportedLimits, number>> = {}): GPUSupportedLimits => ({
  maxStorageBufferBindingSize: 128 * 2 ** 20, maxUniformBufferBindingSize: 64 * 2 ** 10, maxBufferSize: 256 * 2 ** 20,
  maxComputeWorkgroupsPerDimension: 65535, ...changes,
}) as unknown as GPUSupportedLimits;

const copies = (build: Build, replicas: number): Build => ({ ...build, replicas });

/** Whether the device would take every buffer and binding, one by one. */
function isTaken(build: Build, limits: GPUSupportedLimits): boolean {
  const table = rowTableBytes({ rowBytes: rowBytes(build), capacity: build.capacity });
  try {
    for (const spec of allBuffers(build)) checkSize(spec, limits);
    checkSize({ name: 'rows', bytes: table, category: 'tables' }, limits);
    checkSize({ name: 'staging.0', bytes: readBytes(build), category: 'staging' }, limits);
  } catch (error) {
    if (error instanceof OutOfMemoryError) return false;
    throw error;
  }
  return rowBytes(build) <= limits.maxUniformBufferBindingSize && build.replicas <= limits.maxComputeWorkgroupsPerDimension;
}

/** The number that the refusal of `build` names; 0 for 'not even one'. */
function namedBy(build: Build, limits: GPUSupportedLimits): number {
  try {
    checkFits(build, limits);
  } catch (error) {
    expect(error).toBeInstanceOf(OutOfMemoryError);
    const { message, bytes } = error as OutOfMemoryError;
    expect(bytes).toBe(trainerMemory(build).total);
    expect(message).toContain(build.replicas === 1 ? 'The network does not fit' : `${build.replicas} replicas do not fit`);
    if (message.includes('Use a smaller network or batch.')) return 0;
    return Number(/largest number that fits is (\d+)\./.exec(message)![1]);
  }
  throw new Error(`${build.replicas} replicas were not refused.`);
}

describe('the largest number of replicas', () => {
  test.each([
    ['plain updates', (seed: number) => ({ ...randomConfig(seed), fusion: FUSIONS[seed % 3]! })],
    ['any update, with what it keeps beside its weights', randomUpdateConfig],
  ])('is the last that the device takes, for random networks and limits: %s', (_, configOf) => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 150; seed++) {
      const { build } = prepare(configOf(seed), 'software');
      const draw = numbers(5000 + seed);
      const limits = limitsOf({
        maxStorageBufferBindingSize: 2 ** draw(14, 22), maxUniformBufferBindingSize: 2 ** draw(12, 17),
        maxBufferSize: 2 ** draw(14, 23), maxComputeWorkgroupsPerDimension: draw(3, 60),
      });
      const largest = namedBy(copies(build, 10_000), limits);
      seen.add(largest);
      expect(isTaken(copies(build, largest + 1), limits)).toBe(false);
      expect(namedBy(copies(build, largest + 1), limits)).toBe(largest);
      if (largest === 0) continue;
      expect(isTaken(copies(build, largest), limits)).toBe(true);
      expect(() => checkFits(copies(build, largest), limits)).not.toThrow();
    }
    expect(seen.has(0)).toBe(true);
    expect(seen.size).toBeGreaterThan(10);
  });

  test('the flagship by hand: the arena of 1292288 floats is what does not fit 128 MiB first', () => {
    // 2^27 / (4 * 1292288) = 25.97; the momentum is a buffer of its own.
    const { build } = prepare(flagship(), 'hardware');
    expect(namedBy(copies(build, 32), limitsOf())).toBe(25);
    const adam = { ...build, rule: { ...build.rule, name: 'adam' as const } };
    expect(namedBy(copies(adam, 32), limitsOf())).toBe(12); // two slots in one state buffer
    expect(() => checkFits(copies(build, 32), limitsOf({ maxStorageBufferBindingSize: 2 ** 28 }))).not.toThrow();
  });

  test('a small network by hand: a row of 16 + 4 + 24 * 6 + 4 * 4 words each fits 64 KiB of uniforms 91 times', () => {
    const model = sequential([13], [dropout(0.1), dense(11), relu(), dropout(0.2), dense(7), relu(), dropout(0.3), dense(5)]);
    const { build } = prepare(flagship({ model, batchSize: 8 }), 'hardware');
    expect(Math.floor(65536 / (4 * (16 + 4 + 24 * 6 + 4 * 4)))).toBe(91);
    expect(namedBy(copies(build, 1000), limitsOf())).toBe(91);
  });

  test('counts the row table: one long submit of many rows', () => {
    const { build } = prepare(flagship({ maxStepsPerSubmit: 40_000, batchSize: 1 }), 'hardware');
    // Rows of 4 * (16 + 4 + 24 * 6 + 4) = 672 bytes in entries of 256: three take 8 of them, 82 MB in all, four take 11.
    expect(namedBy(copies(build, 8), limitsOf({ maxBufferSize: 40_000 * 8 * 256 }))).toBe(3);
    expect(namedBy(copies(build, 8), limitsOf({ maxBufferSize: 40_000 * 8 * 256 - 1 }))).toBe(2);
  });

  test('no number up to the largest is refused', () => {
    const { build } = prepare(flagship(), 'hardware');
    for (let replicas = 1; replicas <= 25; replicas++) expect(() => checkFits(copies(build, replicas), limitsOf())).not.toThrow();
  });
});

test('a network too large for one binding says so', () => {
  const model = sequential([10_000], [dense(10_000), dense(10)]);
  const { build } = prepare(flagship({ model }), 'hardware');
  expect(namedBy(build, limitsOf())).toBe(0);
  // The update table and the arena fit a larger device.
  expect(() => checkFits(build, limitsOf({ maxStorageBufferBindingSize: 2 ** 29, maxBufferSize: 2 ** 29 }))).not.toThrow();
});
