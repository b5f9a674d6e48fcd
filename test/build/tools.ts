/** What the build is made of, for tests: plain JavaScript, so that it runs before anything is installed. */
import type { BuildOptions, Plugin } from 'esbuild';

interface Minifier {
  minifyWgsl(text: string, names?: ReadonlyMap<string, string>): string;
  shortNames(texts: readonly string[]): Map<string, string>;
  readonly minifiedWgsl: Plugin;
}

const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ new URL(`../../src/cli/build/${file}`, import.meta.url).href);

export const { minifyWgsl, shortNames, minifiedWgsl } = (await load('minify-wgsl.mjs')) as Minifier;
export const { library } = (await load('library.mjs')) as { readonly library: BuildOptions };
