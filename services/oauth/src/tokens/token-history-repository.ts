import type { SqlClient } from '@wxcc-wfo/service-kit';

/** What may have happened to an ACD's tokens. */
export type HistoryKind =
  | 'signed-in'
  | 'refreshed'
  | 'failed'
  | 'abandoned'
  | 'reported-refused'
  | 'lost'
  | 'ended'
  | 'recovered'
  | 'warned'
  | 'credentials-changed';

export interface HistoryEntry {
  tenantId: string;
  acdId: string;
  kind: HistoryKind;
  version: number;
  /** How the provider answered, as an event of the token's machine. */
  answer?: string;
  /** In words, without any secret. */
  reason?: string;
  nextAtMs?: number | null;
  atMs: number;
}

/** So many entries are kept of an ACD: a refresh twice a day fills most of a year. */
export const HISTORY_ENTRIES = 500;

/** Writes an entry and forgets the oldest beyond the bound. A failure that is the last entry's again is counted there. */
export async function appendHistory(tx: SqlClient, entry: HistoryEntry): Promise<void> {
  const { tenantId, acdId, kind, version, answer = null, reason = null, nextAtMs = null, atMs } = entry;
  await tx.query(
    `WITH last AS (
       SELECT entry_id, kind, version, answer, reason FROM token_history WHERE acd_id = $2 ORDER BY entry_id DESC LIMIT 1),
     again AS (
       UPDATE token_history h SET times = h.times + 1, at_ms = $8, next_at_ms = $7 FROM last l
       WHERE h.entry_id = l.entry_id AND $3 = 'failed' AND (l.kind, l.version) = ($3, $4)
         AND (l.answer, l.reason) IS NOT DISTINCT FROM ($5::text, $6::text)
       RETURNING h.entry_id),
     old AS (
       DELETE FROM token_history WHERE acd_id = $2 AND entry_id <= (
         SELECT entry_id FROM token_history WHERE acd_id = $2 ORDER BY entry_id DESC OFFSET $9 LIMIT 1))
     INSERT INTO token_history (tenant_id, acd_id, kind, version, answer, reason, next_at_ms, first_at_ms, at_ms)
     SELECT $1, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $8::bigint WHERE NOT EXISTS (SELECT FROM again)`,
    [tenantId, acdId, kind, version, answer, reason, nextAtMs, atMs, HISTORY_ENTRIES - 1],
  );
}

export interface ToldEntry {
  kind: HistoryKind;
  version: number | null;
  answer: string | null;
  reason: string | null;
  nextAtMs: number | null;
  times: number;
  firstAtMs: number;
  atMs: number;
}

/** The history of an ACD's tokens, the latest first. */
export async function listHistory(sql: SqlClient, acdId: string, limit = HISTORY_ENTRIES): Promise<ToldEntry[]> {
  const { rows } = await sql.query<ToldEntry>(
    `SELECT kind, version, answer, reason, next_at_ms AS "nextAtMs", times, first_at_ms AS "firstAtMs", at_ms AS "atMs"
     FROM token_history WHERE acd_id = $1 ORDER BY entry_id DESC LIMIT $2`,
    [acdId, limit],
  );
  return rows;
}
