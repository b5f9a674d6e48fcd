/**
 * Checksums of what we write, in its own metadata, so that bytes that changed since are seen: of every tensor with its type
 * and shape, and of every word of ours. They are CRC-32, for accidents of disks and transfers; whoever changes a file on
 * purpose can change them too.
 */

import { BadFileError } from '../errors.ts';
import { encodeText } from '../text.ts';
import { crc32 } from './crc32.ts';
import { kind, quote, type Tensor } from './safetensors-format.ts';

export const CHECKSUMS = 'gradshader.crc32';

type Metadata = Readonly<Record<string, string>>;

/** Name and sum of everything, each of its own kind, in the order of the names. */
function sumsOf(tensors: ReadonlyMap<string, Tensor>, metadata: Metadata): [name: string, sum: string][] {
  const sum = crc32(), hex = (bytes: Uint8Array): string => sum(bytes).toString(16).padStart(8, '0');
  const ours = Object.entries(metadata).filter(([key]) => key.startsWith('gradshader.') && key !== CHECKSUMS);
  return [
    ...ours.map(([key, text]): [string, string] => [`metadata ${key}`, hex(encodeText(text))]),
    ...[...tensors].map(([name, { dtype, shape, data }]): [string, string] => [`tensor ${name}`, `${kind(dtype, shape)} ${hex(data)}`]),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Metadata with the checksums of it and of the tensors. */
export const withChecksums = (tensors: ReadonlyMap<string, Tensor>, metadata: Metadata): Record<string, string> =>
  ({ ...metadata, [CHECKSUMS]: JSON.stringify(Object.fromEntries(sumsOf(tensors, metadata))) });

/**
 * Compares a file with the checksums in it. `isOlder`: files of its version have none.
 * @throws BadFileError naming the first thing that is not as it was written
 */
export function checkSums(tensors: ReadonlyMap<string, Tensor>, metadata: Metadata, file: string, isOlder: boolean): void {
  const text = metadata[CHECKSUMS];
  if (text === undefined && isOlder) return;
  const damaged = (what: string): never => {
    throw new BadFileError(file, `${what} not as they were written: the file was damaged or changed since. Get it again, or take an earlier one.`);
  };
  if (text === undefined) return damaged(`its checksums (${CHECKSUMS}) are missing, so that they are`);
  const sums = sumsOf(tensors, metadata);
  if (text === JSON.stringify(Object.fromEntries(sums))) return;
  let saved: Record<string, unknown> | undefined;
  try {
    saved = JSON.parse(text) as typeof saved;
  } catch {
    saved = undefined;
  }
  const name = sums.find(([key, sum]) => saved?.[key] !== sum)?.[0] ?? Object.keys(saved ?? {}).find((key) => !sums.some(([own]) => own === key));
  damaged(`the bytes of ${name === undefined ? CHECKSUMS : quote(name)} are`);
}
