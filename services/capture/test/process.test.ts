import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

const TASKS = 150;
const pathOf = (relative: string) => new URL(relative, import.meta.url).pathname;

describe('capture as a process', () => {
  const topicPrefix = `${uniqueName('capture')}.`;
  const handoverKeys = `k1:${newSealingKey()}`;
  let simulator: Simulator;
  let database: CaptureDatabase;
  let ended: TopicLedger;
  let acd: AcdChanged;
  let env: Record<string, string>;
  let redis: Redis;
  const started: SpawnedService[] = [];

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: TASKS, quotaPerMinute: 100_000 });
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    database = await captureDatabase();
    const logger = createLogger({ service: 'test', level: 'silent' });
    const bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'test', topicPrefix, logger });
    const topics = [TOPICS.acdChanged, TOPICS.tokenRefreshed, TOPICS.taskEnded];
    await bus.ensureTopics(topics, { partitions: 3, replicationFactor: 1 });
    ended = await topicLedger(testAddresses.kafkaBrokers, bus.physicalTopic(TOPICS.taskEnded));
    redis = new Redis(testAddresses.redisUrl);
    const sealed = createSealer(parseKeyring(handoverKeys)).seal(signIn(simulator), `${acd.acdId}:1`);
    await redis.hset(`wfo:token:${acd.acdId}`, { version: 1, sealed, expiresAtMs: Date.now() + 86_400_000 });
    await announce(topicPrefix, TOPICS.acdChanged, acd);
    env = {
      DATABASE_URL: database.url,
      REDIS_URL: testAddresses.redisUrl,
      KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      SEALING_KEYS: `k1:${newSealingKey()}`,
      HANDOVER_KEYS: handoverKeys,
      WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      WEBEX_REQUESTS_PER_MINUTE: '100000',
      POLL_INTERVAL_MS: '300',
      POLL_LEASE_MS: '1500',
      OTEL_TRACES_EXPORTER: 'none',
    };
  });
  afterAll(async () => {
    await Promise.all(started.map((service) => service.kill('SIGKILL')));
    await ended?.close();
    await redis?.del(`wfo:token:${acd.acdId}`);
    redis?.disconnect();
    await simulator?.close();
    await database?.drop();
  });

  async function start(changes: Record<string, string> = {}) {
    const port = await freePort();
    const service = spawnService({
      name: 'capture',
      entry: pathOf('../src/server.ts'),
      nodeOptions: ['--import', pathOf('../../../libs/service-kit/src/telemetry.ts')],
      url: `http://127.0.0.1:${port}`,
      env: { ...env, ...changes, HTTP_PORT: String(port) },
    });
    started.push(service);
    return { service, url: `http://127.0.0.1:${port}` };
  }
  /** Tasks whose first revision is there; a wrap-up makes a second one. */
  const firsts = () => {
    const events = ended.records.map((record) => record.json<TaskEnded>());
    return [...new Set(events.filter((event) => event.revision === 1).map((event) => event.taskId))].sort();
  };

  it('OPS-01 is killed while it publishes, and its successor completes the work; every task carries a trace', async () => {
    const first = await start();
    await ended.waitFor(1);
    expect(await first.service.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    simulator.endTasks(20);
    const { service, url } = await start();
    await service.ready();
    await waitFor('every task', () => firsts().length === TASKS + 20);
    const truth = simulator.groundTruth().filter((task) => task.ended);
    expect(firsts()).toEqual(truth.map((task) => task.taskId).sort());

    const parents = ended.records.map((record) => record.headers.traceparent ?? 'none');
    for (const parent of parents) expect(parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    const spans = new Set(parents.map((parent) => parent.split('-')[2]));
    const traces = new Set(parents.map((parent) => parent.split('-')[1]));
    expect(spans.size).toBeGreaterThan(traces.size); // one trace per poll, one span per task

    expect((await fetch(`${url}/live`)).status).toBe(200);
    expect((await fetch(`${url}/v1/acds/${acd.acdId}/capture`)).status).toBe(401);
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const { rows } = await database.pool.query('SELECT FROM poll_state WHERE owner IS NOT NULL');
    expect(rows).toEqual([]);
  });

  it('rule 10 works on while Redis and oauth are both away, also when it starts then', async () => {
    const before = firsts().length;
    const { service } = await start({ REDIS_URL: 'redis://127.0.0.1:1', SHUTDOWN_DEADLINE_MS: '5000' });
    await service.ready();
    simulator.endTasks(5);
    await waitFor('the tasks', () => firsts().length === before + 5);
    // Its group still waits for the member that was killed; the stop does not wait with it.
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('lists everything that is wrong with its environment, and ends', async () => {
    const { DATABASE_URL: _, ...rest } = env;
    const service = spawnService({
      name: 'capture',
      entry: pathOf('../src/server.ts'),
      env: { ...rest, OVERLAP_MS: 'long', WEBHOOK_PUBLIC_BASE: 'not a url' },
    });
    expect(await service.exit).toEqual({ code: 1, signal: null });
    for (const name of ['DATABASE_URL', 'OVERLAP_MS', 'WEBHOOK_PUBLIC_BASE']) expect(service.output()).toContain(name);
  });
});
