/** One name per kernel, everywhere. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kernels } from '../../src/kernels/index.ts';
import * as reference from '../../src/reference/index.ts';
import { kernelCases } from '../cases/index.ts';
import { filesUnder, stem } from './files.ts';

const names = kernels.map(({ name }) => name).sort();
const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const stemsIn = (folder: string, ending: string): string[] => readdirSync(folder).filter((file) => file.endsWith(ending)).map(stem).sort();

test('descriptors have names of their own', () => {
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

test('shaders/*.wgsl are the kernels', () => {
  expect(stemsIn('shaders', '.wgsl')).toEqual(names);
});

test('each kernel is described in the file of its name, which reads the shader of its name', () => {
  expect(stemsIn('src/kernels', '.ts')).toEqual(expect.arrayContaining(names));
  for (const { path, text } of filesUnder('src/kernels', '.ts').filter((file) => names.includes(stem(file.path)))) {
    expect(text, path).toContain(`from '../../shaders/${stem(path)}.wgsl'`);
    expect(text, path).toContain(`export const ${camelCase(stem(path))}: Kernel<`);
    expect(text, path).toContain(`name: '${stem(path)}'`);
  }
});

test('each kernel has a float64 reference of its name', () => {
  expect(stemsIn('src/reference', '.ts')).toEqual(expect.arrayContaining(names));
  for (const name of names) expect(reference, name).toHaveProperty(camelCase(name), expect.any(Function));
});

test('each kernel has cases, and each case a kernel', () => {
  expect([...new Set(kernelCases.map(({ kernel }) => kernel))].sort()).toEqual(names);
  for (const { kernel, name } of kernelCases) expect(name.startsWith(`${kernel}: `), name).toBe(true);
});

test('every library shader is used', () => {
  const used = filesUnder('src/kernels', '.ts').map(({ text }) => text).join('\n');
  for (const { path } of filesUnder('shaders/lib', '.wgsl')) expect(used).toContain(path);
});
