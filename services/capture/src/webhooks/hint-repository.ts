import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Owner } from '../tasks/task-repository.ts';

export interface Hint {
  taskId: string;
  generation: number;
  attempts: number;
}

/** What one question is about. It is the only one under way for its ACD. */
export interface ClaimedHints {
  acd: AcdChanged;
  hints: Hint[];
  /** Questions in a row before this one that were of no use. */
  fruitless: number;
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
  fruitless: number;
  configuration: AcdChanged;
}

export interface HintClaim {
  dataServer: string;
  nowMs: number;
  /** Other replicas are kept off for so long; one that dies leaves its hints due again after that. */
  claimMs: number;
  mostAcds: number;
  mostHintsOfAcd: number;
}

/** Takes the turns of ACDs of this data server that may be asked now, each with its hints that are due. */
export async function claimHints(client: SqlClient, o: HintClaim): Promise<ClaimedHints[]> {
  const { rows } = await client.query<ClaimRow>(
    `WITH turn AS MATERIALIZED (
       SELECT t.acd_id, t.fruitless FROM hint_turn t JOIN acd a ON a.acd_id = t.acd_id
       WHERE t.next_question_at_ms <= $1 AND a.active AND a.data_servers->>'capture' = $3
         AND EXISTS (SELECT FROM hint d WHERE d.acd_id = t.acd_id AND d.next_attempt_at_ms <= $1)
       ORDER BY t.next_question_at_ms LIMIT $4 FOR UPDATE OF t SKIP LOCKED),
     claimed AS (
       UPDATE hint h SET attempts = h.attempts + 1, next_attempt_at_ms = $1::bigint + $2::bigint
       WHERE (h.acd_id, h.task_id) IN (
         SELECT d.acd_id, d.task_id FROM turn CROSS JOIN LATERAL (
           SELECT * FROM hint WHERE hint.acd_id = turn.acd_id AND next_attempt_at_ms <= $1
           ORDER BY next_attempt_at_ms LIMIT $5 FOR UPDATE) d)
       RETURNING h.acd_id, h.task_id, h.generation, h.attempts),
     begun AS (
       UPDATE hint_turn t SET next_question_at_ms = $1::bigint + $2::bigint
       WHERE t.acd_id IN (SELECT acd_id FROM claimed))
     SELECT c.*, turn.fruitless, acd.configuration
     FROM claimed c JOIN turn ON turn.acd_id = c.acd_id JOIN acd ON acd.acd_id = c.acd_id`,
    [o.nowMs, o.claimMs, o.dataServer, o.mostAcds, o.mostHintsOfAcd],
  );
  const claimed = new Map<string, ClaimedHints>();
  for (const row of rows) {
    const ofAcd = claimed.get(row.acd_id) ?? { acd: row.configuration, hints: [], fruitless: row.fruitless };
    ofAcd.hints.push({ taskId: row.task_id, generation: row.generation, attempts: row.attempts });
    claimed.set(row.acd_id, ofAcd);
  }
  return [...claimed.values()];
}

/** The question is over: when the ACD may be asked again, and how many in a row were of no use. */
export async function endTurn(
  client: SqlClient,
  acdId: string,
  o: { nextQuestionAtMs: number; fruitless: number },
): Promise<void> {
  await client.query('UPDATE hint_turn SET next_question_at_ms = $2, fruitless = $3 WHERE acd_id = $1', [
    acdId,
    o.nextQuestionAtMs,
    o.fruitless,
  ]);
}

/**
 * Drops hints that are due and that a reading has answered since they came: polling was faster. Gives how many, by ACD.
 * One whose task waits for a second reading stays.
 */
export async function dropAnsweredHints(client: SqlClient, o: { nowMs: number }): Promise<Map<string, number>> {
  const { rows } = await client.query<{ acd_id: string }>(
    `DELETE FROM hint WHERE (acd_id, task_id) IN (
       SELECT h.acd_id, h.task_id FROM hint h JOIN task t ON t.acd_id = h.acd_id AND t.task_id = h.task_id
       WHERE h.next_attempt_at_ms <= $1 AND t.read_at_ms >= h.received_at_ms AND t.pending_shrink IS NULL
       FOR UPDATE OF h SKIP LOCKED)
     RETURNING acd_id`,
    [o.nowMs],
  );
  const dropped = new Map<string, number>();
  for (const { acd_id } of rows) dropped.set(acd_id, (dropped.get(acd_id) ?? 0) + 1);
  return dropped;
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
