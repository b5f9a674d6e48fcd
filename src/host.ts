/** Where the library runs, by its globals. A leaf. */

/** What a program in Node, Deno, a page or one of their copies may find. */
interface Globals {
  readonly process?: {
    readonly type?: string;
    readonly versions?: Readonly<Record<string, string | undefined>>;
    readonly getBuiltinModule?: unknown;
  };
  readonly navigator?: { readonly userAgent?: string };
}

// process.type of Electron's pages, workers and service workers, which have Node's globals beside those of a page.
const PAGES = /renderer|worker/;

/**
 * 'node': Node, Bun, Electron's main process, and tests in Node that imitate a page (jsdom): a GPU is found through Dawn,
 * and files are on the disk. 'deno': files too, but a GPU of its own. 'page': a GPU of its own, and everything is fetched:
 * browsers, pages of Electron and NW.js though Node's globals are there, Cloudflare's workers, shims of `process`.
 */
export function hostKind(): 'node' | 'deno' | 'page' {
  const { process, navigator } = globalThis as Globals;
  const { type = '', versions = {}, getBuiltinModule } = process ?? {};
  if (typeof versions.node !== 'string' || typeof getBuiltinModule !== 'function') return 'page';
  if (PAGES.test(type) || (versions.nw && 'document' in globalThis) || navigator?.userAgent === 'Cloudflare-Workers') return 'page';
  return 'Deno' in globalThis ? 'deno' : 'node';
}

/** Milliseconds since some moment. */
export const now = (): number => ((globalThis as { performance?: { now(): number } }).performance ?? Date).now();

export const isNode = (): boolean => hostKind() === 'node';
