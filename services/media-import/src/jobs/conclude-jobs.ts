import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { PRIORITY } from './import-policy.ts';
import { type ToldVerdict, tellVerdicts } from './verdict-repository.ts';

/** At most so many in one transaction: an ACD may be deleted while a month of calls waits. */
const PORTION = 500;

/**
 * Ends the jobs of deleted ACDs, those told or woken after the deletion included, and tells it; and tells what ended
 * before this service told such things. Replicas take different portions.
 */
export async function concludeJobs(pool: Pool, nowMs: number): Promise<void> {
  for (const take of [endJobsOfDeletedAcds, takeUntold]) {
    for (let count = PORTION; count === PORTION; ) {
      count = await inTransaction(pool, async (tx) => {
        const taken = await take(tx);
        await tellVerdicts(
          tx,
          taken.filter(({ code }) => code !== null),
          nowMs,
        );
        return taken.length;
      });
    }
  }
}

interface JobRow extends Record<string, unknown> {
  acd_id: string;
  task_id: string;
  tenant_id: string;
  traceparent: string | null;
  last_code: string | null;
}
const RETURNED = 'job.acd_id, job.task_id, job.tenant_id, job.traceparent, job.last_code';
const toldOf = (row: JobRow): ToldVerdict => ({
  acdId: row.acd_id,
  taskId: row.task_id,
  tenantId: row.tenant_id,
  traceparent: row.traceparent,
  code: row.last_code,
});

/** Those under way are fenced. What was stored whole, and only waited for its last look, is done. */
async function endJobsOfDeletedAcds(tx: SqlClient): Promise<ToldVerdict[]> {
  const { rows } = await tx.query<JobRow>(
    `UPDATE import_job job SET state = CASE WHEN ending.whole THEN 'done' ELSE 'failed' END,
       last_code = CASE WHEN ending.whole THEN NULL ELSE 'acd-deleted' END,
       last_reason = CASE WHEN ending.whole THEN NULL ELSE 'The ACD was deleted before the recording was imported.' END,
       epoch = epoch + 1, lease_until_ms = 0
     FROM (
       SELECT acd_id, task_id, priority = ${PRIORITY.relook} AND EXISTS (
           SELECT FROM recording r
           WHERE r.acd_id = waiting.acd_id AND r.task_id = waiting.task_id AND r.generation IS NOT NULL) AS whole
       FROM import_job waiting JOIN acd USING (acd_id)
       WHERE acd.deleted AND state = 'waiting' ORDER BY acd_id, task_id LIMIT ${PORTION} FOR UPDATE OF waiting SKIP LOCKED
     ) AS ending
     WHERE job.acd_id = ending.acd_id AND job.task_id = ending.task_id RETURNING ${RETURNED}`,
  );
  return rows.map(toldOf);
}

async function takeUntold(tx: SqlClient): Promise<ToldVerdict[]> {
  const { rows } = await tx.query<JobRow>(
    `SELECT ${RETURNED} FROM import_job job
     WHERE state <> 'waiting' AND last_code IS NOT NULL AND verdict_code IS NULL
     ORDER BY acd_id, task_id LIMIT ${PORTION} FOR UPDATE SKIP LOCKED`,
  );
  return rows.map(toldOf);
}
