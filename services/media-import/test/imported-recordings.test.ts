import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openDecryptingReader } from '@wxcc-wfo/audio';
import { type RecordingAvailable, TOPICS } from '@wxcc-wfo/contracts';
import type { FaultRequest } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import { createFairSlots } from '../src/jobs/fair-slots.ts';
import { ClaimLost, importTask } from '../src/jobs/import-task.ts';
import { type ImportedTenant, startImportedTenant } from './imported-tenant.ts';
import { anAcd, aTaskEnded } from './media-import-database.ts';
import { signIn } from './running-import.ts';

let t: ImportedTenant;
beforeAll(async () => {
  t = await startImportedTenant();
});
afterAll(() => t?.close());
afterEach(() => t.simulator.tenant.faults.reset());

/** A stored recording as the ACD offered it. */
const captureOf = (row: Record<string, unknown> | undefined) =>
  ({
    webexRecordingId: row?.webex_recording_id,
    isSegment: row?.is_segment,
    fileName: '',
    url: 'https://store.example/',
    startedAtMs: row?.started_at_ms,
    endedAtMs: row?.ended_at_ms,
    participants: row?.participants,
    channelRoles: row?.channel_roles,
    leg: row?.leg,
    sensitive: false,
  }) as CapturedRecording;

/** The file as the simulator's store serves it. */
async function served(recording: RecordingAvailable): Promise<Buffer> {
  const answer = await fetch(`${t.simulator.baseUrl}/v1/captures/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${signIn(t.simulator)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: { taskIds: [recording.taskId], includeSegments: true } }),
  });
  const { data } = (await answer.json()) as {
    data: [{ recording: { segment: boolean; attributes: { filePath: string } }[] }];
  };
  const one = data[0].recording.find(({ segment }) => segment === recording.isSegment);
  return Buffer.from(await (await fetch(one!.attributes.filePath)).arrayBuffer());
}

async function decrypted(event: RecordingAvailable): Promise<Buffer> {
  const file = await open(join(t.deployment.mediaFolder, event.storage.path));
  try {
    const reader = await openDecryptingReader({
      file,
      key: await t.keyOf(event),
      associatedData: Buffer.from(`${event.recordingId}:${event.generation}`),
      ciphertextSizeBytes: event.storage.sizeBytes,
      segmentSizeBytes: event.storage.segmentSizeBytes,
    });
    return await reader.read(0, reader.plaintextSizeBytes);
  } finally {
    await file.close();
  }
}

describe('imports from a simulated tenant over real Kafka, Postgres and Redis', () => {
  it('MED-01 MED-02 MED-05 stores each recording of a task encrypted, byte for byte what the ACD serves', async () => {
    const { taskId, recordings } = t.call();
    await t.end(taskId);
    const events = await t.stored(taskId, recordings.length);
    expect(recordings.map((one) => one.segment)).toEqual([false, true]);
    for (const event of events) {
      const truth = await served(event);
      const sha256 = createHash('sha256').update(truth).digest('hex');
      const plain = await decrypted(event);
      expect(createHash('sha256').update(plain).digest('hex')).toBe(sha256);
      expect(event).toMatchObject({ tenantId: t.acd.tenantId, acdId: t.acd.acdId, generation: 1, sha256, leg: 'main' });
      expect(event).toMatchObject({ channelRoles: ['caller', 'agent'], sizeBytes: truth.length });
      expect(event.format).toMatchObject({ encoding: 'pcm-s16le', sampleRateHz: 8_000, channels: 2, bytesPerFrame: 4 });
      expect(event.format.frames).toBe((truth.length - 44) / 4);
      const { size, mode } = await stat(join(t.deployment.mediaFolder, event.storage.path));
      expect({ size, mode: mode & 0o777 }).toEqual({ size: event.storage.sizeBytes, mode: 0o600 });
    }
    const agent = t.simulator.story.directory.agents[1]!.ciUserId;
    expect(events.map((event) => event.participantAgentIds)).toEqual([[agent], [agent]]);
    // MED-05: a key for each.
    expect(Buffer.compare(await t.keyOf(events[0]!), await t.keyOf(events[1]!))).not.toBe(0);
  });

  it('looks at a stored task once more later, and does not import it twice when it is told again', async () => {
    const { taskId } = t.call();
    await t.end(taskId);
    await t.stored(taskId);
    await waitFor('the job to rest', async () => (await t.job(taskId)).priority === 2);
    expect(await t.job(taskId)).toMatchObject({ state: 'waiting', attempts: 0, last_code: null });
    await t.end(taskId, { revision: 2 });
    await waitFor('the second look', async () => (await t.job(taskId)).priority === 2);
    await t.replica.wiring.relay.idle();
    expect(t.eventsOf(taskId)).toHaveLength(2);
  });

  it.each<[string, FaultRequest, string]>([
    ['cut', { kind: 'cut-download', count: 2, afterBytes: 70_000 }, 'download-failed'],
    ['truncated behind a right length', { kind: 'truncate-download', count: 2, afterBytes: 70_000 }, 'truncated'],
    ['corrupted in its header', { kind: 'corrupt-download', count: 2, afterBytes: 8 }, 'not-a-recording'],
    ['refused by the file store', { kind: 'server-error', count: 2, routes: ['storage'] }, 'download-failed'],
    ['behind an expired link', { kind: 'server-error', count: 2, routes: ['storage'], status: 403 }, 'link-expired'],
  ])('MED-05 never stores a download that is %s, and has it at the next attempt', async (_, request, code) => {
    t.codes.length = 0;
    const { taskId } = t.call();
    const struck = t.fault(request);
    await t.end(taskId);
    const events = await t.stored(taskId);
    for (const event of events) expect(await decrypted(event)).toEqual(await served(event));
    expect(struck).toMatchObject({ left: 0 });
    const { rows } = await t.database.pool.query('SELECT attempts, last_code FROM recording WHERE task_id = $1', [
      taskId,
    ]);
    expect(rows.reduce((sum, row) => sum + row.attempts, 0)).toBe(2);
    expect(rows.map((row) => row.last_code)).toEqual([null, null]);
    expect(t.codes.splice(0)).toEqual([code, code]);
    await waitFor('no file but the stored ones', async () => {
      const { rows: pending } = await t.database.pool.query('SELECT FROM pending_file');
      return pending.length === 0 && (await t.deployment.files()).every((name) => name.endsWith('.tink'));
    });
  });

  it('MED-01 asks on until a late recording is there, sooner by its webhook', async () => {
    const { taskId } = t.call({ recordingDelayMs: 1_500 });
    await t.end(taskId, { revision: 1 });
    await waitFor('the first look', async () => (await t.job(taskId))?.last_code === 'not-offered');
    // Without the webhook it would be looked at in an hour.
    await t.database.pool.query(
      'UPDATE import_job SET next_attempt_at_ms = next_attempt_at_ms + 3600000 WHERE task_id = $1',
      [taskId],
    );
    await t.stored(taskId);
    const delivered = t.simulator.deliveries().filter((one) => one.taskId === taskId);
    expect(delivered).toMatchObject([{ type: 'capture:available', outcome: 204 }]);
  });

  it('rests once a call without a sign of a recording has none in the end', async () => {
    const { taskId } = t.call({ recorded: false });
    const endedAtMs = Date.now() - 3_600_000;
    await t.end(taskId, { recordingRequested: null, endedAtMs });
    await waitFor('the end', async () => (await t.job(taskId))?.state === 'done');
    expect(await t.job(taskId)).toMatchObject({ last_code: 'not-recorded' });
    await t.told(taskId, '1 not-recorded');
    expect(t.eventsOf(taskId)).toEqual([]);
  });

  it('MED-02 MED-08 tells that a recording will not come, and takes it back when it is retried', async () => {
    const month = 31 * 86_400_000;
    const { taskId } = t.call({ recordingDelayMs: 3_600_000 });
    await t.end(taskId, { endedAtMs: Date.now() - month });
    await waitFor('the end', async () => (await t.job(taskId))?.state === 'failed');
    await t.told(taskId, '1 not-offered');
    expect((await t.get(`/v1/imports/${t.acd.acdId}/${taskId}/retry`, t.deployment.keys.own, 'POST')).status).toBe(202);
    await t.told(taskId, '1 not-offered', '2 withdrawn', '3 not-offered');
    expect(t.eventsOf(taskId)).toEqual([]);
  });

  it('forgets what a replica whose claim was lost has heard of a recording', async () => {
    const { taskId } = t.call();
    await t.end(taskId);
    const [event] = await t.stored(taskId);
    await waitFor('the job to rest', async () => (await t.job(taskId)).priority === 2);
    const { rows } = await t.database.pool.query('SELECT * FROM recording WHERE task_id = $1 ORDER BY 1', [taskId]);
    const zombie = {
      ...t.acd,
      taskId,
      endedAtMs: 0,
      recordingExpected: true,
      attempts: 1,
      refusals: 0,
      wakes: 0,
      epoch: 0,
    };
    const heard = { ...captureOf(rows[0]), endedAtMs: event!.endedAtMs + 5_000 };
    const work = {
      job: { ...zombie, traceparent: null },
      recordings: [heard],
      unreadableRecordings: 0,
      webex: t.replica.wiring.webexFor(t.acd),
      signal: new AbortController().signal,
    };
    await expect(importTask(t.replica.wiring, createFairSlots(1), work)).rejects.toThrow(ClaimLost);
    const after = await t.database.pool.query('SELECT * FROM recording WHERE task_id = $1 ORDER BY 1', [taskId]);
    expect(after.rows).toEqual(rows);
  });

  it('asks nothing for chats and for calls of which no contacts are wanted', async () => {
    const [chat, unwanted, wanted] = [t.call(), t.call(), t.call()];
    await t.end(chat!.taskId, { channel: 'chat' });
    await t.end(unwanted!.taskId, { contactsWanted: false });
    await t.end(wanted!.taskId);
    await t.stored(wanted!.taskId);
    expect([await t.job(chat!.taskId), await t.job(unwanted!.taskId)]).toEqual([undefined, undefined]);
  });

  it('keeps a task that Webex refuses from holding up those beside it', async () => {
    const good = t.call();
    await t.replica.publish(
      { topic: TOPICS.taskEnded, payload: aTaskEnded(t.acd, { taskId: 'not-a-uuid' }) },
      { topic: TOPICS.taskEnded, payload: aTaskEnded(t.acd, { taskId: good.taskId }) },
    );
    await t.stored(good.taskId);
    await waitFor('the reason', async () => (await t.job('not-a-uuid')).last_code === 'webex-invalid-request');
    await t.database.pool.query(`DELETE FROM import_job WHERE task_id = 'not-a-uuid'`);
  });

  it('lets a task of an ACD that is not known yet wait as a row', async () => {
    const other = anAcd({ apiUrl: t.simulator.baseUrl, webexOrgId: t.acd.webexOrgId, tenantId: t.acd.tenantId });
    const { taskId } = t.call();
    await t.replica.publish({ topic: TOPICS.taskEnded, payload: aTaskEnded(other, { taskId }) });
    await waitFor('the row', async () => await t.job(taskId));
    expect(await t.job(taskId)).toMatchObject({ state: 'waiting', attempts: 0 });
    await t.replica.publish({ topic: TOPICS.acdChanged, payload: other });
    await waitFor('the turn', async () => (await t.job(taskId)).last_code === 'not-authorized');
    await t.replica.publish({ topic: TOPICS.acdChanged, payload: { ...other, revision: 2, deleted: true } });
    await waitFor('the end', async () => (await t.job(taskId)).state === 'failed');
    expect(await t.job(taskId)).toMatchObject({ last_code: 'acd-deleted' });
    await t.told(taskId, '1 acd-deleted');
    expect(t.eventsOf(taskId)).toEqual([]);
  });
});
