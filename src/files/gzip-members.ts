/** Gzip files member by member, where the host's own reader does not do. */

import { BadFileError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { Inflater, type Damage } from './inflate.ts';
import { Output, type OutputLimits } from './output.ts';

const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const HEADER_BYTES = 10, TRAILER_BYTES = 8;

/** The byte behind a member's header. */
function afterHeader(bytes: Uint8Array, start: number, damaged: Damage): number {
  if (bytes.length < start + HEADER_BYTES) damaged('it is cut short');
  if (bytes[start + 2] !== 8) damaged(`its method is ${bytes[start + 2]}, and there is only 8, deflate`);
  const flags = bytes[start + 3]!;
  if ((flags & FLAG.reserved) !== 0) damaged('its header has flags that are not defined');
  let at = start + HEADER_BYTES;
  if (flags & FLAG.extra) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [FLAG.name, FLAG.comment]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    at = end < 0 ? bytes.length + 1 : end + 1;
  }
  if (flags & FLAG.headerCrc) at += 2;
  return at > bytes.length ? damaged('it is cut short') : at;
}

const damageIn = (file: string): Damage => (reason) => {
  throw new BadFileError(file, `not a whole gzip file (${reason}): get it again.`);
};

/** The first bytes of the content, `HEAD_BYTES` at most, of a file of which there is only the begin. @throws BadFileError where there are none */
export function unpackStart(bytes: Uint8Array, file: string): Uint8Array {
  let isEnough = false;
  const sizeOf = (): never => {
    isEnough = true;
    throw new BadFileError(file, 'this is enough.');
  };
  const damaged = damageIn(file), out = new Output(file, { maxBytes: Infinity, sizeOf });
  try {
    new Inflater(bytes, afterHeader(bytes, 0, damaged), out, damaged).run();
  } catch (error) {
    if (!isEnough && out.length === 0) throw error;
  }
  return out.bytes.subarray(0, out.length);
}

/** Section 2.2: members follow one another. Zeros behind the last one are padding, of tapes and of disk blocks. */
export function unpack(bytes: Uint8Array, file: string, limits: OutputLimits): Uint8Array {
  const damaged = damageIn(file), out = new Output(file, limits), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), sum = crc32();
  let at = 0, members = 0;
  do {
    if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b) {
      if (members > 0 && bytes.subarray(at).every((byte) => byte === 0)) break;
      damaged(members === 0 ? 'it does not begin as one' : `after ${members} member${members > 1 ? 's' : ''} ${bytes.length - at} bytes follow that are none`);
    }
    const start = out.length, inflater = new Inflater(bytes, afterHeader(bytes, at, damaged), out, damaged);
    inflater.run();
    at = inflater.at + TRAILER_BYTES;
    if (at > bytes.length) damaged('it is cut short');
    if (view.getUint32(at - 8, true) !== sum(out.bytes.subarray(start, out.length))) damaged('its CRC differs');
    if (view.getUint32(at - 4, true) !== (out.length - start) % 2 ** 32) damaged('it is not as long as it says');
    members++;
  } while (at < bytes.length);
  return out.whole();
}
