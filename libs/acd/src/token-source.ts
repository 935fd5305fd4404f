import type { CommittedEvent } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { Logger, Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import type { Redis } from 'ioredis';

/** Why no token can be had now; the work waits, it does not fail. */
export class NoAccessToken extends Error {
  override name = 'NoAccessToken';
  constructor(acdId: string, reason = 'Wait for its authorization, or authorize it again.', options?: ErrorOptions) {
    super(`There is no valid access token for ACD ${acdId}. ${reason}`, options);
  }
}

/** A token this close to its end is asked for anew, in case the notice of its successor was missed. */
const NEAR_EXPIRY_MS = 60_000;

export interface TokenSourceOptions {
  /** A pool of the schema with `acdMigrationsFolder`'s tables. */
  sql: SqlClient;
  redis: Pick<Redis, 'hmget' | 'eval'>;
  /** Opens what oauth hands over in Redis. */
  handover: Sealer;
  /** Seals the service’s own copy. */
  atRest: Sealer;
  logger: Pick<Logger, 'warn'>;
  nowMs?: () => number;
}

export interface TokenSource {
  /**
   * The own copy's token, which serves while Redis and oauth are away. The hand-over store is asked when there is none,
   * when it is about to expire, or when it is the one that was `refused`. A refused token that has no successor yet is
   * reported to oauth, which refreshes it before its time. @throws NoAccessToken
   */
  getAccessToken(acdId: string, refused?: string): Promise<string>;
  /** Copies the hand-over store's token if it is newer; a store that is away changes nothing. True when it was newer. */
  copyNewer(acdId: string): Promise<boolean>;
  /**
   * For a consumer's `onCommitted`: copies the tokens that `token-refreshed` announced while the hand-over store has
   * them. What is missed (a kill, Redis away) is copied once the token is refused or about to expire.
   */
  copyAnnounced(events: readonly CommittedEvent[]): void;
}

/** Noted beside the token that lies there, if it is still that version: a note must not outlive its token. */
const REPORT_REFUSED = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'refused', ARGV[1])
return 1`;

interface Copy {
  version: number;
  token: string;
  expiresAtMs: number;
}

interface Own {
  copy?: Copy;
  /** Of the hand-over store only what is newer is taken. */
  newerThan: number;
}

interface OwnRow extends Record<string, unknown> {
  version: number | null;
  sealed: string | null;
  expires_at_ms: number | null;
  dropped: number;
}

/** With the version up to which tokens belong to what the ACD was before: it must never be used for what it is now. */
const OWN_COPY = `
SELECT t.version, t.sealed, t.expires_at_ms, coalesce((a.configuration->>'droppedTokenVersion')::int, 0) AS dropped
FROM (SELECT $1::uuid AS acd_id) one LEFT JOIN access_token t USING (acd_id) LEFT JOIN acd a USING (acd_id)`;

/** Access tokens for the services that call Webex (rule 10, AUTH-06). Tokens are never logged. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { sql, redis, handover, atRest, logger } = options;
  const nowMs = options.nowMs ?? Date.now;

  async function ownCopy(acdId: string): Promise<Own> {
    const { rows } = await sql.query<OwnRow>(OWN_COPY, [acdId]);
    const { version, sealed, expires_at_ms, dropped } = rows[0]!;
    if (version === null || sealed === null || version <= dropped) return { newerThan: dropped };
    try {
      const token = atRest.open(sealed, accessTokenBinding(acdId, version)).toString('utf8');
      return { copy: { version, token, expiresAtMs: expires_at_ms! }, newerThan: version };
    } catch (error) {
      logger.warn({ acdId, err: error }, 'the own copy of a token can’t be opened; give back the old SEALING_KEYS');
      return { newerThan: dropped };
    }
  }

  /** What oauth handed over, kept as the own copy if it is newer than `own`; undefined as well when the store is away. */
  async function copyHandedOver(acdId: string, own: Own): Promise<Copy | undefined> {
    const offered = await redis
      .hmget(`wfo:token:${acdId}`, 'version', 'sealed', 'expiresAtMs')
      .catch((error: unknown): null[] => {
        logger.warn({ acdId, err: error }, 'the token hand-over store can’t be read; the own copy of the token serves');
        return [];
      });
    const [version, sealed, expiresAtMs] = offered;
    if (!version || !sealed || !expiresAtMs || Number(version) <= own.newerThan) return undefined;
    const token = openHandedOver(acdId, version, sealed);
    const copy = { version: Number(version), token, expiresAtMs: Number(expiresAtMs) };
    await keep(acdId, copy);
    return copy;
  }

  function openHandedOver(acdId: string, version: string, sealed: string): string {
    try {
      return handover.open(sealed, `${acdId}:${version}`).toString('utf8');
    } catch (cause) {
      const reason = `The one of version ${version} can’t be opened: give this service and oauth the same HANDOVER_KEYS.`;
      throw new NoAccessToken(acdId, reason, { cause });
    }
  }

  /** Written only over an older version, or over itself, which heals a copy whose key is lost; never of a deleted ACD. */
  async function keep(acdId: string, copy: Copy): Promise<void> {
    await sql.query(
      `INSERT INTO access_token (acd_id, version, sealed, expires_at_ms)
       SELECT $1::uuid, $2::int, $3::text, $4::bigint WHERE NOT EXISTS (SELECT FROM acd WHERE acd_id = $1 AND deleted)
       ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
         expires_at_ms = excluded.expires_at_ms
       WHERE access_token.version <= excluded.version`,
      [acdId, copy.version, atRest.seal(copy.token, accessTokenBinding(acdId, copy.version)), copy.expiresAtMs],
    );
  }

  async function reportRefused(acdId: string, version: number): Promise<void> {
    await redis.eval(REPORT_REFUSED, 1, `wfo:token:${acdId}`, String(version)).catch((error: unknown) => {
      logger.warn({ acdId, err: error }, 'a refused token can’t be reported; it is refreshed when it is due');
    });
  }

  const isValid = (copy: Copy | undefined): copy is Copy => copy !== undefined && copy.expiresAtMs > nowMs();

  async function copyNewer(acdId: string): Promise<boolean> {
    return (await copyHandedOver(acdId, await ownCopy(acdId))) !== undefined;
  }

  return {
    copyNewer,
    async getAccessToken(acdId, refused) {
      const kept = await ownCopy(acdId);
      const own = kept.copy;
      if (own && own.token !== refused && own.expiresAtMs - nowMs() >= NEAR_EXPIRY_MS) return own.token;
      const newest = await copyHandedOver(acdId, kept).catch((error: unknown) => {
        if (!isValid(own)) throw error;
        logger.warn({ acdId, err: error }, 'a newer token can’t be copied; the own copy of the token serves');
      });
      const copy = newest ?? own;
      if (!isValid(copy)) throw new NoAccessToken(acdId);
      if (copy.token === refused) await reportRefused(acdId, copy.version);
      return copy.token;
    },
    copyAnnounced(events) {
      const announced = events.filter((event) => event.topic === TOPICS.tokenRefreshed);
      for (const acdId of new Set(announced.map((event) => event.payload.acdId))) {
        copyNewer(acdId).catch((error) => logger.warn({ acdId, err: error }, 'an announced token is not copied yet'));
      }
    },
  };
}

/** What binds a sealed access token to its ACD and version. */
export const accessTokenBinding = (acdId: string, version: number): string => `access-token:${acdId}:${version}`;
