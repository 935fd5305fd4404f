import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { spawnService } from '../spawn-service.ts';
import { createTopics } from '../test-topic.ts';
import { topicLedger } from '../topic-ledger.ts';
import { uniqueName } from '../unique-name.ts';
import { waitFor } from '../wait-for.ts';
import { kafkaAnswers } from './kafka-local.ts';
import { lackedByLocalServers } from './local-tools.ts';
import { outsideFolder, postgresAnswers } from './postgres-local.ts';
import { redisAnswers } from './redis-local.ts';
import { type RunningServers, removeServerData, startServers } from './start-servers.ts';
import { REPOSITORY } from './tool-cache.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const portOf = (url: string) => Number(new URL(url).port);

/** Tests of local servers, for machines that can run them; elsewhere their names say why they are left out. */
const lacked = lackedByLocalServers();
const describeLocal = lacked ? describe.skip : describe;
const lackedByRedis = lackedByLocalServers(['redis']);
const itLocally = lackedByRedis ? it.skip : it;
const unless = (lack: string | undefined) => (lack ? ` (left out: no ${lack})` : '');

describeLocal(`servers of its own${unless(lacked)}`, () => {
  const dataFolder = `${REPOSITORY}.data/${uniqueName('test-servers')}`;
  let servers: RunningServers;

  beforeAll(async () => {
    servers = await startServers({ dataFolder, environment: { WFO_SERVERS: 'local' } });
  });
  afterAll(() => servers?.stop());

  it('are local processes when that is asked for', () => {
    expect(servers.kind).toEqual({ kafka: 'local', postgres: 'local', redis: 'local' });
  });

  it('Kafka commits a transaction with its offsets and hides an aborted one', async () => {
    const topic = uniqueName('kept');
    await createTopics(servers.kafkaBrokers, topic);
    const kafka = new Kafka({ brokers: servers.kafkaBrokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: uniqueName('tx'), idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ key: 'a', value: 'aborted' }] });
    await aborted.abort();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ key: 'a', value: 'committed', headers: { ce_type: 'x' } }] });
    await committed.sendOffsets({
      consumerGroupId: uniqueName('group'),
      topics: [{ topic, partitions: [{ partition: 0, offset: '7' }] }],
    });
    await committed.commit();
    await producer.disconnect();

    const ledger = await topicLedger(servers.kafkaBrokers, topic);
    const records = await ledger.waitFor(1);
    await ledger.close();
    expect(records.map((record) => [record.key, record.value?.toString(), record.headers])).toEqual([
      ['a', 'committed', { ce_type: 'x' }],
    ]);
  });

  it('Kafka keeps records over a kill and takes the same port again', async () => {
    const topic = uniqueName('kept');
    await createTopics(servers.kafkaBrokers, topic);
    const kafka = new Kafka({ brokers: servers.kafkaBrokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'a', value: 'here' }] });
    await producer.disconnect();
    await servers.kafka!.kill('SIGKILL');
    await expect(kafkaAnswers(servers.kafkaBrokers)).rejects.toThrow();
    await servers.kafka!.start();
    const ledger = await topicLedger(servers.kafkaBrokers, topic);
    const records = await ledger.waitFor(1);
    await ledger.close();
    expect(records.map((record) => record.value?.toString())).toEqual(['here']);
  });

  it('PostgreSQL keeps committed rows over a kill and takes the same port again', async () => {
    const run = async (sql: string) => {
      const client = new pg.Client({ connectionString: servers.postgresAdminUrl });
      await client.connect();
      const result = await client.query(sql).finally(() => client.end());
      return result.rows;
    };
    await run('create table kept (id uuid default uuidv7(), word text)');
    await run(`insert into kept (word) values ('here')`);
    expect(await run('show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await run('show max_connections')).toEqual([{ max_connections: '300' }]);
    await servers.postgres!.kill('SIGKILL');
    await expect(postgresAnswers(servers.postgresAdminUrl)).rejects.toThrow();
    await servers.postgres!.start();
    expect(await run('select word from kept')).toEqual([{ word: 'here' }]);
  });

  it('Redis keeps keys over an orderly stop', async () => {
    const client = new Redis(servers.redisUrl);
    await client.set('kept', 'here');
    client.disconnect();
    await servers.redis!.stop();
    await expect(redisAnswers(portOf(servers.redisUrl))).rejects.toThrow();
    await servers.redis!.start();
    const again = new Redis(servers.redisUrl);
    expect(await again.get('kept')).toBe('here');
    again.disconnect();
  });

  it('leave no process, port or folder behind after stop', async () => {
    const pids = [servers.kafka!.pid()!, servers.postgres!.pid()!, servers.redis!.pid()!];
    expect(pids.every(alive)).toBe(true);
    await servers.stop();
    expect(pids.filter(alive)).toEqual([]);
    await expect(redisAnswers(portOf(servers.redisUrl))).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(dataFolder)).toBe(false);
  });
});

it('takes addresses from the environment as they are and has no control over those servers', async () => {
  const servers = await startServers({
    dataFolder: `${REPOSITORY}.data/unused`,
    environment: { KAFKA_BROKERS: 'a:1, b:2', POSTGRES_ADMIN_URL: 'postgres://c:3/d', REDIS_URL: 'redis://e:4' },
  });
  expect(servers).toMatchObject({
    kafkaBrokers: ['a:1', 'b:2'],
    postgresAdminUrl: 'postgres://c:3/d',
    redisUrl: 'redis://e:4',
    kind: { kafka: 'environment', postgres: 'environment', redis: 'environment' },
  });
  expect(servers.redis).toBeUndefined();
  await servers.stop();
  expect(existsSync(`${REPOSITORY}.data/unused`)).toBe(false);
});

itLocally(`ends the servers and removes their data when their starter is killed${unless(lackedByRedis)}`, async () => {
  const folder = `${REPOSITORY}.data/${uniqueName('test-orphan')}`;
  // Redis alone suffices and starts at once; the others get addresses that nobody asks.
  const owner = spawnService({
    name: 'owner of servers',
    entry: '--input-type=module',
    args: [
      '-e',
      `import { startServers } from '@wxcc-wfo/testkit';
       const servers = await startServers({ dataFolder: ${JSON.stringify(folder)} });
       console.log(JSON.stringify({ pid: servers.redis.pid() }));
       setInterval(() => {}, 1000);`,
    ],
    env: { WFO_SERVERS: 'local', KAFKA_BROKERS: 'a:1', POSTGRES_ADMIN_URL: 'postgres://b:2/c' },
    workingFolder: REPOSITORY,
  });
  const pid = await waitFor('the pid of Redis', () => owner.logs()[0]?.pid as number | undefined);
  expect(alive(pid)).toBe(true);
  expect(await owner.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  await waitFor('Redis to end', () => !alive(pid));
  await waitFor('its data to be removed', () => !existsSync(folder));
});

itLocally(`starts local processes when a Docker engine gives no containers${unless(lackedByRedis)}`, async () => {
  const engine = createServer((request, response) => {
    response.statusCode = request.url?.endsWith('/_ping') ? 200 : 500;
    response.end('{"message":"no images"}');
  });
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  const owner = spawnService({
    name: 'owner of servers',
    entry: '--input-type=module',
    args: [
      '-e',
      `import { startServers } from '@wxcc-wfo/testkit';
       const servers = await startServers({ dataFolder: ${JSON.stringify(`${REPOSITORY}.data/${uniqueName('test-fallback')}`)} });
       console.log(JSON.stringify(servers.kind));
       await servers.stop();`,
    ],
    env: {
      DOCKER_HOST: `tcp://127.0.0.1:${(engine.address() as { port: number }).port}`,
      KAFKA_BROKERS: 'a:1',
      POSTGRES_ADMIN_URL: 'postgres://b:2/c',
    },
    workingFolder: REPOSITORY,
  });
  expect(await owner.exit).toEqual({ code: 0, signal: null });
  expect(owner.logs()).toEqual([{ kafka: 'environment', postgres: 'environment', redis: 'local' }]);
  engine.close();
});

it('says which command is missing and what to do instead', async () => {
  const { run } = await import('./maven.ts');
  await expect(run('no-such-command', [], 'fetching Kafka')).rejects.toThrow(
    /fetching Kafka needs the command "no-such-command".*Docker engine.*KAFKA_BROKERS/s,
  );
});

it('reads stored and deflated entries of a zip file', async () => {
  const { extractFromZip } = await import('./zip.ts');
  // By the JDK's `jar cMf`, of long.txt (5000 × “la”) and short.txt (“x”), and by `jar cM0f` of the latter.
  const made = Buffer.from(
    'UEsDBBQACAgIAAAAIVwAAAAAAAAAAAAAAAAIAAQAbG9uZy50eHT+ygAA7cKxCQAAAAKgW9v7f+6OQLQpAAAAAAAAAAAA3BtQSwcIb0+EAR0AAAAQJwAAUEsDBBQACAgIAAAAIVwAAAAAAAAAAAAAAAAJAAAAc2hvcnQudHh0qwAAUEsHCIMW3IwDAAAAAQAAAFBLAQIUABQACAgIAAAAIVxvT4QBHQAAABAnAAAIAAQAAAAAAAAAAAAAAAAAAABsb25nLnR4dP7KAABQSwECFAAUAAgICAAAACFcgxbcjAMAAAABAAAACQAAAAAAAAAAAAAAAABXAAAAc2hvcnQudHh0UEsFBgAAAAACAAIAcQAAAJEAAAAAAA==',
    'base64',
  );
  const stored = Buffer.from(
    'UEsDBAoAAAgAAAAAIVyDFtyMAQAAAAEAAAAJAAQAc2hvcnQudHh0/soAAHhQSwECCgAKAAAIAAAAACFcgxbcjAEAAAABAAAACQAEAAAAAAAAAAAAAAAAAAAAc2hvcnQudHh0/soAAFBLBQYAAAAAAQABADsAAAAsAAAAAAA=',
    'base64',
  );
  expect(extractFromZip(made, 'long.txt').toString()).toBe('la'.repeat(5000));
  expect(extractFromZip(made, 'short.txt').toString()).toBe('x');
  expect(extractFromZip(stored, 'short.txt').toString()).toBe('x');
  expect(() => extractFromZip(made, 'absent')).toThrow('no entry "absent"');
  expect(() => extractFromZip(Buffer.alloc(100), 'x')).toThrow('Not a zip file');
});

it('gives Kafka in a container a listener of its own, which it reaches from inside', async () => {
  const { kafkaEnvironment } = await import('./testcontainers-servers.ts');
  const { KAFKA_LISTENERS, KAFKA_ADVERTISED_LISTENERS, KAFKA_INTER_BROKER_LISTENER_NAME } =
    kafkaEnvironment('docker.example:15001');
  const ports = (list: string | undefined) =>
    Object.fromEntries(list!.split(',').map((one) => /^(\w+):\/\/.*:(\d+)$/.exec(one)!.slice(1, 3))) as object;
  const own = KAFKA_INTER_BROKER_LISTENER_NAME!;
  expect(ports(KAFKA_ADVERTISED_LISTENERS)).toMatchObject({ PLAINTEXT: '15001', [own]: '19092' });
  expect(ports(KAFKA_LISTENERS)).toMatchObject({ PLAINTEXT: '9092', [own]: '19092' });
});

it('says that Java is missing when Kafka itself is there', async () => {
  const { createManagedProcess } = await import('./managed-process.ts');
  const folder = mkdtempSync(`${REPOSITORY}.data/test-missing-`);
  const watchdog = startWatchdog();
  const control = createManagedProcess({
    name: 'Kafka',
    command: 'no-such-java',
    args: [],
    workingFolder: folder,
    logFile: `${folder}/out`,
    stopSignal: 'SIGTERM',
    graceMs: 1_000,
    answers: () => Promise.reject(new Error('nobody listens')),
    readyWithinMs: 10_000,
    watchdog,
  });
  await expect(control.start()).rejects.toThrow(/Kafka needs the command "no-such-java".*Docker engine/);
  await watchdog.close();
  rmSync(folder, { recursive: true });
});

itLocally(`ends what has started when the start is called off${unless(lackedByRedis)}`, async () => {
  const dataFolder = `${REPOSITORY}.data/${uniqueName('test-called-off')}`;
  const pids: number[] = [];
  const real = startWatchdog();
  const abort = new AbortController();
  const watchdog: Watchdog = {
    ...real,
    watch(pid, signal) {
      pids.push(pid);
      real.watch(pid, signal);
      abort.abort(new Error('called off'));
    },
  };
  // PostgreSQL needs a moment to answer, so that it is called off on its way.
  const environment = { WFO_SERVERS: 'local', KAFKA_BROKERS: 'a:1' };
  const start = startServers({ dataFolder, environment, watchdog, signal: abort.signal });
  await expect(start).rejects.toThrow('called off');
  expect(pids.length).toBeGreaterThan(0);
  expect(pids.filter(alive)).toEqual([]);
  expect(existsSync(dataFolder)).toBe(false);
  await real.close();
});

it('removes what was kept, also where PostgreSQL had to keep it outside', () => {
  const dataFolder = mkdtempSync(`${REPOSITORY}.data/test-kept-`);
  const outside = outsideFolder(`${dataFolder}/postgres`);
  mkdirSync(`${outside}/data`, { recursive: true });
  removeServerData(dataFolder);
  expect([dataFolder, outside].filter(existsSync)).toEqual([]);
});
