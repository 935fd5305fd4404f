import { createCipheriv, type KeyObject, randomBytes } from 'node:crypto';
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

class Encryptor extends Transform {
  readonly #fileKey: KeyObject;
  readonly #noncePrefix: Buffer = randomBytes(NONCE_PREFIX_BYTES);
  readonly #segmentBytes: number;
  #header: Buffer | undefined;
  #pending: Buffer;
  #filled = 0;
  #index = 0;

  constructor(options: EncryptorOptions, segmentBytes: number) {
    super({ readableHighWaterMark: 64 * 1024, writableHighWaterMark: segmentBytes });
    const salt = randomBytes(SALT_BYTES);
    this.#fileKey = deriveFileKey(options.key, salt, options.associatedData);
    this.#segmentBytes = segmentBytes;
    this.#header = Buffer.concat([Buffer.from([HEADER_BYTES]), salt, this.#noncePrefix]);
    this.#pending = Buffer.allocUnsafeSlow(segmentBytes - TAG_BYTES);
  }

  #capacity(): number {
    return this.#segmentBytes - TAG_BYTES - (this.#index === 0 ? HEADER_BYTES : 0);
  }

  /** Head and tail are pushed by themselves: joining them to the body would copy every byte once more. */
  #seal(plaintext: Buffer, isLast: boolean): void {
    if (this.#index > 0xffffffff) throw new Error('The file has more segments than its format can count.');
    const cipher = createCipheriv('aes-256-gcm', this.#fileKey, segmentNonce(this.#noncePrefix, this.#index, isLast));
    if (this.#header !== undefined) this.push(this.#header);
    this.#header = undefined;
    this.push(cipher.update(plaintext));
    cipher.final();
    this.push(cipher.getAuthTag());
    this.#index++;
  }

  // A full segment waits until more comes: only then is it known not to be the last.
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let at = 0;
      while (at < chunk.length) {
        const capacity = this.#capacity();
        if (this.#filled === capacity) {
          this.#seal(this.#pending.subarray(0, capacity), false);
          this.#filled = 0;
        } else if (this.#filled === 0 && chunk.length - at > capacity) {
          this.#seal(chunk.subarray(at, at + capacity), false);
          at += capacity;
        } else {
          const taken = chunk.copy(this.#pending, this.#filled, at, at + capacity - this.#filled);
          this.#filled += taken;
          at += taken;
        }
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#seal(this.#pending.subarray(0, this.#filled), true);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#pending.fill(0);
    done(error);
  }
}

/**
 * Encrypts what is written to it into Tink's AES-GCM-HKDF streaming format, in memory of a few segments (MED-05).
 * Salt and nonce prefix are drawn anew for each file. Throws RangeError for a short key or an impossible segment size.
 */
export function createEncryptor(options: EncryptorOptions): Transform {
  const segmentBytes = options.segmentSizeBytes ?? DEFAULT_SEGMENT_BYTES;
  checkSegmentSize(segmentBytes);
  return new Encryptor(options, segmentBytes);
}
