import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AcdChanged, TOPICS, type UserChanged } from '@wxcc-wfo/contracts';
import { createSimulator, createSimulatorControl, type Simulator, type SimulatorControl } from '@wxcc-wfo/simulator';
import {
  freePort,
  type SpawnedService,
  spawnService,
  type TopicLedger,
  testAddresses,
  topicLedger,
  waitFor,
} from '@wxcc-wfo/testkit';
import { announce, type Deployment, deploySync, signIn } from './running-sync.ts';
import { anAcd, type SyncDatabase, syncDatabase } from './sync-database.ts';

const USERS = 3_000;
const pathOf = (relative: string) => new URL(relative, import.meta.url).pathname;

describe('SYNC-01 sync as processes that are killed', () => {
  let simulator: Simulator;
  let control: SimulatorControl;
  let database: SyncDatabase;
  let deployment: Deployment;
  let acd: AcdChanged;
  let users: TopicLedger;
  const started: SpawnedService[] = [];

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 0, agents: 3, quotaPerMinute: 1_000_000 });
    control = createSimulatorControl(simulator.controlUrl);
    await control.generate({ users: USERS });
  });
  afterAll(() => simulator?.close());
  beforeEach(async () => {
    database = await syncDatabase();
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    deployment = await deploySync({ database, acd });
    users = await topicLedger(testAddresses.kafkaBrokers, `${deployment.topicPrefix}${TOPICS.userChanged}`);
    await deployment.handOver(acd.acdId, { version: 1, accessToken: signIn(simulator) });
    await announce(deployment.topicPrefix, TOPICS.acdChanged, acd);
    const { tenantId, acdId } = acd;
    const expiries = {
      accessTokenExpiresAtMs: Date.now() + 86_400_000,
      refreshTokenExpiresAtMs: Date.now() + 86_400_000,
    };
    // Where Redis was slow at the first try, this is why a run is tried again at once.
    await announce(deployment.topicPrefix, TOPICS.tokenRefreshed, {
      tenantId,
      acdId,
      version: 1,
      occurredAtMs: Date.now(),
      ...expiries,
    });
  });
  afterEach(async () => {
    await control.clearFaults();
    await Promise.all(started.splice(0).map((service) => service.kill('SIGKILL')));
    await users.close();
    await deployment.close();
    await database.drop();
  });

  async function start(): Promise<SpawnedService> {
    const port = await freePort();
    const service = spawnService({
      name: 'sync',
      entry: pathOf('../src/server.ts'),
      nodeOptions: ['--import', pathOf('../../../libs/service-kit/src/telemetry.ts')],
      url: `http://127.0.0.1:${port}`,
      env: { ...deployment.environment, HTTP_PORT: String(port) },
    });
    started.push(service);
    return service;
  }
  /** The oldest first. On a machine that stalls longer than the lease a run is lost and begun anew: the newest counts. */
  const runs = async () =>
    (
      await database.pool.query(
        'SELECT run_id, state, planned_changes, applied_changes, problem FROM sync_run ORDER BY requested_at_ms, run_id',
      )
    ).rows;
  const newest = async () => (await runs()).at(-1);
  /** The runs before the newest one read, and did nothing. */
  async function expectGivenUp(): Promise<void> {
    for (const run of (await runs()).slice(0, -1)) {
      expect(run).toMatchObject({ state: 'failed', applied_changes: 0, problem: expect.anything() });
    }
  }
  const expected = async () => (await control.sizes()).users;

  /** Everybody is there once, and the topic's newest version of each is the one that is stored. */
  async function expectConverged(): Promise<void> {
    const { rows } = await database.pool.query('SELECT user_id, webex_user_id, revision, active FROM directory_user');
    expect(rows).toHaveLength(await expected());
    expect(new Set(rows.map((row) => row.webex_user_id)).size).toBe(rows.length);
    const newestVersions = () => {
      const versions = new Map<string, number>();
      for (const record of users.records) {
        const { userId, revision } = record.json<UserChanged>();
        versions.set(userId, Math.max(revision, versions.get(userId) ?? 0));
      }
      return versions;
    };
    await waitFor('every user on the topic', () => {
      const versions = newestVersions();
      return rows.every((row) => versions.get(row.user_id) === row.revision);
    });
  }

  it('is killed in mid-read: the reading is given up, nothing is concluded from it, and it is begun anew', async () => {
    await control.fault({ kind: 'answer-held', routes: ['config'], resource: 'user', page: 20 });
    const first = await start();
    const isPartRead = async () => {
      const run = await newest();
      return run?.state === 'reading' && run.planned_changes >= 1_000;
    };
    await waitFor('a part to be read', isPartRead, { timeoutMs: 50_000 });
    await first.kill('SIGKILL');
    const killed = await newest();
    expect(killed).toMatchObject({ state: 'reading', applied_changes: 0 });
    await control.clearFaults();
    await start();
    await waitFor('the next run to end', async () => (await newest())?.state === 'done', { timeoutMs: 50_000 });
    expect((await runs()).find((run) => run.run_id === killed.run_id)).toMatchObject({
      state: 'failed',
      applied_changes: 0,
      problem: { code: 'interrupted' },
    });
    expect(await newest()).toMatchObject({ problem: null });
    await expectGivenUp();
    await expectConverged();
  });

  it('is killed in mid-apply: whole chunks are there, another replica applies the rest once', async () => {
    const pair = [await start(), await start()];
    await waitFor('a part to be applied', async () => (await newest())?.applied_changes >= 500, {
      intervalMs: 5,
      timeoutMs: 50_000,
    });
    const { rows } = await database.pool.query(`SELECT owner FROM sync_lease WHERE owner IS NOT NULL`);
    const pid = Number(String(rows[0]?.owner).split(':')[1]);
    const worker = pair.find((service) => service.pid === pid) ?? pair[0]!;
    await worker.kill('SIGKILL');
    const applied = await newest();
    await waitFor('the run to be resumed', async () => (await newest())?.state === 'done', { timeoutMs: 50_000 });
    const run = await newest();
    expect(run.run_id).toBe(applied.run_id);
    expect(run.applied_changes).toBe(run.planned_changes);
    await expectGivenUp();
    await expectConverged();
    const survivor = pair.find((service) => service !== worker)!;
    expect(await survivor.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('lists everything that is wrong with its environment, and ends', async () => {
    const { DATABASE_URL: _, ...rest } = deployment.environment;
    const service = spawnService({
      name: 'sync',
      entry: pathOf('../src/server.ts'),
      env: { ...rest, SYNC_LEASE_MS: 'long', SYNC_CONCURRENCY: '0' },
    });
    expect(await service.exit).toEqual({ code: 1, signal: null });
    for (const name of ['DATABASE_URL', 'SYNC_LEASE_MS', 'SYNC_CONCURRENCY']) expect(service.output()).toContain(name);
  });
});
