/** What a page pays in bytes: a size is no time, so a test may hold it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOT_BEFORE_THE_FIRST_STEP } from './later.ts';
import { library, minifiedWgsl } from './tools.ts';

/**
 * Of all that is loaded before a page's first step is done. jax-js 0.1.25, whose `export * from '@jax-js/jax'` is bundled,
 * minified and gzipped by the same means, has 103 023.
 */
const LIMIT = 75_500;

const NAMES = 'openDevice, Trainer, sequential, dense, relu, dropout, softmaxCrossEntropy, sgd, l2, dataset';
const trainingPage = (library: string): string => `import { ${NAMES} } from '${library}';\nglobalThis.used = [${NAMES}];`;
const SOURCE = './src/index.ts';

/** The sources of the package's files, by their names in it. */
const packed = new Map<string, string>();

/** These stay out: bundlers give them files of their own. */
const laterApart: Plugin = {
  name: 'later-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      const source = packed.get(basename(path)) ?? relative('.', join(resolveDir, path)).replaceAll('\\', '/');
      return kind === 'dynamic-import' && NOT_BEFORE_THE_FIRST_STEP.includes(source) ? { path, external: true } : undefined;
    });
  },
};

interface Bundle {
  readonly bytes: number;
  readonly gzip: number;
  /** Bytes after minification by module, the largest first. */
  readonly parts: readonly (readonly [path: string, bytes: number])[];
}

async function bundled(contents: string, resolveDir = '.'): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', legalComments: 'none',
    write: false, outfile: 'page.js', metafile: true, logLevel: 'silent', plugins: [minifiedWgsl, laterApart],
  });
  const { contents: code } = outputFiles[0]!;
  const parts = Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a);
  return { bytes: code.length, gzip: gzipSync(code, { level: 9 }).length, parts };
}

/** The package as npm has it, without its types. */
let folder = '', outputs: Metafile['outputs'] = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-size-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', sideEffects: false }));
  const { metafile } = await build({ ...library, outdir: join(folder, 'dist'), metafile: true, logLevel: 'silent' });
  outputs = metafile.outputs;
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint !== undefined) packed.set(basename(path), entryPoint);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`a page that trains loads at most ${LIMIT} bytes of library, gzipped`, async () => {
  const page = await bundled(trainingPage('./dist/index.js'), folder);
  const [source, whole] = [await bundled(trainingPage(SOURCE)), await bundled(`export * from '${SOURCE}';`)];
  const shaders = source.parts.filter(([path]) => path.endsWith('.wgsl')).reduce((sum, [, bytes]) => sum + bytes, 0);
  const largest = source.parts.slice(0, 12).map(([path, bytes]) => `${String(bytes).padStart(7)}  ${path}`).join('\n');
  console.log([
    `A page that trains: ${page.gzip} bytes gzipped of ${LIMIT} allowed, ${page.bytes} minified, ${shaders} of them WGSL.`,
    `Everything exported: ${whole.gzip} bytes gzipped, ${whole.bytes} minified. The largest parts of the page:\n${largest}`,
  ].join('\n'));
  expect(page.gzip, `The largest parts:\n${largest}\n`).toBeLessThanOrEqual(LIMIT);
});

test('what comes later is asked for by import() still', () => {
  expect([...packed.values()]).toEqual(expect.arrayContaining(NOT_BEFORE_THE_FIRST_STEP));
});

test('a page that trains does not load what it does not use', async () => {
  const { parts } = await bundled(trainingPage(SOURCE));
  const loaded = parts.map(([path]) => path);
  const apart = [
    /^src\/device\/(node|packed)\.ts$/, /^src\/data\/(node-files|idx|load|mnist|balance|held-out|statistics|table\/\w+)\.ts$/, // Node's, and files and tables
    /^src\/files\/safetensors-(read|header)\.ts$/, /^src\/train\/(restore|version-1|training-state-check|parameters-file)\.ts$/, // reading checkpoints
    /^src\/model\/(pairs|conventions)\.ts$/, /^src\/model\/schedules\/(makers|saved-functions)\.ts$/, /^src\/train\/tune\/tune\.ts$/,
    /^src\/(reference|optim|bench|cli)\//, /view-/,
  ];
  expect(loaded).toContain('src/train/trainer.ts');
  expect(loaded.filter((path) => apart.some((pattern) => pattern.test(path)))).toEqual([]);
});

test('the parser of tables lies in a file of its own, which only loadCsv asks for', () => {
  const holdsIt = (path: string): boolean => Object.keys(outputs[path]!.inputs).some((input) => input.includes('papaparse'));
  const always = new Set<string>(), walk = (path: string): void => {
    if (always.has(path)) return;
    always.add(path);
    for (const { path: next, kind } of outputs[path]!.imports) if (kind !== 'dynamic-import' && outputs[next] !== undefined) walk(next);
  };
  walk(Object.keys(outputs).find((path) => basename(path) === 'index.js')!);
  expect([...always].filter(holdsIt)).toEqual([]);
  const own = Object.keys(outputs).filter(holdsIt);
  expect(own).toHaveLength(1);
  expect(readFileSync(own[0]!, 'utf8')).toContain('@license');
  expect(readFileSync('LICENSE', 'utf8')).toContain(readFileSync('node_modules/papaparse/LICENSE', 'utf8').replaceAll('\r', '').trim());
});

test('a page pays for the activations that it makes', async () => {
  const own = (parts: Bundle['parts']): string[] => parts.map(([path]) => path).filter((path) => /lib\/activations\//.test(path)).map((path) => basename(path, '.wgsl'));
  const plain = await bundled(trainingPage(SOURCE)), more = await bundled(`${trainingPage(SOURCE)}\nimport { gelu } from '${SOURCE}';\nglobalThis.more = gelu;`);
  expect([own(plain.parts), own(more.parts).toSorted()]).toEqual([['relu'], ['gelu', 'relu']]);
  console.log(`gelu: ${more.gzip - plain.gzip} bytes gzipped.`);
});
