/**
 * Files mutated at seeded places, of every format that is read. Whatever comes out, it comes soon and of a known type; and
 * where a format has checksums, nothing that is taken differs from what was written.
 */
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { idxDataset } from '../../src/data/idx-dataset.ts';
import { GradshaderError } from '../../src/errors.ts';
import { CHECKSUMS } from '../../src/files/checksums.ts';
import { f32Tensor, readSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';
import type { Rule } from '../../src/kernels/rule.ts';
import { Arena } from '../../src/model/arena.ts';
import { readState, writeState, type FileLayout } from '../../src/optim/files.ts';
import type { Tensor } from '../../src/optim/tensors.ts';
import { randomWords } from '../../src/random.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { readCheckpoint } from '../../src/train/restore.ts';
import { prepareAfter } from '../../src/train/set.ts';
import { images, labels } from '../data/helpers.ts';
import { resealed } from './checkpoints.ts';
import format2 from './format-2.json' with { type: 'json' };
import version1 from './version-1.json' with { type: 'json' };

export interface Format {
  readonly file: Uint8Array;
  /** Plain data of all that matters in it. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Whether what is taken must be what was written. */
  readonly isSealed: boolean;
  /** Default: bytes of it. */
  readonly mutate?: typeof mutated;
}

const decoded = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** All of loading but the GPU. */
const checkpoint = (bytes: Uint8Array): unknown => {
  const { training, arenas, settings } = readCheckpoint(bytes, {
    file: 'f', schedules: {}, make: (saved) => prepareAfter(saved, 'software'),
  });
  return [training, settings, arenas];
};

const layout: FileLayout = {
  tensors: [
    { name: 'w', length: 20, shape: [20], offset: 0, unit: { inputs: 5, outputs: 4, layout: 'in-out' } } as unknown as Tensor,
    { name: 'b', length: 4, shape: [4], offset: 64, unit: undefined } as unknown as Tensor,
  ],
  rule: { name: 'adam' } as Rule,
  arena: new Arena({ stride: 128 }, 1, ['m', 'v']),
};

const numbers = (length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, (_, i) => Math.sin(i + 1));

/** @param current a checkpoint of this version */
export function formats(current: Uint8Array): Record<string, Format> {
  const weights = new Map([['layers.0.weight', f32Tensor([4, 3], numbers(12))], ['layers.0.bias', f32Tensor([4], numbers(4))]]);
  const progress = { step: 7, skipped: 1, l1Totals: [0, 0], rates: [0.1, 0.1] };
  const pair = (bytes: Uint8Array): unknown => idxDataset(bytes, labels, { classes: 10, maxBytes: 2 ** 16 });
  return {
    'IDX': { file: images, read: pair, isSealed: false },
    'gzip': { file: gzipSync(images), read: pair, isSealed: true },
    'parameters': { file: writeSafetensors(weights), read: readParameters, isSealed: false },
    'parameters of a checkpoint': { file: current, read: readParameters, isSealed: true },
    'checkpoint': { file: current, read: checkpoint, isSealed: true },
    'checkpoint with other values': { file: current, read: checkpoint, isSealed: false, mutate: otherValue },
    'checkpoint of format 2': { file: decoded(format2.adam.checkpoint), read: checkpoint, isSealed: false },
    'checkpoint of format 1': { file: decoded(version1.adam.checkpoint), read: checkpoint, isSealed: false },
    "optimizer's state": {
      file: writeState(layout, { progress, state: numbers(layout.arena.length) }), read: (bytes) => readState(layout, bytes, 'f'), isSealed: true,
    },
  };
}

const ALPHABET = [...'{}[]":,\\ 0123456789-.eE'].map((character) => character.charCodeAt(0));

/** One to three edits: bits, bytes, digits put in, pieces cut, doubled or moved; half of them where headers are. */
function mutated(file: Uint8Array, seed: number, round: number): Uint8Array {
  let out: Uint8Array = file.slice();
  const [times] = randomWords(seed, 1, 0, round);
  for (let edit = 0; edit <= times % 3; edit++) {
    const [kind, place, value, length] = randomWords(seed, 2 + edit, 0, round);
    const at = place % Math.max(1, value % 2 === 0 ? out.length : Math.min(out.length, 4096)), end = Math.min(out.length, at + 1 + length % 24);
    const put = (...bytes: number[]): Uint8Array => Uint8Array.from([...out.subarray(0, at), ...bytes, ...out.subarray(at)]);
    switch (kind % 8) {
      case 0: case 1: out[at]! ^= 1 << value % 8; break;
      case 2: out[at] = value >>> 8 & 255; break;
      case 3: out[at] = ALPHABET[(value >>> 8) % ALPHABET.length]!; break;
      case 4: out = put(...Array.from({ length: 1 + length % 9 }, () => 0x39)); break;
      case 5: out = out.slice(0, at); break;
      case 6: out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(end)]); break;
      default: out = put(...out.subarray(at, end));
    }
  }
  return out;
}

/** What a value of the training part becomes. */
const VALUES: readonly unknown[] = [0, -1, 0.5, 1e5, 1e8, 2 ** 31, 2 ** 53, 1e308, -1e-308, null, true, '', 'x', '__proto__', [], {}, [[]], { length: 1e9 }, '9'.repeat(400)];

/** One value of the training part, wherever it stands, is another, and the checksums are right. */
export function otherValue(file: Uint8Array, seed: number, round: number): Uint8Array {
  const { tensors, metadata } = readSafetensors(file.slice()), training = JSON.parse(metadata['gradshader.training']!) as object;
  const places: (readonly [owner: Record<string, unknown>, key: string])[] = [];
  const walk = (owner: Record<string, unknown>): void => {
    for (const key of Object.keys(owner)) {
      places.push([owner, key]);
      if (typeof owner[key] === 'object' && owner[key] !== null) walk(owner[key] as Record<string, unknown>);
    }
  };
  walk(training as Record<string, unknown>);
  const [place, value] = randomWords(seed, 8, 0, round), [owner, key] = places[place % places.length]!;
  owner[key] = VALUES[value % VALUES.length];
  return resealed(tensors, { ...metadata, 'gradshader.training': JSON.stringify(training) });
}

const plain = (value: unknown): string => JSON.stringify(value, (_, own: unknown) => {
  if (own instanceof Map) return [...own];
  return ArrayBuffer.isView(own) ? [...new Uint8Array(own.buffer, own.byteOffset, own.byteLength)] : own;
});

/** Milliseconds of the slowest file, bytes of arrays after any of them, and what the process grew by at its largest, in the middle of one too. */
export async function attack({ file, read, isSealed, mutate = mutated }: Format, { seed, rounds }: { seed: number; rounds: number }): Promise<{ taken: number; refused: number; slowest: number; bytes: number; peak: number }> {
  const wanted = plain(await read(file.slice())), before = process.memoryUsage().arrayBuffers, largest = process.resourceUsage().maxRSS;
  let taken = 0, refused = 0, slowest = 0, bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const broken = mutate(file, seed, round), start = performance.now();
    const result = await (async () => read(broken))().catch((error: unknown) => error);
    slowest = Math.max(slowest, performance.now() - start);
    if (result instanceof Error) {
      expect(result, `round ${round}: ${result.stack}`).toBeInstanceOf(GradshaderError);
      refused++;
    } else {
      if (isSealed) expect(plain(result), `round ${round}`).toBe(wanted);
      taken++;
    }
    bytes = Math.max(bytes, process.memoryUsage().arrayBuffers - before);
  }
  return { taken, refused, slowest, bytes, peak: 1024 * (process.resourceUsage().maxRSS - largest) };
}

/** That the checksums are what finds it: a file with them, and one bit of its data flipped. */
export function flipped(file: Uint8Array, seed: number, round: number): Uint8Array {
  const out = file.slice(), start = 8 + Number(new DataView(out.buffer).getBigUint64(0, true));
  const [place, bit] = randomWords(seed, 9, 0, round);
  out[start + place % (out.length - start)]! ^= 1 << bit % 8;
  expect(readSafetensors(out).metadata[CHECKSUMS]).toBeDefined();
  return out;
}
