import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type FaultRequest, type Simulator } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { signWebhook } from '@wxcc-wfo/webex';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { announce, type RunningCapture, runCapture, signIn } from './running-capture.ts';

const WEBHOOK_BASE = 'https://bridge.example.com';

describe('CAP-01 capture loses and doubles nothing while its source misbehaves', () => {
  let simulator: Simulator;
  let database: CaptureDatabase;
  let capture: RunningCapture;
  let second: RunningCapture;
  let ended: TopicLedger;
  let acd: AcdChanged;
  const resolve: Record<string, string> = {};
  const topicPrefix = `${uniqueName('capture')}.`;

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 600, quotaPerMinute: 100_000, resolve });
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    database = await captureDatabase();
    const environment = { POLL_INTERVAL_MS: '300', WEBHOOK_PUBLIC_BASE: WEBHOOK_BASE, WEBHOOK_CHECK_MS: '1000' };
    for (const one of [
      { kind: 'lost-page', count: 1 },
      { kind: 'empty-page', count: 2 },
    ] as const)
      fault(one);
    capture = await runCapture({ database, acd, topicPrefix, environment });
    const { handoverKeys, sealingKeys } = capture;
    second = await runCapture({ database, acd, topicPrefix, environment, handoverKeys, sealingKeys });
    resolve[WEBHOOK_BASE] = capture.url;
    ended = await topicLedger(testAddresses.kafkaBrokers, capture.topicOf('task-ended'));
    await capture.handOver(acd.acdId, { version: 1, accessToken: signIn(simulator) });
    await announce(topicPrefix, TOPICS.acdChanged, acd);
  });

  afterAll(async () => {
    await ended?.close();
    await capture?.stop();
    await second?.stop();
    await simulator?.close();
    await database?.drop();
  });

  const fault = (request: FaultRequest) => simulator.tenant.faults.add(request);
  const stateOf = async () => {
    const { rows } = await database.pool.query('SELECT * FROM poll_state WHERE acd_id = $1', [acd.acdId]);
    return rows[0];
  };
  const truth = () => simulator.groundTruth().filter((task) => task.ended);

  async function expectEachOnce(): Promise<void> {
    const expected = truth().map((task) => `${task.taskId}:1`);
    const published = () => ended.records.map((record) => record.json<TaskEnded>());
    await waitFor(
      'every ended task',
      () => published().filter((event) => event.revision === 1).length >= expected.length,
      {
        timeoutMs: 30_000,
      },
    );
    const revisions = published().map((event) => `${event.taskId}:${event.revision}`);
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revisions.filter((one) => one.endsWith(':1')).sort()).toEqual(expected.sort());
  }

  it('reads again what a lost or an empty page hid', expectEachOnce);

  it('survives failures, lost, double and shuffled webhooks and tasks that are visible late', async () => {
    fault({ kind: 'errors-with-200', count: 2, routes: ['search'] });
    fault({ kind: 'server-error', count: 2, routes: ['search'] });
    fault({ kind: 'rate-limit', count: 1, retryAfterSeconds: 1, routes: ['search'] });
    fault({ kind: 'hang-up', count: 1, routes: ['search'] });
    fault({ kind: 'webhook-lost', count: 5 });
    fault({ kind: 'webhook-double', count: 10 });
    fault({ kind: 'webhook-shuffle', count: 10 });
    fault({ kind: 'late-tasks', count: 10, delayMs: 2_000 });
    simulator.endTasks(40);
    await expectEachOnce();
    await waitFor('no open hints and no gaps', async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM hint UNION ALL SELECT FROM window_ledger WHERE state = 'gap'`,
      );
      return rows.length === 0;
    });
  });

  it('goes on by itself once a new token is there, and says meanwhile what is wrong', async () => {
    simulator.tenant.tokens.expireAccessTokens();
    await waitFor('the refusal to be written down', async () => (await stateOf()).last_error !== null);
    const answer = await fetch(`${second.url}/v1/acds/${acd.acdId}/capture`, {
      headers: { authorization: `Bearer ${second.key}` },
    });
    expect(await answer.json()).toMatchObject({ state: 'failing', lastError: { code: 'webex-unauthorized' } });
    simulator.endTasks(3);
    await capture.handOver(acd.acdId, { version: 2, accessToken: signIn(simulator) });
    const { tenantId, acdId } = acd;
    const expiries = { accessTokenExpiresAtMs: Date.now() + 1e6, refreshTokenExpiresAtMs: Date.now() + 1e6 };
    await announce(topicPrefix, TOPICS.tokenRefreshed, {
      tenantId,
      acdId,
      version: 2,
      occurredAtMs: Date.now(),
      ...expiries,
    });
    await expectEachOnce();
    await waitFor('polls to succeed again', async () => (await stateOf()).last_error === null);
  });

  describe('webhooks are taken by their signature alone', () => {
    const body = (changes: object = {}) =>
      JSON.stringify({
        id: 'event-1',
        specversion: '1.0',
        type: 'task:ended',
        source: '/com/cisco/wxcc/subscription-1',
        comciscoorgid: acd.webexOrgId,
        comciscotimestamp: Date.now(),
        datacontenttype: 'application/json',
        data: { taskId: 'task-of-nobody' },
        ...changes,
      });
    async function secret(): Promise<string> {
      const { rows } = await database.pool.query('SELECT secret_sealed FROM webhook_subscription');
      return capture.wiring.sealer.open(rows[0].secret_sealed, `webhook:${acd.acdId}`).toString();
    }
    async function call(text: string, signature: string, acdId = acd.acdId) {
      const headers = { 'content-type': 'application/json', 'x-webexcc-signature': signature };
      const url = `${capture.url}/v1/webhooks/capture/${acdId}`;
      const answer = await fetch(url, { method: 'POST', headers, body: text });
      return { status: answer.status, problem: answer.status === 204 ? null : await answer.json() };
    }
    // Of this task alone: hints of calls that ended before may still be open.
    const hints = async () =>
      (await database.pool.query(`SELECT task_id FROM hint WHERE task_id = 'task-of-nobody'`)).rows.length;

    it('refuses a wrong or missing signature, and a right one over other bytes', async () => {
      const signature = signWebhook(Buffer.from(body()), 'not the secret');
      for (const wrong of [signature, '', 'zz', signWebhook(Buffer.from('{}'), await secret())]) {
        expect(await call(body(), wrong)).toMatchObject({
          status: 401,
          problem: {
            code: 'signature-refused',
            field: 'headers/x-webexcc-signature',
            remedy: expect.any(String),
          },
        });
      }
      expect(await hints()).toBe(0);
    });

    it('refuses another organization although the signature is right', async () => {
      const foreign = body({ comciscoorgid: '00000000-0000-4000-8000-000000000000' });
      const answer = await call(foreign, signWebhook(Buffer.from(foreign), await secret()));
      expect(answer).toMatchObject({ status: 401, problem: { detail: expect.stringContaining('organization') } });
    });

    it('knows no other ACD, and takes no body above 256 kB', async () => {
      expect(await call(body(), 'x', '00000000-0000-4000-8000-000000000000')).toMatchObject({ status: 404 });
      const large = body({ data: { taskId: 't', text: 'x'.repeat(300_000) } });
      expect(await call(large, signWebhook(Buffer.from(large), await secret()))).toMatchObject({ status: 413 });
    });

    it('takes an event of another type without a hint, and a hint for a task that does not exist', async () => {
      const other = body({ type: 'task:new' });
      expect(await call(other, signWebhook(Buffer.from(other), await secret()))).toMatchObject({ status: 204 });
      expect(await hints()).toBe(0);
      const text = body();
      expect(await call(text, signWebhook(Buffer.from(text), await secret()))).toMatchObject({ status: 204 });
      expect(await hints()).toBe(1);
      await database.pool.query(`DELETE FROM hint WHERE task_id = 'task-of-nobody'`);
    });
  });

  it('renews a subscription that Webex gave up', async () => {
    const before = simulator.tenant.subscriptions.list(2)[0]!;
    simulator.tenant.subscriptions.delete(2, before.view.id);
    const renewed = await waitFor('a new subscription', () => simulator.tenant.subscriptions.list(2)[0]);
    expect(renewed.view).toMatchObject({
      name: 'wxcc-wfo-bridge capture',
      eventTypes: ['task:ended'],
      status: 'active',
    });
    expect(renewed.view.id).not.toBe(before.view.id);
  });

  it('stops with the ACD: its subscription is taken back, its token forgotten, its webhooks refused', async () => {
    await announce(topicPrefix, TOPICS.acdChanged, { ...acd, revision: 2, deleted: true });
    await waitFor('the end of the subscription', () => simulator.tenant.subscriptions.list(2).length === 0);
    await waitFor(
      'the end of the token',
      async () => (await database.pool.query('SELECT FROM access_token')).rows.length === 0,
    );
    const answer = await fetch(`${capture.url}/v1/webhooks/capture/${acd.acdId}`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
  });
});
