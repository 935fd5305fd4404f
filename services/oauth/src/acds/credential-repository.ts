import type { Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import type { Acd } from './acd.ts';

/** API keys and the taking back of credentials (AUTH-06). Sealed values are opened for the hand-over only. */

/** What binds a sealed API key to its ACD and version. */
export function apiKeyBinding(acdId: string, version: number): string {
  return `acd-api-key:${acdId}:${version}`;
}

/** An API key has no end that we know of: the last moment that an event can name. */
export const API_KEY_EXPIRES_AT_MS = 4_102_444_800_000;

/** Seals and stores an API key as the next version and gives that. The ACD row must be locked. */
export async function storeApiKey(
  tx: SqlClient,
  o: { acd: Acd; apiKey: string; nowMs: number },
  atRest: Sealer,
): Promise<number> {
  const { acd } = o;
  const version = (acd.apiKey?.version ?? acd.droppedTokenVersion) + 1;
  await tx.query(
    `INSERT INTO acd_api_key (acd_id, tenant_id, version, sealed_key, changed_at_ms) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed_key = excluded.sealed_key,
       changed_at_ms = excluded.changed_at_ms`,
    [acd.acdId, acd.tenantId, version, atRest.seal(o.apiKey, apiKeyBinding(acd.acdId, version)), o.nowMs],
  );
  return version;
}

export interface StoredApiKey {
  acdId: string;
  version: number;
  sealedKey: string;
}

/** A page of the sealed keys of ACDs that are not deleted, by id, for handing them over. */
export async function listApiKeys(
  sql: SqlClient,
  page: { afterAcdId: string | null; limit: number },
): Promise<StoredApiKey[]> {
  const { rows } = await sql.query(
    `SELECT k.acd_id, k.version, k.sealed_key FROM acd_api_key k JOIN acd a USING (acd_id)
     WHERE NOT a.deleted AND ($1::uuid IS NULL OR k.acd_id > $1) ORDER BY k.acd_id LIMIT $2`,
    [page.afterAcdId, page.limit],
  );
  return rows.map((row) => ({ acdId: row.acd_id, version: row.version, sealedKey: row.sealed_key }));
}

export interface DroppedCredential {
  /** Until when the dropped tokens would still be good at Webex; null where there were none. */
  accessExpiresAtMs: number | null;
  refreshExpiresAtMs: number | null;
  /** The highest that was ever dropped of this ACD. */
  droppedTokenVersion: number;
}

/**
 * Deletes tokens, API key and open requests to authorize, remembers the version for what comes after, and notes that
 * the hand-over store is to be emptied of it (`withdrawal-job.ts`). The ACD row must be locked.
 */
export async function dropCredential(tx: SqlClient, o: { acdId: string; nowMs: number }): Promise<DroppedCredential> {
  await tx.query('DELETE FROM authorization_request WHERE acd_id = $1', [o.acdId]);
  const { rows: tokens } = await tx.query(
    'DELETE FROM token WHERE acd_id = $1 RETURNING version, access_expires_at_ms, refresh_expires_at_ms',
    [o.acdId],
  );
  const { rows: keys } = await tx.query('DELETE FROM acd_api_key WHERE acd_id = $1 RETURNING version', [o.acdId]);
  const version = Math.max(0, ...[...tokens, ...keys].map((row) => row.version as number));
  const { rows: acds } = await tx.query(
    `UPDATE acd SET dropped_token_version = greatest(dropped_token_version, $2), handover_withdrawn_at_ms = $3
     WHERE acd_id = $1 RETURNING dropped_token_version`,
    [o.acdId, version, o.nowMs],
  );
  const [token] = tokens;
  return {
    droppedTokenVersion: acds[0]!.dropped_token_version,
    accessExpiresAtMs: token ? Number(token.access_expires_at_ms) : null,
    refreshExpiresAtMs: token ? Number(token.refresh_expires_at_ms) : null,
  };
}

export interface Withdrawal {
  acdId: string;
  /** What lies in the hand-over store of this version or an older one is taken back. */
  upToVersion: number;
  withdrawnAtMs: number;
}

/** Credentials that are to be taken back from the hand-over store, a page by id. */
export async function listWithdrawals(
  sql: SqlClient,
  page: { afterAcdId: string | null; limit: number },
): Promise<Withdrawal[]> {
  const { rows } = await sql.query(
    `SELECT acd_id, dropped_token_version, handover_withdrawn_at_ms FROM acd
     WHERE handover_withdrawn_at_ms IS NOT NULL AND ($1::uuid IS NULL OR acd_id > $1) ORDER BY acd_id LIMIT $2`,
    [page.afterAcdId, page.limit],
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    upToVersion: row.dropped_token_version,
    withdrawnAtMs: Number(row.handover_withdrawn_at_ms),
  }));
}

/** Ends a withdrawal, unless another one was begun meanwhile. */
export async function endWithdrawal(sql: SqlClient, { acdId, withdrawnAtMs }: Withdrawal): Promise<void> {
  await sql.query(
    'UPDATE acd SET handover_withdrawn_at_ms = NULL WHERE acd_id = $1 AND handover_withdrawn_at_ms = $2',
    [acdId, withdrawnAtMs],
  );
}
