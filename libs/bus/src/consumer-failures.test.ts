import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TopicName } from '@wxcc-wfo/contracts';
import { waitFor } from '@wxcc-wfo/testkit';
import {
  type BatchHandler,
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  deadLetter,
  done,
  type Outcome,
  retry,
} from './index.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

type TokenEvents = Parameters<BatchHandler<'token-refreshed'>>[0];

let kit: LifecycleKit;
const consumers: Consumer[] = [];

beforeEach(async () => {
  kit = await createLifecycleKit(subject, '');
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((c) => c.stop(5_000)));
  await kit.close();
});

/** A consumer of token-refreshed that stores each event's version and does with it what `decide` says. */
async function consume(decide: (version: number, events: TokenEvents) => Outcome, o: Partial<ConsumerOptions> = {}) {
  const consumer = createConsumer({
    bus: kit.bus,
    pool: kit.pool,
    groupId: kit.groupId,
    logger: testLogger,
    retry: { attempts: 4, firstMs: 30, maxMs: 100 },
    handlers: {
      'token-refreshed': async (events, tx) => {
        const outcomes = events.map((e) => decide(e.payload.version, events));
        const stored = events.filter((_, i) => outcomes[i]!.kind === 'done');
        await tx.query('INSERT INTO effect SELECT v, a, $3 FROM unnest($1::int[], $2::uuid[]) AS e(v, a)', [
          stored.map((e) => e.payload.version),
          stored.map((e) => e.payload.acdId),
          'stored',
        ]);
        return outcomes;
      },
    },
    ...o,
  });
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

/** n token-refreshed events; their versions are 1, 3, 5 … 2n - 1. */
const tokens = (n: number) => kit.events(0, 2 * n).filter((e) => e.topic === 'token-refreshed');

async function versions(): Promise<number[]> {
  const { rows } = await kit.pool.query<{ n: number }>('SELECT n FROM effect ORDER BY n');
  return rows.map((row) => row.n);
}

async function letters() {
  const { rows } = await kit.pool.query(
    'SELECT code, state, attempt, step, reason, log_epoch FROM dead_letter ORDER BY "offset"',
  );
  return rows;
}

async function incidents() {
  const { rows } = await kit.pool.query('SELECT DISTINCT kind FROM bus_incident WHERE topic = $1', ['token-refreshed']);
  return rows.map((row) => row.kind);
}

describe('an event that fails', () => {
  it('for an unknown reason is tried three times alone, parked, and stops nothing else', async () => {
    let failures = 0;
    await kit.publish(tokens(40));
    await consume((version, events) => {
      if (version !== 7) return done;
      if (events.length === 1) failures += 1;
      throw new Error('boom');
    });
    await waitFor('the letter', async () => (await letters()).length > 0);
    await waitFor('the others', async () => (await versions()).length === 39);
    expect(failures).toBe(3);
    expect(await letters()).toMatchObject([
      { code: 'unknown-failure', state: 'parked', attempt: 3, reason: 'Error: boom' },
    ]);
    expect(await versions()).not.toContain(7);
    const { rows } = await kit.pool.query('SELECT 1 FROM delivery_attempt WHERE "offset" >= 0');
    expect(rows).toEqual([]);
  });

  it('once for an unknown reason and then not is no dead letter', async () => {
    let failures = 0;
    await kit.publish(tokens(10));
    await consume((version, events) => {
      if (version === 5 && (events.length > 1 || failures++ < 1)) throw new TypeError('for now');
      return done;
    });
    await waitFor('all effects', async () => (await versions()).length === 10);
    expect(await letters()).toEqual([]);
  });

  it('as "retry" waits as a row while the others go on, and is done when it can be', async () => {
    let known = false;
    await kit.publish(tokens(10));
    await consume((version) => (version === 3 && !known ? retry(new Error('ACD not known yet')) : done), {
      retry: { attempts: 1000, firstMs: 20, maxMs: 50 },
    });
    await waitFor('the others', async () => (await versions()).length === 9);
    expect(await letters()).toMatchObject([{ state: 'waiting' }]);
    known = true;
    await waitFor('the late one', async () => (await versions()).length === 10);
    expect(await letters()).toMatchObject([{ state: 'replayed' }]);
  });

  it('as "retry" too often is parked', async () => {
    await kit.publish(tokens(3));
    await consume((version) => (version === 3 ? retry(new Error('never known')) : done));
    await waitFor('the letter', async () => (await letters())[0]?.state === 'parked');
    expect(await letters()).toMatchObject([{ code: 'retries-exhausted', attempt: 4, reason: 'Error: never known' }]);
  });

  it('as "dead-letter" is parked at once, for the reason that the handler gives', async () => {
    await kit.publish(tokens(3));
    await consume((version) => (version === 3 ? deadLetter('no-such-queue', new Error('queue q1')) : done));
    await waitFor('the others', async () => (await versions()).length === 2);
    const expected = { code: 'no-such-queue', reason: 'no-such-queue: Error: queue q1', attempt: 1, step: 'handle' };
    expect(await letters()).toMatchObject([expected]);
  });
});

describe('a record whose header and value name different tenants (rule 11)', () => {
  it('is parked as broken and belongs to neither', async () => {
    const [mine, theirs] = kit.tenants as [string, string];
    const value = Buffer.from(JSON.stringify(tokens(1)[0]!.payload));
    expect(JSON.parse(String(value)).tenantId).toBe(mine);
    await kit.publishRaw([
      { tenantId: theirs, value },
      { tenantId: mine, value },
    ]);
    await consume(() => done);
    await waitFor('the one in order', async () => (await versions()).length === 1);
    await waitFor('the letter', async () => (await letters()).length === 1);
    expect(await letters()).toMatchObject([{ code: 'contract-broken', state: 'parked', step: 'decode' }]);
    expect((await kit.pool.query('SELECT tenant_id, acd_id FROM dead_letter')).rows).toEqual([
      { tenant_id: null, acd_id: null },
    ]);
  });
});

describe('a record that ends the process each time', () => {
  it('is found after three starts without progress, by handling one by one, and parked unhandled', async () => {
    const handled: number[] = [];
    const events = tokens(6).map((e) => ({ ...e, payload: { ...e.payload, acdId: kit.tenants[0]! } }) as typeof e);
    await kit.publish(events);
    // All share a key, so they are offsets 0 to 5 of one partition; what three killed processes left behind:
    const [partition] = (
      await kit.bus.withAdmin((admin) => admin.fetchTopicOffsets(kit.bus.physicalTopic('token-refreshed')))
    )
      .filter((p) => p.high !== '0')
      .map((p) => p.partition);
    for (const [offset, attempts] of [
      [-1, 3],
      [2, 3],
    ]) {
      await kit.pool.query(
        `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts) VALUES ($1, 'token-refreshed', $2, $3, $4)`,
        [kit.groupId, partition, offset, attempts],
      );
    }
    await consume((version, batch) => {
      expect(batch).toHaveLength(1);
      handled.push(version);
      return done;
    });
    await waitFor('the others', async () => (await versions()).length === 5);
    expect(handled).toEqual([1, 3, 7, 9, 11]);
    expect(await letters()).toMatchObject([{ code: 'ends-the-process', attempt: 3, state: 'parked' }]);
  });
});

describe('a position that does not fit the log (Decision 2)', () => {
  const topic = (): string => kit.bus.physicalTopic('token-refreshed' as TopicName);

  it('because the topic was made anew is noticed, and the new log is read from its beginning', async () => {
    await kit.publish(tokens(30));
    const first = await consume(() => done);
    await first.caughtUp();
    await first.stop();
    await kit.bus.withAdmin((admin) => admin.deleteTopics({ topics: [topic()] }));
    await waitFor('the topic to be gone', async () => {
      const names = await kit.bus.withAdmin((admin) => admin.listTopics());
      return !names.includes(topic());
    });
    await kit.bus.ensureTopics(['token-refreshed'], { partitions: 3, replicationFactor: 1 });
    await kit.pool.query('TRUNCATE effect');
    await kit.publish(tokens(4));
    await consume(() => done);
    await waitFor('the new events', async () => (await versions()).length === 4);
    expect(await incidents()).toEqual(['log-began-anew']);
  });

  it('because events were deleted unread is noticed', async () => {
    await kit.publish(tokens(6));
    const first = await consume(() => done);
    await first.caughtUp();
    await first.stop();
    await kit.publish(tokens(12).slice(6));
    await kit.bus.withAdmin(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic());
      await admin.deleteTopicRecords({
        topic: topic(),
        partitions: offsets.map((o) => ({ partition: o.partition, offset: o.high })),
      });
    });
    await consume(() => done);
    await waitFor('the incident', async () => (await incidents()).length > 0);
    expect(await incidents()).toEqual(['events-deleted-unread']);
  });

  it('because the database was emptied is noticed, and everything is read again', async () => {
    await kit.publish(tokens(6));
    const first = await consume(() => done);
    await first.caughtUp();
    await first.stop();
    await kit.pool.query('TRUNCATE consumed_offset, effect');
    await consume(() => done);
    await waitFor('all effects', async () => (await versions()).length === 6);
    expect(await incidents()).toEqual(['database-without-offsets']);
  });
});

describe('what a consumer says of itself', () => {
  it('names the partition that is behind and does not move', async () => {
    await kit.publish(tokens(3));
    let blocked = true;
    const consumer = await consume(
      () => {
        if (blocked) throw Object.assign(new Error('the database is starting'), { code: '57P03' });
        return done;
      },
      { stallMs: 300 },
    );
    await waitFor('the stall', () => consumer.health().stalled.length > 0);
    expect(consumer.health().stalled[0]).toMatchObject({ topic: 'token-refreshed', position: '0' });
    expect(Date.now() - consumer.lastTickMs()).toBeLessThan(5_000);
    blocked = false;
    await consumer.caughtUp();
    await waitFor('the end of the stall', () => consumer.health().stalled.length === 0);
    expect(await letters()).toEqual([]);
  });

  it('is caught up only when the group has handled what there was', async () => {
    await kit.publish(tokens(20));
    const consumer = await consume(() => done);
    await consumer.caughtUp();
    expect(await versions()).toHaveLength(20);
  });
});
