import { trace } from '@opentelemetry/api';
import { type BatchHandler, done, drop, traceHeadersOf } from '@wxcc-wfo/bus';
import { expectsRecording, wantsImport } from './import-policy.ts';
import { type NewImportJob, upsertJobs } from './job-repository.ts';

/** Turns ended tasks into import jobs, in one statement per batch. Redelivery and old revisions change nothing. */
export function createTaskEndedHandler(deps: { nowMs(): number }): BatchHandler<'task-ended'> {
  return async function queueImports(events, tx) {
    const jobs = new Map<string, NewImportJob>();
    const outcomes = events.map((event) => {
      const task = event.payload;
      if (!wantsImport(task)) return drop('no-recording-wanted');
      const key = `${task.acdId}:${task.taskId}`;
      const known = jobs.get(key);
      if (!known || known.taskRevision < task.revision) {
        jobs.set(key, {
          acdId: task.acdId,
          taskId: task.taskId,
          tenantId: task.tenantId,
          webexOrgId: task.webexOrgId,
          taskRevision: task.revision,
          endedAtMs: task.endedAtMs,
          recordingExpected: expectsRecording(task),
          traceparent: traceHeadersOf(trace.getSpanContext(event.context)).traceparent,
        });
      }
      return done;
    });
    // In the order of the keys, so that two replicas lock them in the same order.
    const sorted = [...jobs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job);
    if (sorted.length > 0) await upsertJobs(tx, sorted, deps.nowMs());
    return outcomes;
  };
}
