import type { Sealer } from '@wxcc-wfo/service-kit';
import type { Redis } from 'ioredis';

/** Hands access tokens over to the other services in Redis, sealed and bound to ACD and version (rule 10). */

/**
 * Writes only over an older version, so that a slow replica never brings an old token back, or over the same one that
 * another key sealed, so that a key that is replaced can be retired. ARGV: version, sealed, expiry, how `sealed` begins.
 */
const PUT_IF_NEWER = `
local held = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if held > tonumber(ARGV[1]) then return 0 end
if held == tonumber(ARGV[1]) then
  local sealed = redis.call('HGET', KEYS[1], 'sealed') or ''
  if string.sub(sealed, 1, #ARGV[4]) == ARGV[4] then return 2 end
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'sealed', ARGV[2], 'expiresAtMs', ARGV[3])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return 1`;

/** What is newer came after the withdrawal and stays. */
const REMOVE_UP_TO = `
local held = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if held == 0 or held > tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])`;

export interface HandedToken {
  acdId: string;
  version: number;
  accessToken: string;
  expiresAtMs: number;
}

export interface Handover {
  /** Gives whether the token was written; false when the same, under the current key, or a newer one lies there. */
  put(token: HandedToken): Promise<boolean>;
  /** Takes back what lies there of this version or an older one. Gives whether something did. */
  remove(key: { acdId: string; upToVersion: number }): Promise<boolean>;
  /**
   * The versions that lie there sealed by the current key and those that a sibling says Webex refuses before their
   * time, in the order of the ids; 0 for none. One round trip.
   */
  versions(acdIds: readonly string[]): Promise<{ held: number; refused: number }[]>;
}

/** What binds a handed-over token to its ACD and version. */
export function handoverBinding(acdId: string, version: number): string {
  return `${acdId}:${version}`;
}

const keyOf = (acdId: string) => `wfo:token:${acdId}`;

export function createHandover(redis: Redis, sealer: Sealer): Handover {
  // Form and key id, with which every text of one key begins.
  const current = `${sealer.seal('', '').split('.', 2).join('.')}.`;
  return {
    async put({ acdId, version, accessToken, expiresAtMs }) {
      const sealed = sealer.seal(accessToken, handoverBinding(acdId, version));
      const args = [String(version), sealed, String(expiresAtMs), current];
      return (await redis.eval(PUT_IF_NEWER, 1, keyOf(acdId), ...args)) === 1;
    },
    async remove({ acdId, upToVersion }) {
      return (await redis.eval(REMOVE_UP_TO, 1, keyOf(acdId), String(upToVersion))) === 1;
    },
    async versions(acdIds) {
      const pipeline = redis.pipeline();
      for (const acdId of acdIds) pipeline.hmget(keyOf(acdId), 'version', 'refused', 'sealed');
      const replies = (await pipeline.exec()) ?? [];
      return replies.map(([error, fields]) => {
        if (error) throw error;
        const [held, refused, sealed = null] = fields as (string | null)[];
        return { held: sealed?.startsWith(current) ? Number(held ?? 0) : 0, refused: Number(refused ?? 0) };
      });
    },
  };
}
