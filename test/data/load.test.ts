import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadIdx } from '../../src/data/load.ts';
import { mnist } from '../../src/data/mnist.ts';
import { packageFolder } from '../../src/data/node-files.ts';
import { BadFileError, InputError } from '../../src/errors.ts';
import { expectFault, idxBytes, images, labels } from './helpers.ts';

const otherShape = idxBytes([3, 1, 4], new Uint8Array(12));
const files: Readonly<Record<string, Uint8Array>> = {
  '/images.idx': images,
  '/labels.idx': labels,
  ...Object.fromEntries(
    ['set', 'mixed'].flatMap((folder) => [
      [`/${folder}/train-images-idx3-ubyte.gz`, gzipSync(images)],
      [`/${folder}/train-labels-idx1-ubyte.gz`, gzipSync(labels)],
      [`/${folder}/t10k-images-idx3-ubyte.gz`, gzipSync(folder === 'set' ? images : otherShape)],
      [`/${folder}/t10k-labels-idx1-ubyte.gz`, gzipSync(labels)],
    ]),
  ),
};

/** Open downloads, and bytes sent by those without end. */
const seen = { open: 0, sent: 0 };

/** Never ends by itself: an IDX header of 12 bytes and zeros, the same packed (stored blocks), or one byte and then nothing. */
function endless(path: string, response: ServerResponse): void {
  seen.open++;
  response.on('close', () => { seen.open--; });
  if (path === '/drip') {
    response.write('\0');
    return;
  }
  const zeros = new Uint8Array(65_540).fill(0).with(1, 0xff).with(2, 0xff); // a stored block of 65535 bytes that is not the last
  response.write(path === '/endless' ? images.subarray(0, 16) : Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 16, 0, 0xef, 0xff, ...images.subarray(0, 16)]));
  const more = (): void => {
    while (!response.destroyed && response.write(zeros)) seen.sent += zeros.length;
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

let server: Server, origin: string, folder: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url!;
    if (path === '/cut') {
      response.writeHead(200, { 'Content-Length': 100 }).write('x');
      setTimeout(() => response.destroy(), 20);
      return;
    }
    if (path === '/endless' || path === '/endless.gz' || path === '/drip') {
      endless(path, response);
      return;
    }
    if (path === '/silent') return;
    if (path === '/trickle') { // A byte now and then, each well before the time is up.
      seen.open++;
      const timer = setInterval(() => response.write('\0'), 10);
      response.on('close', () => { seen.open--; clearInterval(timer); });
      return;
    }
    if (path === '/slow') { // A byte per millisecond and more.
      const pieces = Array.from({ length: 4 }, (_, i) => images.subarray(7 * i, 7 * i + 7));
      const timer = setInterval(() => { const piece = pieces.shift(); if (piece === undefined) { clearInterval(timer); response.end(); } else response.write(piece); }, 5);
      return;
    }
    if (path === '/huge') {
      response.writeHead(200, { 'Content-Length': 2 ** 40 }).write('x');
      return;
    }
    // Servers may also declare the packing, and then the client unpacks before the library sees it.
    if (path === '/declared.gz') response.setHeader('Content-Encoding', 'gzip').end(gzipSync(images));
    else if (path === '/page') response.end('<!doctype html><title>Home</title>');
    else if (files[path]) response.end(files[path]);
    else response.writeHead(404).end('no such file');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'gradshader-data-'));
  writeFileSync(join(folder, 'images.gz'), gzipSync(images));
  writeFileSync(join(folder, 'labels'), labels);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('by path, by file: URL, by http URL: the same data', async () => {
  const byPath = await loadIdx({ images: join(folder, 'images.gz'), labels: join(folder, 'labels') });
  expect(byPath).toMatchObject({ name: 'images.gz', length: 3, shape: [2, 2], classes: 3 });
  expect(byPath.targets).toEqual(Uint32Array.of(2, 0, 1));
  const toUrl = (file: string) => pathToFileURL(join(folder, file));
  expect(await loadIdx({ images: toUrl('images.gz'), labels: toUrl('labels').href })).toEqual(byPath);
  const byHttp = await loadIdx({ images: `${origin}/images.idx`, labels: new URL(`${origin}/labels.idx`), name: 'images.gz' });
  expect(byHttp).toEqual(byPath);
  expect(await loadIdx({ images: `${origin}/declared.gz`, labels: `${origin}/labels.idx`, name: 'images.gz' })).toEqual(byPath);
  expect((await loadIdx({ images: `${origin}/images.idx`, labels: `${origin}/labels.idx`, classes: 9 })).classes).toBe(9);
});

test('files that cannot be had are named, with the reason', async () => {
  const good = join(folder, 'labels');
  await expectFault(() => loadIdx({ images: join(folder, 'absent'), labels: good }), BadFileError, join(folder, 'absent'), 'ENOENT');
  await expectFault(() => loadIdx({ images: folder, labels: good }), BadFileError, 'EISDIR');
  await expectFault(() => loadIdx({ images: `${origin}/absent`, labels: good }), BadFileError, `${origin}/absent`, '404 Not Found');
  await expectFault(() => loadIdx({ images: `${origin}/page`, labels: good }), BadFileError, `${origin}/page`, 'HTML page');
  await expectFault(() => loadIdx({ images: `${origin}/cut`, labels: good }), BadFileError, `${origin}/cut`, 'could not be fetched');
  await expectFault(() => loadIdx({ images: 'http://127.0.0.1:2/x', labels: good }), BadFileError, 'could not be fetched', 'fetch failed', 'ECONNREFUSED');
});

test('a download without end is stopped by what its own first bytes say, packed or not', async () => {
  for (const path of ['/endless', '/endless.gz']) {
    seen.sent = 0;
    await expectFault(() => loadIdx({ images: `${origin}${path}`, labels: `${origin}/labels.idx` }), BadFileError, `${origin}${path}`, 'by its own header');
    await expect.poll(() => seen.open).toBe(0);
    expect(seen.sent).toBeLessThan(2 ** 25);
  }
  await expectFault(() => loadIdx({ images: `${origin}/huge`, labels: `${origin}/labels.idx` }), BadFileError, '/huge', 2 ** 40, 'maxBytes');
});

test('a server that says nothing more is given up, and a signal stops what still comes', async () => {
  const labelsAt = `${origin}/labels.idx`;
  // A machine with much else to do may need longer than 50 ms for the first byte of the last.
  for (const [path, timeoutMilliseconds, says] of [['/silent', 50, 'nothing came for 50 ms'], ['/drip', 50, 'came for 50 ms'], ['/trickle', 1000, 'bytes came for 1000 ms']] as const) {
    await expectFault(() => loadIdx({ images: `${origin}${path}`, labels: labelsAt, timeoutMilliseconds }), BadFileError, `${origin}${path}`, says);
  }
  expect(await loadIdx({ images: `${origin}/slow`, labels: labelsAt, timeoutMilliseconds: 2000 })).toMatchObject({ length: 3 });
  const leave = new AbortController();
  const drip = loadIdx({ images: `${origin}/drip`, labels: labelsAt, signal: leave.signal });
  setTimeout(() => leave.abort(new Error('enough')), 20);
  await expect(drip).rejects.toThrow('enough');
  await expect(loadIdx({ images: labelsAt, labels: labelsAt, signal: leave.signal })).rejects.toThrow('enough');
  await expect.poll(() => seen.open).toBe(0);
  await expectFault(() => loadIdx({ images: labelsAt, labels: labelsAt, timeoutMilliseconds: 0 }), InputError, 'timeoutMilliseconds', 0);
  await expectFault(() => loadIdx({ images: labelsAt, labels: labelsAt, maxBytes: NaN }), InputError, 'maxBytes', NaN);
});

test('a device file without end is no data set, and is not read to its end', async () => {
  await expectFault(() => loadIdx({ images: '/dev/zero', labels: join(folder, 'labels') }), BadFileError, '/dev/zero', '0');
});

test('mnist({ url }) reads the four standard names under an address, with or without a last slash', async () => {
  const { train, test: held } = await mnist({ url: `${origin}/set` });
  expect(train).toMatchObject({ name: 'mnist train', length: 3, classes: 10 });
  expect(held).toMatchObject({ name: 'mnist test', length: 3, classes: 10 });
  expect((await mnist({ url: `${origin}/set/` })).train).toEqual(train);
  await expectFault(() => mnist({ url: `${origin}/none` }), BadFileError, '/none/', 'idx', '404');
  await expectFault(() => mnist({ url: `${origin}/mixed` }), BadFileError, '[2, 2]', '[1, 4]');
});

test('a missing package is named with the command that installs it', async () => {
  await expectFault(() => packageFolder('gradshader-no-such-package'), BadFileError, 'npm i gradshader-no-such-package');
});

test('a page: bundles for browsers without Node modules, needs a url, loads by fetch', async () => {
  const entry = fileURLToPath(new URL('../../src/data/mnist.ts', import.meta.url));
  const bundle = await build({
    entryPoints: [entry], bundle: true, write: false, platform: 'browser', format: 'iife', globalName: 'data', logLevel: 'silent',
  });
  expect(bundle.outputFiles[0]!.text).not.toMatch(/(import|require)\(["']node:/);
  // A page resolves addresses against its own.
  const page = createContext({
    fetch: (url: string, options: RequestInit) => fetch(new URL(url, origin), options), Blob, DecompressionStream, AbortController, AbortSignal, setTimeout, clearTimeout,
  });
  runInContext(bundle.outputFiles[0]!.text, page);
  const call = (code: string): Promise<unknown> => runInContext(code, page) as Promise<unknown>;
  expect(await call(`data.mnist().catch((error) => error.code + ': ' + error.message)`)).toMatch(/^input: .*mnist\(\{ url/);
  expect(await call(`data.mnist({ url: '${origin}/set' }).then((both) => both.train.targets.join())`)).toBe('2,0,1');
  expect(await call(`data.mnist({ url: 'set' }).then((both) => both.test.name)`)).toBe('mnist test');
});

test('an address that is not fetched is no path either; bytes in the place of one are said in few words', async () => {
  for (const images of ['ftp://host/images', 's3://bucket/images', new URL('gs://bucket/images')]) {
    await expect(loadIdx({ images, labels: `${origin}/labels.idx` })).rejects.toThrow(/^(ftp|s3|gs):\/\/\S+: \1: is no protocol that is read\. Give an address with https: or http:, or in Node a path\.$/);
  }
  await expect(loadIdx({ images: Buffer.alloc(900) as never, labels: 'x' })).rejects.toThrow('loadIdx: images must be a URL or a path, got a Uint8Array of 900.');
});
