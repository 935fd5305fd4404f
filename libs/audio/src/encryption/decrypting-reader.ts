import { createDecipheriv, type KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { giveBack, markOwnMemory } from '../memory/give-back.ts';
import {
  type Ciphertext,
  FETCH_BYTES,
  type FetchCiphertext,
  fetchFromFile,
  fetchFromReadAt,
  type ReadAt,
} from './ciphertext-source.ts';
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

/**
 * Random access to the plaintext; every byte given out was authenticated first. Ranges are half-open; they throw
 * RangeError outside the file and DecryptionFailed where it does not authenticate. The file handle stays the caller's.
 */
export interface DecryptingReader {
  readonly plaintextSizeBytes: number;
  /** The plaintext of `[startByte, endByte)` in one buffer: for what is small. */
  read(startByte: number, endByte: number): Promise<Buffer>;
  /**
   * The same in pieces as they are decrypted, the next being read meanwhile: for what is long. A piece is the caller's
   * alone and may be given back (`giveBack`).
   */
  parts(startByte: number, endByte: number): AsyncGenerator<Buffer>;
  /** The same recording, checked and with its key at hand, through another handle of its file. */
  withFile(file: FileHandle): DecryptingReader;
  /** `parts` as a stream. */
  createReadStream(startByte?: number, endByte?: number): Readable;
}

/** Below a segment's size: parts that wait together would be joined, a copy for nothing. */
const HIGH_WATER_MARK_BYTES = 32 * 1024;

/** Enough that decrypting rarely waits for the file; each holds up to half a MiB. */
const READS_AHEAD = 2;

/** One segment, decrypted and authenticated. */
interface Segment {
  index: number;
  plaintext: Buffer;
}

/** Segments `[first, end)`, fetched in one read. */
interface Step {
  first: number;
  end: number;
}

class SegmentReader implements DecryptingReader {
  readonly #fetch: FetchCiphertext;
  readonly #layout: SegmentLayout;
  readonly #fileKey: KeyObject;
  readonly #noncePrefix: Buffer;
  /** Reads that follow each other share a segment more often than not; it is decrypted once. */
  #kept: Segment | undefined;

  constructor(fetch: FetchCiphertext, layout: SegmentLayout, fileKey: KeyObject, noncePrefix: Buffer) {
    this.#fetch = fetch;
    this.#layout = layout;
    this.#fileKey = fileKey;
    this.#noncePrefix = noncePrefix;
  }

  withFile(file: FileHandle): DecryptingReader {
    return new SegmentReader(fetchFromFile(file), this.#layout, this.#fileKey, this.#noncePrefix);
  }

  get plaintextSizeBytes(): number {
    return this.#layout.plaintextSizeBytes;
  }

  decryptSegment(index: number, ciphertext: Ciphertext): Buffer {
    const range = ciphertextRange(this.#layout, index);
    const tagAt = range.end - TAG_BYTES - ciphertext.start;
    const isLast = index === this.#layout.segments - 1;
    const nonce = segmentNonce(this.#noncePrefix, index, isLast);
    const decipher = createDecipheriv('aes-256-gcm', this.#fileKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(ciphertext.bytes.subarray(tagAt, tagAt + TAG_BYTES));
    const plaintext = decipher.update(ciphertext.bytes.subarray(range.start - ciphertext.start, tagAt));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      const place = isLast ? 'last segment' : `segment ${index}`;
      throw new DecryptionFailed('not-authentic', `The recording's ${place} does not authenticate`);
    }
    return plaintext;
  }

  async read(startByte: number, endByte: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const segment of this.#segmentsOf(startByte, endByte)) {
      parts.push(this.#within(segment, startByte, endByte));
      this.#kept = segment;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async *parts(startByte: number, endByte: number): AsyncGenerator<Buffer> {
    for await (const segment of this.#segmentsOf(startByte, endByte)) {
      if (segment !== this.#kept) markOwnMemory(segment.plaintext);
      yield this.#within(segment, startByte, endByte);
    }
  }

  #within({ index, plaintext }: Segment, startByte: number, endByte: number): Buffer {
    const offset = plaintextRange(this.#layout, index).start;
    const isInner = offset >= startByte && offset + plaintext.length <= endByte;
    return isInner ? plaintext : plaintext.subarray(Math.max(0, startByte - offset), endByte - offset);
  }

  /** Reads are under way while what came before is decrypted. */
  async *#segmentsOf(startByte: number, endByte: number): AsyncGenerator<Segment> {
    this.#checkRange(startByte, endByte);
    if (startByte === endByte) return;
    let next = segmentAt(this.#layout, startByte);
    const end = segmentAt(this.#layout, endByte - 1) + 1;
    const kept = this.#kept;
    if (kept?.index === next) {
      yield kept;
      next++;
    }
    const steps = this.#steps(next, end);
    const ahead: { step: Step; reading: Promise<Ciphertext> }[] = [];
    const readAhead = () => {
      const step = steps.next().value;
      if (step !== undefined) ahead.push({ step, reading: this.#fetchStep(step) });
    };
    for (let i = 0; i < READS_AHEAD; i++) readAhead();
    try {
      for (let current = ahead.shift(); current !== undefined; current = ahead.shift()) {
        readAhead();
        const ciphertext = await current.reading;
        try {
          for (let index = current.step.first; index < current.step.end; index++) {
            yield { index, plaintext: this.decryptSegment(index, ciphertext) };
          }
        } finally {
          ciphertext.release();
        }
      }
    } finally {
      // Left early: the file may be closed as soon as we return, and the buffers are not free before.
      for (const { reading } of ahead) {
        await reading.then(
          (ciphertext) => ciphertext.release(),
          () => undefined,
        );
      }
    }
  }

  /** A single segment first, so that the first byte is soon there; then as many as one read is meant to have. */
  *#steps(first: number, end: number): Generator<Step, undefined> {
    const most = Math.max(1, Math.floor(FETCH_BYTES / this.#layout.segmentBytes));
    let size = 1;
    for (let at = first; at < end; at += size) {
      size = at === first ? 1 : most;
      yield { first: at, end: Math.min(end, at + size) };
    }
  }

  #fetchStep(step: Step): Promise<Ciphertext> {
    const start = ciphertextRange(this.#layout, step.first).start;
    const reading = this.#fetch(start, ciphertextRange(this.#layout, step.end - 1).end);
    reading.catch(() => undefined);
    return reading;
  }

  createReadStream(startByte = 0, endByte: number = this.plaintextSizeBytes): Readable {
    this.#checkRange(startByte, endByte);
    return Readable.from(this.parts(startByte, endByte), { objectMode: false, highWaterMark: HIGH_WATER_MARK_BYTES });
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
  const fetch = options.file ? fetchFromFile(options.file) : options.readAt && fetchFromReadAt(options.readAt);
  if (fetch === undefined) throw new TypeError('Give a file handle or a readAt function to read the recording from.');
  const layout = layoutOf(options.ciphertextSizeBytes, options.segmentSizeBytes ?? DEFAULT_SEGMENT_BYTES);
  const lastIndex = layout.segments - 1;
  const lastRange = ciphertextRange(layout, lastIndex);
  const [header, lastSegment] = await Promise.all([fetch(0, HEADER_BYTES), fetch(lastRange.start, lastRange.end)]);
  try {
    if (header.bytes[0] !== HEADER_BYTES) {
      throw new DecryptionFailed(
        'header',
        `The file's header says it has ${header.bytes[0]} bytes, not ${HEADER_BYTES}`,
      );
    }
    const salt = header.bytes.subarray(1, 1 + SALT_BYTES);
    const fileKey = deriveFileKey(options.key, salt, options.associatedData);
    const noncePrefix = Buffer.from(header.bytes.subarray(1 + SALT_BYTES));
    const reader = new SegmentReader(fetch, layout, fileKey, noncePrefix);
    const plaintext = reader.decryptSegment(lastIndex, lastSegment);
    markOwnMemory(plaintext);
    giveBack(plaintext);
    return reader;
  } finally {
    header.release();
    lastSegment.release();
  }
}
