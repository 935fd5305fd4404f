import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keys by id; `current` seals, all of them open. */
export interface Keyring {
  current: string;
  /** base64 of 32 bytes each */
  keys: Record<string, string>;
}

export interface Sealer {
  /** The id of the key that seals. */
  readonly currentKeyId: string;
  /** The ids of every key that opens, the current one among them. */
  readonly keyIds: readonly string[];
  /** `v1.<keyId>.<iv>.<tag+ciphertext>` in base64url; only the same associated data opens it again. */
  seal(plaintext: string | Buffer, associatedData: string): string;
  /** @throws SealError */
  open(sealed: string, associatedData: string): Buffer;
  /** Which key sealed it. @throws SealError when it is no sealed text */
  keyIdOf(sealed: string): string;
  /** Whether another key than the current one sealed it. */
  needsRewrap(sealed: string): boolean;
  /** Sealed anew under the current key; the same text if it is already. */
  rewrap(sealed: string, associatedData: string): string;
}

/** A sealed text can't be opened; says why, never with its content. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const VERSION = 'v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * AES-256-GCM with a random IV per text. Key id and associated data are authenticated.
 * Rotation, each step only when every replica has taken the one before:
 * 1. readers: append the new key to the keyring; 2. writers: put it first; 3. re-wrap (`createRewrapJob` does);
 * 4. retire: remove the old key when nothing is left that it sealed.
 * @throws SealError when the keyring is not usable
 */
export function createSealer(keyring: Keyring): Sealer {
  const keys = new Map(Object.entries(keyring.keys).map(([id, key]) => [id, decodeKey(id, key)]));
  const currentKey = keys.get(keyring.current);
  if (!currentKey) throw new SealError(`The current key '${keyring.current}' is not in the keyring. Add it.`);

  const sealer: Sealer = {
    currentKeyId: keyring.current,
    keyIds: [...keys.keys()],
    seal(plaintext, associatedData) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', currentKey, iv);
      cipher.setAAD(aad(keyring.current, associatedData));
      const body = Buffer.concat([cipher.update(plaintext as Buffer), cipher.final()]);
      const sealed = Buffer.concat([cipher.getAuthTag(), body]).toString('base64url');
      return `${VERSION}.${keyring.current}.${iv.toString('base64url')}.${sealed}`;
    },
    open(sealed, associatedData) {
      const { keyId, iv, tag, body } = parse(sealed);
      const key = keys.get(keyId);
      if (!key) throw new SealError(`Sealed with key '${keyId}', which is not in the keyring. Put that key back.`);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(aad(keyId, associatedData));
        decipher.setAuthTag(tag);
        return Buffer.concat([decipher.update(body), decipher.final()]);
      } catch {
        throw new SealError(
          `What key '${keyId}' sealed does not open: changed, of another owner, or another key under that id.`,
        );
      }
    },
    keyIdOf: (sealed) => parse(sealed).keyId,
    needsRewrap: (sealed) => parse(sealed).keyId !== keyring.current,
    rewrap: (sealed, associatedData) =>
      sealer.needsRewrap(sealed) ? sealer.seal(sealer.open(sealed, associatedData), associatedData) : sealed,
  };
  return sealer;
}

/**
 * Reads `k2:base64,k1:base64` (the first one is the current one).
 * @throws SealError that names the entry, never its content
 */
export function parseKeyring(text: string): Keyring {
  const keys: Record<string, string> = {};
  let current: string | undefined;
  for (const [index, entry] of text.split(',').entries()) {
    const colon = entry.indexOf(':');
    const id = entry.slice(0, Math.max(colon, 0)).trim();
    const key = entry.slice(colon + 1).trim();
    if (colon < 0 || !KEY_ID.test(id)) {
      throw new SealError(`Keyring entry ${index + 1} is not '<id>:<base64 of 32 bytes>'. Write it so.`);
    }
    if (Object.hasOwn(keys, id)) throw new SealError(`The keyring names key '${id}' twice. Give every key its own id.`);
    decodeKey(id, key);
    keys[id] = key;
    current ??= id;
  }
  return { current: current as string, keys };
}

/** What is wrong with the text of a keyring and what to do, without its content; undefined when it is usable. */
export function keyringProblem(text: string): string | undefined {
  try {
    createSealer(parseKeyring(text));
    return undefined;
  } catch (error) {
    if (error instanceof SealError) return error.message;
    throw error;
  }
}

/** A new random key for a keyring: base64 of 32 bytes. */
export function newSealingKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

function decodeKey(id: string, key: string): Buffer {
  if (!KEY_ID.test(id)) throw new SealError(`The key id '${id}' may only have letters, digits, '_' and '-'.`);
  const bytes = Buffer.from(key, 'base64');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(key) || bytes.length !== KEY_BYTES) {
    throw new SealError(`Key '${id}' is not base64 of ${KEY_BYTES} bytes. Make one: openssl rand -base64 ${KEY_BYTES}`);
  }
  return bytes;
}

function parse(sealed: string): { keyId: string; iv: Buffer; tag: Buffer; body: Buffer } {
  const [version, keyId, iv, rest, more] = sealed.split('.');
  if (version !== VERSION || !keyId || !iv || !rest || more !== undefined) {
    throw new SealError(`Not a sealed text of the form ${VERSION}.<key id>.<iv>.<data>.`);
  }
  const ivBytes = Buffer.from(iv, 'base64url');
  const bytes = Buffer.from(rest, 'base64url');
  if (ivBytes.length !== IV_BYTES || bytes.length < TAG_BYTES) throw new SealError('The sealed text is cut short.');
  return { keyId, iv: ivBytes, tag: bytes.subarray(0, TAG_BYTES), body: bytes.subarray(TAG_BYTES) };
}

function aad(keyId: string, associatedData: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${associatedData}`);
}
