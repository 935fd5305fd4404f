import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { CheckResult, Confirmation } from './preflight-policy.ts';

/** One preflight of an ACD, whole. */
export interface StoredPreflight {
  ranAtMs: number;
  ranBy: string;
  results: CheckResult[];
}

interface Owner {
  acdId: string;
  tenantId: string;
}

/** Replaces the last result, unless a later one is there. */
export async function storePreflight(sql: SqlClient, { acdId, tenantId }: Owner, run: StoredPreflight): Promise<void> {
  await sql.query(
    `INSERT INTO preflight_result (acd_id, tenant_id, ran_at_ms, ran_by, results) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (acd_id) DO UPDATE SET ran_at_ms = excluded.ran_at_ms, ran_by = excluded.ran_by,
       results = excluded.results WHERE preflight_result.ran_at_ms <= excluded.ran_at_ms`,
    [acdId, tenantId, run.ranAtMs, run.ranBy, JSON.stringify(run.results)],
  );
}

export async function findPreflight(sql: SqlClient, acdId: string): Promise<StoredPreflight | undefined> {
  const { rows } = await sql.query('SELECT ran_at_ms, ran_by, results FROM preflight_result WHERE acd_id = $1', [
    acdId,
  ]);
  const [row] = rows;
  return row && { ranAtMs: Number(row.ran_at_ms), ranBy: row.ran_by as string, results: row.results as CheckResult[] };
}

export async function listConfirmations(sql: SqlClient, acdId: string): Promise<Confirmation[]> {
  const { rows } = await sql.query(
    'SELECT check_id, about, note, confirmed_by, confirmed_at_ms FROM preflight_confirmation WHERE acd_id = $1',
    [acdId],
  );
  return rows.map((row) => ({
    check: row.check_id as string,
    about: row.about as string,
    note: row.note as string,
    confirmedBy: row.confirmed_by as string,
    confirmedAtMs: Number(row.confirmed_at_ms),
  }));
}

/** Replaces the confirmation of the same check. */
export async function storeConfirmation(
  sql: SqlClient,
  { acdId, tenantId }: Owner,
  confirmation: Confirmation,
): Promise<void> {
  const { check, about, note, confirmedBy, confirmedAtMs } = confirmation;
  await sql.query(
    `INSERT INTO preflight_confirmation (acd_id, check_id, tenant_id, about, note, confirmed_by, confirmed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (acd_id, check_id) DO UPDATE SET about = excluded.about,
       note = excluded.note, confirmed_by = excluded.confirmed_by, confirmed_at_ms = excluded.confirmed_at_ms`,
    [acdId, check, tenantId, about, note, confirmedBy, confirmedAtMs],
  );
}
