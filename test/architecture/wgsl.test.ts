/** What the WGSL says agrees with what the descriptors say, and fits every WebGPU device. */
import { describe, expect, test } from 'vitest';
import { MAX_GROUPS, spread } from '../../src/kernels/kernel.ts';
import { samples, type Sample } from '../kernels/samples.ts';
import { filesUnder, matches, withoutComments } from './files.ts';

const ACCESS: Readonly<Record<string, string>> = { uniform: 'uniform', 'storage, read': 'read', 'storage, read_write': 'read-write' };

/** As WGSL writes it. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const bindingsOf = (code: string): { index: number; name: string; access: string | undefined }[] =>
  [...code.matchAll(/@group\((\d+)\)\s*@binding\((\d+)\)\s*var<([^>]*)>\s*(\w+)/g)]
    .map(([, group, index, access, name]) => ({ index: group === '0' ? Number(index) : -1, name: name!, access: ACCESS[access!] }))
    .sort((a, b) => a.index - b.index);

/** All constants of a composed text that are numbers, by name. */
function constantsOf(code: string): Map<string, number> {
  const known = new Map<string, number>();
  for (const [, name, value] of code.matchAll(/^const (\w+)(?:: u32)? = ([^;]*);/gm)) {
    const number = evaluate(value!, known);
    if (!Number.isNaN(number)) known.set(name!, number);
  }
  return known;
}

/** A product of numbers and known names; NaN for anything else. */
const evaluate = (expression: string, known: ReadonlyMap<string, number>): number =>
  expression.split('*').map((factor) => {
    const text = factor.trim();
    return /^\d+u?$/.test(text) ? Number.parseInt(text, 10) : (known.get(text) ?? NaN);
  }).reduce((a, b) => a * b, 1);

const BYTES: Readonly<Record<string, number>> = { f32: 4, u32: 4, vec4f: 16, vec4u: 16, Squares: 32, Part: 12 };

function workgroupBytes(code: string): number {
  const constants = constantsOf(code);
  const declared = [...code.matchAll(/var<workgroup>\s*\w+:\s*array<(\w+),\s*([^>]*)>/g)];
  expect(declared.length).toBe((code.match(/var<workgroup>/g) ?? []).length);
  return declared.reduce((sum, [, type, length]) => sum + BYTES[type!]! * evaluate(length!, constants), 0);
}

function invocations(code: string): number {
  const constants = constantsOf(code);
  const [, size] = /@workgroup_size\(([^)]*)\)/.exec(code)!;
  return size!.split(',').map((part) => evaluate(part, constants)).reduce((a, b) => a * b, 1);
}

/** Names in capitals that the text uses, and those it declares. */
function capitals(code: string): { used: Set<string>; declared: Set<string> } {
  const text = withoutComments(code);
  const declared = [...text.matchAll(/\b(?:const|var<private>)\s+([A-Z][A-Z0-9_]*)\b/g)].map(([, name]) => name!);
  const body = text.replace(/\b(?:const|var<private>)\s+[A-Z][A-Z0-9_]*\b/g, '');
  return { used: new Set(body.match(/\b[A-Z][A-Z0-9_]*\b/g) ?? []), declared: new Set(declared) };
}

describe.each(samples)('$label', ({ code, bindings, grid }: Sample) => {
  test('binds what its descriptor says, in that order, with that access', () => {
    expect(bindingsOf(code)).toEqual(bindings.map(({ name, access }, index) => ({ index, name: snake(name), access })));
  });

  test('has every constant it uses, and uses every constant it has', () => {
    const { used, declared } = capitals(code);
    expect([...used].filter((name) => !declared.has(name))).toEqual([]);
    expect([...declared].filter((name) => !used.has(name))).toEqual([]);
  });

  test('fits the default limits', () => {
    expect(bindings.filter(({ access }) => access !== 'uniform').length).toBeLessThanOrEqual(8);
    expect(workgroupBytes(code)).toBeLessThanOrEqual(16384);
    expect(invocations(code)).toBeGreaterThanOrEqual(1);
    expect(invocations(code)).toBeLessThanOrEqual(256);
    for (const groups of grid) expect(Number.isInteger(groups) && groups >= 1 && groups <= 65535).toBe(true);
  });
});

test('the helpers see what they look for', () => {
  const code = 'const A: u32 = 8u;\nconst B = 2u * A;\nvar<workgroup> a: array<vec4f, 4u * B>;\n@compute @workgroup_size(A, 4) fn main() {}';
  expect(workgroupBytes(code)).toBe(1024);
  expect(invocations(code)).toBe(32);
  expect(capitals('const A = 1u; fn f() { B += C_1; } // D')).toEqual({ used: new Set(['B', 'C_1']), declared: new Set(['A']) });
});

test('workgroups past one dimension go on in the next: enough of them, and no dimension too long', () => {
  for (const count of [1, MAX_GROUPS - 1, MAX_GROUPS, MAX_GROUPS + 1, 2 * MAX_GROUPS, 2 * MAX_GROUPS + 1, 10_000_019]) {
    const { x, y } = spread(count);
    expect(x * y).toBeGreaterThanOrEqual(count);
    expect(x * (y - 1)).toBeLessThan(count);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
  }
});

describe('shader files', () => {
  const shaders = filesUnder('shaders', '.wgsl');

  test('are plain WGSL: no preprocessor, no override, no template', () => {
    expect(matches(shaders, /^\s*#\w+|\boverride\b|\$\{|\{\{/gm)).toEqual([]);
  });

  test('never test for NaN or infinity by comparing, which compilers may assume away', () => {
    const pattern = /\b([\w.]+)\s*[!=]=\s*\1(?![\w.[(])|\bis(?:nan|inf)\b/gi;
    expect(matches([{ path: 'bad', text: 'if (x != x) {' }], pattern)).toHaveLength(1);
    expect(matches(shaders, pattern)).toEqual([]);
  });

  test('have at most 150 lines and open with a comment', () => {
    for (const { path, text } of shaders) {
      expect(text.split('\n').length - 1, path).toBeLessThanOrEqual(150);
      expect(text, path).toMatch(/^\/\/ /);
    }
  });
});
