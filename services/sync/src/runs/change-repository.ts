import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { QueryResultRow } from 'pg';
import type { Change, Kind } from '../reconcile/decision.ts';

/** One row of a run's plan. */
export interface StoredChange {
  seq: number;
  kind: Kind;
  change: Change;
  itemId: string;
  webexId: string;
  name: string;
  reasons: string[];
  before: Record<string, unknown> | null;
  after: Record<string, unknown>;
  outcome: 'applied' | 'skipped' | null;
}

const COLUMNS = `seq, kind, change, item_id AS "itemId", webex_id AS "webexId", name, reasons, before, after, outcome`;

/** Adds rows to the plan of a run. */
export async function insertChanges(
  tx: SqlClient,
  run: { runId: string; tenantId: string; acdId: string },
  changes: readonly Omit<StoredChange, 'outcome'>[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `INSERT INTO sync_change (run_id, seq, tenant_id, acd_id, kind, change, item_id, webex_id, name, reasons, before, after)
     SELECT $1, seq, $2, $3, kind, change, "itemId", "webexId", name, reasons, nullif(before, 'null'), after
     FROM jsonb_to_recordset($4::jsonb) AS c(seq int, kind text, change text, "itemId" uuid, "webexId" text, name text,
                                             reasons text[], before jsonb, after jsonb)`,
    [run.runId, run.tenantId, run.acdId, JSON.stringify(changes)],
  );
}

/** What is still to be applied, in the order of the plan. */
export async function nextChanges(tx: SqlClient, runId: string, limit: number): Promise<StoredChange[]> {
  const { rows } = await tx.query<StoredChange & QueryResultRow>(
    `SELECT ${COLUMNS} FROM sync_change WHERE run_id = $1 AND outcome IS NULL ORDER BY seq LIMIT $2`,
    [runId, limit],
  );
  return rows;
}

/** Notes how rows of the plan ended, and counts those that did something. */
export async function settleChanges(
  tx: SqlClient,
  o: { runId: string; changes: readonly StoredChange[]; applied: ReadonlySet<string> },
): Promise<void> {
  const applied = o.changes.map((change) => o.applied.has(change.itemId));
  await tx.query(
    `UPDATE sync_change c SET outcome = CASE WHEN s.applied THEN 'applied' ELSE 'skipped' END
     FROM unnest($2::int[], $3::boolean[]) AS s(seq, applied) WHERE c.run_id = $1 AND c.seq = s.seq`,
    [o.runId, o.changes.map((change) => change.seq), applied],
  );
  await tx.query('UPDATE sync_run SET applied_changes = applied_changes + $2 WHERE run_id = $1', [
    o.runId,
    applied.filter(Boolean).length,
  ]);
}

/** A page of a plan, in its order. */
export async function listChanges(
  sql: SqlClient,
  o: { runId: string; kind: Kind | null; change: Change | null; afterSeq: number; limit: number },
): Promise<StoredChange[]> {
  const { rows } = await sql.query<StoredChange & QueryResultRow>(
    `SELECT ${COLUMNS} FROM sync_change
     WHERE run_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR change = $3) AND seq > $4
     ORDER BY seq LIMIT $5`,
    [o.runId, o.kind, o.change, o.afterSeq, o.limit],
  );
  return rows;
}

export async function deletePlan(tx: SqlClient, runId: string): Promise<void> {
  await tx.query('DELETE FROM sync_change WHERE run_id = $1', [runId]);
}

/** The numbers that the brake judges by, and a digest by which two runs are known to want the same deactivations. */
export async function measureDeactivations(
  sql: SqlClient,
  o: { runId: string; acdId: string },
): Promise<{ activeUsers: number; deactivations: number; digest: string }> {
  const { rows } = await sql.query<{ active_users: number; deactivations: number; digest: string }>(
    `SELECT (SELECT count(*) FROM directory_user WHERE acd_id = $2 AND active AND merged_into_user_id IS NULL) AS active_users,
       count(*) AS deactivations,
       encode(sha256(convert_to(coalesce(string_agg(item_id::text, ',' ORDER BY item_id), ''), 'UTF8')), 'hex') AS digest
     FROM sync_change WHERE run_id = $1 AND kind = 'user' AND change = 'deactivate'`,
    [o.runId, o.acdId],
  );
  const { active_users, deactivations, digest } = rows[0]!;
  return { activeUsers: active_users, deactivations, digest };
}
