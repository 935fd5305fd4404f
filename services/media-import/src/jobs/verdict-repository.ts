import { appendEvents } from '@wxcc-wfo/bus';
import { type RecordingUnavailable, TOPICS } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { unavailableReason } from './unavailable-policy.ts';

/** That no (further) recording of a task will come, and why; `code` null takes back what was told. */
export interface ToldVerdict {
  acdId: string;
  taskId: string;
  tenantId: string;
  traceparent: string | null;
  code: string | null;
}

/**
 * Tells verdicts on jobs whose rows the caller’s transaction holds locked, each at its next version (rule 2), as part of
 * the trace of its task.
 */
export async function tellVerdicts(tx: SqlClient, told: readonly ToldVerdict[], nowMs: number): Promise<void> {
  if (told.length === 0) return;
  const { rows } = await tx.query<{ acd_id: string; task_id: string; verdict_version: number }>(
    `UPDATE import_job job SET verdict_version = verdict_version + 1, verdict_code = told.code
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS told(acd_id, task_id, code)
     WHERE job.acd_id = told.acd_id AND job.task_id = told.task_id
     RETURNING job.acd_id, job.task_id, job.verdict_version`,
    [told.map((one) => one.acdId), told.map((one) => one.taskId), told.map((one) => one.code)],
  );
  const versions = new Map(rows.map((row) => [`${row.acd_id}:${row.task_id}`, row.verdict_version]));
  await appendEvents(
    tx,
    told.map(({ acdId, taskId, tenantId, code, traceparent }) => {
      const payload: RecordingUnavailable = {
        tenantId,
        acdId,
        taskId,
        version: versions.get(`${acdId}:${taskId}`)!,
        sinceMs: nowMs,
        withdrawn: code === null,
        code: code as RecordingUnavailable['code'],
        reason: code === null ? null : unavailableReason(code),
      };
      return { topic: TOPICS.recordingUnavailable, payload, traceContext: { traceparent, tracestate: null } };
    }),
  );
}
