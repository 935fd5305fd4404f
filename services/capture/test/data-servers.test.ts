import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRoleReports } from '@wxcc-wfo/acd';
import { createBus } from '@wxcc-wfo/bus';
import { type AcdChanged, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createLogger, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import {
  freePort,
  type SpawnedService,
  spawnService,
  type TopicLedger,
  testAddresses,
  topicLedger,
  uniqueName,
  waitFor,
} from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { announce, signIn } from './running-capture.ts';

const pathOf = (relative: string) => new URL(relative, import.meta.url).pathname;

describe('ACD-04 two data servers over real Kafka, Postgres and Redis, a process each', () => {
  const topicPrefix = `${uniqueName('capture')}.`;
  const handoverKeys = `k1:${newSealingKey()}`;
  const sealingKeys = `k1:${newSealingKey()}`;
  const resolve: Record<string, string> = {};
  const servers = { north: uniqueName('north'), south: uniqueName('south') };
  let simulator: Simulator;
  let database: CaptureDatabase;
  let ended: TopicLedger;
  let acd: AcdChanged;
  let redis: Redis;
  const started: SpawnedService[] = [];

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 40, quotaPerMinute: 100_000, resolve });
    acd = anAcd({
      apiUrl: simulator.baseUrl,
      webexOrgId: simulator.tenant.options.orgId,
      dataServers: servedBy(servers.north),
    });
    database = await captureDatabase();
    const logger = createLogger({ service: 'test', level: 'silent' });
    const bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'test', topicPrefix, logger });
    const topics = [TOPICS.acdChanged, TOPICS.tokenRefreshed, TOPICS.taskEnded];
    await bus.ensureTopics(topics, { partitions: 3, replicationFactor: 1 });
    ended = await topicLedger(testAddresses.kafkaBrokers, bus.physicalTopic(TOPICS.taskEnded));
    redis = new Redis(testAddresses.redisUrl);
    await handOver(acd.acdId);
    await Promise.all([start('north'), start('south')]);
    await announce(topicPrefix, TOPICS.acdChanged, acd);
  });
  afterAll(async () => {
    await Promise.all(started.map((service) => service.kill('SIGKILL')));
    await ended?.close();
    await redis?.del(`wfo:token:${acd.acdId}`);
    redis?.disconnect();
    await simulator?.close();
    await database?.drop();
  });

  function servedBy(capture: string | null): AcdChanged['dataServers'] {
    return { sync: 'default', capture, realTimeEvents: 'default', mediaImport: 'default' };
  }
  async function handOver(acdId: string): Promise<void> {
    const sealed = createSealer(parseKeyring(handoverKeys)).seal(signIn(simulator), `${acdId}:1`);
    await redis.hset(`wfo:token:${acdId}`, { version: 1, sealed, expiresAtMs: Date.now() + 86_400_000 });
  }
  async function start(server: keyof typeof servers): Promise<void> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const publicBase = `https://${server}.bridge.example.com`;
    resolve[publicBase] = url;
    const service = spawnService({
      name: `capture-${server}`,
      entry: pathOf('../src/server.ts'),
      nodeOptions: ['--import', pathOf('../../../libs/service-kit/src/telemetry.ts')],
      url,
      env: {
        DATA_SERVER: servers[server],
        DATABASE_URL: database.url,
        REDIS_URL: testAddresses.redisUrl,
        KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
        KAFKA_TOPIC_PREFIX: topicPrefix,
        SEALING_KEYS: sealingKeys,
        HANDOVER_KEYS: handoverKeys,
        WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
        WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBEX_REQUESTS_PER_MINUTE: '100000',
        WEBHOOK_PUBLIC_BASE: publicBase,
        WEBHOOK_CHECK_MS: '1000',
        POLL_INTERVAL_MS: '100',
        OTEL_TRACES_EXPORTER: 'none',
        HTTP_PORT: String(port),
      },
    });
    started.push(service);
    await service.ready();
  }

  async function change(changes: Partial<AcdChanged>): Promise<void> {
    acd = { ...acd, ...changes, revision: acd.revision + 1 };
    await announce(topicPrefix, TOPICS.acdChanged, acd);
  }
  const eventsOf = (acdId: string) =>
    ended.records.map((record) => record.json<TaskEnded>()).filter((event) => event.acdId === acdId);
  const reportOf = async () => (await readRoleReports(redis, [acd.acdId])).get(acd.acdId)?.capture;
  const destinations = () =>
    simulator.tenant.subscriptions.list(2).map((one) => new URL(one.view.destinationUrl).hostname);
  const workedBy = (server: keyof typeof servers) =>
    waitFor(`${server} to work for it, alone`, async () => {
      const isPolled = (await reportOf())?.dataServer === servers[server];
      return isPolled && destinations().join() === `${server}.bridge.example.com`;
    });
  /** Every ended task once per revision, none missing. */
  async function expectEachOnce(): Promise<void> {
    const truth = simulator.groundTruth().filter((task) => task.ended);
    const firsts = () => eventsOf(acd.acdId).filter((event) => event.revision === 1);
    await waitFor('every ended task', () => firsts().length >= truth.length);
    const revisions = eventsOf(acd.acdId).map((event) => `${event.taskId}:${event.revision}`);
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(
      firsts()
        .map((event) => event.taskId)
        .sort(),
    ).toEqual(truth.map((task) => task.taskId).sort());
  }

  it('an ACD is captured by the workers of its data server, and only their address is subscribed', async () => {
    await workedBy('north');
    await expectEachOnce();
    expect(await reportOf()).toMatchObject({ problem: null, lastSuccessAtMs: expect.any(Number) });
  });

  it('it is handed from one to the other in mid-run, and back: nothing is lost and nothing comes twice', async () => {
    for (const server of ['south', 'north', 'south'] as const) {
      simulator.endTasks(5);
      await change({ dataServers: servedBy(servers[server]) });
      simulator.endTasks(5);
      await workedBy(server);
      simulator.endTasks(5);
    }
    await expectEachOnce();
  });

  it('where capture is switched off nobody works and the subscription is taken back; later it is caught up', async () => {
    await change({ dataServers: servedBy(null) });
    await waitFor('the subscription to be taken back', () => destinations().length === 0);
    await waitFor('no poll to be under way', async () => {
      const { rows } = await database.pool.query('SELECT owner FROM poll_state');
      return rows.every((row) => row.owner === null);
    });
    const before = eventsOf(acd.acdId).length;
    simulator.endTasks(7);
    // Another ACD of the same organization shows that work would have come so far.
    const witness = anAcd({ apiUrl: acd.apiUrl, webexOrgId: acd.webexOrgId, dataServers: servedBy(servers.north) });
    await handOver(witness.acdId);
    await announce(topicPrefix, TOPICS.acdChanged, witness);
    const all = simulator.groundTruth().filter((task) => task.ended).length;
    await waitFor('the witness', () => eventsOf(witness.acdId).length >= all);
    await announce(topicPrefix, TOPICS.acdChanged, { ...witness, revision: 2, deleted: true });
    expect(eventsOf(acd.acdId)).toHaveLength(before);
    await change({ dataServers: servedBy(servers.north) });
    await workedBy('north');
    await expectEachOnce();
  });

  it('ACD-05 deleting it stops all of it: no poll, no subscription, no token', async () => {
    await change({ deleted: true });
    await waitFor('the subscription to be taken back', () => destinations().length === 0);
    await waitFor('nothing to be left of it', async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM access_token WHERE acd_id = $1
         UNION ALL SELECT FROM webhook_subscription WHERE acd_id = $1
         UNION ALL SELECT FROM hint WHERE acd_id = $1
         UNION ALL SELECT FROM poll_state WHERE acd_id = $1 AND owner IS NOT NULL`,
        [acd.acdId],
      );
      return rows.length === 0;
    });
    const polled = await database.pool.query('SELECT epoch FROM poll_state WHERE acd_id = $1', [acd.acdId]);
    const before = eventsOf(acd.acdId).length;
    simulator.endTasks(3);
    const witness = anAcd({ apiUrl: acd.apiUrl, webexOrgId: acd.webexOrgId, dataServers: servedBy(servers.south) });
    await handOver(witness.acdId);
    await announce(topicPrefix, TOPICS.acdChanged, witness);
    const all = simulator.groundTruth().filter((task) => task.ended).length;
    await waitFor('the witness', () => eventsOf(witness.acdId).length >= all);
    expect(eventsOf(acd.acdId)).toHaveLength(before);
    const again = await database.pool.query('SELECT epoch FROM poll_state WHERE acd_id = $1', [acd.acdId]);
    expect(again.rows).toEqual(polled.rows);
  });
});
