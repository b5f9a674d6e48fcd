/** Which host it is, by the globals of each: simulated, as documented by their makers. */
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';

let code = '', dataCode = '';
beforeAll(async () => {
  code = await bundle('src/host.ts', { format: 'iife', globalName: 'host' });
  dataCode = await bundle('src/index.ts', { format: 'iife', globalName: 'gradshader', external: ['node:*', 'webgpu', '@sparticuz/chromium'] });
});

const getBuiltinModule = (name: string): unknown => process.getBuiltinModule(name);
const node = { version: 'v20.20.0', versions: { node: '20.20.0', v8: '11.3' }, getBuiltinModule };
const electron = { ...node, versions: { ...node.versions, electron: '39.0.0', chrome: '142.0' } };
const page = { window: {}, document: {}, navigator: { userAgent: 'Chrome' }, location: { href: 'https://a.example/' } };

const HOSTS: readonly (readonly [name: string, globals: object, kind: 'node' | 'deno' | 'page'])[] = [
  ['Node 20', { process: node }, 'node'],
  ['Node 21 and later, which have a navigator', { process: node, navigator: { userAgent: 'Node.js/22', hardwareConcurrency: 2 } }, 'node'],
  ['Node with a polyfill of window', { process: node, window: {}, document: {} }, 'node'],
  ["Vitest's and Jest's jsdom", { ...page, process: { ...node }, navigator: { userAgent: 'Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/26.1.0' } }, 'node'],
  ['Bun', { process: { ...node, versions: { ...node.versions, bun: '1.3.0' } }, Bun: {}, navigator: { userAgent: 'Bun/1.3.0' } }, 'node'],
  ["Electron's main process", { process: { ...electron, type: 'browser' } }, 'node'],
  ["Electron's utility process", { process: { ...electron, type: 'utility' } }, 'node'],
  ['Electron run as Node', { process: electron }, 'node'],
  ['a page of Electron with Node integration', { ...page, process: { ...electron, type: 'renderer' } }, 'page'],
  ['a worker of such a page', { process: { ...electron, type: 'worker' }, navigator: page.navigator }, 'page'],
  ['a page of NW.js', { ...page, process: { ...node, versions: { ...node.versions, nw: '0.100.0' } } }, 'page'],
  ['Deno 2, which has process', { process: { ...node, versions: { ...node.versions, deno: '2.9.0' } }, Deno: {}, navigator: { userAgent: 'Deno/2.9' } }, 'deno'],
  ['Deno without Node’s modules', { Deno: {}, navigator: { userAgent: 'Deno/1.40' } }, 'page'],
  ["Cloudflare's workers with nodejs_compat", { process: node, navigator: { userAgent: 'Cloudflare-Workers' } }, 'page'],
  ['a page', page, 'page'],
  ['a page with a bundler’s process', { ...page, process: { browser: true, version: '', versions: {}, env: {}, nextTick: () => {} } }, 'page'],
  ['a worker with a process that claims a version', { process: { env: {}, versions: { node: '18.0.0' } }, navigator: page.navigator }, 'page'],
  ['a process that is no object', { process: undefined }, 'page'],
  ['nothing', {}, 'page'],
];

test.each(HOSTS)('%s', (_, globals, kind) => {
  expect(runInNewContext(`${code}; [host.hostKind(), host.isNode()]`, { ...globals })).toEqual([kind, kind === 'node']);
});

test.each(HOSTS.filter(([, { document }, kind]: readonly [string, { document?: object }, string]) => kind === 'page' && document !== undefined))(
  '%s: data are fetched from its address', async (_, globals) => {
    const asked: string[] = [];
    const fetch = async (url: string): Promise<Response> => (asked.push(url), new Response('', { status: 404 }));
    const load = (call: string): Promise<string> => runInNewContext(
      `${dataCode}; gradshader.${call}.then(String, String)`, { ...globals, fetch, URL, AbortSignal, AbortController, setTimeout, clearTimeout },
    ) as Promise<string>;
    expect(await load("loadIdx({ images: '/data/img', labels: '/data/lab' })")).toMatch(/^BadFileError: \/data\/(img|lab): .*404/);
    expect(await load("mnist({ url: '/mnist/' })")).toMatch(/^BadFileError: \/mnist\/.*404/);
    expect(await load('mnist()')).toMatch(/^InputError: mnist: a page must say/);
    expect(asked).toEqual(expect.arrayContaining(['/data/img', '/data/lab', '/mnist/train-images-idx3-ubyte.gz']));
  },
);
