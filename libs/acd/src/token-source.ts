import { type BatchHandler, done } from '@wxcc-wfo/bus';
import type { Logger, Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import type { Redis } from 'ioredis';

/** Why no token can be had now; the work waits, it does not fail. */
export class NoAccessToken extends Error {
  override name = 'NoAccessToken';
  constructor(acdId: string) {
    super(`There is no valid access token for ACD ${acdId}. Wait for its authorization, or authorize it again.`);
  }
}

export interface TokenSourceOptions {
  sql: SqlClient;
  redis: Redis;
  /** Opens what oauth hands over in Redis. */
  handover: Sealer;
  /** Seals the service’s own copy. */
  atRest: Sealer;
  logger: Logger;
  nowMs?: () => number;
}

export interface TokenSource {
  /**
   * The newest access token that can be had: from the hand-over store, else the own copy, which serves while Redis and
   * oauth are away. Rejects with NoAccessToken.
   */
  getAccessToken(acdId: string): Promise<string>;
  /** Takes over a token as soon as `token-refreshed` announces it. */
  tokenRefreshedHandler: BatchHandler<'token-refreshed'>;
}

interface Copy {
  version: number;
  token: string;
  expiresAtMs: number;
}

/** Access tokens for the services that call Webex (rule 10). Tokens are never logged. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { sql, redis, handover, atRest, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const copies = new Map<string, Copy>();

  async function fromHandover(acdId: string): Promise<Copy | undefined> {
    const [version, sealed, expiresAtMs] = await redis.hmget(`wfo:token:${acdId}`, 'version', 'sealed', 'expiresAtMs');
    if (!version || !sealed || !expiresAtMs) return undefined;
    const held = copies.get(acdId);
    if (held && held.version >= Number(version)) return held;
    const token = handover.open(sealed, `${acdId}:${version}`).toString('utf8');
    return { version: Number(version), token, expiresAtMs: Number(expiresAtMs) };
  }

  async function keep(acdId: string, copy: Copy): Promise<void> {
    if (copies.get(acdId) === copy) return;
    copies.set(acdId, copy);
    await sql.query(
      `INSERT INTO access_token (acd_id, version, sealed, expires_at_ms) VALUES ($1, $2, $3, $4)
       ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
         expires_at_ms = excluded.expires_at_ms
       WHERE access_token.version < excluded.version`,
      [acdId, copy.version, atRest.seal(copy.token, `access-token:${acdId}:${copy.version}`), copy.expiresAtMs],
    );
  }

  async function fromOwnCopy(acdId: string): Promise<Copy | undefined> {
    const held = copies.get(acdId);
    if (held) return held;
    const { rows } = await sql.query('SELECT version, sealed, expires_at_ms FROM access_token WHERE acd_id = $1', [acdId]);
    const row = rows[0];
    if (!row) return undefined;
    const token = atRest.open(row.sealed, `access-token:${acdId}:${row.version}`).toString('utf8');
    return { version: Number(row.version), token, expiresAtMs: Number(row.expires_at_ms) };
  }

  async function newest(acdId: string): Promise<Copy | undefined> {
    try {
      const handed = await fromHandover(acdId);
      if (handed) {
        await keep(acdId, handed);
        return handed;
      }
    } catch (error) {
      logger.debug({ acdId, err: error }, 'hand-over store not readable; the own copy of the token serves');
    }
    return fromOwnCopy(acdId);
  }

  return {
    async getAccessToken(acdId) {
      const copy = await newest(acdId);
      if (!copy || copy.expiresAtMs <= nowMs()) throw new NoAccessToken(acdId);
      return copy.token;
    },
    tokenRefreshedHandler: async function takeOverTokens(events) {
      for (const acdId of new Set(events.map((event) => event.payload.acdId))) {
        await newest(acdId).catch((error) => logger.warn({ acdId, err: error }, 'token not taken over yet'));
      }
      return events.map(() => done);
    },
  };
}
