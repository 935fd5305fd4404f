import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, TOPICS, type UserChanged } from '@wxcc-wfo/contracts';
import { createSimulator, createSimulatorControl, type Simulator, type SimulatorControl } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { announce, type Deployment, deploySync, type RunningSync, runSync, signIn } from './running-sync.ts';
import { anAcd, type SyncDatabase, syncDatabase } from './sync-database.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests match the body, whatever it is
type Answer = { status: number; body: any; headers: Headers };

describe('SYNC-01 a day of a tenant, two replicas over one database', () => {
  let simulator: Simulator;
  let control: SimulatorControl;
  let database: SyncDatabase;
  let deployment: Deployment;
  let acd: AcdChanged;
  let replicas: RunningSync[] = [];
  let users: TopicLedger;

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 0, agents: 12, quotaPerMinute: 1_000_000 });
    control = createSimulatorControl(simulator.controlUrl);
    database = await syncDatabase();
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    deployment = await deploySync({ database, acd });
    users = await topicLedger(testAddresses.kafkaBrokers, `${deployment.topicPrefix}${TOPICS.userChanged}`);
    replicas = [await runSync(deployment), await runSync(deployment)];
    await deployment.handOver(acd.acdId, { version: 1, accessToken: signIn(simulator) });
    await announce(deployment.topicPrefix, TOPICS.acdChanged, acd);
  });
  afterAll(async () => {
    const [first, second] = replicas;
    await first?.stop();
    // A client of Kafka that is stopped while it joins its group goes on for a while.
    await waitFor('the other replica to take over', () => second?.wiring.consumer.health().partitions.length === 6);
    await second?.stop();
    await users?.close();
    await deployment?.close();
    await simulator?.close();
    await database?.drop();
  });

  async function call(
    method: string,
    path: string,
    o: { body?: unknown; key?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await fetch(`${replicas[0]!.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${o.key ?? deployment.keys.all}`,
        ...(o.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...o.headers,
      },
      ...(o.body === undefined ? {} : { body: JSON.stringify(o.body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
  }
  const runsPath = () => `/v1/acds/${acd.acdId}/sync-runs`;
  /** Waits for a run to come to rest. */
  const settled = (runId: string) =>
    waitFor('the run to settle', async () => {
      const { body } = await call('GET', `/v1/sync-runs/${runId}`);
      return ['done', 'failed', 'rejected', 'stopped', 'awaiting-approval'].includes(body.state) ? body : undefined;
    });
  async function ask(body: object = {}) {
    const asked = await call('POST', runsPath(), { body });
    expect(asked.status).toBe(202);
    return await settled(asked.body.runId);
  }
  /** The newest published version of each user. */
  const published = () => {
    const newest = new Map<string, UserChanged>();
    for (const record of users.records) {
      const user = record.json<UserChanged>();
      if ((newest.get(user.userId)?.revision ?? 0) < user.revision) newest.set(user.userId, user);
    }
    return newest;
  };
  const byWebexId = (id: string) => [...published().values()].find((user) => user.webexUserId === id);

  it('SYNC-02: an ACD that was just authorized is synced at once; both ids of a user are told', async () => {
    const first = await waitFor('the first run', async () => {
      const { body } = await call('GET', runsPath());
      return body.items?.[0]?.state === 'done' ? body.items[0] : undefined;
    });
    expect(first).toMatchObject({ trigger: 'interval', problem: null, requestedBy: null });
    const truth = await control.users();
    expect(first.counts.user).toMatchObject({ seen: truth.length, added: truth.length });
    await users.waitFor(truth.length);
    for (const user of truth) {
      expect(byWebexId(String(user.id))).toMatchObject({
        identityId: user.ciUserId,
        firstName: user.firstName,
        revision: 1,
      });
    }
  });

  it('SYNC-01: a run on demand that finds nothing changes nothing', async () => {
    expect(await ask()).toMatchObject({ state: 'done', trigger: 'demand', requestedBy: 'key:test', plannedChanges: 0 });
  });

  it('SYNC-04, SYNC-05: a dry run shows what a run would change, as JSON and as a table, and changes nothing', async () => {
    const [someone] = await control.users();
    const [team] = await control.teams();
    await control.renameUser(String(someone!.id), { lastName: 'Renamed' });
    await control.renameTeam(String(team!.id), 'Renamed team');
    const dry = await ask({ dryRun: true });
    expect(dry).toMatchObject({ state: 'done', trigger: 'dry-run', plannedChanges: 2, appliedChanges: 0 });
    const { body } = await call('GET', `/v1/sync-runs/${dry.runId}/changes`);
    expect(body.items).toMatchObject([
      { kind: 'team', change: 'change', after: { name: 'Renamed team' }, outcome: null },
      { kind: 'user', change: 'change', before: { lastName: someone!.lastName }, after: { lastName: 'Renamed' } },
    ]);
    const paged = await call('GET', `/v1/sync-runs/${dry.runId}/changes?limit=1`);
    const next = await call('GET', `/v1/sync-runs/${dry.runId}/changes?limit=1&cursor=${paged.body.nextCursor}`);
    expect([...paged.body.items, ...next.body.items]).toEqual(body.items);
    const table = await call('GET', `/v1/sync-runs/${dry.runId}/changes?kind=user`, {
      headers: { accept: 'text/plain' },
    });
    expect(table.headers.get('content-type')).toContain('text/plain');
    expect(table.body.split('\n')[2]).toMatch(/^change {2}user .*lastName “.*” → “Renamed”/);

    const real = await ask();
    expect(real).toMatchObject({ state: 'done', plannedChanges: 2, appliedChanges: 2 });
    await waitFor('the rename', () => byWebexId(String(someone!.id))?.lastName === 'Renamed');
  });

  it('SYNC-06: a run that would deactivate too many waits; rejected it changes nothing, approved it is applied', async () => {
    const truth = await control.users();
    const gone = truth.filter((user) => user.contactCenterEnabled).slice(0, 6);
    for (const user of gone) await control.deleteUser(String(user.id));
    const waiting = await ask();
    expect(waiting).toMatchObject({
      state: 'awaiting-approval',
      brake: { activeUsers: truth.length, deactivations: 6, limit: 0.2, isHeld: true },
      problem: { code: 'brake' },
      appliedChanges: 0,
    });
    const rejected = await call('POST', `/v1/sync-runs/${waiting.runId}/reject`, { body: { reason: 'not today' } });
    expect(rejected).toMatchObject({
      status: 200,
      body: { state: 'rejected', decision: { by: 'key:test', reason: 'not today' } },
    });
    expect((await call('POST', `/v1/sync-runs/${waiting.runId}/approve`, { body: {} })).status).toBe(409);

    const again = await ask();
    expect(again.state).toBe('awaiting-approval');
    const approved = await call('POST', `/v1/sync-runs/${again.runId}/approve`, { body: { reason: 'site closed' } });
    expect(approved).toMatchObject({ status: 202, body: { state: 'applying' } });
    expect(await settled(again.runId)).toMatchObject({ state: 'done', appliedChanges: 6, problem: null });
    await waitFor('the deactivations', () => gone.every((user) => byWebexId(String(user.id))?.active === false));
    const { rows } = await database.pool.query(`SELECT action, subject FROM audit_entry ORDER BY action`);
    expect(rows).toEqual([
      { action: 'run-approved', subject: 'key:test' },
      { action: 'run-rejected', subject: 'key:test' },
    ]);
  });

  it('SYNC-04: restored users come back as the same WFO users', async () => {
    const gone = [...published().values()].filter((user) => !user.active);
    for (const user of gone) await control.restoreUser(user.webexUserId);
    expect(await ask()).toMatchObject({ state: 'done', counts: { user: { changed: 6 } } });
    await waitFor('their return', () => gone.every(({ userId }) => published().get(userId)?.active));
  });

  it('SYNC-06: a listing that lost pages deactivates nobody', async () => {
    await control.generate({ users: 250 });
    await control.fault({ kind: 'directory-missing-pages', routes: ['config'], resource: 'user' });
    const run = await ask();
    expect(run.counts.user.deactivated).toBe(0);
    await control.clearFaults();
    expect(await ask()).toMatchObject({ state: 'done', counts: { user: { deactivated: 0 } } });
  });

  it('settings are read and changed with their version; a smaller limit holds from the next run on', async () => {
    const path = `/v1/acds/${acd.acdId}/sync-settings`;
    const before = await call('GET', path);
    expect(before).toMatchObject({
      status: 200,
      body: { brakeShare: 0.2, activateNewUsers: true, defaultRoleId: null, revision: 0 },
    });
    expect(before.headers.get('etag')).toBe('"0"');
    expect((await call('PATCH', path, { body: { brakeShare: 0 } })).status).toBe(428);
    const wrong = { body: { defaultTeamId: acd.acdId }, headers: { 'if-match': '"0"' } };
    expect(await call('PATCH', path, wrong)).toMatchObject({ status: 422, body: { field: 'defaultTeamId' } });
    const change = { body: { brakeShare: 0, activateNewUsers: false }, headers: { 'if-match': '"0"' } };
    expect(await call('PATCH', path, change)).toMatchObject({ status: 200, body: { brakeShare: 0, revision: 1 } });
    expect((await call('PATCH', path, change)).status).toBe(412);

    const newcomer = await control.addUser({ firstName: 'New', lastName: 'Comer', contactCenterEnabled: true });
    expect(await ask()).toMatchObject({ state: 'done' });
    await waitFor('the newcomer', () => byWebexId(String(newcomer.id))?.active === false);
    await control.deleteUser(String(newcomer.id));
    expect(await ask()).toMatchObject({ state: 'done' }); // nobody active goes
  });

  it('refuses who may not: no credential, too small a one, another tenant', async () => {
    const run = (await call('GET', runsPath())).body.items[0];
    expect((await fetch(`${replicas[0]!.url}${runsPath()}`)).status).toBe(401);
    expect(await call('POST', runsPath(), { body: {}, key: deployment.keys.reader })).toMatchObject({ status: 403 });
    for (const path of [runsPath(), `/v1/sync-runs/${run.runId}`, `/v1/sync-runs/${run.runId}/changes`]) {
      expect(await call('GET', path, { key: deployment.keys.foreign })).toMatchObject({
        status: 404,
        body: { code: 'not-found', remedy: expect.any(String) },
      });
    }
    expect(
      (await call('POST', `/v1/sync-runs/${run.runId}/approve`, { body: {}, key: deployment.keys.foreign })).status,
    ).toBe(404);
  });

  it('what was published last is what is stored', async () => {
    const { rows } = await database.pool.query('SELECT user_id, revision, active, last_name FROM directory_user');
    await waitFor('the last versions', () =>
      rows.every((row) => published().get(row.user_id)?.revision === row.revision),
    );
    for (const row of rows) {
      expect(published().get(row.user_id)).toMatchObject({ active: row.active, lastName: row.last_name });
    }
    const owned = await database.pool.query('SELECT FROM sync_lease WHERE owner IS NOT NULL');
    expect(owned.rowCount).toBe(0);
  });
});
