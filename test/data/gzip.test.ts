/** Gzip, against Node's zlib and the words of RFC 1951 and 1952: one member, several, padding, damage, bombs. */
import { constants, deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { idxBytes as sizeOf } from '../../src/data/idx.ts';
import { BadFileError } from '../../src/errors.ts';
import { crc32 } from '../../src/files/crc32.ts';
import { unpack } from '../../src/files/gzip-members.ts';
import { gunzip } from '../../src/files/gzip.ts';
import { Inflater } from '../../src/files/inflate.ts';
import { Output } from '../../src/files/output.ts';
import { uniforms } from '../../src/random.ts';
import { expectFault, images } from './helpers.ts';

const FREE = { maxBytes: 2 ** 31 };
const bytesOf = (size: number, id: number, levels = 256): Uint8Array => Uint8Array.from(uniforms(size, 3, id), (u) => u * levels);
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

test('gunzip equals what was packed, of many sizes', async () => {
  for (const size of [0, 1, 1000, 300_000]) {
    const bytes = Uint8Array.from(uniforms(size, 3, 7), (u) => u * 256);
    expect(await gunzip(gzipSync(bytes), 'f', FREE)).toEqual(bytes);
  }
});

test('gunzip refuses every cut and every kind of damage', async () => {
  const packed = gzipSync(images);
  for (let length = 0; length < packed.length; length++) {
    await expectFault(() => gunzip(packed.subarray(0, length), 'a.gz', FREE), BadFileError, 'a.gz', 'not a whole gzip file');
  }
  // The last 8 bytes are the CRC and the size (RFC 1952); byte 2 is the method, byte 0 the magic number.
  for (const at of [0, 2, packed.length - 8, packed.length - 4]) {
    await expectFault(() => gunzip(packed.with(at, packed[at]! ^ 0xff), 'a.gz', FREE), BadFileError, 'a.gz');
  }
});

test('gunzip stops at the bound: exactly as many bytes pass, one more does not, a bomb is cut off', async () => {
  const packed = gzipSync(new Uint8Array(1000));
  expect(await gunzip(packed, 'f', { maxBytes: 1000 })).toHaveLength(1000);
  await expectFault(() => gunzip(packed, 'f', { maxBytes: 999 }), BadFileError, 'f', 999, 'maxBytes');
  const bomb = gzipSync(new Uint8Array(2 ** 25));
  const before = process.memoryUsage().arrayBuffers;
  await expectFault(() => gunzip(bomb, 'bomb', { maxBytes: 2 ** 20 }), BadFileError, 2 ** 20);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
});

test('CRC-32 is that of the standard, whatever the length', () => {
  // The check value of the catalogue of CRCs (CRC-32/ISO-HDLC), and zero for nothing.
  const sum = crc32();
  expect(sum(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(sum(new Uint8Array(0))).toBe(0);
  for (const size of [1, 7, 8, 9, 15, 16, 17, 1000]) {
    const packed = gzipSync(bytesOf(size, size));
    expect(sum(bytesOf(size, size))).toBe(new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 8, true));
  }
});

test('several members, an empty last one and zeros behind are one file; other bytes behind are refused', async () => {
  const [a, b] = [bytesOf(5000, 1, 9), bytesOf(300, 2)], both = joined(a, b);
  const files: Record<string, Uint8Array> = {
    'two members': joined(gzipSync(a), gzipSync(b)),
    'an empty last member, as bgzip writes': joined(gzipSync(both), gzipSync(new Uint8Array(0))),
    'an empty first member': joined(gzipSync(new Uint8Array(0)), gzipSync(both)),
    'zeros behind': joined(gzipSync(both), new Uint8Array(512)),
    'one zero behind two': joined(gzipSync(a), gzipSync(b), new Uint8Array(1)),
  };
  for (const [name, file] of Object.entries(files)) expect(await gunzip(file, name, FREE), name).toEqual(both);
  // Hosts differ here: some ignore the rest, some refuse the file.
  await expectFault(() => gunzip(joined(gzipSync(a), Uint8Array.of(1, 2, 3)), 'f', FREE), BadFileError, 'f: ', '3 bytes follow');
  await expectFault(() => gunzip(joined(gzipSync(a), gzipSync(b).subarray(0, -1)), 'f', FREE), BadFileError, 'cut short');
  await expectFault(() => gunzip(joined(gzipSync(a), new Uint8Array(9), gzipSync(b)), 'f', FREE), BadFileError, 'after 1 member');
});

test('the reader of members agrees with zlib on every way to pack, and on names, comments and further fields', () => {
  for (const [size, levels] of [[0, 1], [1, 1], [70_000, 2], [70_000, 256], [200_000, 17]] as const) {
    const content = bytesOf(size, size + levels, levels);
    for (const level of [0, 1, 9]) {
      for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED]) {
        expect(Buffer.compare(unpack(gzipSync(content, { level, strategy }), 'f', FREE), content)).toBe(0);
      }
    }
  }
  const plain = gzipSync(images), body = plain.subarray(10);
  const flagged = joined(Uint8Array.of(0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7), Buffer.from('name\0comment\0'), Uint8Array.of(9, 9), body);
  expect(unpack(flagged, 'f', FREE)).toEqual(images);
});

test('where there is no DecompressionStream, as in some test environments, files are read all the same', async () => {
  const own = globalThis.DecompressionStream;
  // @ts-expect-error
  delete globalThis.DecompressionStream;
  try {
    expect(await gunzip(gzipSync(images), 'f', FREE)).toEqual(images);
  } finally {
    globalThis.DecompressionStream = own;
  }
});

test('damaged deflate: refused where zlib refuses, and otherwise the same bytes', () => {
  const content = bytesOf(400, 5, 20), numbers = uniforms(60_000, 4, 4);
  const packings = [1, 9].flatMap((level) => [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED].map((strategy) => deflateRawSync(content, { level, strategy })));
  let at = 0, same = 0, refused = 0;
  const draw = (): number => numbers[at++ % numbers.length]!;
  for (let round = 0; round < 3000; round++) {
    const broken = Uint8Array.from(packings[round % packings.length]!);
    broken[Math.floor(draw() * draw() * broken.length)]! ^= 1 << Math.floor(draw() * 8);
    let wanted: Uint8Array | undefined;
    try {
      wanted = inflateRawSync(broken, { maxOutputLength: 100_000 });
    } catch {
      wanted = undefined;
    }
    const out = new Output('f', { maxBytes: 100_000 });
    const run = (): Uint8Array => {
      new Inflater(broken, 0, out, (reason) => { throw new BadFileError('f', reason); }).run();
      return out.whole();
    };
    if (wanted === undefined) {
      expect(run, `round ${round}`).toThrow(BadFileError);
      refused++;
    } else {
      expect(Buffer.compare(run(), wanted), `round ${round}`).toBe(0);
      same++;
    }
  }
  expect(Math.min(same, refused)).toBeGreaterThan(200);
});

test('what is unpacked is looked at first: another file is named, and a bomb stopped, long before its end', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const page = Buffer.alloc(2 ** 25, '<!doctype html>');
  await expectFault(() => gunzip(gzipSync(page), 'f', { ...FREE, sizeOf }), BadFileError, 'HTML');
  // A header of twelve bytes of elements, and 32 MiB behind it.
  const bomb = joined(images.subarray(0, 16), new Uint8Array(12));
  const long = Buffer.concat([bomb, Buffer.alloc(2 ** 25)]);
  await expectFault(() => gunzip(gzipSync(long), 'f', { ...FREE, sizeOf }), BadFileError, 'more than the 28 bytes that its own header says');
  expect(() => unpack(gzipSync(long), 'f', { ...FREE, sizeOf })).toThrow(/more than the 28 bytes/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
});
