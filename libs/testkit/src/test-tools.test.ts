import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { redisDatabase, spawnService, testAddresses, testDatabase, topicLedger, uniqueName, waitFor } from './index.ts';
import { createTopics } from './test-topic.ts';

const query = async (url: string, sql: string) => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
};

describe('waitFor', () => {
  it('gives what the condition gave', async () => {
    let looks = 0;
    expect(await waitFor('three looks', () => ++looks === 3 && { looks }, { intervalMs: 1 })).toEqual({ looks: 3 });
  });

  it('fails in words: what it waited for, how long, what it saw last', async () => {
    await expect(waitFor('a bus', () => null, { timeoutMs: 20, intervalMs: 5 })).rejects.toThrow(
      'Waited 0.02 s for a bus; last seen: null',
    );
    const broken = () => Promise.reject(new Error('no road'));
    await expect(waitFor('a bus', broken, { timeoutMs: 20, intervalMs: 5 })).rejects.toThrow('last seen: no road');
  });
});

describe('testDatabase', () => {
  it('is empty, its own, named as a test and gone after drop even with a session open', async () => {
    const database = await testDatabase('tools');
    expect(database.name).toMatch(/^test_tools_[0-9a-f]{10}$/);
    await query(database.url, 'create table only_here (id int)');
    const session = new pg.Client({ connectionString: database.url });
    session.on('error', () => {});
    await session.connect();
    await database.drop();
    await database.drop();
    expect(await query(database.adminUrl, `select 1 from pg_database where datname = '${database.name}'`)).toEqual([]);
    await session.end().catch(() => {});
  });

  it('refuses names that are none', async () => {
    await expect(testDatabase('a"; drop')).rejects.toThrow('is no name for a test database');
  });
});

it('redisDatabase keeps to its prefix and removes its keys', async () => {
  const [mine, other] = [await redisDatabase(), await redisDatabase()];
  await mine.client.set(`${mine.keyPrefix}k`, '1');
  await other.client.set(`${other.keyPrefix}k`, '2');
  await mine.close();
  expect(await other.client.get(`${mine.keyPrefix}k`)).toBeNull();
  expect(await other.client.get(`${other.keyPrefix}k`)).toBe('2');
  await other.close();
});

describe('topicLedger', () => {
  it('reads from the beginning and waits for a count or a record', async () => {
    const topic = uniqueName('ledger');
    await createTopics(testAddresses.kafkaBrokers, { [topic]: { partitions: 1, compacted: true } });
    const producer = new Kafka({ brokers: testAddresses.kafkaBrokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'a', value: '{"n":1}' }] });
    const ledger = await topicLedger(testAddresses.kafkaBrokers, topic);
    await producer.send({
      topic,
      messages: [
        { key: 'a', value: null },
        { key: 'b', value: '{"n":3}' },
      ],
    });
    expect((await ledger.waitFor((record) => record.key === 'b'))[0]?.json()).toEqual({ n: 3 });
    const all = await ledger.waitFor(3);
    expect(all.map((record) => [record.key, record.offset, record.value?.toString()])).toEqual([
      ['a', 0n, '{"n":1}'],
      ['a', 1n, undefined],
      ['b', 2n, '{"n":3}'],
    ]);
    await expect(ledger.waitFor(4, { timeoutMs: 50 })).rejects.toThrow(
      `Waited 0.05 s for 4 records on ${topic}; last seen: 3 of them, 3 records in all; keys of the latest: a, a, b`,
    );
    await ledger.close();
    await producer.disconnect();
  });
});

describe('spawnService', () => {
  let url: string;
  const status = { ready: 503 };
  const server = createServer((_request, response) => {
    response.statusCode = status.ready;
    response.end();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  const entry = '-e';
  const untilTerm = `process.on('SIGTERM', () => { console.log('{"said":"bye"}'); process.exit(3) });
    console.log(JSON.stringify({ said: process.env.WORD, inherited: process.env.KAFKA_BROKERS ?? null })); setInterval(() => {}, 1000)`;

  it('gives the environment it was told and no other, captures output, ends by signal', async () => {
    const service = spawnService({ name: 'speaker', entry, args: [untilTerm], env: { WORD: 'hi' }, url });
    await waitFor('its first word', () => service.logs().length === 1);
    const ready = service.ready();
    status.ready = 200;
    await ready;
    expect(await service.kill()).toEqual({ code: 3, signal: null });
    expect(service.logs()).toEqual([{ said: 'hi', inherited: null }, { said: 'bye' }]);
  });

  it('fails ready() with the end of its output when it ends first', async () => {
    status.ready = 503;
    const service = spawnService({ name: 'broken', entry, args: ['throw new Error("no config")'], env: {}, url });
    await expect(service.ready()).rejects.toThrow(/broken is not ready.*no config/s);
    expect((await service.exit).code).toBe(1);
  });
});
