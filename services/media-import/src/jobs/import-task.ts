import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { appendEvents, contextOf, parseTraceHeaders } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import type { CapturedRecording, WebexClient } from '@wxcc-wfo/webex';
import { type DownloadedFile, DownloadFailed, downloadRecording } from '../downloads/download-recording.ts';
import { announceFile, forgetFile } from '../downloads/pending-file-repository.ts';
import {
  lockGeneration,
  type OfferedRecording,
  recordFailure,
  rememberOffered,
  storeGeneration,
} from '../recordings/recording-repository.ts';
import type { Wiring } from '../wiring.ts';
import type { FairSlots } from './fair-slots.ts';
import { type ImportLook, judgeImport } from './import-policy.ts';
import { holdsClaim, type ImportJob, settleJob } from './job-repository.ts';

const tracer = trace.getTracer('media-import');

/** The claim was taken over by another replica; its work counts, not ours. */
export class ClaimLost extends Error {
  override name = 'ClaimLost';
}

export interface TaskWork {
  job: ImportJob;
  recordings: CapturedRecording[];
  /** Listed but not to be had yet, so that the job stays open. */
  unreadableRecordings: number;
  webex: WebexClient;
  /** Aborted at shutdown and when the claim is lost. */
  signal: AbortSignal;
}

/**
 * Imports what the ACD offers of one task: metadata first, then each recording that is not stored yet; then settles the
 * job. The span continues the trace of the event that made the job.
 */
export async function importTask(wiring: Wiring, slots: FairSlots, work: TaskWork): Promise<void> {
  const { job } = work;
  const parent = contextOf(parseTraceHeaders({ traceparent: job.traceparent, tracestate: null }));
  await tracer.startActiveSpan('media-import.task', {}, parent, async (span: Span) => {
    try {
      const look = await importOffered(wiring, slots, work);
      const nowMs = wiring.nowMs();
      const verdict = judgeImport(look, job, { nowMs, random: Math.random() }, wiring.importRules);
      await inTransaction(wiring.pool, (tx) => settleJob(tx, job, verdict, nowMs));
      span.setAttributes({ 'wfo.recordings.offered': look.offered, 'wfo.recordings.stored': look.stored });
      if (verdict.state === 'failed') {
        wiring.logger.error({ acdId: job.acdId, taskId: job.taskId, ...verdict }, 'import failed');
      }
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function importOffered(wiring: Wiring, slots: FairSlots, work: TaskWork): Promise<ImportLook> {
  const { job, recordings, signal } = work;
  if (recordings.length === 0) return { offered: work.unreadableRecordings, stored: 0, failure: null };
  const offered = await inTransaction(wiring.pool, async (tx) => {
    if (!(await holdsClaim(tx, job))) throw new ClaimLost();
    const remembered = await rememberOffered(tx, job, recordings, wiring.nowMs());
    await appendEvents(
      tx,
      remembered.revised.map((payload) => ({ topic: TOPICS.recordingAvailable, payload })),
    );
    return remembered.offered;
  });
  let stored = 0;
  let failure: ImportLook['failure'] = null;
  let isOfTask = true;
  for (const recording of offered) {
    try {
      if (recording.generation === null) {
        await slots.run(job.acdId, signal, () => importRecording(wiring, work, recording));
      }
      stored++;
    } catch (error) {
      if (!(error instanceof DownloadFailed)) throw error;
      const { code, message: reason } = error;
      // One that failed because a store is away keeps the job alive.
      isOfTask &&= error.isOfTask;
      failure = { code, reason, isOfTask };
      await recordFailure(wiring.pool, { recordingId: recording.recordingId, code, reason });
      wiring.metrics.downloadFailed(error.code);
      wiring.logger.warn(
        { acdId: job.acdId, taskId: job.taskId, recordingId: recording.recordingId, code, reason, err: error.cause },
        'a recording could not be had this time',
      );
      trace.getSpan(context.active())?.addEvent('download failed', { 'wfo.code': error.code });
    }
  }
  return { offered: offered.length + work.unreadableRecordings, stored, failure };
}

async function importRecording(wiring: Wiring, work: TaskWork, recording: OfferedRecording): Promise<void> {
  const { job, webex, signal } = work;
  const { pool, store } = wiring;
  const path = store.newPath({
    tenantId: job.tenantId,
    acdId: job.acdId,
    recordedAtMs: recording.captured.startedAtMs,
    name: `${recording.recordingId}.1`,
  });
  await announceFile(pool, job, path);
  let file: DownloadedFile;
  try {
    file = await downloadRecording({ webex, store, atRest: wiring.seals.atRest }, recording, path, signal);
  } catch (error) {
    await forgetFile(pool, path).catch(() => undefined); // else the sweep finds that there is no such file
    throw error;
  }
  // When the commit itself fails nobody knows whether it happened: the file stays, and the sweep, which sees whether
  // it is still announced, decides.
  const kept = await commitFile(wiring, work, recording, file);
  if (kept === 'stored') return wiring.metrics.storedBytes(file.sizeBytes);
  await file.discard();
  await forgetFile(pool, path);
  if (kept === 'claim-lost') throw new ClaimLost();
}

async function commitFile(
  wiring: Wiring,
  { job }: TaskWork,
  recording: OfferedRecording,
  file: DownloadedFile,
): Promise<'stored' | 'already-stored' | 'claim-lost'> {
  return await inTransaction(wiring.pool, async (tx) => {
    if (!(await holdsClaim(tx, job))) return 'claim-lost';
    if ((await lockGeneration(tx, recording.recordingId)) !== null) return 'already-stored';
    const payload = await storeGeneration(tx, job, recording, file, wiring.nowMs());
    await forgetFile(tx, file.path);
    await appendEvents(tx, [{ topic: TOPICS.recordingAvailable, payload }]);
    return 'stored';
  });
}
