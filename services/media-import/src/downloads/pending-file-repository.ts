import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import type { ImportJob } from '../jobs/job-repository.ts';

/** Before the file exists, so that no kill leaves a file that nobody knows of. */
export async function announceFile(sql: SqlClient, job: ImportJob, path: string): Promise<void> {
  await sql.query('INSERT INTO pending_file (path, acd_id, task_id, tenant_id, epoch) VALUES ($1, $2, $3, $4, $5)', [
    path,
    job.acdId,
    job.taskId,
    job.tenantId,
    job.epoch,
  ]);
}

/** In the transaction that makes the file a recording’s, or after it was removed. */
export async function forgetFile(sql: SqlClient, path: string): Promise<void> {
  await sql.query('DELETE FROM pending_file WHERE path = $1', [path]);
}

/**
 * Paths of files whose writer lost its claim or let its lease run out; such a claim is fenced in the same transaction,
 * so that a writer that was only paused can’t make the file a recording’s any more. Live writers are left alone.
 */
export async function takeAbandonedFiles(pool: Pool, limit: number): Promise<string[]> {
  return await inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ path: string; acd_id: string; task_id: string; epoch: number }>(
      `SELECT p.path, p.acd_id, p.task_id, p.epoch
       FROM pending_file p JOIN import_job j ON j.acd_id = p.acd_id AND j.task_id = p.task_id
       WHERE j.epoch <> p.epoch OR j.lease_until_ms <= now_ms()
       ORDER BY p.acd_id, p.task_id LIMIT $1 FOR UPDATE OF j SKIP LOCKED`,
      [limit],
    );
    await tx.query(
      `UPDATE import_job j SET epoch = j.epoch + 1
       FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS a(acd_id, task_id, epoch)
       WHERE j.acd_id = a.acd_id AND j.task_id = a.task_id AND j.epoch = a.epoch`,
      [rows.map((row) => row.acd_id), rows.map((row) => row.task_id), rows.map((row) => row.epoch)],
    );
    // Read again now that no writer can commit any more: one may have done so while its job's row was waited for.
    const left = await tx.query<{ path: string }>('SELECT path FROM pending_file WHERE path = ANY($1::text[])', [
      rows.map((row) => row.path),
    ]);
    return left.rows.map((row) => row.path);
  });
}
