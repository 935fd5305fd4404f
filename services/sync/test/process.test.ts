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
  const runs = async () =>
    (
      await database.pool.query(
        'SELECT state, planned_changes, applied_changes, problem FROM sync_run ORDER BY requested_at_ms',
      )
    ).rows;
  const expected = async () => (await control.sizes()).users;

  /** Everybody is there once, and the topic's newest version of each is the one that is stored. */
  async function expectConverged(): Promise<void> {
    const { rows } = await database.pool.query('SELECT user_id, webex_user_id, revision, active FROM directory_user');
    expect(rows).toHaveLength(await expected());
    expect(new Set(rows.map((row) => row.webex_user_id)).size).toBe(rows.length);
    const newest = () => {
      const versions = new Map<string, number>();
      for (const record of users.records) {
        const { userId, revision } = record.json<UserChanged>();
        versions.set(userId, Math.max(revision, versions.get(userId) ?? 0));
      }
      return versions;
    };
    await waitFor('every user on the topic', () => {
      const versions = newest();
      return rows.every((row) => versions.get(row.user_id) === row.revision);
    });
  }

  it('is killed in mid-read: the reading is given up, nothing is concluded from it, and it is begun anew', async () => {
    await control.fault({ kind: 'answer-held', routes: ['config'], resource: 'user', page: 20 });
    const first = await start();
    await waitFor('a part to be read', async () => (await runs())[0]?.planned_changes >= 1_000, { timeoutMs: 40_000 });
    await first.kill('SIGKILL');
    await control.clearFaults();
    await start();
    await waitFor('the next run to end', async () => (await runs()).at(-1)?.state === 'done', { timeoutMs: 50_000 });
    expect(await runs()).toMatchObject([
      { state: 'failed', applied_changes: 0, problem: { code: 'interrupted' } },
      { state: 'done', problem: null },
    ]);
    await expectConverged();
  });

  it('is killed in mid-apply: whole chunks are there, another replica applies the rest once', async () => {
    const pair = [await start(), await start()];
    await waitFor('a part to be applied', async () => (await runs())[0]?.applied_changes >= 500, {
      intervalMs: 5,
      timeoutMs: 40_000,
    });
    const { rows } = await database.pool.query(`SELECT owner FROM sync_lease WHERE owner IS NOT NULL`);
    const pid = Number(String(rows[0]?.owner).split(':')[1]);
    const worker = pair.find((service) => service.pid === pid) ?? pair[0]!;
    await worker.kill('SIGKILL');
    await waitFor('the run to be resumed', async () => (await runs())[0]?.state === 'done', { timeoutMs: 50_000 });
    const [run] = await runs();
    expect(run.applied_changes).toBe(run.planned_changes);
    expect(await runs()).toHaveLength(1);
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
