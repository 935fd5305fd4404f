import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Standing, TokenEvent } from './token-machine-policy.ts';
import { LATER_END_MS } from './warning-policy.ts';

/** The tokens of one ACD as they are stored; every token is sealed. */
export interface StoredToken {
  acdId: string;
  tenantId: string;
  version: number;
  sealedAccess: string;
  sealedRefresh: string;
  /** The refresh token of the version before, until the newer one has worked; null where it is the same. */
  sealedPreviousRefresh: string | null;
  issuedAtMs: number;
  accessExpiresAtMs: number;
  refreshExpiresAtMs: number;
  /** Null: never again, the refresh token has ended. */
  nextRefreshAtMs: number | null;
  intentId: string | null;
  standing: Standing;
  standingSinceMs: number;
  failures: number;
  firstRefusedAtMs: number | null;
}

interface TokenRow {
  acd_id: string;
  tenant_id: string;
  version: number;
  sealed_access: string;
  sealed_refresh: string;
  sealed_previous_refresh: string | null;
  issued_at_ms: number;
  access_expires_at_ms: number;
  refresh_expires_at_ms: number;
  next_refresh_at_ms: number | null;
  intent_id: string | null;
  standing: Standing;
  standing_since_ms: number;
  failures: number;
  first_refused_at_ms: number | null;
}

function toToken(row: TokenRow): StoredToken {
  return {
    acdId: row.acd_id,
    tenantId: row.tenant_id,
    version: row.version,
    sealedAccess: row.sealed_access,
    sealedRefresh: row.sealed_refresh,
    sealedPreviousRefresh: row.sealed_previous_refresh,
    issuedAtMs: Number(row.issued_at_ms),
    accessExpiresAtMs: Number(row.access_expires_at_ms),
    refreshExpiresAtMs: Number(row.refresh_expires_at_ms),
    nextRefreshAtMs: row.next_refresh_at_ms === null ? null : Number(row.next_refresh_at_ms),
    intentId: row.intent_id,
    standing: row.standing,
    standingSinceMs: Number(row.standing_since_ms),
    failures: row.failures,
    firstRefusedAtMs: row.first_refused_at_ms === null ? null : Number(row.first_refused_at_ms),
  };
}

/** What binds a sealed token to its ACD, version and kind: a swapped ciphertext does not open. */
export function tokenBinding(acdId: string, version: number, kind: 'access' | 'refresh' | 'previous-refresh'): string {
  return `${kind}-token:${acdId}:${version}`;
}

/** The stored token of an ACD, locked. The ACD row must be locked before it. */
export async function lockToken(tx: SqlClient, acdId: string): Promise<StoredToken | undefined> {
  const { rows } = await tx.query('SELECT * FROM token WHERE acd_id = $1 FOR UPDATE', [acdId]);
  return rows[0] ? toToken(rows[0] as TokenRow) : undefined;
}

export type NewToken = Omit<
  StoredToken,
  'intentId' | 'failures' | 'firstRefusedAtMs' | 'standing' | 'standingSinceMs'
> & {
  /** When a person signed in for it; null: it was refreshed. */
  signedInAtMs: number | null;
};

/** Stores a newer token, which is `fresh`, and ends any intent and failure; versions only grow. */
export async function storeToken(tx: SqlClient, token: NewToken): Promise<void> {
  await tx.query(
    `INSERT INTO token (acd_id, tenant_id, version, sealed_access, sealed_refresh, sealed_previous_refresh, issued_at_ms,
       access_expires_at_ms, refresh_expires_at_ms, next_refresh_at_ms, signed_in_at_ms, standing_since_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $7)
     ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed_access = excluded.sealed_access,
       sealed_refresh = excluded.sealed_refresh, sealed_previous_refresh = excluded.sealed_previous_refresh,
       issued_at_ms = excluded.issued_at_ms, access_expires_at_ms = excluded.access_expires_at_ms,
       refresh_expires_at_ms = excluded.refresh_expires_at_ms, next_refresh_at_ms = excluded.next_refresh_at_ms,
       intent_id = NULL, intent_until_ms = NULL, failures = 0, first_refused_at_ms = NULL, last_failure = NULL,
       last_answer = NULL, last_failure_at_ms = NULL, standing = 'fresh',
       standing_since_ms = CASE token.standing WHEN 'fresh' THEN token.standing_since_ms ELSE $7 END,
       signed_in_at_ms = coalesce(excluded.signed_in_at_ms, token.signed_in_at_ms),
       warned_days = CASE WHEN excluded.refresh_expires_at_ms >= token.refresh_expires_at_ms + $12::bigint THEN NULL
         ELSE token.warned_days END
     WHERE token.version < excluded.version`,
    [
      token.acdId,
      token.tenantId,
      token.version,
      token.sealedAccess,
      token.sealedRefresh,
      token.sealedPreviousRefresh,
      token.issuedAtMs,
      token.accessExpiresAtMs,
      token.refreshExpiresAtMs,
      token.nextRefreshAtMs,
      token.signedInAtMs,
      LATER_END_MS,
    ],
  );
}

/**
 * Claims one token that is due by writing an intent, which must be committed before the provider is called.
 * It is the machine's `time-due` and `intent-ended` in one statement: skips what another replica has locked or intends;
 * an intent whose owner died ends at `untilMs`, which the history tells.
 */
export async function claimDueToken(
  sql: SqlClient,
  claim: { intentId: string; nowMs: number; untilMs: number },
): Promise<StoredToken | undefined> {
  const { rows } = await sql.query(
    `WITH due AS (
       SELECT t.acd_id, t.tenant_id, t.version, t.intent_id AS abandoned FROM token t JOIN acd a USING (acd_id)
       WHERE t.next_refresh_at_ms <= $2 AND (t.intent_until_ms IS NULL OR t.intent_until_ms <= $2) AND NOT a.deleted
       ORDER BY t.next_refresh_at_ms LIMIT 1 FOR UPDATE OF t SKIP LOCKED),
     told AS (
       INSERT INTO token_history (tenant_id, acd_id, kind, version, reason, first_at_ms, at_ms)
       SELECT tenant_id, acd_id, 'abandoned', version, $4, $2, $2 FROM due WHERE abandoned IS NOT NULL)
     UPDATE token SET intent_id = $1, intent_until_ms = $3 FROM due WHERE token.acd_id = due.acd_id
     RETURNING token.*`,
    [claim.intentId, claim.nowMs, claim.untilMs, 'The replica that was refreshing ended before its answer was stored.'],
  );
  return rows[0] ? toToken(rows[0] as TokenRow) : undefined;
}

/** Gives a claim back unused, so that another replica need not wait for its end. */
export async function releaseIntent(sql: SqlClient, key: { acdId: string; intentId: string }): Promise<void> {
  await sql.query('UPDATE token SET intent_id = NULL, intent_until_ms = NULL WHERE acd_id = $1 AND intent_id = $2', [
    key.acdId,
    key.intentId,
  ]);
}

/** Where a token stands after an event that brought no new one; the stored tokens stay as they are. */
export interface NewStanding {
  acdId: string;
  standing: Standing;
  nextAtMs: number | null;
  firstRefusedAtMs: number | null;
  nowMs: number;
}

/** Records a failed refresh, which ends its intent, and when to try again. */
export async function recordFailure(
  tx: SqlClient,
  failure: NewStanding & { answer: TokenEvent; reason: string },
): Promise<void> {
  await tx.query(
    `UPDATE token SET intent_id = NULL, intent_until_ms = NULL, failures = failures + 1, next_refresh_at_ms = $2,
       first_refused_at_ms = $3, last_failure = $4, last_answer = $5, last_failure_at_ms = $6, standing = $7,
       standing_since_ms = CASE standing WHEN $7 THEN standing_since_ms ELSE $6 END
     WHERE acd_id = $1`,
    [
      failure.acdId,
      failure.nextAtMs,
      failure.firstRefusedAtMs,
      failure.reason,
      failure.answer,
      failure.nowMs,
      failure.standing,
    ],
  );
}

/** Sets another time for the next refresh. */
export async function reschedule(tx: SqlClient, to: NewStanding): Promise<void> {
  await tx.query(
    `UPDATE token SET next_refresh_at_ms = $2, first_refused_at_ms = $3, standing = $4,
       standing_since_ms = CASE standing WHEN $4 THEN standing_since_ms ELSE $5 END
     WHERE acd_id = $1`,
    [to.acdId, to.nextAtMs, to.firstRefusedAtMs, to.standing, to.nowMs],
  );
}

/** Tokens whose access token still lives, in pages by ACD id, for handing them over again. */
export async function listLivingTokens(
  sql: SqlClient,
  page: { afterAcdId: string | null; nowMs: number; limit: number },
): Promise<StoredToken[]> {
  const { rows } = await sql.query(
    `SELECT t.* FROM token t JOIN acd a USING (acd_id)
     WHERE NOT a.deleted AND t.access_expires_at_ms > $2 AND ($1::uuid IS NULL OR t.acd_id > $1::uuid)
     ORDER BY t.acd_id LIMIT $3`,
    [page.afterAcdId, page.nowMs, page.limit],
  );
  return rows.map((row) => toToken(row as TokenRow));
}

/** When the tokens of every ACD end. */
export async function listExpiries(
  sql: SqlClient,
): Promise<{ acdId: string; accessExpiresAtMs: number; refreshExpiresAtMs: number }[]> {
  const { rows } = await sql.query(
    `SELECT t.acd_id, t.access_expires_at_ms, t.refresh_expires_at_ms FROM token t JOIN acd a USING (acd_id)
     WHERE NOT a.deleted`,
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    accessExpiresAtMs: Number(row.access_expires_at_ms),
    refreshExpiresAtMs: Number(row.refresh_expires_at_ms),
  }));
}

/** How many ACDs use the Webex client of this one, and whether another of them got a token after `sinceMs`. */
export async function clientInUse(
  sql: SqlClient,
  about: { acdId: string; webexClientId: string; sinceMs: number },
): Promise<{ sharedBy: number; renewedSinceRefusal: boolean }> {
  const { rows } = await sql.query(
    `SELECT count(*)::int AS shared_by, coalesce(bool_or(t.acd_id <> $1 AND t.issued_at_ms > $3), false) AS renewed
     FROM token t JOIN acd a USING (acd_id) JOIN oauth_client c USING (client_ref)
     WHERE c.webex_client_id = $2 AND NOT a.deleted`,
    [about.acdId, about.webexClientId, about.sinceMs],
  );
  return { sharedBy: rows[0]!.shared_by, renewedSinceRefusal: rows[0]!.renewed };
}

/** Tokens whose refresh token ends before `beforeMs`, has not ended, and may be in need of a warning. */
export async function listTokensToWarnOf(
  sql: SqlClient,
  o: { nowMs: number; beforeMs: number },
): Promise<
  { acdId: string; tenantId: string; version: number; refreshExpiresAtMs: number; warnedDays: number | null }[]
> {
  const { rows } = await sql.query(
    `SELECT t.acd_id AS "acdId", t.tenant_id AS "tenantId", t.version, t.warned_days AS "warnedDays",
       t.refresh_expires_at_ms AS "refreshExpiresAtMs"
     FROM token t JOIN acd a USING (acd_id)
     WHERE NOT a.deleted AND t.refresh_expires_at_ms > $1 AND t.refresh_expires_at_ms <= $2 ORDER BY t.acd_id`,
    [o.nowMs, o.beforeMs],
  );
  return rows as never;
}

/** Gives whether the warning is ours to give: no replica gave it, or a nearer one, for this version before. */
export async function markWarned(
  tx: SqlClient,
  to: { acdId: string; version: number; days: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE token SET warned_days = $3
     WHERE acd_id = $1 AND version = $2 AND (warned_days IS NULL OR warned_days > $3)`,
    [to.acdId, to.version, to.days],
  );
  return rowCount === 1;
}

/** The tokens of the ACDs of a client record, locked with their ACDs. */
export async function lockTokensOfClient(tx: SqlClient, clientRef: string): Promise<StoredToken[]> {
  await tx.query('SELECT FROM acd WHERE client_ref = $1 AND NOT deleted ORDER BY acd_id FOR UPDATE', [clientRef]);
  const { rows } = await tx.query(
    `SELECT t.* FROM token t JOIN acd a USING (acd_id) WHERE a.client_ref = $1 AND NOT a.deleted
     ORDER BY t.acd_id FOR UPDATE OF t`,
    [clientRef],
  );
  return rows.map((row) => toToken(row as TokenRow));
}
