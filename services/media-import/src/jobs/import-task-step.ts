import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { appendEvents, contextOf, parseTraceHeaders } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import type { CapturedRecording, WebexClient } from '@wxcc-wfo/webex';
import { DownloadFailed, downloadRecording } from '../downloads/download-recording.ts';
import { lockGeneration, recordFailure, rememberOffered, storeGeneration } from '../recordings/recording-repository.ts';
import type { Wiring } from '../wiring.ts';
import { type ImportLook, judgeImport } from './import-policy.ts';
import { holdsClaim, type ImportJob, settleJob } from './job-repository.ts';

const tracer = trace.getTracer('media-import');

/** The claim was taken over by another replica; its work counts, not ours. */
class ClaimLost extends Error {
  override name = 'ClaimLost';
}

/**
 * Imports what the ACD offers of one task: metadata first, then each recording that is not stored yet; then settles the
 * job. The span continues the trace of the event that made the job.
 */
export async function importTask(
  wiring: Wiring,
  webex: WebexClient,
  work: { job: ImportJob; recordings: CapturedRecording[]; signal: AbortSignal },
): Promise<void> {
  const { job } = work;
  const parent = contextOf(parseTraceHeaders({ traceparent: job.traceparent, tracestate: null }));
  await tracer.startActiveSpan('media-import.task', {}, parent, async (span: Span) => {
    try {
      const look = await importOffered(wiring, webex, work);
      const at = { nowMs: wiring.nowMs(), random: Math.random() };
      const verdict = judgeImport(look, job, at, wiring.importRules);
      await settleJob(wiring.pool, job, verdict);
      span.setAttributes({ 'wfo.recordings.offered': look.offered, 'wfo.recordings.stored': look.stored });
      if (verdict.state === 'failed')
        wiring.logger.error({ acdId: job.acdId, taskId: job.taskId, ...verdict }, 'import failed');
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      if (!(error instanceof ClaimLost)) throw error;
      wiring.logger.warn({ acdId: job.acdId, taskId: job.taskId }, 'import taken over by another replica');
    } finally {
      span.end();
    }
  });
}

async function importOffered(
  wiring: Wiring,
  webex: WebexClient,
  work: { job: ImportJob; recordings: CapturedRecording[]; signal: AbortSignal },
): Promise<ImportLook> {
  const { job, recordings, signal } = work;
  if (recordings.length === 0) return { offered: 0, stored: 0, failure: null };
  const offered = await rememberOffered(wiring.pool, job, recordings, wiring.nowMs());
  let stored = 0;
  let failure: ImportLook['failure'] = null;
  for (const recording of offered) {
    if (recording.generation !== null) {
      stored++;
      continue;
    }
    try {
      const file = await downloadRecording(
        { webex, store: wiring.store, atRest: wiring.seals.atRest },
        job,
        recording,
        signal,
      );
      try {
        const added = await inTransaction(wiring.pool, async (tx) => {
          if (!(await holdsClaim(tx, job))) throw new ClaimLost();
          if ((await lockGeneration(tx, recording.recordingId)) !== null) return false;
          const payload = await storeGeneration(tx, job, recording, file, wiring.nowMs());
          await appendEvents(tx, [{ topic: TOPICS.recordingAvailable, payload }]);
          return true;
        });
        if (!added) await file.discard();
        else wiring.metrics.storedBytes(file.sizeBytes);
      } catch (error) {
        await file.discard();
        throw error;
      }
      stored++;
    } catch (error) {
      if (!(error instanceof DownloadFailed)) throw error;
      failure = { code: error.code, reason: error.message };
      await recordFailure(wiring.pool, { recordingId: recording.recordingId, ...failure });
      wiring.metrics.downloadFailed(error.code);
      trace.getSpan(context.active())?.addEvent('download failed', { 'wfo.code': error.code });
    }
  }
  return { offered: offered.length, stored, failure };
}
