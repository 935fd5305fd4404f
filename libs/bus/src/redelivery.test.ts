import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertDeadLetters, type NewDeadLetter } from './dead-letter-repository.ts';
import { done } from './index.ts';
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

describe('waiting events', () => {
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
