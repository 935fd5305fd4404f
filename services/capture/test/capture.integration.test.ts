import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, EVENT_DEFINITIONS, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { announce, type RunningCapture, runCapture, signIn } from './running-capture.ts';

const WEBHOOK_BASE = 'https://bridge.example.com';
const SEEDED_TASKS = 120;

describe('CAP-01 capture of a simulated tenant over real Kafka, Postgres and Redis', () => {
  let simulator: Simulator;
  let database: CaptureDatabase;
  let capture: RunningCapture;
  let ended: TopicLedger;
  let acd: AcdChanged;
  const resolve: Record<string, string> = {};
  const topicPrefix = `${uniqueName('capture')}.`;

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: SEEDED_TASKS, quotaPerMinute: 100_000, resolve });
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    database = await captureDatabase();
    // With an hour between polls, whatever comes after the first poll has come by webhook.
    const environment = { POLL_INTERVAL_MS: '3600000', WEBHOOK_PUBLIC_BASE: WEBHOOK_BASE, HINT_COALESCE_MS: '50' };
    capture = await runCapture({ database, acd, topicPrefix, environment });
    resolve[WEBHOOK_BASE] = capture.url;
    ended = await topicLedger(testAddresses.kafkaBrokers, capture.topicOf('task-ended'));
    await capture.handOver(acd.acdId, { version: 1, accessToken: signIn(simulator) });
    await announce(topicPrefix, TOPICS.acdChanged, acd);
    await waitFor('the first poll', async () => {
      const { rows } = await database.pool.query('SELECT FROM poll_state WHERE last_success_at_ms IS NOT NULL');
      return rows.length === 1 && simulator.tenant.subscriptions.list(2).length === 1;
    });
  });

  afterAll(async () => {
    await ended?.close();
    await capture?.stop();
    await simulator?.close();
    await database?.drop();
  });

  const eventsOf = () => ended.records.map((record) => record.json<TaskEnded>());
  const get = (path: string, key = capture.key) =>
    fetch(`${capture.url}${path}`, { headers: { authorization: `Bearer ${key}` } });

  it('publishes every ended task once, with its activities, under the key of its task', async () => {
    await ended.waitFor(SEEDED_TASKS);
    const truth = simulator.groundTruth().filter((task) => task.ended);
    expect(truth).toHaveLength(SEEDED_TASKS);
    const byTask = new Map(eventsOf().map((event) => [event.taskId, event]));
    for (const task of truth) {
      const event = byTask.get(task.taskId);
      expect(event).toMatchObject({ tenantId: acd.tenantId, endedAtMs: task.endedMs, createdAtMs: task.createdMs });
      expect(event?.activities).toHaveLength(task.activityCount);
      const starts = event!.activities.map((activity) => activity.startedAtMs);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    }
    const { key } = EVENT_DEFINITIONS[TOPICS.taskEnded];
    for (const record of ended.records) expect(record.key).toBe(key(record.json<TaskEnded>()));
  });

  it('CAP-02 wants contacts of voice, whose box is on, and of nothing else', () => {
    const wanted = new Set(eventsOf().map((event) => `${event.channel}:${event.contactsWanted}`));
    expect(wanted).toContain('voice:true');
    for (const one of wanted) expect(one).toMatch(/^(voice:true|(?!voice).*:false)$/);
  });

  it('publishes nothing for what is read again unchanged', async () => {
    const before = ended.records.length;
    await capture.wiring.pool.query('UPDATE poll_state SET next_poll_at_ms = 0, last_success_at_ms = NULL');
    await waitFor('a second poll', async () => {
      const { rows } = await capture.wiring.pool.query('SELECT FROM poll_state WHERE last_success_at_ms IS NOT NULL');
      return rows.length === 1;
    });
    await capture.relay.idle();
    expect(ended.records).toHaveLength(before);
  });

  it('is faster by a webhook: a task is published although no poll is due', async () => {
    const [taskId] = simulator.endTasks(1);
    const endedAtMs = Date.now();
    await ended.waitFor((record) => record.json<TaskEnded>().taskId === taskId);
    expect(Date.now() - endedAtMs).toBeLessThan(5_000);
  });

  it('publishes a changed task as its next revision', async () => {
    const taskId = simulator.endTasks(1)[0]!;
    await ended.waitFor((record) => record.json<TaskEnded>().taskId === taskId);
    simulator.changeTask(taskId, { addActivity: 'recording-available' });
    await capture.wiring.pool.query('UPDATE poll_state SET next_poll_at_ms = 0');
    const isChanged = (event: TaskEnded) => event.taskId === taskId && event.revision > 1;
    const [record] = await ended.waitFor((one) => isChanged(one.json<TaskEnded>()));
    expect(record!.json<TaskEnded>().activities.at(-1)).toMatchObject({ kind: 'recording-available' });
  });

  it('tells over HTTP how capture goes, and tells nothing to another tenant', async () => {
    const state = await (await get(`/v1/acds/${acd.acdId}/capture`)).json();
    expect(state).toMatchObject({
      state: 'running',
      dataServer: 'default',
      lastError: null,
      windows: { gaps: [] },
      webhook: { state: 'active' },
    });
    const { taskId, revision } = eventsOf()[0]!;
    expect(await (await get(`/v1/tasks/${acd.acdId}/${taskId}`)).json()).toMatchObject({ taskId, revision });
    expect((await get(`/v1/tasks/${acd.acdId}/${taskId}`, capture.foreignKey)).status).toBe(404);
    expect((await get(`/v1/acds/${acd.acdId}/capture`, capture.foreignKey)).status).toBe(404);
    expect((await get(`/v1/acds/${acd.acdId}/capture`, 'wfo_nobody_0')).status).toBe(401);
  });

  it('an owner publishes a range of its events again', async () => {
    const before = ended.records.length;
    const range = { from: new Date(Date.now() - 7_200_000).toISOString(), to: new Date().toISOString() };
    const answer = await fetch(`${capture.url}/v1/republications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${capture.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ acdId: acd.acdId, ...range }),
    });
    expect(await answer.json()).toEqual({ published: SEEDED_TASKS + 2, cursor: null });
    await ended.waitFor(before + SEEDED_TASKS + 2);
  });

  it('ACD-04 says over HTTP where capture is switched off', async () => {
    const dataServers = { sync: 'default', capture: null, realTimeEvents: 'default', mediaImport: 'default' };
    await announce(topicPrefix, TOPICS.acdChanged, { ...acd, revision: 2, dataServers });
    const state = await waitFor('the change', async () => {
      const body = (await (await get(`/v1/acds/${acd.acdId}/capture`)).json()) as { dataServer: string | null };
      return body.dataServer === null ? body : null;
    });
    expect(state).toMatchObject({ state: 'switched-off', hindrance: { remedy: expect.stringContaining(acd.acdId) } });
  });

  it('ACD-02 says of a variant that it does not capture that, and what to do', async () => {
    const old = anAcd({ tenantId: acd.tenantId, variant: '1.0-to-2.0-cmsv2' });
    await announce(topicPrefix, TOPICS.acdChanged, old);
    const state = await waitFor('the ACD', async () => {
      const answer = await get(`/v1/acds/${old.acdId}/capture`);
      return answer.ok ? await answer.json() : null;
    });
    expect(state).toMatchObject({
      state: 'not-available',
      hindrance: {
        reason: expect.stringContaining('variant 1.0-to-2.0-cmsv2'),
        remedy: expect.stringContaining('2.0 programmatic APIs'),
      },
      lastError: null,
    });
  });
});
