import { trace } from '@opentelemetry/api';
import { done, drop, type KeepingHandler, traceHeadersOf } from '@wxcc-wfo/bus';
import { expectsRecording, wantsImport } from './import-policy.ts';
import { type NewImportJob, upsertJobs } from './job-repository.ts';

/** What an ended task comes to here: few fields of many kilobytes. */
interface EndedTask extends Omit<NewImportJob, 'traceparent'> {
  isWanted: boolean;
}

/** Turns ended tasks into import jobs, in one statement per batch. Redelivery and old revisions change nothing. */
export function createTaskEndedHandler(deps: { nowMs(): number }): KeepingHandler<'task-ended', EndedTask> {
  return {
    keep: (task) => ({
      acdId: task.acdId,
      taskId: task.taskId,
      tenantId: task.tenantId,
      webexOrgId: task.webexOrgId,
      taskRevision: task.revision,
      endedAtMs: task.endedAtMs,
      recordingExpected: expectsRecording(task),
      isWanted: wantsImport(task),
    }),
    async handle(events, tx) {
      const jobs = new Map<string, NewImportJob>();
      const outcomes = events.map((event) => {
        const { isWanted, ...task } = event.payload;
        if (!isWanted) return drop('no-recording-wanted');
        const key = `${task.acdId}:${task.taskId}`;
        const known = jobs.get(key);
        if (!known || known.taskRevision < task.taskRevision) {
          const { traceparent } = traceHeadersOf(trace.getSpanContext(event.context));
          jobs.set(key, { ...task, traceparent });
        }
        return done;
      });
      // In the order of the keys, so that two replicas lock them in the same order.
      const sorted = [...jobs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job);
      if (sorted.length > 0) await upsertJobs(tx, sorted, deps.nowMs());
      return outcomes;
    },
  };
}
