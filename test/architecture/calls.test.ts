/** GPU calls only where they belong, shader text only in files, and files of a size to be read. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { filesUnder, matches } from './files.ts';

const sources = filesUnder('src', '.ts');
const GPU_CALL = /\b(?:createBuffer|createBindGroup|createBindGroupLayout|createPipelineLayout|createComputePipeline|createComputePipelineAsync|createShaderModule|createQuerySet|createCommandEncoder|dispatchWorkgroups)\b|\bqueue\./g;

test('GPU calls occur only in the rooms device and webgpu', () => {
  const isAllowed = (path: string): boolean => /^src\/(device|webgpu)\//.test(path);
  expect(matches(sources.filter(({ path }) => isAllowed(path)), GPU_CALL).length).toBeGreaterThan(0);
  expect(matches(sources.filter(({ path }) => !isAllowed(path)), GPU_CALL)).toEqual([]);
});

test('layouts are explicit', () => {
  expect(matches(sources, /layout:\s*['"]auto['"]/g)).toEqual([]);
});

test('shader text is written in .wgsl files only and never edited', () => {
  expect(matches(sources, /@compute|@workgroup_size|@group\(|var<(?:storage|uniform|workgroup)/g)).toEqual([]);
  expect(matches(sources, /\b(?:source|code|shader|wgsl|text|librar(?:y|ies)[^.]*)\.replace(?:All)?\(/gi)
    .filter((found) => /kernels|scheduler|webgpu|shader/.test(found))).toEqual([]);
  expect(matches(filesUnder('src/kernels', '.ts'), /\$\{[^}]*\b(?:source|libraries|row|tile)\b/g)).toEqual([]);
});

test('no file is longer than 300 lines', () => {
  const all = ['src', 'test', 'demo'].filter((folder) => existsSync(folder)).flatMap((folder) => filesUnder(folder, '.ts'));
  const long = all.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 })).filter(({ lines }) => lines > 300);
  expect(long).toEqual([]);
});

test('no test is skipped, focused or left to do', () => {
  expect(matches(filesUnder('test', '.ts'), /\b(?:test|it|describe)\.(?:skip|only|todo|skipIf|runIf)\b/g)).toEqual([]);
});
