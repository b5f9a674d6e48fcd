/** Each rule of the format broken once, the attacks of the reference implementation's repository, and fuzzing. */
import { describe, expect, it } from 'vitest';
import { BadFileError } from '../../src/errors.ts';
import { randomWords } from '../../src/random.ts';
import { f32Tensor, readSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';

function fileOf(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** A file of one tensor of 16 bytes, with `entry` in place of what would be right. */
const one = (entry: string, dataBytes = 16): Uint8Array => fileOf(`{"t":{${entry}}}`, dataBytes);
const RIGHT = '"dtype":"I32","shape":[2,2],"data_offsets":[0,16]';
const u8 = (name: string, begin: number, end: number): string =>
  `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;

it('the file that the rules below are broken in is right', () => {
  expect(readSafetensors(one(RIGHT)).tensors.get('t')!.shape).toEqual([2, 2]);
  expect(readSafetensors(fileOf(`{${u8('a', 0, 4)},${u8('b', 4, 8)}}`, 8)).tensors.size).toBe(2);
});

const broken: [string, Uint8Array, RegExp][] = [
  ['no bytes', new Uint8Array(0), /at least 8 bytes, got 0/],
  ['seven bytes', new Uint8Array(7), /at least 8 bytes, got 7/],
  ['a header length above 2^53', fileOf('{}', 0, 2n ** 63n + 2n), /says 9223372036854775810/],
  ['a header length that is 2 in its low word', fileOf('{}', 0, 2n ** 32n + 2n), /says 4294967298/],
  ['a header of 100 MB and one byte', fileOf('{}', 100_000_000, 100_000_001n), /may have 100000000 bytes/],
  ['a header longer than the file', fileOf('{}', 0, 3n), /should have 3 bytes, but 2 follow/],
  ['an empty header', fileOf(''), /begin with '\{', got nothing/],
  ['a header that begins with a space', fileOf(' {}'), /begin with '\{', got byte 32/],
  ['a header that begins with a byte order mark', fileOf('\ufeff{}'), /begin with '\{', got byte 239/],
  ['a list as header', fileOf('[]'), /begin with '\{'/],
  ['bytes that are not UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not valid UTF-8/],
  ['UTF-8 in more bytes than needed', fileOf(Uint8Array.of(0x7b, 0xc0, 0xa2, 0x7d)), /not valid UTF-8/],
  ['a lone brace', fileOf('{'), /wanted a key of the header, got the end/],
  ['text after the header', fileOf('{} x'), /wanted the end of the header, got "x" at header byte 3/],
  ['zeros as padding', fileOf('{}\0\0'), /wanted the end of the header/],
  ['a comma before the end', fileOf(`{${u8('a', 0, 1)},}`, 1), /wanted a key of the header/],
  ['a name without quotes', fileOf('{a:1}'), /wanted a key of the header/],
  ['a name in single quotes', fileOf("{'a':1}"), /wanted a key of the header/],
  ['a string that does not end', fileOf('{"a'), /ends inside a key of the header/],
  ['a string that ends in a backslash', fileOf('{"a\\'), /ends inside a key of the header/],
  ['an unknown escape', fileOf('{"\\x":1}'), /not valid JSON/],
  ['a control character in a string', fileOf('{"\n":1}'), /not valid JSON/],
  ['half a surrogate pair', fileOf('{"\\ud800":1}'), /half a surrogate pair/],
  ['no colon', fileOf('{"a" 1}'), /wanted ':' after the key "a"/],
  ['a number as tensor', fileOf('{"a":1}'), /wanted an object as tensor "a", got "1\}"/],
  ['a tensor name twice', fileOf(`{${u8('a', 0, 1)},${u8('a', 1, 2)}}`, 2), /header has the key "a" twice/],
  ['a tensor name twice, once escaped', fileOf(`{${u8('a', 0, 1)},${u8('\\u0061', 1, 2)}}`, 2), /key "a" twice/],
  ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), /key "__metadata__" twice/],
  ['a metadata key twice', fileOf('{"__metadata__":{"k":"1","k":"2"}}'), /__metadata__ has the key "k" twice/],
  ['a dtype twice', one(`"dtype":"U8",${RIGHT}`), /tensor "t" has the key "dtype" twice/],
  ['metadata that is a string', fileOf('{"__metadata__":"x"}'), /wanted an object as __metadata__/],
  ['metadata that is null', fileOf('{"__metadata__":null}'), /wanted an object as __metadata__/],
  ['a number in the metadata', fileOf('{"__metadata__":{"k":1}}'), /wanted a string as __metadata__ "k"/],
  ['an object in the metadata', fileOf('{"__metadata__":{"k":{}}}'), /wanted a string as __metadata__ "k"/],
  ['no dtype', one('"shape":[16],"data_offsets":[0,16]'), /tensor "t" has no dtype/],
  ['no shape', one('"dtype":"U8","data_offsets":[0,16]'), /tensor "t" has no shape/],
  ['no data_offsets', one('"dtype":"U8","shape":[16]'), /tensor "t" has no data_offsets/],
  ['one key more', one(`${RIGHT},"x":1`), /tensor "t" has the key "x"/],
  ['an unknown dtype', one('"dtype":"I33","shape":[4],"data_offsets":[0,16]'), /unknown dtype "I33"/],
  ['a dtype of every object', one('"dtype":"toString","shape":[4],"data_offsets":[0,16]'), /unknown dtype "toString"/],
  ['a number as dtype', one('"dtype":1,"shape":[4],"data_offsets":[0,16]'), /wanted a dtype of tensor "t"/],
  ['a number as shape', one('"dtype":"U8","shape":16,"data_offsets":[0,16]'), /a list as the shape of tensor "t"/],
  ['a string in the shape', one('"dtype":"U8","shape":["16"],"data_offsets":[0,16]'), /an integer in the shape/],
  ['a nested shape', one('"dtype":"U8","shape":[[16]],"data_offsets":[0,16]'), /an integer in the shape/],
  ['a comma at the end of the shape', one('"dtype":"U8","shape":[16,],"data_offsets":[0,16]'), /an integer in the shape/],
  ['a shape that does not end', one('"dtype":"U8","shape":[16 "data_offsets":[0,16]'), /',' or '\]' in the shape/],
  ['a negative size', one('"dtype":"U8","shape":[-4,-4],"data_offsets":[0,16]'), /got "-4"/],
  ['a minus zero', one('"dtype":"U8","shape":[-0],"data_offsets":[0,0]', 0), /got "-0"/],
  ['a fraction', one('"dtype":"U8","shape":[16.0],"data_offsets":[0,16]'), /got "16\.0"/],
  ['an exponent', one('"dtype":"U8","shape":[16e0],"data_offsets":[0,16]'), /got "16e0"/],
  ['a leading zero', one('"dtype":"U8","shape":[016],"data_offsets":[0,16]'), /got "016"/],
  ['a size of 2^53', one('"dtype":"U8","shape":[9007199254740992],"data_offsets":[0,16]'), /got "9007199254740992"/],
  ['a size of 2^64 - 2', one('"dtype":"I32","shape":[2,18446744073709551614],"data_offsets":[0,16]'), /got "184467440/],
  ['one offset', one('"dtype":"U8","shape":[16],"data_offsets":[16]'), /\[begin, end\], got 1 numbers/],
  ['three offsets', one('"dtype":"U8","shape":[16],"data_offsets":[0,8,16]'), /\[begin, end\], got 3 numbers/],
  ['a negative offset', one('"dtype":"U8","shape":[16],"data_offsets":[-16,0]'), /data_offsets .* got "-16"/],
  ['offsets the wrong way', one('"dtype":"U8","shape":[0],"data_offsets":[16,0]'), /ends at byte 0, before its begin 16/],
  ['a range beyond the data', one(RIGHT, 15), /tensor "t" ends at byte 16, but the data have 15 bytes/],
  ['a product that overflows', one('"dtype":"U8","shape":[3037000500,3037000500],"data_offsets":[0,16]'), /overflows/],
  ['a product that overflows to the right number modulo 2^64',
    one('"dtype":"U8","shape":[65552,61681,4562284561],"data_offsets":[0,16]'), /overflows/],
  ['a size too small for the range', one('"dtype":"I32","shape":[3],"data_offsets":[0,16]'), /I32 \[3\] is 12 bytes.*has 16/],
  ['a size too large for the range', one('"dtype":"I32","shape":[5],"data_offsets":[0,16]'), /I32 \[5\] is 20 bytes.*has 16/],
  ['half a byte', one('"dtype":"F4","shape":[3],"data_offsets":[0,1]', 1), /do not fill whole bytes/],
  ['two tensors on the same bytes', fileOf(`{${u8('a', 0, 4)},${u8('b', 0, 4)}}`, 4), /"b" begins at byte 0 and overlaps/],
  ['two tensors that share a byte', fileOf(`{${u8('a', 0, 4)},${u8('b', 3, 8)}}`, 8), /begins at byte 3 and overlaps tensor "a"/],
  ['an empty tensor inside another', fileOf(`{${u8('a', 0, 4)},${u8('e', 2, 2)}}`, 4), /"e" begins at byte 2 and overlaps/],
  ['a hole at the start', fileOf(`{${u8('a', 1, 4)}}`, 4), /bytes 0 to 1, between the start and tensor "a"/],
  ['a hole in the middle', fileOf(`{${u8('a', 0, 3)},${u8('b', 4, 8)}}`, 8), /bytes 3 to 4, between tensor "a" and tensor "b"/],
  ['bytes after the last tensor', one(RIGHT, 17), /the last byte belongs to no tensor/],
  ['data without tensors', fileOf('{}', 3), /the last 3 bytes belong to no tensor/],
];

describe('readSafetensors refuses', () => {
  it.each(broken)('%s', (_, file, message) => {
    expect(() => readSafetensors(file, 'x.safetensors')).toThrow(BadFileError);
    expect(() => readSafetensors(file, 'x.safetensors')).toThrow(message);
    expect(() => readSafetensors(file, 'x.safetensors')).toThrow(/^x\.safetensors: /);
  });

  it.each([
    ['zip', 'PK\x03\x04\x14\0\0\0\x08\0'], ['HDF5', '\x89HDF\r\n\x1a\n\0\0'], ['HTML', '<!doctype html><title>404</title>'], ['gzip', '\x1f\x8b\x08\0\0\0\0\0\0\x03'],
    ['Git LFS', 'version https://git-lfs.github.com/spec/v1\n'], ['Python pickle', '\x80\x04\x95\x2c\0\0\0\0\0\0\0}'], ['Python pickle', '\x80\x02}q\0(X\x05'],
    ['PDF', '%PDF-1.7\n%\xe2'], ['zlib', 'x\x9c\xcbH\xcd\xc9\xc9\x07\0'], ['zlib', 'x\x01\xcbH\xcd\xc9\xc9\x07\0'], ['ARFF', '% Iris\n%\n@RELATION iris\n'], ['ARFF', '@relation iris\r\n'],
    ['libsvm', '+1 3:0.5 7:-1e-3\n-1 2:1\n'], ['numbers as text', '7\n2\n1\n0\n'], ['numbers as text', '7.0\r\n2.0\r\n1'], ['CSV', '1,2\n3,4\n'],
    ['UTF-16', '\xff\xfe{\0"\0a\0"\0'], ['UTF-16', '\xfe\xff\0{\0"\0a\0"'], ['UTF-16', '{\0"\0a\0"\0'], ['UTF-16', '\0{\0"\0a\0"'],
  ])('and names what is no such file: %s', (name, words) => {
    expect(() => readSafetensors(Uint8Array.from(words, (one) => one.charCodeAt(0)), 'x')).toThrow(new RegExp(`^x: .*This (is|looks like) .*${name}`));
  });

  it.each(['\x1f\x8b', 'x\x9c', '\x80\x02', '\xff\xfe', '\xfe\xff'])('and says nothing where a header is as long as other files begin: %j', (words) => {
    expect(() => readSafetensors(Uint8Array.from(`${words}\0\0\0\0\0\0{"a":`, (one) => one.charCodeAt(0)), 'x')).toThrow(/another kind of file\.$/);
  });

  it('attack 1: a right file whose header length was made larger', () => {
    const file = writeSafetensors(new Map([['weight', f32Tensor([2, 2], new Float32Array(4))]]), {});
    new DataView(file.buffer).setBigUint64(0, 1000n, true);
    expect(() => readSafetensors(file)).toThrow(/should have 1000 bytes/);
  });

  it('attacks 2 and 3: a hundred thousand tensors on the same bytes', () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => `"weight_${i}":{${RIGHT}}`);
    expect(() => readSafetensors(fileOf(`{${entries.join()}}`, 16))).toThrow(/overlaps/);
  });

  it('nesting of a million levels, without running out of stack', () => {
    for (const deep of ['[', '{"a":']) {
      expect(() => readSafetensors(fileOf(`{"a":${deep.repeat(1_000_000)}`))).toThrow(BadFileError);
    }
  });

  it('names of a million characters, in a short message', () => {
    const name = 'n'.repeat(1_000_000);
    let message = '';
    try {
      readSafetensors(fileOf(`{"${name}":{"dtype":"${name}","shape":[],"data_offsets":[0,0]}}`));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('unknown dtype');
    expect(message.length).toBeLessThan(400);
  });
});

/** The bytes of every tensor, in file order: of a valid file, exactly its data part. */
function reassembled(file: Uint8Array): number[] | 'refused' {
  try {
    return [...readSafetensors(file).tensors.values()].flatMap(({ data }) => [...data]);
  } catch (error) {
    expect(error).toBeInstanceOf(BadFileError);
    return 'refused';
  }
}

it('any mutated file is either refused or read whole', () => {
  const base = writeSafetensors(new Map([
    ['layers.0.weight', f32Tensor([2, 3], new Float32Array(6))], ['layers.0.bias', f32Tensor([2], new Float32Array(2))],
    ['step', { dtype: 'U32', shape: [], data: new Uint8Array(4) }], ['none', { dtype: 'U8', shape: [0], data: new Uint8Array(0) }],
  ]), { format: '1', config: '{"seed":"1"}' });
  const alphabet = [...'{}[]":,\\ 0123456789-.eE\n'].map((c) => c.charCodeAt(0));
  const seen = { read: 0, refused: 0 };
  for (let round = 0; round < 20_000; round++) {
    const [kind, place, value, times] = randomWords(20_250_101, 0, 0, round);
    let file = base.slice();
    for (let i = 0; i <= times % 3; i++) {
      const at = (place + i * value) % file.length;
      const byte = value % 2 === 0 ? alphabet[(value >>> 8) % alphabet.length]! : (value >>> 8) & 255;
      if (kind % 4 < 2) file[at] = byte;
      else if (kind % 4 === 2) file = Uint8Array.from([...file.subarray(0, at), byte, ...file.subarray(at)]);
      else file = Uint8Array.from([...file.subarray(0, at), ...file.subarray(at + 1)]);
    }
    const read = reassembled(file);
    if (read === 'refused') seen.refused++;
    else {
      seen.read++;
      const header = Number(new DataView(file.buffer).getBigUint64(0, true));
      expect(read).toEqual([...file.subarray(8 + header)]);
    }
  }
  expect(seen.refused).toBeGreaterThan(5_000);
  expect(seen.read).toBeGreaterThan(100);
});

it('every file cut short is refused', () => {
  const whole = writeSafetensors(new Map([['w', f32Tensor([3], new Float32Array(3))]]), { a: 'b' });
  for (let length = 0; length < whole.length; length++) {
    expect(() => readSafetensors(whole.subarray(0, length))).toThrow(BadFileError);
  }
});
