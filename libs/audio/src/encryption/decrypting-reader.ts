import { createDecipheriv } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DecryptionFailed } from './decryption-failed.ts';
import {
  ciphertextRange,
  DEFAULT_SEGMENT_BYTES,
  deriveFileKey,
  HEADER_BYTES,
  layoutOf,
  plaintextRange,
  SALT_BYTES,
  type SegmentLayout,
  segmentAt,
  segmentNonce,
  TAG_BYTES,
} from './segment-layout.ts';

/** Reads exactly `length` bytes of the encrypted file at `offset`; fewer only where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** Where the encrypted bytes are (a file handle or `readAt`) and what was given when they were written. */
export interface DecryptingReaderOptions {
  file?: FileHandle;
  readAt?: ReadAt;
  key: Uint8Array;
  associatedData: Uint8Array;
  /** The encrypted file's whole size; a wrong one fails to authenticate. */
  ciphertextSizeBytes: number;
  segmentSizeBytes?: number;
}

/** Random access to the plaintext; every byte given out was authenticated first. The file handle stays the caller's. */
export interface DecryptingReader {
  readonly plaintextSizeBytes: number;
  /** The plaintext of `[startByte, endByte)`. Throws RangeError outside the file, DecryptionFailed where it does not authenticate. */
  read(startByte: number, endByte: number): Promise<Buffer>;
  /** The same as a stream, read in steps of about 1 MiB as they are wanted. */
  createReadStream(startByte?: number, endByte?: number): Readable;
}

const STREAM_STEP_BYTES = 1024 * 1024;

/** A FileHandle as `ReadAt`. */
export function readAtOf(file: FileHandle): ReadAt {
  return async (offset, length) => {
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) return buffer.subarray(0, filled);
      filled += bytesRead;
    }
    return buffer;
  };
}

/** Reads a range that the layout says is there. */
async function readWhole(readAt: ReadAt, start: number, end: number): Promise<Buffer> {
  const bytes = await readAt(start, end - start);
  if (bytes.length === end - start) return bytes;
  throw new DecryptionFailed('truncated', `The file ends at byte ${start + bytes.length}, before byte ${end}`);
}

class SegmentReader implements DecryptingReader {
  readonly #readAt: ReadAt;
  readonly #layout: SegmentLayout;
  readonly #fileKey: Buffer;
  readonly #noncePrefix: Buffer;
  /** Steps rarely end where segments do: the one that two steps share is decrypted once. */
  #kept: { index: number; plaintext: Buffer } | undefined;

  constructor(readAt: ReadAt, layout: SegmentLayout, fileKey: Buffer, noncePrefix: Buffer) {
    this.#readAt = readAt;
    this.#layout = layout;
    this.#fileKey = fileKey;
    this.#noncePrefix = noncePrefix;
  }

  get plaintextSizeBytes(): number {
    return this.#layout.plaintextSizeBytes;
  }

  decryptSegment(index: number, ciphertext: Buffer): Buffer {
    const isLast = index === this.#layout.segments - 1;
    const bodyBytes = ciphertext.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.#fileKey, segmentNonce(this.#noncePrefix, index, isLast), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(ciphertext.subarray(bodyBytes));
    const plaintext = decipher.update(ciphertext.subarray(0, bodyBytes));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      const place = isLast ? 'last segment' : `segment ${index}`;
      throw new DecryptionFailed('not-authentic', `The recording's ${place} does not authenticate`);
    }
    this.#kept = { index, plaintext };
    return plaintext;
  }

  async read(startByte: number, endByte: number): Promise<Buffer> {
    this.#checkRange(startByte, endByte);
    const parts = await this.#parts(startByte, endByte);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async #parts(startByte: number, endByte: number): Promise<Buffer[]> {
    if (startByte === endByte) return [];
    const first = segmentAt(this.#layout, startByte);
    const last = segmentAt(this.#layout, endByte - 1);
    const kept = this.#kept;
    const parts = kept?.index === first ? [kept.plaintext] : [];
    const firstUnread = first + parts.length;
    if (firstUnread <= last) {
      const from = ciphertextRange(this.#layout, firstUnread).start;
      const ciphertext = await readWhole(this.#readAt, from, ciphertextRange(this.#layout, last).end);
      for (let index = firstUnread; index <= last; index++) {
        const range = ciphertextRange(this.#layout, index);
        parts.push(this.decryptSegment(index, ciphertext.subarray(range.start - from, range.end - from)));
      }
    }
    const lastPart = parts.length - 1;
    parts[lastPart] = (parts[lastPart] as Buffer).subarray(0, endByte - plaintextRange(this.#layout, last).start);
    parts[0] = (parts[0] as Buffer).subarray(startByte - plaintextRange(this.#layout, first).start);
    return parts;
  }

  createReadStream(startByte = 0, endByte: number = this.plaintextSizeBytes): Readable {
    this.#checkRange(startByte, endByte);
    const parts = this.#streamParts(startByte, endByte);
    return Readable.from(parts, { objectMode: false, highWaterMark: STREAM_STEP_BYTES });
  }

  async *#streamParts(startByte: number, endByte: number): AsyncGenerator<Buffer> {
    for (let at = startByte; at < endByte; at += STREAM_STEP_BYTES) {
      yield* await this.#parts(at, Math.min(endByte, at + STREAM_STEP_BYTES));
    }
  }

  #checkRange(startByte: number, endByte: number): void {
    const isWhole = Number.isSafeInteger(startByte) && Number.isSafeInteger(endByte);
    if (isWhole && startByte >= 0 && startByte <= endByte && endByte <= this.plaintextSizeBytes) return;
    throw new RangeError(
      `Bytes ${startByte} to ${endByte} are not within the ${this.plaintextSizeBytes} of this recording.`,
    );
  }
}

/**
 * Opens an encrypted recording (Tink AES-GCM-HKDF streaming) for random access. Reads and authenticates its last
 * segment at once, so that a file cut at any place is refused before its first byte is given out.
 * Throws DecryptionFailed, RangeError for a short key.
 */
export async function openDecryptingReader(options: DecryptingReaderOptions): Promise<DecryptingReader> {
  const readAt = options.readAt ?? (options.file && readAtOf(options.file));
  if (readAt === undefined) throw new TypeError('Give a file handle or a readAt function to read the recording from.');
  const layout = layoutOf(options.ciphertextSizeBytes, options.segmentSizeBytes ?? DEFAULT_SEGMENT_BYTES);
  const lastIndex = layout.segments - 1;
  const lastRange = ciphertextRange(layout, lastIndex);
  const [header, lastSegment] = await Promise.all([
    readWhole(readAt, 0, HEADER_BYTES),
    readWhole(readAt, lastRange.start, lastRange.end),
  ]);
  if (header[0] !== HEADER_BYTES) {
    throw new DecryptionFailed('header', `The file's header says it has ${header[0]} bytes, not ${HEADER_BYTES}`);
  }
  const salt = header.subarray(1, 1 + SALT_BYTES);
  const fileKey = deriveFileKey(options.key, salt, options.associatedData);
  const reader = new SegmentReader(readAt, layout, fileKey, header.subarray(1 + SALT_BYTES));
  reader.decryptSegment(lastIndex, lastSegment);
  return reader;
}
