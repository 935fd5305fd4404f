import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertDeadLetters, type NewDeadLetter } from './dead-letter-repository.ts';
import { type BatchHandler, done } from './index.ts';
import { createRedelivery } from './redelivery.ts';
import { acdChanged } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
const ACD = '22222222-2222-4222-8222-222222222222';
const GROUP = 'redelivered';

let kit: LifecycleKit;
beforeAll(async () => {
  kit = await createLifecycleKit({ ...subject, topics: ['acd-changed'] }, '');
});
afterAll(() => kit?.close());

function waiting(offset: bigint): NewDeadLetter {
  const value = Buffer.from(JSON.stringify(acdChanged({ tenantId: TENANT, acdId: ACD, revision: 1 })));
  return {
    record: { topic: 'acd-changed', partition: 0, offset, key: null, value, headers: {}, timestampMs: 0 },
    logEpoch: 0,
    state: 'waiting',
    code: 'retry',
    reason: 'not yet',
    step: 'handle',
    attempt: 1,
    nextAttemptAtMs: 0,
  };
}

/** `handle` is given one event at a time. */
function redeliver(group: string, handle: BatchHandler) {
  return createRedelivery({
    pool: kit.pool,
    groupId: group,
    logger: testLogger,
    retry: { attempts: 8, firstMs: 60_000, maxMs: 60_000 },
    readBlob: undefined,
    handlerOf: () => handle,
    onCommitted: () => undefined,
  });
}

async function rows(group: string) {
  const { rows: found } = await kit.pool.query(
    `SELECT "offset"::int AS "offset", state, attempt, code FROM dead_letter WHERE consumer_group = $1 ORDER BY "offset"`,
    [group],
  );
  return found;
}

describe('waiting events', () => {
  it('one of which needs what is away do not stop the others (rule 4)', async () => {
    const redelivery = redeliver('behind', async (events) => {
      if (events[0]!.offset === '1') throw Object.assign(new Error('not migrated yet'), { code: '42P01' });
      return [done];
    });
    await insertDeadLetters(kit.pool, 'behind', [waiting(1n), waiting(2n)]);
    expect(await redelivery.handleDue()).toBe(2);
    // It waits without that an attempt is counted, and is not due at once.
    expect(await rows('behind')).toMatchObject([
      { offset: 1, state: 'waiting', attempt: 1 },
      { offset: 2, state: 'replayed', attempt: 2 },
    ]);
    expect(await redelivery.handleDue()).toBe(0);
  });

  it('that take longer than a statement may are counted (rule 4)', async () => {
    const redelivery = redeliver('slow', async () => {
      throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    });
    await insertDeadLetters(kit.pool, 'slow', [waiting(1n)]);
    expect(await redelivery.handleDue()).toBe(1);
    expect(await rows('slow')).toMatchObject([{ state: 'waiting', attempt: 2, code: 'statement-timeout' }]);
  });

  it('that another replica has in hand count as nothing to do, so that the loop pauses', async () => {
    let handled = 0;
    const redelivery = createRedelivery({
      pool: kit.pool,
      groupId: GROUP,
      logger: testLogger,
      retry: { attempts: 8, firstMs: 1_000, maxMs: 60_000 },
      readBlob: undefined,
      handlerOf: () => async (events) => {
        handled += 1;
        return events.map(() => done);
      },
      onCommitted: () => undefined,
    });
    await insertDeadLetters(kit.pool, GROUP, [waiting(1n), waiting(2n)]);
    const other = await kit.pool.connect();
    await other.query('BEGIN');
    await other.query(`SELECT FROM dead_letter WHERE consumer_group = $1 AND "offset" = 1 FOR UPDATE`, [GROUP]);
    expect(await redelivery.handleDue()).toBe(1);
    expect(await redelivery.handleDue()).toBe(0);
    expect(handled).toBe(1);
    await other.query('ROLLBACK');
    other.release();
    expect(await redelivery.handleDue()).toBe(1);
    expect(await redelivery.handleDue()).toBe(0);
    expect(handled).toBe(2);
  });
});

describe('a record that is read again after its letter was settled (rule 4)', () => {
  it('and fails again has an open letter again; an open one stays as it is', async () => {
    await insertDeadLetters(kit.pool, 'again', [waiting(1n), waiting(2n)]);
    await kit.pool.query(`UPDATE dead_letter SET state = 'replayed' WHERE consumer_group = 'again' AND "offset" = 1`);
    const parked = (offset: bigint): NewDeadLetter => ({
      ...waiting(offset),
      state: 'parked',
      code: 'unknown-failure',
      attempt: 3,
      nextAttemptAtMs: null,
    });
    await insertDeadLetters(kit.pool, 'again', [parked(1n), parked(2n)]);
    expect(await rows('again')).toEqual([
      { offset: 1, state: 'parked', attempt: 3, code: 'unknown-failure' },
      { offset: 2, state: 'waiting', attempt: 1, code: 'retry' },
    ]);
  });
});
