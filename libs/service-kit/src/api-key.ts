import { createHash, randomBytes } from 'node:crypto';

const FORM = /^wfo_([a-z0-9-]{1,64})_[A-Za-z0-9_-]{20,128}$/;

/** An API key as the configuration names it. */
export interface ApiKeyEntry {
  id: string;
  /** Hex SHA-256 of the whole key */
  sha256: string;
  /** `contacts:read`, `contacts:*` or `*` */
  scopes: string[];
  /** null: the platform (operators, sibling services) */
  tenantId: string | null;
}

/**
 * A new key `wfo_<id>_<43 random characters>` and the hash to configure. The key is shown once and stored nowhere.
 * @param id small letters, digits and `-`
 */
export function newApiKey(id: string): { key: string; sha256: string } {
  if (!/^[a-z0-9-]{1,64}$/.test(id)) throw new TypeError(`A key id has small letters, digits and '-', not '${id}'.`);
  const key = `wfo_${id}_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: hashApiKey(key) };
}

/** Hex SHA-256 of the whole key. A plain hash is enough: 256 random bits can't be guessed. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The id inside a key, or undefined if it has not the form of one. */
export function apiKeyId(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

/** Whether one of the granted scopes covers the needed one: itself, `thing:*` or `*`. */
export function coversScope(granted: readonly string[], needed: string): boolean {
  return granted.includes('*') || granted.includes(needed) || granted.includes(`${needed.split(':')[0]}:*`);
}
