import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * Takes one entry out of a zip file (a jar is one), stored or deflated. Reads the central directory at the file's end
 * (PKWARE APPNOTE 4.3.12, 4.3.16); ZIP64 and encryption are not needed here and not supported.
 */
export function extractFromZip(zip: Buffer, entryName: string): Buffer {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('Not a zip file: it has no end-of-directory record. Remove it and download it again.');
  const entries = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < entries && zip.readUInt32LE(at) === DIRECTORY_ENTRY; i++) {
    const method = zip.readUInt16LE(at + 10);
    const packedBytes = zip.readUInt32LE(at + 20);
    const nameBytes = zip.readUInt16LE(at + 28);
    const extraBytes = zip.readUInt16LE(at + 30);
    const commentBytes = zip.readUInt16LE(at + 32);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    if (name === entryName) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const packed = zip.subarray(start, start + packedBytes);
      return method === 0 ? Buffer.from(packed) : inflateRawSync(packed);
    }
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  throw new Error(`The zip file has no entry "${entryName}".`);
}
