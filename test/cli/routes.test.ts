/** Answers that the local server makes itself, for the headless browser. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, serve } from '../../src/cli/serve.ts';

let served: Served;
const posted: Uint8Array[] = [];
beforeAll(async () => {
  served = await serve({
    root: 'no-such-folder',
    routes: {
      '/': { type: 'text/html; charset=utf-8', get: async () => new TextEncoder().encode('<p>page') },
      '/bytes': { get: async () => Uint8Array.of(0, 255, 7), post: async (body) => void posted.push(body) },
      '/bad': {
        get: async () => { throw new Error('the disk is full'); },
        post: async () => { throw new Error('the disk is full'); },
      },
    },
  });
});
afterAll(() => served.close());

test('gives bytes, and text with its type', async () => {
  const page = await fetch(served.url);
  expect([await page.text(), page.headers.get('content-type')]).toEqual(['<p>page', 'text/html; charset=utf-8']);
  expect(new Uint8Array(await (await fetch(`${served.url}bytes`)).arrayBuffer())).toEqual(Uint8Array.of(0, 255, 7));
});

test('takes a body whole, also a large one', async () => {
  const body = new Uint8Array(5_000_000).map((_, i) => i * 31);
  expect((await fetch(`${served.url}bytes`, { method: 'POST', body })).status).toBe(200);
  expect(Buffer.compare(posted[0]!, body)).toBe(0);
});

test('tells what went wrong in its own words', async () => {
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${served.url}bad`, { method });
    expect([answer.status, await answer.text()]).toEqual([500, 'the disk is full']);
  }
  expect((await fetch(`${served.url}bytes`, { method: 'PUT', body: 'x' })).status).toBe(405);
  expect((await fetch(`${served.url}elsewhere`)).status).toBe(404);
});
