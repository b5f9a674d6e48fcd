/** The example in the docstring of gradshader/reference type-checks and runs as it stands. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test, vi } from 'vitest';
import * as reference from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { exampleIn, typeErrorsOf } from '../typecheck.ts';

const example = exampleIn(readFileSync('src/reference/index.ts', 'utf8'));

test('it is short and type-checks, and would not if it were wrong', () => {
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(10);
  expect(typeErrorsOf(example)).toEqual([]);
  expect(typeErrorsOf(`${example}\nconst broken: string = a;\n`)).toHaveLength(1);
});

test('it prints the answer it promises', () => {
  const { outputText } = ts.transpileModule(example, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  new Function('require', 'exports', outputText)(() => reference, {});
  const [weights] = printed.mock.calls[0] as [Float64Array];
  printed.mockRestore();
  expectClose('weights', weights, [0.9, 0, -0.2], 0, 1e-3);
  expect(weights[1]).toBe(0);
});
