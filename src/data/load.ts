/** IDX pairs by URL (everywhere) or by path (Node). */
import { BadFileError } from '../errors.ts';
import { hostKind } from '../host.ts';
import { checkOptions, demand, demandSignal } from '../options.ts';
import { collect, type FileKind } from './collect.ts';
import type { ClassDataset } from './dataset.ts';
import { idxDataset, MAX_BYTES } from './idx-dataset.ts';

/** True where local files can be read. */
export const hasFiles = (): boolean => hostKind() !== 'page';

const isRemote = (source: string): boolean => /^(https?|data|blob):/i.test(source);

/** A source's name for messages: data: URLs hold whole files. */
export const shown = (source: string): string => (source.length > 200 ? `${source.slice(0, 60)}...` : source);

export interface ReadOptions {
  /** What a file may have at most, packed or not. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Stops the download; the error is then the signal's reason. */
  readonly signal?: AbortSignal;
  /** A download is given up when for so long less came than a byte per millisecond, at most 60 kB. Default 60000: 1 kB/s. */
  readonly timeoutMilliseconds?: number;
}

/** The longest that timers can wait. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Bytes that have to come within one timeout, however long: a server that drips holds nobody for ever. */
const MOST_AWAITED = 60_000;

/** Pieces of a body; the download ends when the loop over them does. */
async function* piecesOf(response: Response, came: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      came(part.value.length);
      yield part.value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/**
 * What stops a download: we do, or the caller's signal, which is let go of by `leave`. Not AbortSignal.any, which older
 * hosts lack. @throws the caller's reason where it has come already
 */
function following(signal: AbortSignal | undefined): { readonly stop: AbortController; readonly leave: () => void } {
  const stop = new AbortController();
  if (signal === undefined) return { stop, leave: () => {} };
  if (signal.aborted) throw signal.reason;
  const follow = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', follow);
  return { stop, leave: () => signal.removeEventListener('abort', follow) };
}

/** What an error says and, where it hides that as Node's fetch does, what it came of. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error, code = (error as { code?: unknown }).code, own = [error.message, typeof code === 'string' && !error.message.includes(code) ? code : ''].filter((text) => text !== '').join(' ');
  return cause === undefined ? own : `${own}: ${reasonOf(cause)}`;
}

async function fetchBytes(url: string, kind: FileKind, maxBytes: number, timeoutMilliseconds: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const file = shown(url);
  if (typeof fetch !== 'function') throw new BadFileError(file, 'cannot be fetched: this environment has no fetch. Load a polyfill of it first.');
  const { stop, leave } = following(signal);
  let timer: ReturnType<typeof setTimeout> | undefined, since = 0;
  const giveUp = (): void => stop.abort(new BadFileError(file, `${since === 0 ? 'nothing' : `no more than ${since} bytes`} came for ${timeoutMilliseconds} ms. Check the connection, or raise timeoutMilliseconds.`));
  const wait = (): void => {
    clearTimeout(timer);
    since = 0;
    timer = setTimeout(giveUp, timeoutMilliseconds);
  };
  const came = (bytes: number): void => {
    since += bytes;
    if (since >= Math.min(timeoutMilliseconds, MOST_AWAITED)) wait();
  };
  try {
    wait();
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok) throw new BadFileError(file, `could not be fetched: the server answered ${response.status} ${response.statusText}.`.trimEnd());
    const said = Number(response.headers.get('content-length') ?? 0);
    if (said > maxBytes) throw new BadFileError(file, `has ${said} bytes as the server says, more than the ${maxBytes} allowed. Raise maxBytes if it should.`);
    return response.body ? await collect(piecesOf(response, came), file, maxBytes, kind) : new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (cause instanceof BadFileError) throw cause;
    throw new BadFileError(file, `could not be fetched (${reasonOf(cause)}). Check the address and the connection.`, { cause });
  } finally {
    clearTimeout(timer);
    leave();
    stop.abort(); // A server that was not heard to the end.
  }
}

/** @throws InputError */
export function checkReadOptions({ maxBytes, timeoutMilliseconds, signal }: ReadOptions, where = ''): void {
  for (const [name, value, most] of [['maxBytes', maxBytes, Number.MAX_SAFE_INTEGER], ['timeoutMilliseconds', timeoutMilliseconds, MAX_TIMEOUT]] as const) {
    demand(value === undefined || (typeof value === 'number' && value > 0 && value <= most), `${where}${name}`, `a number above 0 and at most ${most}`, value);
  }
  demandSignal(`${where}signal`, signal);
}

/**
 * All bytes of a file behind a URL, or in Node a path or file: URL. Of an IDX file, packed or not, no more is read than it
 * can have by its own header.
 * @throws BadFileError if they cannot be had or are those of another file; InputError; the reason of `signal`
 */
export async function readBytes(source: string | URL, options: ReadOptions = {}, kind: FileKind = 'idx'): Promise<Uint8Array> {
  const { maxBytes = MAX_BYTES, timeoutMilliseconds = 60_000, signal } = options;
  checkReadOptions(options);
  const text = String(source);
  const other = /^(?!file:)([a-z][a-z0-9+.-]+:)\/\//i.exec(text)?.[1];
  if (other !== undefined && !isRemote(text)) throw new BadFileError(shown(text), `${other} is no protocol that is read. Give an address with https: or http:, or in Node a path.`);
  if (isRemote(text) || !hasFiles()) return fetchBytes(text, kind, maxBytes, timeoutMilliseconds, signal);
  const { readLocal } = await import('./node-files.ts');
  return readLocal(source, maxBytes, kind);
}

export interface LoadIdxOptions extends ReadOptions {
  /** URL, or in Node a path: an IDX file of u8 [n, ...shape], raw or gzip. */
  readonly images: string | URL;
  /** URL, or in Node a path: an IDX file of whole numbers [n] (u8, i8, i16 or i32), raw or gzip. */
  readonly labels: string | URL;
  /** Default: largest label + 1. Give it where a set may lack a class: else that is refused. */
  readonly classes?: number;
  /** Default: the file name of the images. */
  readonly name?: string;
}

/**
 * Loads an IDX pair of any image size and number of classes. Pixels are seen by the network as pixel / 255. Gzip files may
 * have several members and zeros behind them.
 * @throws BadFileError if a file cannot be read or breaks a rule of the format, or if they are not a pair; the reason of `signal`
 */
export async function loadIdx(options: LoadIdxOptions): Promise<ClassDataset> {
  const { images, labels, signal, ...rest } =
    checkOptions('loadIdx', options, ['images', 'labels', 'classes', 'name', 'maxBytes', 'timeoutMilliseconds', 'signal']);
  for (const [what, source] of Object.entries({ images, labels })) {
    demand(typeof source === 'string' || /^\[object URL\]$/.test(Object.prototype.toString.call(source)), `loadIdx: ${what}`, 'a URL or a path', source);
  }
  demandSignal('loadIdx: signal', signal);
  const imagesFile = shown(String(images)), labelsFile = shown(String(labels));
  const { stop, leave } = following(signal);
  try {
    const read: ReadOptions = { ...rest, signal: stop.signal };
    const [pixels, targets] = await Promise.all([readBytes(images, read), readBytes(labels, read)]);
    const { name = imagesFile.split(/[\\/]/).at(-1)! } = rest;
    return await idxDataset(pixels, targets, { ...rest, name, imagesFile, labelsFile });
  } catch (error) {
    stop.abort(); // The other file is not waited for.
    throw error;
  } finally {
    leave();
  }
}
