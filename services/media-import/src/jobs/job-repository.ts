import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { ImportVerdict } from './import-policy.ts';

export interface ImportJob {
  acdId: string;
  taskId: string;
  tenantId: string;
  webexOrgId: string;
  endedAtMs: number;
  recordingExpected: boolean;
  attempts: number;
  epoch: number;
  traceparent: string | null;
}

export interface NewImportJob extends Omit<ImportJob, 'attempts' | 'epoch'> {
  taskRevision: number;
}

/** Inserts jobs or wakes them for a higher revision of their task; a lower one changes nothing. One statement. */
export async function upsertJobs(tx: SqlClient, jobs: NewImportJob[], nowMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO import_job AS job (acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms,
       recording_expected, state, next_attempt_at_ms, traceparent, created_at_ms)
     SELECT acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected, 'waiting', $9::bigint,
       traceparent, $9::bigint
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[], $6::bigint[], $7::boolean[], $8::text[])
       AS n(acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected, traceparent)
     ON CONFLICT (acd_id, task_id) DO UPDATE SET task_revision = excluded.task_revision,
       ended_at_ms = excluded.ended_at_ms, recording_expected = excluded.recording_expected, state = 'waiting',
       next_attempt_at_ms = least(job.next_attempt_at_ms, excluded.next_attempt_at_ms), attempts = 0
     WHERE job.task_revision < excluded.task_revision`,
    [
      jobs.map((job) => job.acdId),
      jobs.map((job) => job.taskId),
      jobs.map((job) => job.tenantId),
      jobs.map((job) => job.webexOrgId),
      jobs.map((job) => job.taskRevision),
      jobs.map((job) => job.endedAtMs),
      jobs.map((job) => job.recordingExpected),
      jobs.map((job) => job.traceparent),
      nowMs,
    ],
  );
}

/** ACDs that have work due, for fair turns; at most `limit`. */
export async function listAcdsWithWork(sql: SqlClient, at: { nowMs: number; limit: number }): Promise<string[]> {
  const { rows } = await sql.query<{ acd_id: string }>(
    `SELECT acd_id FROM acd WHERE active AND EXISTS (
       SELECT 1 FROM import_job job WHERE job.acd_id = acd.acd_id AND job.state = 'waiting'
         AND job.next_attempt_at_ms <= $1 AND job.lease_until_ms <= $1)
     ORDER BY acd_id LIMIT $2`,
    [at.nowMs, at.limit],
  );
  return rows.map((row) => row.acd_id);
}

/** Claims up to `limit` due jobs of one ACD under a lease; each claim raises the job’s epoch, which fences its commits. */
export async function claimJobs(
  sql: SqlClient,
  claim: { acdId: string; nowMs: number; leaseUntilMs: number; limit: number },
): Promise<ImportJob[]> {
  const { rows } = await sql.query(
    `UPDATE import_job SET lease_until_ms = $3, epoch = epoch + 1
     WHERE (acd_id, task_id) IN (
       SELECT acd_id, task_id FROM import_job
       WHERE acd_id = $1 AND state = 'waiting' AND next_attempt_at_ms <= $2 AND lease_until_ms <= $2
       ORDER BY next_attempt_at_ms LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING acd_id, task_id, tenant_id, webex_org_id, ended_at_ms, recording_expected, attempts, epoch, traceparent`,
    [claim.acdId, claim.nowMs, claim.leaseUntilMs, claim.limit],
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    taskId: row.task_id,
    tenantId: row.tenant_id,
    webexOrgId: row.webex_org_id,
    endedAtMs: Number(row.ended_at_ms),
    recordingExpected: row.recording_expected,
    attempts: row.attempts,
    epoch: Number(row.epoch),
    traceparent: row.traceparent,
  }));
}

/** Extends the leases of claimed jobs while long downloads run. */
export async function extendLeases(sql: SqlClient, jobs: ImportJob[], leaseUntilMs: number): Promise<void> {
  await sql.query(
    `UPDATE import_job job SET lease_until_ms = $4
     FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS claimed(acd_id, task_id, epoch)
     WHERE job.acd_id = claimed.acd_id AND job.task_id = claimed.task_id AND job.epoch = claimed.epoch`,
    [jobs.map((job) => job.acdId), jobs.map((job) => job.taskId), jobs.map((job) => job.epoch), leaseUntilMs],
  );
}

/** Locks the job and says whether the claim still holds: a zombie’s commit must not happen. */
export async function holdsClaim(tx: SqlClient, job: ImportJob): Promise<boolean> {
  const { rows } = await tx.query('SELECT epoch FROM import_job WHERE acd_id = $1 AND task_id = $2 FOR UPDATE', [
    job.acdId,
    job.taskId,
  ]);
  return rows[0] !== undefined && Number(rows[0].epoch) === job.epoch;
}

/** Ends a claim with its verdict; nothing happens if the claim was lost. */
export async function settleJob(sql: SqlClient, job: ImportJob, verdict: ImportVerdict): Promise<void> {
  await sql.query(
    `UPDATE import_job SET state = $4, next_attempt_at_ms = coalesce($5, next_attempt_at_ms), attempts = $6,
       lease_until_ms = 0, last_code = $7, last_reason = $8
     WHERE acd_id = $1 AND task_id = $2 AND epoch = $3`,
    [
      job.acdId,
      job.taskId,
      job.epoch,
      verdict.state,
      verdict.state === 'waiting' ? verdict.atMs : null,
      verdict.code === null ? 0 : job.attempts + 1,
      verdict.code,
      verdict.reason,
    ],
  );
}

/** Makes a job due now: a webhook’s hint or an operator’s wish. Gives whether there was one. */
export async function wakeJob(
  sql: SqlClient,
  key: { acdId: string; taskId: string; nowMs: number; evenIfEnded: boolean },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE import_job SET next_attempt_at_ms = $3, attempts = 0, state = 'waiting'
     WHERE acd_id = $1 AND task_id = $2 AND (state = 'waiting' OR $4)`,
    [key.acdId, key.taskId, key.nowMs, key.evenIfEnded],
  );
  return rowCount === 1;
}

export interface ListedJob {
  acdId: string;
  taskId: string;
  state: string;
  endedAtMs: number;
  attempts: number;
  nextAttemptAtMs: number;
  code: string | null;
  reason: string | null;
}

/** A page of the tenant’s jobs in one state, latest ended first. */
export async function listJobs(
  sql: SqlClient,
  page: { state: string; before: { endedAtMs: number; taskId: string } | null; limit: number },
): Promise<ListedJob[]> {
  const { rows } = await sql.query(
    `SELECT acd_id, task_id, state, ended_at_ms, attempts, next_attempt_at_ms, last_code, last_reason FROM import_job
     WHERE state = $1 AND ($2::bigint IS NULL OR (ended_at_ms, task_id) < ($2::bigint, $3::text))
     ORDER BY ended_at_ms DESC, task_id DESC LIMIT $4`,
    [page.state, page.before?.endedAtMs ?? null, page.before?.taskId ?? null, page.limit],
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    taskId: row.task_id,
    state: row.state,
    endedAtMs: Number(row.ended_at_ms),
    attempts: row.attempts,
    nextAttemptAtMs: Number(row.next_attempt_at_ms),
    code: row.last_code,
    reason: row.last_reason,
  }));
}
