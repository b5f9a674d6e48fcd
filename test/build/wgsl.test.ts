/** Minified shaders are the same programs: the same tokens, and the same modules in both compilers of the browsers. */
import { parseWgsl, validate, writeSpirv } from 'naga-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { filesUnder } from '../architecture/files.ts';
import { samples } from '../kernels/samples.ts';
import { minifyWgsl, shortNames } from './tools.ts';

const shaders = filesUnder('shaders', '.wgsl');
const names = shortNames(shaders.map(({ text }) => text));

/** The tokens of a shader, after https://www.w3.org/TR/WGSL/#tokens, comments left out. `>` stands alone: it may end a template. */
function tokensOf(text: string): string[] {
  const token = /\/\/.*|\/\*[\s\S]*?\*\/|[\p{XID_Start}_]\p{XID_Continue}*|(?:0[xX][\da-fA-F.]+|\d*\.?\d+(?:\.\d*)?|\d+\.)(?:[eEpP][+-]?\d+)?[iufh]?|->|&&|\|\||\+\+|--|<<=?|[-+*/%&|^<=!]=|\S/gu;
  return (text.match(token) ?? []).filter((one) => !one.startsWith('//') && !one.startsWith('/*'));
}

describe('minifyWgsl', () => {
  test('drops comments, nested ones too, and indentation; keeps lines', () => {
    expect(minifyWgsl('// head\n\nfn f( a : u32 ) -> u32 { // one\n  /* a /* b */ c */ let x = a;\n\n  return x; /* end */\n}\n'))
      .toBe('fn f(a:u32)->u32{\nlet x=a;\nreturn x;\n}');
  });

  test.each([
    ['a - -b', 'a- -b'], ['a + +b', 'a+ +b'], ['a / *p', 'a/ *p'], ['a & &b', 'a& &b'], ['array<f32> = x', 'array<f32> =x'], ['x > = y', 'x> =y'],
    ['let x', 'let x'], ['1. x', '1. x'], ['a = .5', 'a=.5'], ['a /* c */ b', 'a b'], ['a/**/b', 'a b'], ['a //x\u2028 b', 'a\nb'], ['a\u0085b', 'a\nb'],
    ['@group(0) @binding(1) var', '@group(0)@binding(1)var'], ['a\r\n b', 'a\nb'], ['größe Δ', 'größe Δ'],
  ])('%j is %j', (text, minified) => {
    expect(minifyWgsl(text)).toBe(minified);
  });

  test('refuses a block comment without an end', () => {
    expect(() => minifyWgsl('fn f() {} /* /* */')).toThrow(/comment/);
  });

  test.each(shaders)('$path: the same tokens on the same lines, and nothing left to drop', ({ text }) => {
    const stripped = minifyWgsl(text);
    expect(tokensOf(stripped)).toEqual(tokensOf(text));
    expect(minifyWgsl(stripped)).toBe(stripped);
    expect(stripped).not.toMatch(/\/\/|\/\*|\n\s|\s\n| {2}/);
    const lines = text.split('\n').map(tokensOf).filter((line) => line.length > 0);
    expect(stripped.split('\n').map(tokensOf)).toEqual(lines);
  });
});

describe('shortNames', () => {
  test('leaves attributes, address spaces, members, constants and main alone', () => {
    const text = 'struct Pair { first: u32, second: u32 }\nconst SIZE = 4u;\nvar<workgroup> shared_sum: array<u32, SIZE>;\n' +
      '@compute @workgroup_size(SIZE) fn main(@builtin(workgroup_id) workgroup: vec3u) {\n  let first = workgroup.x;\n  shared_sum[first] = Pair(first, 2u).second;\n}';
    expect([...shortNames([text]).keys()].sort()).toEqual(['Pair', 'shared_sum']);
  });

  test('gives each name one of its own that no shader has', () => {
    const used = new Set(shaders.flatMap(({ text }) => tokensOf(text).filter((_, i, all) => all[i - 1] !== '.')));
    expect(names.size).toBeGreaterThan(0);
    expect(new Set(names.values()).size).toBe(names.size);
    expect([...names.values()].filter((name) => used.has(name))).toEqual([]);
  });
});

describe('every kernel, composed', () => {
  const spirv = (code: string): Uint32Array => {
    const module = parseWgsl(code);
    return writeSpirv(module, validate(module), { flags: { debug: false } }); // without names
  };

  // Dawn without a driver behind it, as in compilers.test.ts.
  let dawn: GPU;
  let gpu: GPUDevice;
  beforeAll(async () => {
    dawn = create(['backend=null']);
    gpu = await (await dawn.requestAdapter())!.requestDevice({ requiredFeatures: ['subgroups'] });
  });
  afterAll(() => gpu?.destroy());

  /** Renames each name of the first to one of its own in the second, and leaves the rest as it is. */
  const expectRenamed = (from: readonly string[], to: readonly string[]): void => {
    const known = new Map(from.map((token, i) => [token, to[i]]));
    expect(to.length).toBe(from.length);
    expect(new Set(known.values()).size).toBe(known.size);
    expect(to.filter((token, i) => token !== known.get(from[i]!))).toEqual([]);
  };

  test.each(samples)('$label', async ({ label, code, extensions }) => {
    const minified = minifyWgsl(code, names);
    expect(minified.length).toBeLessThan(code.length);
    // A member may have the name of a variable.
    const withMembers = (text: string): string[] => tokensOf(text).map((token, i, all) => (all[i - 1] === '.' ? `.${token}` : token));
    expectRenamed(withMembers(code), withMembers(minified));
    if (extensions.length === 0) expect(spirv(minified)).toEqual(spirv(code)); // naga knows no extension
    gpu.pushErrorScope('validation');
    const module = gpu.createShaderModule({ label, code: minified });
    expect((await gpu.popErrorScope())?.message).toBe(undefined);
    const { messages } = await module.getCompilationInfo();
    expect(Array.from(messages, ({ type, message, lineNum }) => `${type} in line ${lineNum}: ${message}`)).toEqual([]);
  });
});
