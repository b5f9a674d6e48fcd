/** Writing a ustar archive, gzipped. Node only. */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { InputError } from '../../errors.ts';

export interface ArchiveFile {
  /** Below the archive's root, with slashes, at most 100 bytes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable?: boolean;
}

const BLOCK = 512;
const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** Header of a regular file, POSIX.1-1988: name, mode, owner, size, time, checksum, type. */
function header({ path, bytes, executable = false }: ArchiveFile): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (block.write(path, 0, 'utf8') > 100) throw new InputError(`The archive's format has room for 100 bytes of a name: ${path}`);
  block.write(octal(executable ? 0o755 : 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes.length, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148); // counted as blanks in their own sum
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(`${octal(block.reduce((sum, byte) => sum + byte, 0), 6)} `, 148);
  return block;
}

/** The bytes of a .tar.gz: the same for the same files. @throws InputError for a name that is too long */
export async function archive(files: readonly ArchiveFile[]): Promise<Buffer> {
  const blocks = files.flatMap((file) => {
    const rest = file.bytes.length % BLOCK;
    return [header(file), file.bytes, Buffer.alloc(rest === 0 ? 0 : BLOCK - rest)];
  });
  return promisify(gzip)(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
}
