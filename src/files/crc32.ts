/** CRC-32 of gzip, zip and PNG: RFC 1952, section 8. Sees every change within 32 bits in a row; no shield against intent. */

/** The polynomial x^32 + x^26 + ... + 1, lowest power in the highest bit. */
const POLYNOMIAL = 0xedb88320;

/** Bytes taken at once, each with a table of its own. */
const SLICES = 8;

/** Cell [slice * 256 + byte]: what a byte does that `slice` others follow. */
function tables(): Uint32Array {
  const cells = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
    cells[byte] = rest;
  }
  for (let at = 256; at < cells.length; at++) cells[at] = (cells[at - 256]! >>> 8) ^ cells[cells[at - 256]! & 255]!;
  return cells;
}

/** Makes its tables once, for all that is to be summed. */
export function crc32(): (bytes: Uint8Array) => number {
  const t = tables();
  return (bytes) => {
    let crc = 0xffffffff, at = 0;
    for (const end = bytes.length - SLICES; at <= end; at += SLICES) {
      crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
      crc = t[1792 + (crc & 255)]! ^ t[1536 + (crc >>> 8 & 255)]! ^ t[1280 + (crc >>> 16 & 255)]! ^ t[1024 + (crc >>> 24)]! ^
        t[768 + bytes[at + 4]!]! ^ t[512 + bytes[at + 5]!]! ^ t[256 + bytes[at + 6]!]! ^ t[bytes[at + 7]!]!;
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!;
    return ~crc >>> 0;
  };
}
