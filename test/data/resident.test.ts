import { expect, test } from 'vitest';
import { dataset, subset } from '../../src/data/dataset.ts';
import { checkResident, packedInputs, residentBytes, rowWords } from '../../src/data/resident.ts';
import { OutOfMemoryError } from '../../src/errors.ts';
import { expectFault } from './helpers.ts';

const u8 = (length: number, width: number) =>
  dataset({ inputs: Uint8Array.from({ length: length * width }, (_, i) => i + 1), targets: new Uint8Array(length), shape: [width], name: 'bytes' });
const f32 = (length: number, width: number) =>
  dataset({ inputs: Float32Array.from({ length: length * width }, (_, i) => i + 0.5), targets: new Uint8Array(length), shape: [width], name: 'floats' });

test('rows whose width is a multiple of 4 are the same memory', () => {
  const bytes = u8(3, 8), floats = f32(3, 4);
  expect(packedInputs(bytes)).toEqual({ bytes: bytes.inputs, rowWords: 2, format: 'u8' });
  expect(packedInputs(bytes).bytes.buffer).toBe(bytes.inputs.buffer);
  const packed = packedInputs(floats);
  expect([packed.bytes.buffer, packed.rowWords, packed.format]).toEqual([floats.inputs.buffer, 4, 'f32']);
  expect(new Float32Array(packed.bytes.buffer)).toEqual(floats.inputs);
});

test('a range of rows packs that range only', () => {
  expect(packedInputs(subset(u8(4, 4), { start: 1, end: 3 })).bytes).toEqual(Uint8Array.of(5, 6, 7, 8, 9, 10, 11, 12));
  const floats = packedInputs(subset(f32(3, 4), { start: 2 })).bytes;
  expect(Array.from(new Float32Array(floats.slice().buffer))).toEqual([8.5, 9.5, 10.5, 11.5]);
});

test('other widths are padded with zeros to 4 elements', () => {
  expect(packedInputs(u8(2, 5))).toEqual({
    bytes: Uint8Array.of(1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 8, 9, 10, 0, 0, 0), rowWords: 2, format: 'u8',
  });
  const packed = packedInputs(f32(2, 3));
  expect([packed.rowWords, packed.format]).toEqual([4, 'f32']);
  expect(Array.from(new Float32Array(packed.bytes.buffer))).toEqual([0.5, 1.5, 2.5, 0, 3.5, 4.5, 5.5, 0]);
});

test.each([1, 2, 3, 4, 5, 783, 784])('sizes agree for width %i', (width) => {
  for (const data of [u8(3, width), f32(3, width)]) {
    const packed = packedInputs(data);
    expect(packed.rowWords).toBe(rowWords(data));
    expect(packed.bytes.length).toBe(residentBytes(data));
    expect(packed.bytes.length).toBe(3 * 4 * Math.ceil(width / 4) * data.inputs.BYTES_PER_ELEMENT);
  }
});

test('a binding of exactly the size passes; one byte less names the sizes and the largest number of samples', async () => {
  const data = u8(10, 5);
  checkResident(data, 80);
  await expectFault(() => checkResident(data, 79), OutOfMemoryError, 'bytes: 10 samples', 'take 80 bytes', 'holds 79', 'At most 9 samples', 'end: 9');
  checkResident(subset(data, { end: 9 }), 79);
  await expectFault(() => checkResident(data, 7), OutOfMemoryError, 'Not even one sample');
  await expectFault(() => checkResident(f32(10, 4), 100), OutOfMemoryError, 'take 160 bytes', 'At most 6 samples', 'as Uint8Array');
  expect(() => checkResident(data, 79)).toThrow(expect.objectContaining({ bytes: 80 }));
});
