import type { ReceivedEvent } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
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
  /** A pool of the schema with `acdMigrationsFolder`'s tables. */
  sql: SqlClient;
  redis: Pick<Redis, 'hmget'>;
  /** Opens what oauth hands over in Redis. */
  handover: Sealer;
  /** Seals the service’s own copy. */
  atRest: Sealer;
  logger: Pick<Logger, 'warn'>;
  nowMs?: () => number;
}

export interface TokenSource {
  /**
   * The newest access token that can be had: from the hand-over store, else the own copy, which serves while Redis and
   * oauth are away. @throws NoAccessToken when there is none, or only an expired one
   */
  getAccessToken(acdId: string): Promise<string>;
  /**
   * For a consumer's `onCommitted`: copies the tokens that `token-refreshed` announced while the hand-over store has
   * them. What is missed (a kill, Redis away) is copied at the next use.
   */
  copyAnnounced(events: readonly ReceivedEvent[]): void;
}

interface Copy {
  version: number;
  token: string;
  expiresAtMs: number;
}

/** Access tokens for the services that call Webex (rule 10, AUTH-06). Tokens are never logged. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { sql, redis, handover, atRest, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const held = new Map<string, Copy>();

  /** A version never goes back, whatever order answers arrive in. */
  function hold(acdId: string, copy: Copy): Copy {
    const known = held.get(acdId);
    if (known && known.version >= copy.version) return known;
    held.set(acdId, copy);
    return copy;
  }

  async function ownCopy(acdId: string): Promise<Copy | undefined> {
    const known = held.get(acdId);
    if (known) return known;
    const { rows } = await sql.query<{ version: number; sealed: string; expires_at_ms: number }>(
      'SELECT version, sealed, expires_at_ms FROM access_token WHERE acd_id = $1',
      [acdId],
    );
    const row = rows[0];
    if (!row) return undefined;
    try {
      const token = atRest.open(row.sealed, binding(acdId, row.version)).toString('utf8');
      return hold(acdId, { version: row.version, token, expiresAtMs: row.expires_at_ms });
    } catch (error) {
      logger.warn({ acdId, err: error }, 'the own copy of a token can’t be opened; give back the old SEALING_KEYS');
      return undefined;
    }
  }

  /** What oauth handed over, if that is newer than `own`; undefined as well when the store is away. */
  async function handedOver(acdId: string, own: Copy | undefined): Promise<Copy | undefined> {
    try {
      const [version, sealed, expiresAtMs] = await redis.hmget(
        `wfo:token:${acdId}`,
        'version',
        'sealed',
        'expiresAtMs',
      );
      if (!version || !sealed || !expiresAtMs || Number(version) <= (own?.version ?? 0)) return undefined;
      const token = handover.open(sealed, `${acdId}:${version}`).toString('utf8');
      return { version: Number(version), token, expiresAtMs: Number(expiresAtMs) };
    } catch (error) {
      logger.warn({ acdId, err: error }, 'the token hand-over store can’t be read; the own copy of the token serves');
      return undefined;
    }
  }

  async function keep(acdId: string, copy: Copy): Promise<void> {
    await sql.query(
      `INSERT INTO access_token (acd_id, version, sealed, expires_at_ms)
       SELECT $1::uuid, $2::int, $3::text, $4::bigint WHERE NOT EXISTS (SELECT FROM acd WHERE acd_id = $1 AND deleted)
       ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
         expires_at_ms = excluded.expires_at_ms
       WHERE access_token.version < excluded.version`,
      [acdId, copy.version, atRest.seal(copy.token, binding(acdId, copy.version)), copy.expiresAtMs],
    );
  }

  async function newest(acdId: string): Promise<Copy | undefined> {
    const own = await ownCopy(acdId);
    const handed = await handedOver(acdId, own);
    if (!handed) return own;
    await keep(acdId, handed);
    return hold(acdId, handed);
  }

  return {
    async getAccessToken(acdId) {
      const copy = await newest(acdId);
      if (!copy || copy.expiresAtMs <= nowMs()) throw new NoAccessToken(acdId);
      return copy.token;
    },
    copyAnnounced(events) {
      const announced = events.filter((event) => event.topic === TOPICS.tokenRefreshed);
      for (const acdId of new Set(announced.map((event) => event.payload.acdId))) {
        newest(acdId).catch((error) => logger.warn({ acdId, err: error }, 'an announced token is not copied yet'));
      }
    },
  };
}

const binding = (acdId: string, version: number) => `access-token:${acdId}:${version}`;
