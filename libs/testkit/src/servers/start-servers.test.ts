import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
import { postgresAnswers } from './postgres-local.ts';
import { redisAnswers } from './redis-local.ts';
import { type RunningServers, startServers } from './start-servers.ts';
import { REPOSITORY } from './tool-cache.ts';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const portOf = (url: string) => Number(new URL(url).port);

describe('servers of its own', () => {
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

it('ends the servers and removes their data when the process that started them is killed', async () => {
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

it('starts local processes when a Docker engine answers but gives no containers', async () => {
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
  const { mkdtempSync, readFileSync, rmSync, writeFileSync } = await import('node:fs');
  const folder = mkdtempSync(`${REPOSITORY}.data/test-zip-`);
  try {
    writeFileSync(`${folder}/long.txt`, 'la'.repeat(5000));
    writeFileSync(`${folder}/short.txt`, 'x');
    execFileSync('jar', ['cMf', 'made.zip', 'long.txt', 'short.txt'], { cwd: folder });
    execFileSync('jar', ['cM0f', 'stored.zip', 'short.txt'], { cwd: folder });
    expect(extractFromZip(readFileSync(`${folder}/made.zip`), 'long.txt').toString()).toBe('la'.repeat(5000));
    expect(extractFromZip(readFileSync(`${folder}/stored.zip`), 'short.txt').toString()).toBe('x');
    expect(() => extractFromZip(readFileSync(`${folder}/made.zip`), 'absent')).toThrow('no entry "absent"');
    expect(() => extractFromZip(Buffer.alloc(100), 'x')).toThrow('Not a zip file');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
