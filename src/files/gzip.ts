/** Gzip files (RFC 1952): one member or several, perhaps with zeros behind; the same on every host. */

import { BadFileError } from '../errors.ts';
import { unpack } from './gzip-members.ts';
import { Output, type OutputLimits } from './output.ts';

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks a gzip file, its CRCs checked.
 *
 * Hosts differ where several members or padding follow the first one: some read on, some ignore the rest, some refuse
 * the file. So theirs is believed only where the file's last word says that it is one member of just that size;
 * everything else is left to a reader of our own, which says what is wrong too.
 * @throws BadFileError if it is cut short, damaged, no such content, or unpacks to more than is allowed
 */
export async function gunzip(bytes: Uint8Array, file: string, limits: OutputLimits): Promise<Uint8Array> {
  const fast = await byHost(bytes, new Output(file, limits));
  const last = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - 4, true) : -1;
  if (fast !== undefined && fast.length % 2 ** 32 === last) return fast;
  return unpack(bytes, file, limits);
}

/**
 * What a file of so many bytes may have packed at most: packers store what cannot be packed, with five bytes per block and
 * eighteen per member, so that even blocks of a few bytes double it.
 */
export const mostPacked = (bytes: number): number => 2 * bytes + 65_536;

async function byHost(bytes: Uint8Array, out: Output): Promise<Uint8Array | undefined> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    // Through a Blob the input comes in pieces, so that a bomb is stopped before all of it is unpacked.
    const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) out.push(part.value);
    return out.whole();
  } catch (error) {
    reader?.cancel().catch(() => undefined);
    if (error instanceof BadFileError) throw error;
    return undefined;
  }
}
