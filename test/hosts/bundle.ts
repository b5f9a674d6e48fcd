/** esbuild as build.mjs uses it, for what tests bundle themselves. */
import { type BuildOptions, build } from 'esbuild';

/** The bundled text of one entry. Nothing is external unless the options say so. */
export async function bundle(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wgsl': 'text', '.py': 'text', '.sh': 'text', '.wasm': 'binary' },
    logLevel: 'silent',
    ...options,
    write: false,
  });
  return outputFiles[0]!.text;
}
