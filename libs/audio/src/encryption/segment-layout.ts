import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { DecryptionFailed } from './decryption-failed.ts';

/*
 * The published format "AES-GCM-HKDF streaming AEAD" of Tink (AES256, HKDF-SHA256, no output prefix):
 *   header      1 byte its own length | 32 bytes salt | 7 bytes nonce prefix
 *   segment i   AES-256-GCM ciphertext | 16 bytes tag
 * Segment 0 shares its place with the header, so every segment but the last ends on a multiple of the segment size.
 *   key         HKDF-SHA256(key, salt, info = associated data, 32 bytes)
 *   nonce       nonce prefix | i as 4 bytes big-endian | 1 for the last segment, else 0
 */
export const KEY_BYTES = 32;
export const TAG_BYTES = 16;
export const SALT_BYTES = KEY_BYTES;
export const NONCE_PREFIX_BYTES = 7;
export const NONCE_BYTES = 12;
export const HEADER_BYTES = 1 + SALT_BYTES + NONCE_PREFIX_BYTES;
const MAX_SEGMENTS = 2 ** 32;

/**
 * Ciphertext bytes per segment. Measured (README, "Segment size"): each cipher costs some microseconds, a window wastes
 * about one segment; of 64 KiB to 1 MiB this one reads a 60 s window the fastest and encrypts about as fast as any.
 */
export const DEFAULT_SEGMENT_BYTES: number = 256 * 1024;

/** Where the segments of one file lie. Sizes in bytes. */
export interface SegmentLayout {
  segmentBytes: number;
  ciphertextSizeBytes: number;
  plaintextSizeBytes: number;
  segments: number;
}

/** Throws RangeError unless a segment holds the header, a tag and at least one byte. */
export function checkSegmentSize(segmentBytes: number): void {
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes <= HEADER_BYTES + TAG_BYTES || segmentBytes > 2 ** 30) {
    throw new RangeError(
      `A segment must have ${HEADER_BYTES + TAG_BYTES + 1} bytes to 1 GiB; ${segmentBytes} were asked for.`,
    );
  }
}

/** The size of the encrypted file for a plaintext size, both in bytes. */
export function ciphertextSizeBytes(plaintextSizeBytes: number, segmentBytes: number = DEFAULT_SEGMENT_BYTES): number {
  checkSegmentSize(segmentBytes);
  const perSegment = segmentBytes - TAG_BYTES;
  const withHeader = plaintextSizeBytes + HEADER_BYTES;
  return withHeader + Math.max(1, Math.ceil(withHeader / perSegment)) * TAG_BYTES;
}

/** Works out the layout from the encrypted file's size. Throws DecryptionFailed where no file has that size. */
export function layoutOf(ciphertextSize: number, segmentBytes: number): SegmentLayout {
  checkSegmentSize(segmentBytes);
  const segments = Math.ceil(ciphertextSize / segmentBytes);
  const plaintextSizeBytes = ciphertextSize - HEADER_BYTES - segments * TAG_BYTES;
  const lastBytes = ciphertextSize - (segments - 1) * segmentBytes;
  if (plaintextSizeBytes < 0 || lastBytes < TAG_BYTES + (segments > 1 ? 1 : HEADER_BYTES) || segments > MAX_SEGMENTS) {
    throw new DecryptionFailed(
      'truncated',
      `A file of ${ciphertextSize} bytes can't be whole in segments of ${segmentBytes}`,
    );
  }
  return { segmentBytes, ciphertextSizeBytes: ciphertextSize, plaintextSizeBytes, segments };
}

/** The half-open range of plaintext that segment `index` holds. */
export function plaintextRange(layout: SegmentLayout, index: number): { start: number; end: number } {
  const perSegment = layout.segmentBytes - TAG_BYTES;
  return {
    start: Math.max(0, index * perSegment - HEADER_BYTES),
    end: Math.min(layout.plaintextSizeBytes, (index + 1) * perSegment - HEADER_BYTES),
  };
}

/** The half-open range of the encrypted file that segment `index` fills (the header apart). */
export function ciphertextRange(layout: SegmentLayout, index: number): { start: number; end: number } {
  return {
    start: index === 0 ? HEADER_BYTES : index * layout.segmentBytes,
    end: Math.min(layout.ciphertextSizeBytes, (index + 1) * layout.segmentBytes),
  };
}

/** The segment that holds a plaintext byte. */
export function segmentAt(layout: SegmentLayout, plaintextByte: number): number {
  return Math.floor((plaintextByte + HEADER_BYTES) / (layout.segmentBytes - TAG_BYTES));
}

/** The key of one file; a KeyObject, since raw bytes cost every cipher 10 µs more. Throws RangeError if the given key is shorter than 32 bytes (256 bits). */
export function deriveFileKey(key: Uint8Array, salt: Uint8Array, associatedData: Uint8Array): KeyObject {
  if (key.byteLength < KEY_BYTES) {
    throw new RangeError(`A recording's key must have at least ${KEY_BYTES} bytes; this one has ${key.byteLength}.`);
  }
  const raw = Buffer.from(hkdfSync('sha256', key, salt, associatedData, KEY_BYTES));
  const fileKey = createSecretKey(raw);
  raw.fill(0);
  return fileKey;
}

/** The nonce of one segment, a fresh buffer. */
export function segmentNonce(prefix: Uint8Array, index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.set(prefix, 0);
  nonce.writeUInt32BE(index, NONCE_PREFIX_BYTES);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}
