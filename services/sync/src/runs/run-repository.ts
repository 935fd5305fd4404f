import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { QueryResultRow } from 'pg';
import type { BrakeJudgement } from '../reconcile/brake-policy.ts';
import {
  type Counts,
  type Listings,
  RUN_RULES,
  type RunProblem,
  type RunState,
  type RunTrigger,
} from './run-policy.ts';

export interface SyncRun {
  runId: string;
  tenantId: string;
  acdId: string;
  trigger: RunTrigger;
  state: RunState;
  requestedBy: string | null;
  requestedAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  runDate: string | null;
  counts: Counts;
  listings: Listings;
  brake: (BrakeJudgement & { digest: string }) | null;
  plannedChanges: number;
  appliedChanges: number;
  problem: RunProblem | null;
  decidedBy: string | null;
  decidedAtMs: number | null;
  decisionReason: string | null;
}

const COLUMNS = `run_id AS "runId", tenant_id AS "tenantId", acd_id AS "acdId", trigger, state,
  requested_by AS "requestedBy", requested_at_ms AS "requestedAtMs", started_at_ms AS "startedAtMs",
  ended_at_ms AS "endedAtMs", run_date AS "runDate", counts, listings, brake, planned_changes AS "plannedChanges",
  applied_changes AS "appliedChanges", problem, decided_by AS "decidedBy", decided_at_ms AS "decidedAtMs",
  decision_reason AS "decisionReason"`;
const one = async (sql: SqlClient, text: string, values: unknown[]): Promise<SyncRun | null> =>
  (await sql.query<SyncRun & QueryResultRow>(text, values)).rows[0] ?? null;

export type NewRun = Pick<SyncRun, 'runId' | 'tenantId' | 'acdId' | 'trigger' | 'requestedBy' | 'requestedAtMs'>;

/** A run that waits for its turn; null when one of its sort waits already. */
export async function queueRun(sql: SqlClient, run: NewRun): Promise<SyncRun | null> {
  return await one(
    sql,
    `INSERT INTO sync_run (run_id, tenant_id, acd_id, trigger, state, requested_by, requested_at_ms)
     VALUES ($1, $2, $3, $4, 'queued', $5, $6) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [run.runId, run.tenantId, run.acdId, run.trigger, run.requestedBy, run.requestedAtMs],
  );
}

export async function findRun(sql: SqlClient, runId: string): Promise<SyncRun | null> {
  return await one(sql, `SELECT ${COLUMNS} FROM sync_run WHERE run_id = $1`, [runId]);
}

/** The ACD's runs in these states, oldest first, locked until the transaction ends. */
export async function lockRuns(tx: SqlClient, acdId: string, states: readonly RunState[]): Promise<SyncRun[]> {
  const { rows } = await tx.query<SyncRun & QueryResultRow>(
    `SELECT ${COLUMNS} FROM sync_run WHERE acd_id = $1 AND state = ANY($2) ORDER BY requested_at_ms, run_id FOR UPDATE`,
    [acdId, states],
  );
  return rows;
}

/** A page of the ACD's runs, newest first. */
export async function listRuns(
  sql: SqlClient,
  o: { acdId: string; before: { requestedAtMs: number; runId: string } | null; limit: number },
): Promise<SyncRun[]> {
  const { rows } = await sql.query<SyncRun & QueryResultRow>(
    `SELECT ${COLUMNS} FROM sync_run
     WHERE acd_id = $1 AND ($2::bigint IS NULL OR (requested_at_ms, run_id) < ($2::bigint, $3::uuid))
     ORDER BY requested_at_ms DESC, run_id DESC LIMIT $4`,
    [o.acdId, o.before?.requestedAtMs ?? null, o.before?.runId ?? null, o.limit],
  );
  return rows;
}

/** What of a run may be written beside its state. */
export interface RunFields {
  startedAtMs?: number;
  endedAtMs?: number;
  runDate?: string;
  counts?: Counts;
  listings?: Listings;
  brake?: SyncRun['brake'];
  plannedChanges?: number;
  problem?: RunProblem | null;
  decidedBy?: string;
  decidedAtMs?: number;
  decisionReason?: string | null;
}

const COLUMN_OF: Record<keyof RunFields, string> = {
  startedAtMs: 'started_at_ms',
  endedAtMs: 'ended_at_ms',
  runDate: 'run_date',
  counts: 'counts',
  listings: 'listings',
  brake: 'brake',
  plannedChanges: 'planned_changes',
  problem: 'problem',
  decidedBy: 'decided_by',
  decidedAtMs: 'decided_at_ms',
  decisionReason: 'decision_reason',
};
const JSON_FIELDS: readonly (keyof RunFields)[] = ['counts', 'listings', 'brake', 'problem'];

/** Writes fields of a run. */
export async function noteRun(sql: SqlClient, runId: string, fields: RunFields): Promise<void> {
  const names = Object.keys(fields) as (keyof RunFields)[];
  const sets = names.map((name, index) => `${COLUMN_OF[name]} = $${index + 2}`);
  const values = names.map((name) => {
    const value = fields[name];
    return JSON_FIELDS.includes(name) && value ? JSON.stringify(value) : value;
  });
  await sql.query(`UPDATE sync_run SET ${sets.join(', ')} WHERE run_id = $1`, [runId, ...values]);
}

/** Moves a run on, if the table of states lets it and it is still where it was; false when it is not. */
export async function moveRun(
  sql: SqlClient,
  run: Pick<SyncRun, 'runId' | 'state'>,
  o: { to: RunState; fields?: RunFields },
): Promise<boolean> {
  if (!RUN_RULES[run.state].next.includes(o.to)) {
    throw new Error(`A run cannot go from ${run.state} to ${o.to}: see RUN_RULES.`);
  }
  const { rowCount } = await sql.query('UPDATE sync_run SET state = $3 WHERE run_id = $1 AND state = $2', [
    run.runId,
    run.state,
    o.to,
  ]);
  if (rowCount === 1 && o.fields) await noteRun(sql, run.runId, o.fields);
  return rowCount === 1;
}

/** Ends whatever runs of these ACDs are not over: they were deleted. */
export async function stopRunsOf(tx: SqlClient, o: { acdIds: readonly string[]; nowMs: number }): Promise<void> {
  const problem: RunProblem = {
    code: 'acd-deleted',
    detail: 'The ACD was deleted.',
    remedy: 'Nothing: what was synced stays as it is.',
  };
  await tx.query(
    `UPDATE sync_run SET state = 'stopped', ended_at_ms = $2, problem = $3
     WHERE acd_id = ANY($1::uuid[]) AND state = ANY($4)`,
    [o.acdIds, o.nowMs, JSON.stringify(problem), ['queued', 'reading', 'planned', 'awaiting-approval', 'applying']],
  );
}

/** How many finished runs of an ACD keep their plan, and how many are kept at all. */
export interface Retention {
  plans: number;
  runs: number;
}

/** Tables stay bounded: old plans go first, then old runs. */
export async function pruneRuns(sql: SqlClient, acdId: string, keep: Retention): Promise<void> {
  const finished = `SELECT run_id FROM sync_run WHERE acd_id = $1 AND state IN ('done', 'failed', 'rejected', 'stopped')
                    ORDER BY requested_at_ms DESC, run_id DESC OFFSET $2`;
  await sql.query(`DELETE FROM sync_change WHERE run_id IN (${finished})`, [acdId, keep.plans]);
  await sql.query(`DELETE FROM sync_run WHERE run_id IN (${finished})`, [acdId, keep.runs]);
}
