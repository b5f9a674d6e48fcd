import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from '../../src/cli/serve.ts';

/** Sends the path as written: fetch and URL would tidy "..", which is what is tested here. */
function raw(base: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    request({ hostname, port, path }, (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', reject)
      .end();
  });
}

describe('serve', () => {
  let folder: string;
  let served: Served;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradshader-serve-'));
    for (const part of ['root', 'data', 'root/sub']) mkdirSync(join(folder, part));
    writeFileSync(join(folder, 'secret'), 'secret');
    writeFileSync(join(folder, 'root', 'index.html'), '<p>index');
    writeFileSync(join(folder, 'root', 'a b.js'), 'export {}');
    writeFileSync(join(folder, 'data', 'numbers'), Uint8Array.of(1, 2, 255));
    served = await serve({ root: join(folder, 'root'), mounts: { '/mnist/': join(folder, 'data') } });
  });
  afterAll(async () => {
    await served?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('serves files with their types, from this machine only', async () => {
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const index = await fetch(served.url);
    expect(await index.text()).toBe('<p>index');
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const script = await fetch(`${served.url}a%20b.js?x=1`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  test('serves a mounted folder, bytes unchanged', async () => {
    const response = await fetch(`${served.url}mnist/numbers`);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 255]);
    expect(response.headers.get('content-length')).toBe('3');
  });

  test.each(['/../secret', '/%2e%2e/secret', '/mnist/../../secret', '/mnist/%2e%2e/secret', '/missing', '/sub'])(
    'has nothing at %s',
    async (path) => {
      expect(await raw(served.url, path)).toBe(404);
    },
  );

  test('refuses what is not a read, and broken addresses', async () => {
    expect((await fetch(served.url, { method: 'POST' })).status).toBe(405);
    expect(await raw(served.url, '/%ff')).toBe(400);
    expect((await fetch(served.url, { method: 'HEAD' })).status).toBe(200);
  });

  test('a taken port is an error', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serve({ root: folder, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
