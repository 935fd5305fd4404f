import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPool } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { type BatchHandler, type Consumer, type ConsumerOptions, createConsumer, done } from './index.ts';
import { tokenEvents } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

let kit: LifecycleKit;
const consumers: Consumer[] = [];
const pools: Pool[] = [];
beforeEach(async () => {
  kit = await createLifecycleKit({ ...subject, topics: ['token-refreshed'] }, '');
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((c) => c.stop(5_000)));
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await kit?.close();
});

async function consume(handler: BatchHandler<'token-refreshed'>, o: Partial<ConsumerOptions> = {}): Promise<Consumer> {
  const { bus, pool, groupId } = kit;
  const consumer = createConsumer({
    bus,
    pool,
    groupId,
    logger: testLogger,
    handlers: { 'token-refreshed': handler },
    ...o,
  });
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

function impatientPool(): Pool {
  const pool = createPool({ url: kit.databaseUrl, applicationName: 'impatient', statementTimeoutMs: 150 });
  pools.push(pool);
  return pool;
}

const away: BatchHandler<'token-refreshed'> = async () => {
  throw Object.assign(new Error('the database is starting'), { code: '57P03' });
};

/** The partition of the events, once their transaction has ended there; all are of one ACD. */
async function partitionOfEvents(): Promise<number> {
  const written = await waitFor('the end of the transaction', async () => {
    const topic = kit.bus.physicalTopic('token-refreshed');
    const offsets = await kit.bus.withAdmin((admin) => admin.fetchTopicOffsets(topic));
    return offsets.find((p) => p.high !== '0');
  });
  return written.partition;
}

async function attempts(): Promise<{ offset: number; attempts: number }[]> {
  const { rows } = await kit.pool.query(
    `SELECT "offset"::int AS "offset", attempts FROM delivery_attempt WHERE attempts > 0 ORDER BY "offset"`,
  );
  return rows;
}

const failures = async () =>
  (await kit.pool.query('SELECT code, attempt FROM dead_letter WHERE state = $1', ['parked'])).rows;

describe('a start without progress (rule 4)', () => {
  it('is counted once per process however often its group is joined anew, and not at all if it ends in order', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2]));
    let tried = 0;
    const holder = await consume(async (events, tx) => {
      tried += 1;
      return await away(events, tx);
    });
    await waitFor('an attempt', () => tried > 0);
    for (let i = 0; i < 2; i += 1) {
      const other = await consume(away);
      await waitFor('the partitions to be shared', () => other.health().partitions.length > 0, { timeoutMs: 30_000 });
      await other.stop();
      await waitFor('all partitions to be back', () => holder.health().partitions.length === 3, { timeoutMs: 30_000 });
    }
    expect(await attempts()).toEqual([{ offset: -1, attempts: 1 }]);
    await holder.stop();
    expect(await attempts()).toEqual([]);
  });

  it('that ended in a crash three times has its records counted one by one, but not while they only wait', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2]));
    const partition = await partitionOfEvents();
    await kit.pool.query(
      `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts)
       VALUES ($1, 'token-refreshed', $2, -1, 3), ($1, 'token-refreshed', $2, 0, 2)`,
      [kit.groupId, partition],
    );
    let inHand: unknown;
    for (let start = 0; start < 3; start += 1) {
      let tried = 0;
      const consumer = await consume(async (events, tx) => {
        tried += 1;
        inHand ??= (await kit.pool.query('SELECT attempts FROM delivery_attempt WHERE "offset" = 0')).rows;
        return await away(events, tx);
      });
      await waitFor('three attempts', () => tried >= 3);
      await consumer.stop();
    }
    // What two processes left that died; a third would have left this one.
    expect(inHand).toEqual([{ attempts: 3 }]);
    expect(await attempts()).toEqual([
      { offset: -1, attempts: 3 },
      { offset: 0, attempts: 2 },
    ]);
    const handled: number[] = [];
    await consume(async (events) => {
      handled.push(...events.map((e) => e.payload.version));
      return events.map(() => done);
    });
    await waitFor('both events', () => handled.length === 2);
    await waitFor('the count to be forgotten', async () => !(await attempts()).some((a) => a.offset >= 0));
    expect(await failures()).toEqual([]);
  });
});

describe('records that take longer than a statement may (rule 4)', () => {
  it('are halved until the slow one is alone, which is counted and parked; the others go on', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2, 3, 4, 5, 6, 7, 8]));
    const slow = impatientPool();
    const handled: number[] = [];
    const consumer = await consume(
      async (events, tx) => {
        if (events.some((e) => e.payload.version === 5)) await tx.query('SELECT pg_sleep(10)');
        handled.push(...events.map((e) => e.payload.version));
        return events.map(() => done);
      },
      { pool: slow },
    );
    await consumer.caughtUp();
    expect(handled).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect(await failures()).toEqual([{ code: 'statement-timeout', attempt: 3 }]);
  });

  it('only for a while are waited for', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2]));
    const slow = impatientPool();
    let tried = 0;
    const sizes: number[] = [];
    const consumer = await consume(
      async (events, tx) => {
        tried += 1;
        if (tried <= 2) await tx.query('SELECT pg_sleep(10)');
        sizes.push(events.length);
        return events.map(() => done);
      },
      { pool: slow },
    );
    await consumer.caughtUp();
    expect(sizes).toEqual([2]);
    expect(await failures()).toEqual([]);
  });
});

describe('what follows a commit', () => {
  it('may throw without that the events are handled again', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2]));
    const handled: number[] = [];
    const consumer = await consume(
      async (events) => {
        handled.push(...events.map((e) => e.payload.version));
        return events.map(() => done);
      },
      {
        onCommitted() {
          throw new Error('nobody listens');
        },
      },
    );
    await consumer.caughtUp();
    await consumer.stop();
    expect(handled).toEqual([1, 2]);
    expect(await failures()).toEqual([]);
  });
});

describe('a log that ends with a transaction that was given up (rule 4)', () => {
  it('is passed although the database failed at the first try', async () => {
    const producer = kit.bus.createKafka().producer({ transactionalId: `${kit.bus.prefix}given-up`, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: kit.bus.physicalTopic('token-refreshed'), messages: [{ value: 'given up' }] });
    await transaction.abort();
    await producer.disconnect();
    await partitionOfEvents();
    const flaky = kit.newPool();
    const query = flaky.query.bind(flaky) as (...args: unknown[]) => unknown;
    let refused = 0;
    flaky.query = ((...args: unknown[]) => {
      if (!/^UPDATE consumed_offset SET next_offset/.test(String(args[0])) || refused > 0) return query(...args);
      refused += 1;
      return Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    }) as unknown as typeof flaky.query;
    const consumer = await consume(async (events) => events.map(() => done), { pool: flaky });
    await consumer.caughtUp();
    expect(refused).toBe(1);
  });
});
