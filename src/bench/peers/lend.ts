/** What libraries made for browsers look for and Node or Deno does not have, lent for as long as they run. */

import { isNode } from '../../host.ts';

type Scope = Record<string, unknown>;

/** Sets properties that are absent, and gives back the way to take them away again. */
function lend(target: object, values: Readonly<Record<string, unknown>>): () => void {
  const lent = Object.keys(values).filter((key) => (target as Scope)[key] === undefined);
  for (const key of lent) Object.defineProperty(target, key, { value: values[key], configurable: true, writable: true });
  return () => {
    for (const key of lent) Reflect.deleteProperty(target, key);
  };
}

/** Dawn as `navigator.gpu`, its adapter as `openDevice` finds it. */
const nodeGpu = {
  async requestAdapter({ powerPreference = 'high-performance' }: GPURequestAdapterOptions = {}): Promise<GPUAdapter | null> {
    const { requestNodeAdapter } = await import('../../device/node.ts');
    const adapter = await requestNodeAdapter({ software: 'fallback', powerPreference, dawnFlags: [] });
    return typeof adapter === 'string' ? null : adapter;
  },
  getPreferredCanvasFormat: () => 'bgra8unorm',
};

/** @throws when the package webgpu is not installed */
async function lendGpu(): Promise<() => void> {
  // A name in a variable is left alone by bundlers.
  const name: string = 'webgpu';
  const { globals } = (await import(name)) as { globals: Record<string, unknown> };
  const { availableParallelism } = process.getBuiltinModule('node:os');
  const hosts = { navigator: { userAgent: `Node.js/${process.version}`, hardwareConcurrency: availableParallelism() } };
  const returns = [lend(globalThis, { ...globals, ...hosts }), lend(navigator, { gpu: nodeGpu })];
  return () => returns.toReversed().forEach((giveBack) => giveBack());
}

/**
 * In Node WebGPU where pages have it, and in Node and Deno what TensorFlow.js asks for: a sign of a worker, without
 * which it looks for no WebGPU, and the names of CommonJS, which its WebAssembly reads and does not use. Nothing in a page.
 * Call what it gives once the libraries are done.
 */
export async function lendGlobals(): Promise<() => void> {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return () => {};
  const { createRequire } = process.getBuiltinModule('node:module');
  const takeNames = lend(globalThis, { WorkerGlobalScope: Object, __dirname: '/', require: createRequire(import.meta.url) });
  const takeGpu = isNode() ? await lendGpu() : () => {};
  return () => {
    takeGpu();
    takeNames();
  };
}
