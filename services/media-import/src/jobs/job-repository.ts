import type { SqlClient } from '@wxcc-wfo/service-kit';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import { type ImportVerdict, PRIORITY } from './import-policy.ts';
import { tellVerdicts } from './verdict-repository.ts';

export interface ImportJob {
  acdId: string;
  taskId: string;
  tenantId: string;
  webexOrgId: string;
  endedAtMs: number;
  recordingExpected: boolean;
  /** This one counted. */
  attempts: number;
  /** Before this one. */
  refusals: number;
  wakes: number;
  epoch: number;
  traceparent: string | null;
}

export interface NewImportJob extends Omit<ImportJob, 'attempts' | 'refusals' | 'epoch' | 'wakes'> {
  taskRevision: number;
}

/** Webex takes at most ten task ids in a query of captures. */
export const TASKS_PER_QUERY = 10;

const UPSERT_JOBS = prepared(`
  INSERT INTO import_job AS job (acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms,
    recording_expected, state, next_attempt_at_ms, traceparent, created_at_ms)
  SELECT acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected, 'waiting', $9::bigint,
    traceparent, $9::bigint
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[], $6::bigint[], $7::boolean[], $8::text[])
    AS n(acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected, traceparent)
  ON CONFLICT (acd_id, task_id) DO UPDATE SET task_revision = excluded.task_revision,
    ended_at_ms = excluded.ended_at_ms, recording_expected = excluded.recording_expected, state = 'waiting',
    next_attempt_at_ms = least(job.next_attempt_at_ms, excluded.next_attempt_at_ms), priority = 0, attempts = 0,
    refusals = 0, wakes = job.wakes + 1
  WHERE job.task_revision < excluded.task_revision`);

/** Inserts jobs or wakes them for a higher revision of their task; a lower one changes nothing. One statement. */
export async function upsertJobs(tx: SqlClient, jobs: NewImportJob[], nowMs: number): Promise<void> {
  await tx.query(UPSERT_JOBS, [
    jobs.map((job) => job.acdId),
    jobs.map((job) => job.taskId),
    jobs.map((job) => job.tenantId),
    jobs.map((job) => job.webexOrgId),
    jobs.map((job) => job.taskRevision),
    jobs.map((job) => job.endedAtMs),
    jobs.map((job) => job.recordingExpected),
    jobs.map((job) => job.traceparent),
    nowMs,
  ]);
}

/**
 * ACDs of this data server (ACD-04) that have work due, at most `limit`, in turns: those after `afterAcdId` first. Re-looks alone make work only when
 * they fill a query or have waited since `relooksBeforeMs`; else they ride along with what has just ended.
 */
export async function listAcdsWithWork(
  sql: SqlClient,
  at: {
    dataServer: string;
    nowMs: number;
    relooksBeforeMs: number;
    afterAcdId: string;
    except: string[];
    limit: number;
  },
): Promise<string[]> {
  const due = `FROM import_job job WHERE job.acd_id = acd.acd_id AND job.state = 'waiting' AND lease_until_ms <= now_ms()`;
  const { rows } = await sql.query<{ acd_id: string }>(
    `SELECT acd_id FROM acd WHERE active AND data_servers->>'mediaImport' = $6 AND acd_id <> ALL($3::uuid[]) AND (
       EXISTS (SELECT ${due} AND priority < ${PRIORITY.relook} AND next_attempt_at_ms <= $1)
       OR EXISTS (SELECT ${due} AND priority = ${PRIORITY.relook} AND next_attempt_at_ms <= $2)
       OR EXISTS (SELECT ${due} AND priority = ${PRIORITY.relook} AND next_attempt_at_ms <= $1
                  OFFSET ${TASKS_PER_QUERY - 1} LIMIT 1))
     ORDER BY acd_id <= $4::uuid, acd_id LIMIT $5`,
    [at.nowMs, at.relooksBeforeMs, at.except, at.afterAcdId, at.limit, at.dataServer],
  );
  return rows.map((row) => row.acd_id);
}

/**
 * Claims up to `limit` due jobs of one ACD under a lease; each claim raises the job’s epoch, which fences its commits. None
 * once the ACD went to another data server: those that are claimed already are still ours.
 */
export async function claimJobs(
  sql: SqlClient,
  claim: { acdId: string; dataServer: string; nowMs: number; leaseMs: number; limit: number },
): Promise<ImportJob[]> {
  const { rows } = await sql.query(
    `UPDATE import_job SET lease_until_ms = now_ms() + $3::bigint, epoch = epoch + 1, attempts = attempts + 1
     WHERE (acd_id, task_id) IN (
       SELECT acd_id, task_id FROM import_job
       WHERE acd_id = $1 AND state = 'waiting' AND next_attempt_at_ms <= $2 AND lease_until_ms <= now_ms()
         AND EXISTS (SELECT FROM acd WHERE acd_id = $1 AND data_servers->>'mediaImport' = $5)
       ORDER BY priority, next_attempt_at_ms LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING acd_id, task_id, tenant_id, webex_org_id, ended_at_ms, recording_expected, attempts, refusals, wakes, epoch,
       traceparent`,
    [claim.acdId, claim.nowMs, claim.leaseMs, claim.limit, claim.dataServer],
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    taskId: row.task_id,
    tenantId: row.tenant_id,
    webexOrgId: row.webex_org_id,
    endedAtMs: row.ended_at_ms,
    recordingExpected: row.recording_expected,
    attempts: row.attempts,
    refusals: row.refusals,
    wakes: row.wakes,
    epoch: row.epoch,
    traceparent: row.traceparent,
  }));
}

type Claim = Pick<ImportJob, 'acdId' | 'taskId' | 'epoch'>;

/** Sorted, so that two statements over the same jobs lock them in the same order. */
const claimColumns = (claims: readonly Claim[]): unknown[] => {
  const sorted = [...claims].sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
  return [sorted.map((one) => one.acdId), sorted.map((one) => one.taskId), sorted.map((one) => one.epoch)];
};

/**
 * Extends the leases of claims that are neither settled nor lost, while long downloads run. Gives the ids of their tasks.
 */
export async function extendLeases(sql: SqlClient, claims: readonly Claim[], leaseMs: number): Promise<Set<string>> {
  const { rows } = await sql.query<{ task_id: string }>(
    `UPDATE import_job job SET lease_until_ms = now_ms() + $4::bigint
     FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS claimed(acd_id, task_id, epoch)
     WHERE job.acd_id = claimed.acd_id AND job.task_id = claimed.task_id AND job.epoch = claimed.epoch
       AND job.lease_until_ms > 0
     RETURNING job.task_id`,
    [...claimColumns(claims), leaseMs],
  );
  return new Set(rows.map((row) => row.task_id));
}

/** Gives claims back without a verdict (shutdown, our own outage): due as before, the attempt not counted. */
export async function releaseJobs(sql: SqlClient, claims: readonly Claim[]): Promise<void> {
  await sql.query(
    `UPDATE import_job job SET lease_until_ms = 0, attempts = greatest(0, job.attempts - 1)
     FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS claimed(acd_id, task_id, epoch)
     WHERE job.acd_id = claimed.acd_id AND job.task_id = claimed.task_id AND job.epoch = claimed.epoch
       AND job.lease_until_ms > 0`,
    claimColumns(claims),
  );
}

/** Locks the job and says whether the claim still holds: a zombie’s commit must not happen. */
export async function holdsClaim(tx: SqlClient, job: Claim): Promise<boolean> {
  const { rowCount } = await tx.query(
    'SELECT FROM import_job WHERE acd_id = $1 AND task_id = $2 AND epoch = $3 FOR UPDATE',
    [job.acdId, job.taskId, job.epoch],
  );
  return rowCount === 1;
}

/**
 * Ends a claim with its verdict, and tells it where it changed; nothing happens if the claim was lost. A job that was
 * woken meanwhile is due at once, whatever the verdict: what was looked at may be old. Wants a transaction.
 */
export async function settleJob(tx: SqlClient, job: ImportJob, verdict: ImportVerdict, nowMs: number): Promise<void> {
  const waits = verdict.state === 'waiting';
  const isRefused = waits && verdict.code !== null && verdict.isOfTask;
  const { rows } = await tx.query<{ is_woken: boolean; verdict_code: string | null }>(
    `UPDATE import_job SET
       state = CASE WHEN wakes = $4 THEN $5 ELSE 'waiting' END,
       next_attempt_at_ms = CASE WHEN wakes = $4 THEN coalesce($6::bigint, next_attempt_at_ms) ELSE $7::bigint END,
       priority = CASE WHEN wakes = $4 THEN $8::smallint ELSE 0 END,
       attempts = CASE WHEN $9::boolean THEN attempts ELSE 0 END,
       refusals = CASE WHEN $9::boolean AND wakes = $4 THEN refusals + $12::integer ELSE 0 END,
       lease_until_ms = 0, last_code = $10, last_reason = $11
     WHERE acd_id = $1 AND task_id = $2 AND epoch = $3
     RETURNING wakes <> $4 AS is_woken, verdict_code`,
    [
      job.acdId,
      job.taskId,
      job.epoch,
      job.wakes,
      verdict.state,
      waits ? verdict.atMs : null,
      nowMs,
      waits ? verdict.priority : PRIORITY.live,
      verdict.state !== 'done' && verdict.code !== null,
      verdict.code,
      verdict.reason,
      isRefused ? 1 : 0,
    ],
  );
  const row = rows[0];
  if (!row || row.is_woken) return;
  // While the ACD is only away, or a whole import is only looked at again, what was told stands.
  const told = waits ? (isRefused ? null : row.verdict_code) : verdict.code;
  if (told !== row.verdict_code) await tellVerdicts(tx, [{ ...job, code: told }], nowMs);
}

/**
 * Makes a job due now, one that has ended included: a webhook’s hint or an operator’s wish. Whether there is one. That no
 * recording will come is taken back. Wants a transaction.
 */
export async function wakeJob(
  tx: SqlClient,
  job: { acdId: string; tenantId: string; taskId: string; nowMs: number },
): Promise<boolean> {
  const { rows } = await tx.query<{ verdict_code: string | null; traceparent: string | null }>(
    `UPDATE import_job SET next_attempt_at_ms = $4, attempts = 0, refusals = 0, priority = 0, wakes = wakes + 1,
       state = 'waiting'
     WHERE acd_id = $1 AND task_id = $2 AND tenant_id = $3 RETURNING verdict_code, traceparent`,
    [job.acdId, job.taskId, job.tenantId, job.nowMs],
  );
  const row = rows[0];
  if (row && row.verdict_code !== null) {
    await tellVerdicts(tx, [{ ...job, traceparent: row.traceparent, code: null }], job.nowMs);
  }
  return row !== undefined;
}

/** Codes of failures that a new access token may end. */
export const AUTHORIZATION_CODES: readonly string[] = ['not-authorized', 'webex-unauthorized'];

/** Makes the jobs due that waited for an access token. */
export async function wakeUnauthorizedJobs(tx: SqlClient, acdIds: readonly string[], nowMs: number): Promise<void> {
  await tx.query(
    `UPDATE import_job job SET next_attempt_at_ms = $2, attempts = 0, refusals = 0, priority = 0, wakes = wakes + 1
     FROM (SELECT acd_id, task_id FROM import_job WHERE acd_id = ANY($1::uuid[]) AND state = 'waiting'
             AND last_code = ANY($3::text[]) ORDER BY acd_id, task_id FOR UPDATE) AS stuck
     WHERE job.acd_id = stuck.acd_id AND job.task_id = stuck.task_id`,
    [acdIds, nowMs, AUTHORIZATION_CODES],
  );
}

/** How much waits, and since when the oldest due job of an ACD that is worked for has been due (epoch ms; null: none is). */
export async function measureBacklog(
  sql: SqlClient,
  nowMs: number,
): Promise<{ waiting: number; oldestDueAtMs: number | null }> {
  const { rows } = await sql.query<{ waiting: number; oldest: number | null }>(
    `SELECT count(*) AS waiting, min(next_attempt_at_ms) FILTER (WHERE next_attempt_at_ms <= $1) AS oldest
     FROM import_job JOIN acd USING (acd_id) WHERE state = 'waiting' AND acd.active
       AND acd.data_servers->>'mediaImport' IS NOT NULL AND priority <> ${PRIORITY.relook}`,
    [nowMs],
  );
  return { waiting: rows[0]?.waiting ?? 0, oldestDueAtMs: rows[0]?.oldest ?? null };
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
    endedAtMs: row.ended_at_ms,
    attempts: row.attempts,
    nextAttemptAtMs: row.next_attempt_at_ms,
    code: row.last_code,
    reason: row.last_reason,
  }));
}
