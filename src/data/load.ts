/** IDX pairs by URL (everywhere) or by path (Node). */
import { BadFileError } from '../errors.ts';
import type { Dataset } from './dataset.ts';
import { idxDataset } from './idx.ts';

/** True where local files can be read: Node, and hosts that give Node's built-in modules. */
export const hasFiles = (): boolean => typeof globalThis.process?.getBuiltinModule === 'function';

const isRemote = (source: string): boolean => /^(https?|data|blob):/i.test(source);

async function fetchBytes(url: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(url, `could not be fetched (${why}). Check the address and the connection.`, { cause });
  }
  throw new BadFileError(url, `could not be fetched: the server answered ${response.status} ${response.statusText}.`.trimEnd());
}

/** All bytes behind a URL, or in Node a path or file: URL. @throws BadFileError if they cannot be had. */
export async function readBytes(source: string | URL): Promise<Uint8Array> {
  const text = String(source);
  if (isRemote(text) || !hasFiles()) return fetchBytes(text);
  const { readLocal } = await import('./node-files.ts');
  return readLocal(source);
}

export interface LoadIdxOptions {
  /** URL, or in Node a path: an IDX file of u8 [n, ...shape], raw or gzip. */
  readonly images: string | URL;
  /** URL, or in Node a path: an IDX file of u8 [n], raw or gzip. */
  readonly labels: string | URL;
  /** Default: largest label + 1. Give it where a set may lack the last class. */
  readonly classes?: number;
  /** Default: the file name of the images. */
  readonly name?: string;
  /** What either file may unpack to. Default 2 GiB. */
  readonly maxBytes?: number;
}

/**
 * Loads an IDX pair of any image size and number of classes. Pixels are seen by the network as pixel / 255.
 * @throws BadFileError if a file cannot be read or breaks a rule of the format, or if they are not a pair.
 */
export async function loadIdx(options: LoadIdxOptions): Promise<Dataset> {
  const { images, labels, ...rest } = options;
  const imagesFile = String(images), labelsFile = String(labels);
  const [pixels, targets] = await Promise.all([readBytes(images), readBytes(labels)]);
  const name = options.name ?? imagesFile.split(/[\\/]/).at(-1)!;
  return idxDataset(pixels, targets, { ...rest, name, imagesFile, labelsFile });
}
