import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Owner } from '../tasks/task-repository.ts';

export interface Hint {
  taskId: string;
  generation: number;
  attempts: number;
}

export interface ClaimedHints {
  acd: AcdChanged;
  hints: Hint[];
}

/** A webhook of the same task begins anew: its attempts start over and it is due at once. */
export async function addHint(client: SqlClient, owner: Owner, o: { taskId: string; nowMs: number }): Promise<void> {
  await client.query(
    `INSERT INTO hint (acd_id, tenant_id, task_id, received_at_ms, next_attempt_at_ms) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT (acd_id, task_id) DO UPDATE SET generation = hint.generation + 1, attempts = 0,
       received_at_ms = excluded.received_at_ms, next_attempt_at_ms = excluded.next_attempt_at_ms`,
    [owner.acdId, owner.tenantId, o.taskId, o.nowMs],
  );
}

/**
 * Asks for another reading of tasks whose last one can't stand alone. An open hint stays as it is, with its attempts:
 * a source that never gives the same answer twice must not be asked for ever.
 */
export async function requestSecondReading(
  client: SqlClient,
  owner: Owner,
  o: { taskIds: readonly string[]; nowMs: number },
): Promise<void> {
  if (o.taskIds.length === 0) return;
  await client.query(
    `INSERT INTO hint (acd_id, tenant_id, task_id, received_at_ms, next_attempt_at_ms)
     SELECT $1, $2, task_id, $4::bigint, $4::bigint + ${SECOND_READING_AFTER_MS} FROM unnest($3::text[]) AS h (task_id)
     ON CONFLICT (acd_id, task_id) DO NOTHING`,
    [owner.acdId, owner.tenantId, [...o.taskIds].sort(), o.nowMs],
  );
}

/** Long enough that another answer may come of it. */
const SECOND_READING_AFTER_MS = 1_000;

interface ClaimRow {
  acd_id: string;
  task_id: string;
  generation: number;
  attempts: number;
  configuration: AcdChanged;
}

/**
 * Takes hints that are due, of any ACD of this data server that may be asked, and keeps other replicas off them for
 * `claimMs`. A replica that dies leaves them due again after that.
 */
export async function claimHints(
  client: SqlClient,
  o: { dataServer: string; nowMs: number; claimMs: number; limit: number },
): Promise<ClaimedHints[]> {
  const { rows } = await client.query<ClaimRow>(
    `UPDATE hint h SET attempts = h.attempts + 1, next_attempt_at_ms = $1::bigint + $2::bigint
     FROM acd WHERE acd.acd_id = h.acd_id AND (h.acd_id, h.task_id) IN (
       SELECT d.acd_id, d.task_id FROM hint d JOIN acd a ON a.acd_id = d.acd_id
       WHERE d.next_attempt_at_ms <= $1 AND a.active AND a.data_servers->>'capture' = $4
       ORDER BY d.next_attempt_at_ms LIMIT $3 FOR UPDATE OF d SKIP LOCKED)
     RETURNING h.acd_id, h.task_id, h.generation, h.attempts, acd.configuration`,
    [o.nowMs, o.claimMs, o.limit, o.dataServer],
  );
  const claimed = new Map<string, ClaimedHints>();
  for (const row of rows) {
    const ofAcd = claimed.get(row.acd_id) ?? { acd: row.configuration, hints: [] };
    ofAcd.hints.push({ taskId: row.task_id, generation: row.generation, attempts: row.attempts });
    claimed.set(row.acd_id, ofAcd);
  }
  return [...claimed.values()];
}

/** Drops hints, but not those that were hinted again meanwhile. */
export async function dropHints(client: SqlClient, acdId: string, hints: readonly Hint[]): Promise<void> {
  if (hints.length === 0) return;
  await client.query(
    `DELETE FROM hint h USING unnest($2::text[], $3::int[]) AS d (task_id, generation)
     WHERE h.acd_id = $1 AND h.task_id = d.task_id AND h.generation = d.generation`,
    [acdId, hints.map((hint) => hint.taskId), hints.map((hint) => hint.generation)],
  );
}

export async function dropHintsOfAcds(client: SqlClient, acdIds: readonly string[]): Promise<void> {
  await client.query('DELETE FROM hint WHERE acd_id = ANY($1::uuid[])', [acdIds]);
}

/** Sets when hints are tried again, but not of those that were hinted again meanwhile. */
export async function postponeHints(
  client: SqlClient,
  acdId: string,
  hints: readonly (Hint & { nextAttemptAtMs: number })[],
): Promise<void> {
  if (hints.length === 0) return;
  await client.query(
    `UPDATE hint h SET next_attempt_at_ms = p.next_attempt_at_ms
     FROM unnest($2::text[], $3::int[], $4::bigint[]) AS p (task_id, generation, next_attempt_at_ms)
     WHERE h.acd_id = $1 AND h.task_id = p.task_id AND h.generation = p.generation`,
    [
      acdId,
      hints.map((hint) => hint.taskId),
      hints.map((hint) => hint.generation),
      hints.map((hint) => hint.nextAttemptAtMs),
    ],
  );
}
