import type { FileHandle } from 'node:fs/promises';
import { DecryptionFailed } from './decryption-failed.ts';

/** Reads exactly `length` bytes of the encrypted file at `offset`; fewer only where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** Bytes of the encrypted file, to be given back by `release` once they are decrypted. */
export interface Ciphertext {
  start: number;
  bytes: Buffer;
  release(): void;
}

/** Reads `[start, end)`, whole. Throws DecryptionFailed `truncated` where the file ends before. */
export type FetchCiphertext = (start: number, end: number) => Promise<Ciphertext>;

/*
 * Fresh memory costs more than the read that fills it (page faults: 5 × for 512 KiB), so ciphertext is read into a few
 * buffers that every reader of the process shares. They never hold plaintext.
 */
const SCRATCH_BYTES = 512 * 1024;
const MAX_IDLE_SCRATCH = 8;
const idleScratch: Buffer[] = [];

/** The most that is read in one go without allocating. */
export const FETCH_BYTES: number = SCRATCH_BYTES;

function tooShort(end: number, wanted: number): DecryptionFailed {
  return new DecryptionFailed('truncated', `The file ends at byte ${end}, before byte ${wanted}`);
}

/** A FileHandle as `FetchCiphertext`; the handle stays the caller's. */
export function fetchFromFile(file: FileHandle): FetchCiphertext {
  return async (start, end) => {
    const length = end - start;
    const isSmall = length <= SCRATCH_BYTES;
    const buffer = isSmall
      ? (idleScratch.pop() ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES))
      : Buffer.allocUnsafeSlow(length);
    const release = () => {
      if (isSmall && idleScratch.length < MAX_IDLE_SCRATCH) idleScratch.push(buffer);
    };
    try {
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
        if (bytesRead === 0) throw tooShort(start + filled, end);
        filled += bytesRead;
      }
    } catch (error) {
      release();
      throw error;
    }
    return { start, bytes: buffer.subarray(0, length), release };
  };
}

/** A `ReadAt` as `FetchCiphertext`. */
export function fetchFromReadAt(readAt: ReadAt): FetchCiphertext {
  return async (start, end) => {
    const bytes = await readAt(start, end - start);
    if (bytes.length !== end - start) throw tooShort(start + bytes.length, end);
    return { start, bytes, release: () => undefined };
  };
}
