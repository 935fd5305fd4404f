import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readRoleReports } from '@wxcc-wfo/acd';
import { openDecryptingReader } from '@wxcc-wfo/audio';
import {
  type AcdChanged,
  type RecordingAvailable,
  type RecordingUnavailable,
  type TaskEnded,
  TOPICS,
} from '@wxcc-wfo/contracts';
import { createSimulator, type FaultRequest, type ScriptedTask, type Simulator } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import { createFairSlots } from '../src/jobs/fair-slots.ts';
import { ClaimLost, importTask } from '../src/jobs/import-task.ts';
import { anAcd, aTaskEnded, type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';
import { createDeployment, type Deployment, type RunningImport, runImport, signIn } from './running-import.ts';

const WEBHOOK_BASE = 'https://media.bridge.example.com';
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
const CALL: ScriptedTask['steps'] = [
  { do: 'answer', agent: 1, ringMs: 600 },
  { do: 'talk', ms: 4_000 },
];

describe('imports from a simulated tenant over real Kafka, Postgres and Redis', () => {
  let simulator: Simulator;
  let database: MediaImportDatabase;
  let deployment: Deployment;
  let replica: RunningImport;
  let available: TopicLedger;
  let unavailable: TopicLedger;
  let acd: AcdChanged;
  const resolve: Record<string, string> = {};
  /** Why downloads failed since last looked. */
  const codes: string[] = [];

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000, resolve, recordingDelayMs: 0 });
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    database = await mediaImportDatabase();
    deployment = await createDeployment({
      database,
      acd,
      environment: { WEBHOOK_PUBLIC_BASE: WEBHOOK_BASE, IMPORT_SETTLE_SECONDS: '600' },
    });
    replica = await runImport(deployment);
    resolve[WEBHOOK_BASE] = replica.url;
    replica.wiring.metrics.downloadFailed = (code) => codes.push(code);
    available = await topicLedger(testAddresses.kafkaBrokers, deployment.topicOf(TOPICS.recordingAvailable));
    unavailable = await topicLedger(testAddresses.kafkaBrokers, deployment.topicOf(TOPICS.recordingUnavailable));
    await deployment.handOver({ version: 1, accessToken: signIn(simulator) });
    await replica.publish({ topic: TOPICS.acdChanged, payload: acd });
    await waitFor('the subscription', () => simulator.tenant.subscriptions.list(2).length === 1);
  });

  afterAll(async () => {
    await Promise.all([available?.close(), unavailable?.close()]);
    await replica?.stop();
    await simulator?.close();
    await deployment?.close();
    await database?.drop();
  });
  afterEach(() => simulator.tenant.faults.reset());

  const fault = (request: FaultRequest) => simulator.tenant.faults.add(request);
  const call = (task: Partial<ScriptedTask> = {}) => simulator.addTask({ steps: CALL, ...task });
  const end = async (taskId: string, changes: Partial<TaskEnded> = {}) =>
    await replica.publish({ topic: TOPICS.taskEnded, payload: aTaskEnded(acd, { taskId, ...changes }) });
  const eventsOf = (taskId: string): RecordingAvailable[] =>
    available.records.map((one) => one.json<RecordingAvailable>()).filter((one) => one.taskId === taskId);
  /** What was told of a task, as `1 not-offered` or `2 withdrawn`. */
  const verdictsOf = (taskId: string) =>
    unavailable.records
      .map((one) => one.json<RecordingUnavailable>())
      .filter((one) => one.taskId === taskId)
      .map(({ version, code }) => `${version} ${code ?? 'withdrawn'}`);
  const told = (taskId: string, ...verdicts: string[]) =>
    waitFor(`${verdicts.join(', ')} of ${taskId}`, () => verdictsOf(taskId).join() === verdicts.join());
  const stored = (taskId: string, count = 2) =>
    waitFor(`${count} recordings of ${taskId}`, () => (eventsOf(taskId).length >= count ? eventsOf(taskId) : null));
  const get = (path: string, key = deployment.keys.own, method = 'GET') =>
    fetch(`${replica.url}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  const job = async (taskId: string) => {
    const { rows } = await database.pool.query('SELECT * FROM import_job WHERE task_id = $1', [taskId]);
    return rows[0] as {
      state: string;
      attempts: number;
      last_code: string;
      next_attempt_at_ms: number;
      priority: number;
    };
  };

  /** The file as the simulator's store serves it. */
  async function served(recording: RecordingAvailable): Promise<Buffer> {
    const answer = await fetch(`${simulator.baseUrl}/v1/captures/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${signIn(simulator)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: { taskIds: [recording.taskId], includeSegments: true } }),
    });
    const { data } = (await answer.json()) as {
      data: [{ recording: { segment: boolean; attributes: { filePath: string } }[] }];
    };
    const one = data[0].recording.find(({ segment }) => segment === recording.isSegment);
    return Buffer.from(await (await fetch(one!.attributes.filePath)).arrayBuffer());
  }

  async function keyOf(event: RecordingAvailable): Promise<Buffer> {
    const { recordingId, generation } = event;
    const answer = await get(`/v1/recordings/${recordingId}/generations/${generation}/key`, deployment.keys.sibling);
    const { sealedKey } = (await answer.json()) as { sealedKey: string };
    return deployment.handover.open(sealedKey, `recording:${recordingId}:${generation}`);
  }

  async function decrypted(event: RecordingAvailable): Promise<Buffer> {
    const file = await open(join(deployment.mediaFolder, event.storage.path));
    try {
      const reader = await openDecryptingReader({
        file,
        key: await keyOf(event),
        associatedData: Buffer.from(`${event.recordingId}:${event.generation}`),
        ciphertextSizeBytes: event.storage.sizeBytes,
        segmentSizeBytes: event.storage.segmentSizeBytes,
      });
      return await reader.read(0, reader.plaintextSizeBytes);
    } finally {
      await file.close();
    }
  }

  it('MED-01 MED-02 MED-05 stores each recording of a task encrypted, byte for byte what the ACD serves', async () => {
    const { taskId, recordings } = call();
    await end(taskId);
    const events = await stored(taskId, recordings.length);
    expect(recordings.map((one) => one.segment)).toEqual([false, true]);
    for (const event of events) {
      const truth = await served(event);
      const sha256 = createHash('sha256').update(truth).digest('hex');
      const plain = await decrypted(event);
      expect(createHash('sha256').update(plain).digest('hex')).toBe(sha256);
      expect(event).toMatchObject({ tenantId: acd.tenantId, acdId: acd.acdId, generation: 1, sha256, leg: 'main' });
      expect(event).toMatchObject({ channelRoles: ['caller', 'agent'], sizeBytes: truth.length });
      expect(event.format).toMatchObject({ encoding: 'pcm-s16le', sampleRateHz: 8_000, channels: 2, bytesPerFrame: 4 });
      expect(event.format.frames).toBe((truth.length - 44) / 4);
      const { size, mode } = await stat(join(deployment.mediaFolder, event.storage.path));
      expect({ size, mode: mode & 0o777 }).toEqual({ size: event.storage.sizeBytes, mode: 0o600 });
    }
    const agent = simulator.story.directory.agents[1]!.ciUserId;
    expect(events.map((event) => event.participantAgentIds)).toEqual([[agent], [agent]]);
    // MED-05: a key for each.
    expect(Buffer.compare(await keyOf(events[0]!), await keyOf(events[1]!))).not.toBe(0);
  });

  it('looks at a stored task once more later, and does not import it twice when it is told again', async () => {
    const { taskId } = call();
    await end(taskId);
    await stored(taskId);
    await waitFor('the job to rest', async () => (await job(taskId)).priority === 2);
    expect(await job(taskId)).toMatchObject({ state: 'waiting', attempts: 0, last_code: null });
    await end(taskId, { revision: 2 });
    await waitFor('the second look', async () => (await job(taskId)).priority === 2);
    await replica.wiring.relay.idle();
    expect(eventsOf(taskId)).toHaveLength(2);
  });

  it.each<[string, FaultRequest, string]>([
    ['cut', { kind: 'cut-download', count: 2, afterBytes: 70_000 }, 'download-failed'],
    ['truncated behind a right length', { kind: 'truncate-download', count: 2, afterBytes: 70_000 }, 'truncated'],
    ['corrupted in its header', { kind: 'corrupt-download', count: 2, afterBytes: 8 }, 'not-a-recording'],
    ['refused by the file store', { kind: 'server-error', count: 2, routes: ['storage'] }, 'download-failed'],
    ['behind an expired link', { kind: 'server-error', count: 2, routes: ['storage'], status: 403 }, 'link-expired'],
  ])('MED-05 never stores a download that is %s, and has it at the next attempt', async (_, request, code) => {
    codes.length = 0;
    const { taskId } = call();
    const struck = fault(request);
    await end(taskId);
    const events = await stored(taskId);
    for (const event of events) expect(await decrypted(event)).toEqual(await served(event));
    expect(struck).toMatchObject({ left: 0 });
    const { rows } = await database.pool.query('SELECT attempts, last_code FROM recording WHERE task_id = $1', [
      taskId,
    ]);
    expect(rows.reduce((sum, row) => sum + row.attempts, 0)).toBe(2);
    expect(rows.map((row) => row.last_code)).toEqual([null, null]);
    expect(codes.splice(0)).toEqual([code, code]);
    await waitFor('no file but the stored ones', async () => {
      const { rows: pending } = await database.pool.query('SELECT FROM pending_file');
      return pending.length === 0 && (await deployment.files()).every((name) => name.endsWith('.tink'));
    });
  });

  it('MED-08 lists what waits with the reason', async () => {
    const { taskId } = call();
    fault({ kind: 'corrupt-download', afterBytes: 8 });
    await end(taskId);
    const item = await waitFor('the reason', async () => {
      const { items } = (await (await get('/v1/imports?state=waiting')).json()) as { items: Record<string, unknown>[] };
      return items.find((one) => one.taskId === taskId && one.code);
    });
    expect(item).toMatchObject({ acdId: acd.acdId, state: 'waiting', code: 'not-a-recording' });
    expect(item.reason).toMatch(/RIFF|WAVE/);
    simulator.tenant.faults.reset();
    expect((await get(`/v1/imports/${acd.acdId}/${taskId}/retry`, deployment.keys.own, 'POST')).status).toBe(202);
    await stored(taskId);
  });

  it('MED-01 asks on until a late recording is there, sooner by its webhook', async () => {
    const { taskId } = call({ recordingDelayMs: 1_500 });
    await end(taskId, { revision: 1 });
    await waitFor('the first look', async () => (await job(taskId))?.last_code === 'not-offered');
    // Without the webhook it would be looked at in an hour.
    await database.pool.query(
      'UPDATE import_job SET next_attempt_at_ms = next_attempt_at_ms + 3600000 WHERE task_id = $1',
      [taskId],
    );
    await stored(taskId);
    const delivered = simulator.deliveries().filter((one) => one.taskId === taskId);
    expect(delivered).toMatchObject([{ type: 'capture:available', outcome: 204 }]);
  });

  it('rests once a call without a sign of a recording has none in the end', async () => {
    const { taskId } = call({ recorded: false });
    const endedAtMs = Date.now() - 3_600_000;
    await end(taskId, { recordingRequested: null, endedAtMs });
    await waitFor('the end', async () => (await job(taskId))?.state === 'done');
    expect(await job(taskId)).toMatchObject({ last_code: 'not-recorded' });
    await told(taskId, '1 not-recorded');
    expect(eventsOf(taskId)).toEqual([]);
  });

  it('MED-02 MED-08 tells that a recording will not come, and takes it back when it is retried', async () => {
    const month = 31 * 86_400_000;
    const { taskId } = call({ recordingDelayMs: 3_600_000 });
    await end(taskId, { endedAtMs: Date.now() - month });
    await waitFor('the end', async () => (await job(taskId))?.state === 'failed');
    await told(taskId, '1 not-offered');
    expect((await get(`/v1/imports/${acd.acdId}/${taskId}/retry`, deployment.keys.own, 'POST')).status).toBe(202);
    await told(taskId, '1 not-offered', '2 withdrawn', '3 not-offered');
    expect(eventsOf(taskId)).toEqual([]);
  });

  it('forgets what a replica whose claim was lost has heard of a recording', async () => {
    const { taskId } = call();
    await end(taskId);
    const [event] = await stored(taskId);
    await waitFor('the job to rest', async () => (await job(taskId)).priority === 2);
    const { rows } = await database.pool.query('SELECT * FROM recording WHERE task_id = $1 ORDER BY 1', [taskId]);
    const zombie = {
      ...acd,
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
      webex: replica.wiring.webexFor(acd),
      signal: new AbortController().signal,
    };
    await expect(importTask(replica.wiring, createFairSlots(1), work)).rejects.toThrow(ClaimLost);
    const after = await database.pool.query('SELECT * FROM recording WHERE task_id = $1 ORDER BY 1', [taskId]);
    expect(after.rows).toEqual(rows);
  });

  it('asks nothing for chats and for calls of which no contacts are wanted', async () => {
    const [chat, unwanted, wanted] = [call(), call(), call()];
    await end(chat!.taskId, { channel: 'chat' });
    await end(unwanted!.taskId, { contactsWanted: false });
    await end(wanted!.taskId);
    await stored(wanted!.taskId);
    expect([await job(chat!.taskId), await job(unwanted!.taskId)]).toEqual([undefined, undefined]);
  });

  it('keeps a task that Webex refuses from holding up those beside it', async () => {
    const good = call();
    await replica.publish(
      { topic: TOPICS.taskEnded, payload: aTaskEnded(acd, { taskId: 'not-a-uuid' }) },
      { topic: TOPICS.taskEnded, payload: aTaskEnded(acd, { taskId: good.taskId }) },
    );
    await stored(good.taskId);
    await waitFor('the reason', async () => (await job('not-a-uuid')).last_code === 'webex-invalid-request');
    await database.pool.query(`DELETE FROM import_job WHERE task_id = 'not-a-uuid'`);
  });

  it('lets a task of an ACD that is not known yet wait as a row', async () => {
    const other = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: acd.webexOrgId, tenantId: acd.tenantId });
    const { taskId } = call();
    await replica.publish({ topic: TOPICS.taskEnded, payload: aTaskEnded(other, { taskId }) });
    await waitFor('the row', async () => await job(taskId));
    expect(await job(taskId)).toMatchObject({ state: 'waiting', attempts: 0 });
    await replica.publish({ topic: TOPICS.acdChanged, payload: other });
    await waitFor('the turn', async () => (await job(taskId)).last_code === 'not-authorized');
    await replica.publish({ topic: TOPICS.acdChanged, payload: { ...other, revision: 2, deleted: true } });
    await waitFor('the end', async () => (await job(taskId)).state === 'failed');
    expect(await job(taskId)).toMatchObject({ last_code: 'acd-deleted' });
    await told(taskId, '1 acd-deleted');
    expect(eventsOf(taskId)).toEqual([]);
  });

  it('shows imports and keys to those only whose they are', async () => {
    const { taskId } = call();
    await end(taskId);
    const [event] = await stored(taskId);
    const list = '/v1/imports?state=waiting&limit=500';
    const foreign = (await (await get(list, deployment.keys.foreign)).json()) as { items: unknown[] };
    expect(foreign.items).toEqual([]);
    expect((await get(list, deployment.keys.narrow)).status).toBe(403);
    const retry = `/v1/imports/${acd.acdId}/${taskId}/retry`;
    expect((await get(retry, deployment.keys.foreign, 'POST')).status).toBe(404);
    const key = `/v1/recordings/${event!.recordingId}/generations/1/key`;
    expect((await get(key, deployment.keys.own)).status).toBe(200);
    expect((await get(key, deployment.keys.foreign)).status).toBe(404);
    expect((await get(key, deployment.keys.narrow)).status).toBe(403);
    expect((await get(key, 'wfo_nobody_0')).status).toBe(401);
    expect((await get(`/v1/recordings/${event!.recordingId}/generations/2/key`)).status).toBe(404);
    const { rows } = await database.pool.query('SELECT sealed_key FROM recording_generation');
    const plain = (await keyOf(event!)).toString('base64');
    expect(rows.map((row) => row.sealed_key).join()).not.toContain(plain);
  });

  it('pages through the list of imports', async () => {
    const all: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next ? `&after=${encodeURIComponent(next)}` : '';
      const page = (await (await get(`/v1/imports?state=waiting&limit=2${after}`)).json()) as {
        items: { taskId: string }[];
        next: string | null;
      };
      all.push(...page.items.map((one) => one.taskId));
      next = page.next;
    }
    const { rows } = await database.pool.query(`SELECT task_id FROM import_job WHERE state = 'waiting'`);
    expect(all.sort()).toEqual(rows.map((row) => row.task_id).sort());
    expect((await get('/v1/imports?after=nonsense')).status).toBe(400);
  });

  it('refuses a webhook that is not signed with the ACD’s secret', async () => {
    const answer = await fetch(`${replica.url}/v1/webhooks/media-import/${acd.acdId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-webexcc-signature': '0'.repeat(64) },
      body: '{}',
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 'signature-refused',
      field: 'headers/x-webexcc-signature',
      remedy: expect.any(String),
    });
  });

  describe('who works for the ACD', () => {
    let revision = 1;
    const change = (changes: Partial<AcdChanged>) =>
      replica.publish({ topic: TOPICS.acdChanged, payload: { ...acd, ...changes, revision: ++revision } });
    const servedBy = (mediaImport: string | null) => ({
      dataServers: { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport },
    });
    const subscriptions = () => simulator.tenant.subscriptions.list(2).length;
    const isKnown = (name: string | null) =>
      waitFor('the change', async () => {
        const { rows } = await database.pool.query(
          `SELECT data_servers->>'mediaImport' AS name FROM acd WHERE acd_id = $1`,
          [acd.acdId],
        );
        return rows[0].name === name;
      });

    it('ACD-04 another data server: its imports wait for the workers there, and are done once they are ours again', async () => {
      await change(servedBy('elsewhere'));
      await isKnown('elsewhere');
      const { taskId } = call();
      await end(taskId);
      await waitFor('the row', async () => await job(taskId));
      // It would have had its turn: an ACD that is ours has had one.
      const witness = anAcd({ apiUrl: acd.apiUrl, webexOrgId: acd.webexOrgId, tenantId: acd.tenantId });
      const other = call();
      await replica.publish(
        { topic: TOPICS.acdChanged, payload: witness },
        { topic: TOPICS.taskEnded, payload: aTaskEnded(witness, { taskId: other.taskId }) },
      );
      await waitFor('the turn', async () => (await job(other.taskId))?.last_code === 'not-authorized');
      expect(await job(taskId)).toMatchObject({ state: 'waiting', attempts: 0, last_code: null });
      expect(subscriptions()).toBe(1);
      await replica.publish({ topic: TOPICS.acdChanged, payload: { ...witness, revision: 2, deleted: true } });
      await change(servedBy('default'));
      await stored(taskId);
      const redis = new Redis(testAddresses.redisUrl);
      const { mediaImport } = (await readRoleReports(redis, [acd.acdId])).get(acd.acdId)!;
      redis.disconnect();
      expect(mediaImport).toMatchObject({ dataServer: 'default', problem: null, lastSuccessAtMs: expect.any(Number) });
    });

    it('ACD-04 nobody: the subscription is taken back, imports wait, and all of it is there again later', async () => {
      await change(servedBy(null));
      await waitFor('the subscription to be taken back', () => subscriptions() === 0);
      const { taskId } = call();
      await end(taskId);
      await waitFor('the row', async () => await job(taskId));
      expect(await job(taskId)).toMatchObject({ attempts: 0 });
      await change(servedBy('default'));
      await stored(taskId);
      await waitFor('the subscription', () => subscriptions() === 1);
    });

    it('ACD-05 deleted: nothing is imported any more, the subscription is taken back, the token is gone', async () => {
      await change({ deleted: true });
      await waitFor('the subscription to be taken back', () => subscriptions() === 0);
      const { taskId } = call();
      await end(taskId);
      await waitFor('the end', async () => (await job(taskId))?.state === 'failed');
      expect(await job(taskId)).toMatchObject({ attempts: 0 });
      await told(taskId, '1 acd-deleted');
      await waitFor('the token to be forgotten', async () => {
        const { rows } = await database.pool.query('SELECT FROM access_token WHERE acd_id = $1', [acd.acdId]);
        return rows.length === 0;
      });
    });
  });
});
