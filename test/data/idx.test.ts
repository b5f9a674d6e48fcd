import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { idxDataset } from '../../src/data/idx-dataset.ts';
import { parseIdx, parseIntegers } from '../../src/data/idx.ts';
import { BadFileError, GradshaderError, InputError } from '../../src/errors.ts';
import { uniforms } from '../../src/random.ts';
import { expectFault, idxBytes, images, labels } from './helpers.ts';

test('parseIdx reads one to four dimensions, as a view', () => {
  expect(parseIdx(labels, 'f')).toEqual({ shape: [3], data: Uint8Array.of(2, 0, 1) });
  expect(parseIdx(images, 'f').shape).toEqual([3, 2, 2]);
  expect(parseIdx(idxBytes([1, 2, 1, 3], [1, 2, 3, 4, 5, 6]), 'f')).toEqual({ shape: [1, 2, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  expect(parseIdx(images, 'f').data.buffer).toBe(images.buffer);
});

test('parseIdx honours the offset of a view', () => {
  const larger = new Uint8Array(images.length + 5);
  larger.set(images, 5);
  expect(parseIdx(larger.subarray(5), 'f')).toEqual(parseIdx(images, 'f'));
});

const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.with(at, value);
test.each<[string, Uint8Array, string[]]>([
  ['an empty file', new Uint8Array(0), ['header', 'got 0']],
  ['three bytes', labels.subarray(0, 3), ['header', 'got 3']],
  ['a header cut short', images.subarray(0, 15), ['16 bytes', 'got 15']],
  ['another magic number', changed(labels, 0, 0x89), ['00 00 08', '89 00 08 01']],
  ['a gzip file', gzipSync(labels), ['1f 8b', 'gzip']],
  ['an HTML page', new TextEncoder().encode('<!doctype html>'), ['HTML', 'address']],
  ['f32 elements', changed(labels, 2, 0x0d), ['u8', '0d', 'f32']],
  ['i8 elements', changed(labels, 2, 0x09), ['09', 'i8']],
  ['an unknown element type', changed(labels, 2, 0x42), ['42', 'no IDX type']],
  ['no dimensions', Uint8Array.of(0, 0, 8, 0), ['dimensions', 'got 0']],
  ['an empty dimension', idxBytes([3, 0, 2], []), ['[3, 0, 2]', 'empty']],
  ['one byte too few', images.subarray(0, -1), ['12 bytes', 'got 11', 'cut short']],
  ['one byte too many', idxBytes([3], [0, 1, 2, 3]), ['3 bytes', 'got 4', '1 byte too many']],
  ['sizes that overflow', idxBytes([0xffffffff, 0xffffffff, 0xffffffff], [1]), ['4294967295', 'counted']],
  ['4 GiB that are not there', idxBytes([0xffffffff], [1]), ['4294967295', 'cut short']],
])('parseIdx refuses %s', async (_, bytes, says) => {
  await expectFault(() => parseIdx(bytes, 'digits.idx'), BadFileError, 'digits.idx', ...says);
});

test('idxDataset: raw and gzip in every mixture give the same data set', async () => {
  const plain = await idxDataset(images, labels, { name: 'small' });
  expect(plain).toMatchObject({ name: 'small', length: 3, shape: [2, 2], width: 4, classes: 3, scale: 1 / 255, offset: 0 });
  expect(plain.inputs).toEqual(Uint8Array.of(0, 1, 2, 3, 10, 11, 12, 13, 252, 253, 254, 255));
  expect(plain.targets).toEqual(Uint32Array.of(2, 0, 1));
  const [packedImages, packedLabels] = [gzipSync(images), gzipSync(labels)];
  expect(await idxDataset(packedImages, labels, { name: 'small' })).toEqual(plain);
  expect(await idxDataset(images, packedLabels, { name: 'small' })).toEqual(plain);
  expect(await idxDataset(packedImages, packedLabels, { name: 'small' })).toEqual(plain);
  expect((await idxDataset(images, labels, { classes: 10 })).classes).toBe(10);
});

test('labels of every whole type are read, big-endian; others are named', async () => {
  const wide: readonly (readonly [type: number, data: number[]])[] = [
    [0x09, [2, 0, 1]], [0x0b, [0, 2, 0, 0, 0, 1]], [0x0c, [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1]],
  ];
  for (const [type, data] of wide) {
    expect((await idxDataset(images, idxBytes([3], data, type))).targets).toEqual(Uint32Array.of(2, 0, 1));
  }
  expect(parseIntegers(idxBytes([2], [0xff, 0xfe, 0x12, 0x34], 0x0b), 'f').data).toEqual(Int32Array.of(-2, 0x1234));
  const low = idxBytes([3], [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1], 0x0c);
  await expectFault(() => idxDataset(images, low, { labelsFile: 'L' }), BadFileError, 'L: label -1 of sample 1');
  await expectFault(() => idxDataset(images, idxBytes([3], new Uint8Array(12), 0x0d), { labelsFile: 'L' }), BadFileError, 'L: ', 'whole numbers', 'f32');
  await expectFault(() => idxDataset(images, idxBytes([3, 8], new Uint8Array(96), 0x0c), { labelsFile: 'L' }), BadFileError, 'L: ', 'QMNIST');
});

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const binary = (words: string): Uint8Array => Uint8Array.from(words, (one) => one.charCodeAt(0));
const pcOrder = (shape: readonly number[], data: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...new Uint8Array(Uint32Array.from(shape).buffer), ...data]);

// First bytes from the formats' own descriptions.
test.each<[string, Uint8Array]>([
  ['zip', binary('PK\x03\x04\x14\0\0\0\x08\0')], ['bzip2', binary('BZh91AY&SY')], ['xz', binary('\xfd7zXZ\0\0\x04')],
  ['zstd', binary('\x28\xb5\x2f\xfd\x24')], ['7z', binary('7z\xbc\xaf\x27\x1c\0\x04')], ['rar', binary('Rar!\x1a\x07\0')],
  ['tar', binary(`${'images'.padEnd(257, '\0')}ustar\0`)], ['NumPy', binary('\x93NUMPY\x01\0')], ['HDF5', binary('\x89HDF\r\n\x1a\n')],
  ['PNG', binary('\x89PNG\r\n\x1a\n')], ['JPEG', binary('\xff\xd8\xff\xe0')], ['Parquet', binary('PAR1\x15')],
  ['Git LFS', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n')],
  ['HTML', text('\n\r\n  <!DOCTYPE html><title>404</title>')], ['HTML', text('<html><body>')],
  ['XML', text('\ufeff<?xml version="1.0"?><Error/>')], ['XML', text('<Error><Code>AccessDenied</Code></Error>')],
  ['JSON', text('{"message":"Not Found"}')], ['CSV', text('label,1x1,1x2\n5,0,0\n')],
  ['Python pickle', binary('\x80\x04\x95\x2c\0\0\0\0\0\0\0}')], ['PyTorch', binary('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P')],
  ['UTF-16', binary('\xff\xfe{\0"\0a\0"\0')], ['UTF-16', binary('\xfe\xff\0{\0"\0a\0"')], ['UTF-16', binary('5\0,\x000\0,\x001\0\r\0\n\0')],
  ['order of a PC', binary('\x03\x08\0\0\x02\0\0\0')],
  ['other byte order they are [2, 1, 1]', pcOrder([2, 1, 1], [7, 9])], ['other byte order they are [3]', pcOrder([3], [1, 2, 0])],
])('what is no IDX is called by its name: %s', async (name, bytes) => {
  await expectFault(() => idxDataset(bytes, labels, { imagesFile: 'I' }), BadFileError, 'I: ', name);
  await expectFault(() => idxDataset(gzipSync(bytes), labels, { imagesFile: 'I' }), BadFileError, 'I: ', name);
});

test('what was packed twice is said to be', async () => {
  await expectFault(() => idxDataset(gzipSync(gzipSync(images)), labels, { imagesFile: 'I' }), BadFileError, 'I: ', 'packed with gzip twice. Unpack it once.');
  await expectFault(() => idxDataset(images, gzipSync(gzipSync(labels)), { labelsFile: 'L' }), BadFileError, 'L: ', 'packed with gzip twice. Unpack it once.');
});

test('idxDataset names the faulty file of a pair that does not fit', async () => {
  const files = { imagesFile: 'I', labelsFile: 'L' };
  await expectFault(() => idxDataset(images, idxBytes([2], [0, 1]), files), BadFileError, 'L: 2 labels', '3 images', 'I');
  await expectFault(() => idxDataset(images, labels, { ...files, classes: 2 }), BadFileError, 'L: label 2', 'sample 0', '[0, 2)');
  await expectFault(() => idxDataset(labels, images, files), BadFileError, 'I: ', 'swapped');
  await expectFault(() => idxDataset(images, images, files), BadFileError, 'L: ', '[3, 2, 2]');
  await expectFault(() => idxDataset(images, labels.subarray(0, 9), files), BadFileError, 'L: ', 'cut short');
  await expectFault(() => idxDataset(gzipSync(images).subarray(0, 20), labels, files), BadFileError, 'I: not a whole gzip');
  await expectFault(() => idxDataset(gzipSync(images), labels, { ...files, maxBytes: 27 }), BadFileError, 'I: unpacks to more');
  await expectFault(() => idxDataset(images, labels, { ...files, classes: 0.5 }), InputError, 'classes', 0.5);
});

/** One to three random edits, half of them in the header: mostly a byte set, else the end cut off or bytes added. */
function mutate(bytes: Uint8Array, draw: () => number): Uint8Array {
  let out = bytes.slice();
  for (let edits = 1 + draw() * 3; edits >= 1; edits--) {
    const kind = draw(), at = Math.floor(draw() * (draw() < 0.5 ? Math.min(16, out.length) : out.length));
    if (kind < 0.8 && out.length > 0) out[at] = Math.floor(draw() * 256);
    else if (kind < 0.9) out = out.slice(0, at);
    else out = Uint8Array.from([...out, ...new Uint8Array(draw() * 9)]);
  }
  return out;
}

test('fuzz: a mutated pair gives a whole data set or a typed error, and never allocates by what a header claims', async () => {
  const numbers = uniforms(400_000, 1, 99);
  let at = 0;
  const draw = (): number => numbers[at++ % numbers.length]!;
  const packed = [gzipSync(images), gzipSync(labels)] as const;
  const before = process.memoryUsage().arrayBuffers;
  let whole = 0, refused = 0;
  for (let round = 0; round < 8000; round++) {
    const useGzip = round % 8 === 0;
    const [imageFile, labelFile] = useGzip ? packed : [images, labels];
    const both = draw();
    const pair = [both < 0.7 ? mutate(imageFile, draw) : imageFile, both > 0.3 ? mutate(labelFile, draw) : labelFile] as const;
    const result = await idxDataset(...pair, { classes: 10, maxBytes: 2 ** 16 }).catch((error: unknown) => error);
    if (result instanceof Error) {
      expect(result, `${result.stack}`).toBeInstanceOf(GradshaderError);
      refused++;
    } else {
      const data = result as Awaited<ReturnType<typeof idxDataset>>;
      expect(data.inputs.length).toBe(data.length * data.width);
      expect(data.targets.every((target) => target < 10)).toBe(true);
      whole++;
    }
  }
  // Both outcomes must really occur for the fuzzing to mean anything.
  expect(Math.min(whole, refused)).toBeGreaterThan(100);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
}, 60_000);
