/** Bytes that come in pieces: of an IDX file no more of them than it can have by its own first bytes. */
import { BadFileError } from '../errors.ts';
import { unpackStart } from '../files/gzip-members.ts';
import { isGzip, mostPacked } from '../files/gzip.ts';
import { idxBytes, isIdx } from './idx.ts';

/** So much is waited for before sizes are looked at: the begin of a file, packed, says them. */
const HEAD_BYTES = 65_536;

/** What an IDX file, packed or not, has at most by its own first bytes. @throws BadFileError if it is none */
function mostBytes(head: Uint8Array, file: string): number {
  return isGzip(head) ? mostPacked(idxBytes(unpackStart(head, file), file)) : idxBytes(head, file);
}

/** What bytes are to be. */
export type FileKind = 'idx' | 'any';

/** `chunks` is left, so that its source can be closed, as soon as it cannot be such a file. */
export async function collect(chunks: AsyncIterable<Uint8Array>, file: string, maxBytes: number, kind: FileKind): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0, most = maxBytes, isKnown = kind === 'any';
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw new BadFileError(file, `has more than the ${maxBytes} bytes allowed. Raise maxBytes if it should.`);
    const first = parts[0]!;
    // The magic number, from the first piece on; a piece of one byte says nothing yet.
    if (kind === 'idx' && parts.length === 1 && first.length > 1 && !isGzip(first) && !isIdx(first)) idxBytes(first, file);
    if (!isKnown && size >= HEAD_BYTES) {
      isKnown = true;
      most = mostBytes(joined(parts, size), file);
    }
    if (size > most) throw new BadFileError(file, `more bytes come than the ${most} it can have by its own header.`);
  }
  return joined(parts, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
