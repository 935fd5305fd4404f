import { createCipheriv, randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import {
  checkSegmentSize,
  DEFAULT_SEGMENT_BYTES,
  deriveFileKey,
  HEADER_BYTES,
  NONCE_PREFIX_BYTES,
  SALT_BYTES,
  segmentNonce,
  TAG_BYTES,
} from './segment-layout.ts';

/** `key`: at least 32 random bytes, one per recording. `associatedData`: what the file belongs to, needed again to read. */
export interface EncryptorOptions {
  key: Uint8Array;
  associatedData: Uint8Array;
  /** Ciphertext bytes per segment; must be the same when reading. */
  segmentSizeBytes?: number;
}

/** Ciphertext of one file, made as the plaintext comes. The buffers it gives are new and the caller's own. */
export interface FileCipher {
  /** Takes the next plaintext, which it does not keep, and gives what is sealed by now: often nothing. */
  push(chunk: Uint8Array): Buffer[];
  /** Gives the rest of the file. */
  end(): Buffer[];
  /** Wipes the plaintext that was not sealed yet; to be called in any case. */
  destroy(): void;
}

/** As `createEncryptor`, without a stream around it: for who writes the file himself and knows when a buffer is done with. */
export function createFileCipher(options: EncryptorOptions): FileCipher {
  const segmentBytes = options.segmentSizeBytes ?? DEFAULT_SEGMENT_BYTES;
  checkSegmentSize(segmentBytes);
  const salt = randomBytes(SALT_BYTES);
  const noncePrefix = randomBytes(NONCE_PREFIX_BYTES);
  const fileKey = deriveFileKey(options.key, salt, options.associatedData);
  const pending = Buffer.allocUnsafeSlow(segmentBytes - TAG_BYTES);
  let filled = 0;
  let index = 0;
  const capacity = () => segmentBytes - TAG_BYTES - (index === 0 ? HEADER_BYTES : 0);

  /** Head and tail stay by themselves: joining them to the body would copy every byte once more. */
  function seal(plaintext: Uint8Array, isLast: boolean, into: Buffer[]): void {
    if (index > 0xffffffff) throw new Error('The file has more segments than its format can count.');
    const cipher = createCipheriv('aes-256-gcm', fileKey, segmentNonce(noncePrefix, index, isLast));
    if (index === 0) into.push(Buffer.concat([Buffer.from([HEADER_BYTES]), salt, noncePrefix]));
    into.push(cipher.update(plaintext));
    cipher.final();
    into.push(cipher.getAuthTag());
    index++;
  }

  return {
    // A full segment waits until more comes: only then is it known not to be the last.
    push(chunk) {
      const sealed: Buffer[] = [];
      let at = 0;
      while (at < chunk.length) {
        const room = capacity();
        if (filled === room) {
          seal(pending.subarray(0, room), false, sealed);
          filled = 0;
        } else if (filled === 0 && chunk.length - at > room) {
          seal(chunk.subarray(at, at + room), false, sealed);
          at += room;
        } else {
          const taken = chunk.subarray(at, at + room - filled);
          pending.set(taken, filled);
          filled += taken.length;
          at += taken.length;
        }
      }
      return sealed;
    },
    end() {
      const sealed: Buffer[] = [];
      seal(pending.subarray(0, filled), true, sealed);
      return sealed;
    },
    destroy() {
      pending.fill(0);
    },
  };
}

/**
 * Encrypts what is written to it into Tink's AES-GCM-HKDF streaming format, in memory of a few segments (MED-05).
 * Salt and nonce prefix are drawn anew for each file. Throws RangeError for a short key or an impossible segment size.
 */
export function createEncryptor(options: EncryptorOptions): Transform {
  const cipher = createFileCipher(options);
  const pushAll = (stream: Transform, make: () => Buffer[], done: TransformCallback) => {
    try {
      for (const piece of make()) stream.push(piece);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  return new Transform({
    readableHighWaterMark: 64 * 1024,
    writableHighWaterMark: options.segmentSizeBytes ?? DEFAULT_SEGMENT_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      pushAll(this, () => cipher.push(chunk), done);
    },
    flush(done) {
      pushAll(this, () => cipher.end(), done);
    },
    destroy(error, done) {
      cipher.destroy();
      done(error);
    },
  });
}
