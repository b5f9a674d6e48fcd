/** The bytes and the text of a table, wherever they come from. */
import { kindOf } from '../../arrays.ts';
import { BadFileError, InputError } from '../../errors.ts';
import { gunzip, isGzip } from '../../files/gzip.ts';
import { saidKind } from '../../files/kinds.ts';
import { textOf } from '../../options.ts';
import { decodeText } from '../../text.ts';
import { readBytes, shown, type ReadOptions } from '../load.ts';

/** A path, a URL, a file of a page, its bytes or its text. */
export type TableSource = string | URL | Uint8Array | ArrayBuffer | Pick<Blob, 'arrayBuffer'>;

/** Most engines hold no longer text. */
const MAX_BYTES = 2 ** 28;

/** A text that is no table, though it can be decoded. */
const FOREIGN = /^\s*(<[!?a-z]|version https:\/\/git-lfs|[{[]\s*["{[])/i;

/** @throws BadFileError for what is no text in UTF-8, or surely another one */
export async function textIn(bytes: Uint8Array, file: string, maxBytes = MAX_BYTES): Promise<string> {
  const own = isGzip(bytes) ? await gunzip(bytes, file, { maxBytes }) : bytes;
  const refuse = (cause?: unknown): never => {
    const kind = saidKind(own);
    throw new BadFileError(file, `wanted a table of text (CSV) in UTF-8.${/^$|CSV/.test(kind) ? ' Save it as UTF-8.' : kind}`, { cause });
  };
  if (own.includes(0)) refuse();
  let text: string;
  try {
    text = decodeText(own);
  } catch (cause) {
    return refuse(cause);
  }
  return FOREIGN.test(text) ? refuse() : text;
}

const isFile = (source: unknown): source is Pick<Blob, 'arrayBuffer'> => typeof source === 'object' && source !== null && typeof (source as Blob).arrayBuffer === 'function';
async function bytesOf(source: Pick<Blob, 'arrayBuffer'>, file: string): Promise<ArrayBuffer> {
  try {
    return await source.arrayBuffer();
  } catch (cause) {
    throw new BadFileError(file, `could not be read (${cause instanceof Error ? cause.message : String(cause)}). Choose it again: it may have changed since.`, { cause });
  }
}

const isUrl = (source: unknown): source is URL => Object.prototype.toString.call(source) === '[object URL]';
/** A path or an address has one line, a table two or more. */
const isText = (source: string): boolean => /[\r\n]/.test(source);

interface TableText {
  readonly text: string;
  /** For messages, and what the data set is called. */
  readonly file: string;
  readonly name: string;
}

/** @throws BadFileError if it cannot be had or is no text; InputError; the reason of `signal` */
export async function readTable(source: TableSource, options: ReadOptions): Promise<TableText> {
  const { maxBytes = MAX_BYTES } = options, named = (file: string): { file: string; name: string } => ({ file, name: file.split(/[\\/]/).at(-1)! });
  if (typeof source === 'string' && isText(source)) return { text: source.replace(/^\uFEFF/, ''), ...named('table') };
  if (typeof source === 'string' || isUrl(source)) {
    const file = shown(String(source));
    return { text: await textIn(await readBytes(source, { ...options, maxBytes }, 'any'), file, maxBytes), ...named(file) };
  }
  const { name = 'table' } = (source ?? {}) as { readonly name?: string }, bytes: unknown = isFile(source) ? await bytesOf(source, name) : source;
  if (kindOf(bytes) === 'Uint8Array') return { text: await textIn(bytes as Uint8Array, name, maxBytes), ...named(name) };
  if (Object.prototype.toString.call(bytes) === '[object ArrayBuffer]') return { text: await textIn(new Uint8Array(bytes as ArrayBuffer), name, maxBytes), ...named(name) };
  throw new InputError(`loadCsv: source must be a path, a URL, a Blob, a Uint8Array or a text of two or more lines, got ${textOf(source)}.`);
}
