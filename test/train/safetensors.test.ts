import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { asFloat32, f32Tensor, readSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';
import type { Dtype, Tensor } from '../../src/files/safetensors.ts';

/** A file from its parts; `length` overrides the header length that is true. */
function fileOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const tensor = (dtype: Dtype, shape: number[], bytes: number[]): Tensor => ({ dtype, shape, data: Uint8Array.from(bytes) });

/** Writes and reads in a Latin-1 view, to hold a whole file against text. */
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe('writeSafetensors', () => {
  // Bytes of the reference implementation's own tests (safetensors/src/tensor.rs).
  it('writes what the reference implementation writes: one tensor', () => {
    const file = writeSafetensors(new Map([['attn.0', f32Tensor([1, 2, 3], Float32Array.of(0, 1, 2, 3, 4, 5))]]), {});
    const data = [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64];
    expect(latin1(file)).toBe('\x40\0\0\0\0\0\0\0{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}'
      + latin1(Uint8Array.from(data)));
  });

  it('writes what the reference implementation writes: padding, nothing, metadata only', () => {
    const padded = writeSafetensors(new Map([['attn0', f32Tensor([1, 1, 2, 3], new Float32Array(6))]]), {});
    expect(latin1(padded)).toBe('\x48\0\0\0\0\0\0\0{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       '
      + '\0'.repeat(24));
    expect(latin1(writeSafetensors(new Map()))).toBe('\x08\0\0\0\0\0\0\0{}      ');
    expect(latin1(writeSafetensors(new Map(), { framework: 'pt' })))
      .toBe('\x28\0\0\0\0\0\0\0{"__metadata__":{"framework":"pt"}}     ');
  });

  it('gives the same bytes for any insertion order, wide dtypes first', () => {
    const all: [string, Tensor][] = [
      ['b', tensor('U8', [3], [1, 2, 3])], ['a', tensor('F32', [1], [0, 0, 128, 63])],
      ['d', tensor('I64', [], [7, 0, 0, 0, 0, 0, 0, 0])], ['c', tensor('F32', [2, 0], [])],
    ];
    const file = writeSafetensors(new Map(all), { x: '1', a: '2' });
    expect(writeSafetensors(new Map([...all].reverse()), { a: '2', x: '1' })).toEqual(file);
    expect([...readSafetensors(file).tensors.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
    const offsets = [...latin1(file).matchAll(/"(\w)":\{[^}]*?"data_offsets":(\[\d+,\d+\])/g)].map((m) => m[1]! + m[2]!);
    expect(offsets).toEqual(['d[0,8]', 'a[8,12]', 'c[12,12]', 'b[12,15]']);
  });

  it.each<[string, Map<string, Tensor>, Record<string, string>, RegExp]>([
    ['too few bytes', new Map([['w', tensor('F32', [2], [0, 0, 0, 0])]]), {}, /"w".*F32 \[2\] is 8 bytes, got 4/],
    ['a reserved name', new Map([['__metadata__', tensor('U8', [], [1])]]), {}, /keeps this name/],
    ['an unknown dtype', new Map([['w', tensor('F31' as Dtype, [], [1])]]), {}, /unknown dtype "F31"/],
    ['a fraction as size', new Map([['w', tensor('U8', [0.5], [])]]), {}, /not made of sizes/],
    ['a negative size', new Map([['w', tensor('U8', [-1, -1], [1])]]), {}, /not made of sizes/],
    ['half a surrogate pair', new Map([['\ud800', tensor('U8', [], [1])]]), {}, /not well-formed/],
    ['an overflow', new Map([['w', tensor('U8', [2 ** 30, 2 ** 30], [])]]), {}, /overflows/],
    ['metadata that is no string', new Map(), { n: 1 as unknown as string }, /"n" must be a string, got number/],
    ['metadata with half a pair', new Map(), { n: '\udc00' }, /surrogate/],
  ])('refuses %s', (_, tensors, metadata, message) => {
    expect(() => writeSafetensors(tensors, metadata)).toThrow(InputError);
    expect(() => writeSafetensors(tensors, metadata)).toThrow(message);
  });
});

describe('round trip', () => {
  it('gives back names, dtypes, shapes, bytes and metadata', () => {
    const tensors = new Map<string, Tensor>([
      ['layers.0.weight', f32Tensor([2, 2], Float32Array.of(1.5, -0, Infinity, 1e-45))],
      ['scalar', tensor('F64', [], [0, 0, 0, 0, 0, 0, 240, 63])],
      ['empty', tensor('U32', [3, 0, 2], [])],
      ['flags', tensor('BOOL', [3], [1, 0, 1])],
      ['packed', tensor('F4', [2, 3], [1, 2, 3])],
      ['__proto__', tensor('U8', [1], [9])],
      ['ключ "q" \\ \n 😀', tensor('BF16', [1], [128, 63])],
    ]);
    const metadata = { format: '1', config: '{"a":[1,"b"]}', '': 'empty key', 'line\nbreak': 'ÿ\u0001' };
    const read = readSafetensors(writeSafetensors(tensors, metadata));
    expect(read.metadata).toEqual(metadata);
    expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
  });

  it('keeps a metadata key named __proto__ a plain entry', () => {
    const { metadata } = readSafetensors(fileOf('{"__metadata__":{"__proto__":"x"}}'));
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']]);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('reads floats at any alignment, also out of a Node Buffer', () => {
    const values = Float32Array.of(1, 2.5, -3);
    const aligned = writeSafetensors(new Map([['w', f32Tensor([3], values)]]), {});
    const first = readSafetensors(aligned).tensors.get('w')!;
    expect(asFloat32(first)).toEqual(values);
    expect(asFloat32(first).buffer).toBe(aligned.buffer);
    for (let shift = 0; shift < 4; shift++) {
      const buffer = Buffer.alloc(shift + aligned.length);
      buffer.set(aligned, shift);
      expect(asFloat32(readSafetensors(buffer.subarray(shift)).tensors.get('w')!)).toEqual(values);
    }
    expect(() => asFloat32({ dtype: 'F64', shape: [], data: zeros(8) })).toThrow(/F32, got F64/);
  });

  it('wraps part of a Float32Array without copying', () => {
    const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const { data } = f32Tensor([2], values);
    expect([data.buffer, data.byteOffset, data.byteLength]).toEqual([values.buffer, 4, 8]);
    expect(() => f32Tensor([3], values)).toThrow(InputError);
  });
});

describe('readSafetensors accepts', () => {
  it.each<[string, Uint8Array, string[]]>([
    ['no tensors', fileOf('{}'), []],
    ['white space after and inside', fileOf('{ \n}\r \t'), []],
    ['a scalar', fileOf('{"t":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}', zeros(4)), ['t']],
    ['an empty tensor', fileOf('{"t":{"dtype":"I32","shape":[2,0],"data_offsets":[0, 0]}}'), ['t']],
    ['keys in another order', fileOf('{"t":{"data_offsets":[0,2],"shape":[1, 2],"dtype":"U8"}}', zeros(2)), ['t']],
    ['tensors in another order than their bytes',
      fileOf('{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        zeros(2)), ['a', 'b']],
    ['an empty tensor between two others',
      fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"c":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},'
        + '"e":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}', zeros(2)), ['a', 'e', 'c']],
    ['escapes in a name', fileOf('{"\\u0061\\"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', zeros(1)), ['a"']],
  ])('%s', (_, file, names) => {
    expect([...readSafetensors(file).tensors.keys()]).toEqual(names);
  });

  it('a header of exactly 100 MB', () => {
    const header = new Uint8Array(100_000_000).fill(0x20);
    header.set([0x7b, 0x7d]);
    expect(readSafetensors(fileOf(header)).tensors.size).toBe(0);
  });
});
